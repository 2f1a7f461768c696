// SPDX-License-Identifier: LGPL-2.1-or-later
// Connections: read-only ones, closed ones, cancelled calls, slots that a driver does not have.
import { gate, isVirtError, LocalConnection, localCall, type SlotInfo, type SlotName, slots } from '@virt/core'
import { check, fails, type Suite, same, type Target, uniqueName } from './suite.js'

/** What a daemon answers by itself, whatever its driver has. */
const daemons: ReadonlySet<string> = new Set(['connectIsSecure', 'connectGetLibVersion'])

/** Slots that need no argument but flags, which can be asked for blindly. */
const blind = (Object.values(slots) as readonly SlotInfo[])
  .filter(({ name, args }) => !daemons.has(name) && args.every((arg) => arg === 'flags'))
  .map(({ name }) => name as SlotName)

export const connection: Suite = {
  name: 'connection',
  tests: [
    {
      name: 'a closed connection refuses calls and close() is idempotent',
      needs: [],
      async run(_, t) {
        const c = await t.open()
        await c.close()
        await c.close()
        same(c.isAlive, false, 'alive')
        await fails(() => c.hostname(), 'connection-closed', 'a call')
      },
    },
    {
      name: 'a read-only connection refuses to define and still lists',
      needs: ['connectListAllDomains'],
      async run(_, t) {
        const c = await t.open({ readOnly: true })
        try {
          await c.domains.list().toArray()
          await fails(() => c.domains.define(t.templates.domain(uniqueName('ro'))), 'operation-denied', 'define')
        } finally {
          await c.close()
        }
      },
    },
    {
      name: 'an aborted signal ends a call before it is made',
      needs: ['connectListAllDomains'],
      run: (c) => fails(() => c.domains.all({ signal: AbortSignal.abort() }), 'aborted', 'a call'),
    },
    {
      name: 'a slot that is not declared answers no-support with the public name',
      needs: [],
      run: (c, t) => undeclared(c.sessions, t),
    },
    {
      name: 'many calls at once are all answered',
      needs: ['connectGetType'],
      async run(c) {
        const answers = await Promise.all(Array.from({ length: 200 }, () => c.type()))
        check(new Set(answers).size === 1 && (answers[0] ?? '') !== '', 'answers differ')
      },
    },
  ],
}

async function undeclared(sessions: Awaited<ReturnType<Target['open']>>['sessions'], target: Target): Promise<void> {
  for (const name of blind) {
    if (target.supports[name] !== undefined) continue
    const slot = slots[name]
    const call = localCall(new LocalConnection(false), slot)
    const run = gate[name] as (s: unknown, c: unknown, ...rest: unknown[]) => unknown
    try {
      await run(sessions[slot.family], call, ...slot.args.map(() => 0))
    } catch (error) {
      check(isVirtError(error) && error.code === 'no-support', `${name}: failed with ${String(error)}`)
      check(error.message.includes(slot.publicName), `${name}: the error does not name ${slot.publicName}`)
      continue
    }
    check(false, `${name} is not declared, and answers all the same`)
  }
}
