// SPDX-License-Identifier: LGPL-2.1-or-later
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { uuidIndex } from '../src/mib/guest-index.js'
import { SetTransaction } from '../src/mib/view.js'
import { integer, octets, type Value, type VarBind } from '../src/wire/value.js'
import { type Bench, bench, guestXml, until } from './model.js'

const uuid = '11111111-2222-3333-4444-555555555555'
const old = [1, 3, 6, 1, 4, 1, 36957, 1, 1, 1]
const ext = [1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 36957, 1, 2]
const state = (value: number | Value): VarBind => cell([...old, 3], value)
const rowStatus = (value: number | Value): VarBind => cell([...old, 9], value)
const action = (value: number | Value): VarBind => cell([...ext, 1, 1, 19], value)
const autostart = (value: number | Value): VarBind => cell([...ext, 1, 1, 8], value)

function cell(column: readonly number[], value: number | Value, id = uuid): VarBind {
  return { oid: [...column, ...uuidIndex(id)], value: typeof value === 'number' ? integer(value) : value }
}

let b: Bench
beforeEach(async () => {
  b = await bench({ writable: true })
  await b.conn.domains.define(guestXml('web', uuid))
  await until(() => b.sampler.guests.has(uuid))
})
afterEach(() => b.close())

/** Brings the guest into a state and waits until the agent knows. */
async function bring(to: 'running' | 'paused' | 'shutoff'): Promise<void> {
  const domain = await b.conn.domains.byUuid(uuid)
  if (to !== 'shutoff') await domain.create()
  if (to === 'paused') await domain.suspend()
  const wanted = { running: 1, paused: 3, shutoff: 5 }[to]
  await until(() => b.sampler.guests.get(uuid)?.state === wanted)
}

/** What comes of a SET: `ok`, or the error and the variable to blame, with `commit` when only doing it has failed. */
async function set(...variables: VarBind[]): Promise<string> {
  const transaction = b.agent.view.test(variables)
  if (!(transaction instanceof SetTransaction)) return `${transaction.error}@${transaction.index}`
  const failure = await transaction.commit()
  return failure === undefined ? 'ok' : `commit ${failure.error}@${failure.index}`
}
const now = async (): Promise<string> => (await (await b.conn.domains.byUuid(uuid)).info()).state

describe('SET of libvirtGuestState', () => {
  it.each([
    ['running', 3, 'ok', 'paused'],
    ['paused', 1, 'ok', 'running'],
    ['running', 4, 'ok', 'shutoff'],
    ['running', 1, '12@1', 'running'],
    ['running', 2, '12@1', 'running'],
    ['running', 5, '12@1', 'running'],
    ['running', 6, '12@1', 'running'],
    ['paused', 3, '12@1', 'paused'],
    ['paused', 4, '12@1', 'paused'],
    ['shutoff', 1, '12@1', 'shutoff'],
    ['shutoff', 3, '12@1', 'shutoff'],
    ['running', 0, '10@1', 'running'],
    ['running', 7, '10@1', 'running'],
    ['running', -1, '10@1', 'running'],
  ] as const)('of a guest that is %s to %i: %s, then it is %s', async (from, to, result, after) => {
    await bring(from)
    expect(await set(state(to))).toBe(result)
    expect(await now()).toBe(after)
  })

  it('wants an INTEGER', async () => {
    await bring('running')
    expect(await set(state(octets(Buffer.from('3'))))).toBe('7@1')
  })

  it('is taken back when something after it fails', async () => {
    await bring('running')
    const transaction = b.agent.view.test([state(3)]) as SetTransaction
    expect(await transaction.commit()).toBeUndefined()
    expect(await now()).toBe('paused')
    expect(await transaction.undo()).toBeUndefined()
    expect(await now()).toBe('running')
  })

  it('cannot be taken back when the guest was asked to shut down', async () => {
    await bring('running')
    const transaction = b.agent.view.test([state(4)]) as SetTransaction
    await transaction.commit()
    expect(await transaction.undo()).toEqual({ error: 15, index: 1 })
  })
})

