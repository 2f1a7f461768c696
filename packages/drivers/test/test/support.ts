// SPDX-License-Identifier: LGPL-2.1-or-later
// One in-process session, driven through the gate.
import {
  type Call,
  type DriverEvent,
  type EventFamily,
  isVirtError,
  LocalConnection,
  localCall,
  parseUri,
  processServices,
  type Session,
  type SlotName,
  slots,
} from '@virt/core'
import { test as testDriver } from '../src/index.js'

/** A session with its calls and what it has been told. */
export interface Bench {
  readonly session: Session
  readonly events: string[]
  call(slot: SlotName): Call
  close(): Promise<void>
}

/** Opens a session; lifecycle events are noted as `name(id) type,detail`. */
export async function open(uri = 'test:///default'): Promise<Bench> {
  const connection = new LocalConnection(false)
  const driver = testDriver()(processServices())
  const session = await driver.open(localCall(connection, undefined), parseUri(uri), 0)
  if (session === 'declined') throw new Error('declined')
  const events: string[] = []
  const source = session.events
  await source?.subscribe(undefined, 'domain' satisfies EventFamily, 0, undefined, (event: DriverEvent) => {
    const {
      dom,
      event: type,
      detail,
    } = event.payload as {
      dom: { name: string; id: number }
      event: number
      detail: number
    }
    events.push(`${dom.name}(${dom.id}) ${type},${detail}`)
  })
  return {
    session,
    events,
    call: (slot) => localCall(connection, slots[slot]),
    async close() {
      await session.close()
      connection.end()
    },
  }
}

/** Waits until all events that were emitted are delivered. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

/** Number, domain and message of an error of ours; `ok` if there is none. */
export function failure(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    if (isVirtError(error)) return `${error.number}/${error.domain} ${error.message}`
    throw error
  }
  return 'ok'
}
