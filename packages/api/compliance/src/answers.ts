// SPDX-License-Identifier: LGPL-2.1-or-later
// The same questions to one driver in process and behind a daemon: a slot that needs to wait for nothing answers at once here,
// and both answer the same.
import { type Connection, gate, LocalConnection, localCall, type SlotInfo, type SlotName, slots } from '@virt/core'
import type { Target } from './suite.js'

/** What differs. */
export interface Difference {
  readonly slot: SlotName
  readonly problem: string
}

/** Slots that measure something, or that a session answers differently by its nature. */
const moving =
  /Stats|GetInfo$|GetVcpus$|GetTime$|JobInfo|BlockInfo|GetControlInfo|FreeMemory|CellsFree|URI$|IsSecure|IsEncrypted|Screenshot|GetLibVersion/
const asks = /Get|Is[A-Z]|List|NumOf/

/** Questions that need nothing but an object and flags. */
const questions = (Object.values(slots) as readonly SlotInfo[]).filter(
  ({ name, args, subject, stream }) =>
    stream === undefined &&
    // Snapshots and checkpoints stand for their domain there.
    !/^(snap|checkpoint)/.test(args[0] ?? '') &&
    asks.test(name) &&
    !moving.test(name) &&
    args.slice(subject === undefined ? 0 : 1).every((arg) => arg === 'flags'),
)

type Ask = (session: unknown, call: unknown, ...args: unknown[]) => unknown

/** One object of each kind that is there, by what access rules call it. */
async function subjects(c: Connection): Promise<ReadonlyMap<string, unknown>> {
  const first = async (list: () => Promise<readonly { readonly ref: unknown }[]>): Promise<unknown> =>
    (await list().catch(() => []))[0]?.ref
  return new Map([
    ['domain', await first(() => c.domains.list().toArray())],
    ['network', await first(() => c.networks.list().toArray())],
    ['storage_pool', await first(() => c.pools.list().toArray())],
    ['interface', await first(() => c.interfaces.list().toArray())],
    ['node_device', await first(() => c.nodeDevices.list().toArray())],
    ['secret', await first(() => c.secrets.list().toArray())],
  ])
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)) ?? 'undefined'

/**
 * Asks all that can be asked without arguments, of both targets that `bothWays` has made.
 * @param waits slots that have to wait for something, which may answer with a promise in process, too
 * @returns how many slots were asked, and what differed: nothing when all is well
 */
export async function differingAnswers(
  [direct, served]: readonly [Target, Target],
  waits: readonly SlotName[] = [],
): Promise<{ asked: number; differences: Difference[] }> {
  const [here, there] = await Promise.all([direct.open(), served.open()])
  const differences: Difference[] = []
  let asked = 0
  try {
    const objects = await subjects(here)
    for (const slot of questions) {
      const name = slot.name as SlotName
      if (direct.supports[name] === undefined) continue
      const object = slot.subject === undefined ? undefined : objects.get(slot.subject)
      if (slot.subject !== undefined && object === undefined) continue
      asked++
      const args = slot.args.map((_, i) => (slot.subject !== undefined && i === 0 ? object : 0))
      const ask = (c: Connection): unknown =>
        (gate[name] as Ask)(c.sessions[slot.family], localCall(new LocalConnection(false), slot), ...args)
      const [near, far] = [answerOf(() => ask(here)), answerOf(() => ask(there))]
      if (near instanceof Promise && !waits.includes(name))
        differences.push({ slot: name, problem: 'answers with a promise, and need not wait' })
      const [a, b] = await Promise.all([near, far])
      if (a !== b) differences.push({ slot: name, problem: `answers ${a} in process, ${b} behind a daemon` })
    }
  } finally {
    await Promise.all([here.close(), there.close()])
  }
  return { asked, differences }
}

/** What a call answers, or the error it fails with, as text; at once where that is known at once. */
function answerOf(ask: () => unknown): string | Promise<string> {
  const failed = (error: unknown): string =>
    `error ${(error as { number?: number }).number}: ${(error as Error).message}`
  try {
    const answer = ask()
    return answer instanceof Promise ? answer.then(text, failed) : text(answer)
  } catch (error) {
    return failed(error)
  }
}