describe('SET of libvirtGuestRowStatus', () => {
  it.each([
    ['shutoff', [rowStatus(4)], 'ok', 'running'],
    ['shutoff', [rowStatus(4), state(1)], 'ok', 'running'],
    ['shutoff', [rowStatus(4), state(4)], 'commit 14@1', 'shutoff'],
    ['running', [rowStatus(4)], 'commit 14@1', 'running'],
    ['running', [rowStatus(6)], 'ok', 'shutoff'],
    ['paused', [rowStatus(6)], 'ok', 'shutoff'],
    ['shutoff', [rowStatus(6)], 'commit 14@1', 'shutoff'],
    ['running', [rowStatus(5)], '10@1', 'running'],
    ['running', [rowStatus(3)], '10@1', 'running'],
    ['running', [rowStatus(1)], 'commit 14@1', 'running'],
    ['running', [rowStatus(2)], 'commit 14@1', 'running'],
  ] as const)('of a guest that is %s: case %#', async (from, variables, result, after) => {
    await bring(from)
    expect(await set(...variables)).toBe(result)
    expect(await now()).toBe(after)
  })

  it('makes no rows, and takes no index of another length', async () => {
    expect(await set(cell([...old, 9], 4, '99999999-2222-3333-4444-555555555555'))).toBe('11@1')
    expect(await set({ oid: [...old, 9, 16, ...uuidIndex(uuid)], value: integer(4) })).toBe('11@1')
  })

  it('leaves the definition of what it has ended', async () => {
    await bring('running')
    await set(rowStatus(6))
    expect((await b.conn.domains.byUuid(uuid)).name).toBe('web')
  })
})

describe('SET of virtGuestAction', () => {
  it.each([
    ['shutoff', 1, 'ok', 'running'],
    ['running', 3, 'ok', 'paused'],
    ['paused', 4, 'ok', 'running'],
    ['running', 5, 'ok', 'shutoff'],
    ['running', 8, 'ok', 'shutoff'],
    ['running', 9, 'ok', 'shutoff'],
    ['running', 0, 'ok', 'running'],
    ['running', 1, '12@1', 'running'],
    ['shutoff', 3, '12@1', 'shutoff'],
    ['running', 4, '12@1', 'running'],
    ['shutoff', 8, '12@1', 'shutoff'],
    ['running', 10, '10@1', 'running'],
  ] as const)('of a guest that is %s to %i: %s, then it is %s', async (from, to, result, after) => {
    await bring(from)
    expect(await set(action(to))).toBe(result)
    expect(await now()).toBe(after)
    await (await b.conn.domains.byUuid(uuid)).managedSaveRemove().catch(() => {})
  })

  it('keeps the number of the error, until an action goes well', async () => {
    const error = cell([...ext, 1, 1, 20], 0).oid
    expect(b.agent.view.get(error)).toEqual({ type: 2, value: 0 })
    await bring('shutoff')
    // This driver does not take the flag to start paused, and says so: it has got it.
    expect(await set(action(2))).toBe('commit 14@1')
    expect(b.agent.view.get(error)).toEqual({ type: 2, value: 8 })
    expect(await set(state(3), rowStatus(4))).toBe('commit 14@1')
    expect(b.agent.view.get(error)).toEqual({ type: 2, value: 8 })
    expect(await set(action(1))).toBe('ok')
    expect(b.agent.view.get(error)).toEqual({ type: 2, value: 0 })
  })
})

describe('SET of other columns', () => {
  it('changes the autostart, and takes it back', async () => {
    const domain = await b.conn.domains.byUuid(uuid)
    const transaction = b.agent.view.test([autostart(1)]) as SetTransaction
    expect(await transaction.commit()).toBeUndefined()
    expect(await domain.autostart()).toBe(true)
    expect(await transaction.undo()).toBeUndefined()
    expect(await domain.autostart()).toBe(false)
    expect(await set(autostart(3))).toBe('10@1')
  })

  it('stops and starts networks and pools', async () => {
    const network = await b.conn.networks.byName('default')
    const stop = (column: number[], to: number, id: string): VarBind => cell([...ext, ...column], to, id)
    expect(await set(stop([7, 1, 9], 2, network.uuid))).toBe('ok')
    expect(await network.isActive()).toBe(false)
    await b.sampler.survey()
    expect(await set(stop([7, 1, 9], 1, network.uuid))).toBe('ok')
    expect(await network.isActive()).toBe(true)
    const pool = await b.conn.pools.byName('default-pool')
    expect(await set(stop([5, 1, 11], 3, pool.uuid))).toBe('ok')
    expect(await set(stop([5, 1, 11], 1, pool.uuid))).toBe('12@1')
    expect(await set(stop([5, 1, 11], 2, pool.uuid))).toBe('ok')
    await pool.create()
  })

  it('is refused: names, figures, the same twice', async () => {
    expect(await set(cell([...old, 2], octets(Buffer.from('new'))))).toBe('17@1')
    expect(await set(state(3), { oid: [1, 3, 6, 1, 4, 1, 1], value: integer(1) })).toBe('17@2')
    expect(await set(state(3), state(3))).toBe('12@2')
  })
})

describe('an agent that is not told otherwise', () => {
  it('changes nothing', async () => {
    await b.close()
    b = await bench()
    const index = uuidIndex((await b.conn.domains.byName('test')).uuid)
    expect(await set({ oid: [...old, 3, ...index], value: integer(3) })).toBe('17@1')
    expect((await (await b.conn.domains.byName('test')).info()).state).toBe('running')
  })
})
