// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls made inside this process: who asks is the process itself.
import { setMaxListeners } from 'node:events'
import type { Call, CallConnection, Identity, SlotInfo } from './spi.js'

/** The in-process end of a connection. */
export class LocalConnection implements CallConnection {
  readonly identity: Identity
  readonly readOnly: boolean
  readonly system: boolean
  #closers: Set<() => void> | undefined = new Set()

  /** @param system whether the place itself asks, for one of its drivers */
  constructor(readOnly: boolean, identity: Identity = ownIdentity(), system = false) {
    this.system = system
    this.readOnly = readOnly
    this.identity = identity
  }

  onClose(fn: () => void): Disposable {
    if (this.#closers === undefined) {
      fn()
      return { [Symbol.dispose]: () => {} }
    }
    const closers = this.#closers.add(fn)
    return { [Symbol.dispose]: () => void closers.delete(fn) }
  }

  /** Runs what hangs on this connection's end, once. */
  end(): void {
    const closers = this.#closers
    this.#closers = undefined
    for (const fn of closers ?? []) fn()
  }
}

const never = new AbortController().signal
// As many calls wait at once as callers like.
setMaxListeners(0, never)

/** A call of this process; `signal` ends the waiting only. */
export function localCall(connection: CallConnection, slot: SlotInfo | undefined, signal: AbortSignal = never): Call {
  return { connection, slot, signal }
}

/** The identity of this process, from the system. */
export function ownIdentity(): Identity {
  return {
    processId: process.pid,
    ...(process.getuid ? { unixUserId: process.getuid() } : {}),
    ...(process.getgid ? { unixGroupId: process.getgid() } : {}),
  }
}
