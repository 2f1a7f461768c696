// SPDX-License-Identifier: LGPL-2.1-or-later
import { type Call, eventIds, Param, type TypedParams } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { throttleGroupSlots } from '../src/slots/throttle-groups.js'
import { delivered, type RunningGuest, runningGuest } from './guest.js'

const call = { slot: undefined, signal: new AbortController().signal } as unknown as Call
const live = 1
const config = 2

type Values = Readonly<Record<string, bigint>>

function params(values: Values): TypedParams {
  return {
    shape: { names: Object.keys(values), types: Object.keys(values).map(() => Param.ullong) },
    values: Object.values(values),
  }
}

interface Guest extends RunningGuest {
  /** What QEMU was asked. */
  readonly asked: { execute: string; arguments: Record<string, unknown> }[]
  set(name: string, values: Values, flags: number): Promise<void>
  remove(name: string, flags: number): Promise<void>
}

async function guest(): Promise<Guest> {
  const found = await runningGuest()
  const { state, domain, far } = found
  await state.prepare()
  domain.persistent = true
  domain.def = { ...domain.def, throttlegroups: [{ group_name: 'slow', total_bytes_sec: 1000n, size_iops_sec: 9n }] }
  domain.keepNext()
  const asked: Guest['asked'] = []
  far.onLine = (line) => {
    const { id, ...rest } = JSON.parse(line) as { id: string } & Guest['asked'][number]
    asked.push(rest)
    far.write(`${JSON.stringify({ id, return: {} })}\r\n`)
  }
  const slots = throttleGroupSlots(state)
  return {
    ...found,
    asked,
    set: async (name, values, flags) => await slots.domainSetThrottleGroup?.(call, domain, name, params(values), flags),
    remove: async (name, flags) => await slots.domainDelThrottleGroup?.(call, domain, name, flags),
  }
}

describe('a group of limits', () => {
  it('is made in QEMU and in both documents', async () => {
    const { set, asked, domain } = await guest()
    await set('new', { read_iops_sec: 50n }, live | config)
    expect(asked.map(({ execute }) => execute)).toEqual(['object-add'])
    expect(asked[0]?.arguments).toMatchObject({ 'qom-type': 'throttle-group', id: 'throttle-new' })
    expect(asked[0]?.arguments.limits).toMatchObject({ 'iops-read': 50, 'bps-total': 0 })
    for (const { throttlegroups } of [domain.def, domain.config])
      expect(throttlegroups[1]).toEqual({ group_name: 'new', read_iops_sec: 50n })
  })

  it('keeps limits of families that a change does not name, and its place', async () => {
    const { set, asked, domain } = await guest()
    await set('slow', { read_bytes_sec: 5n, total_iops_sec: 7n }, live)
    expect(asked[0]).toMatchObject({ execute: 'qom-set', arguments: { path: '/objects/throttle-slow' } })
    expect(domain.def.throttlegroups).toEqual([
      { group_name: 'slow', read_bytes_sec: 5n, total_iops_sec: 7n, size_iops_sec: 9n },
    ])
    expect(domain.config.throttlegroups[0]?.total_bytes_sec).toBe(1000n)
  })

  it('is told of by name, with what was set', async () => {
    const { set, state, domain } = await guest()
    const told: unknown[] = []
    state.events.subscribe(undefined, 'domain', eventIds.domain.tunable, undefined, ({ payload }) => told.push(payload))
    await set('slow', { total_bytes_sec: 5n }, live)
    await delivered()
    expect(told).toMatchObject([
      {
        dom: { name: domain.name },
        params: {
          shape: { names: ['blkdeviotune.group_name', 'blkdeviotune.total_bytes_sec'] },
          values: ['slow', 5n],
        },
      },
    ])
  })

  it.each<[string, Values, number, string]>([
    ['all and a part', { total_bytes_sec: 1n, read_bytes_sec: 1n }, config, 'total and read/write of bytes_sec'],
    ['more than QEMU takes', { total_bytes_sec: 1_000_000_000_000_001n }, config, 'must be no more than'],
    ['a burst below the limit', { total_bytes_sec: 9n, total_bytes_sec_max: 8n }, live, 'cannot be smaller than'],
    ['a burst without a limit', { total_bytes_sec_max: 8000n }, live, "cannot reset 'total_bytes_sec'"],
  ])('is not %s', async (_what, values, flags, complaint) => {
    const { set, asked, domain } = await guest()
    const before = [domain.def, domain.config]
    await expect(set('slow', values, flags)).rejects.toThrow(complaint)
    expect(asked).toEqual([])
    expect([domain.def, domain.config]).toEqual(before)
  })

  it('is taken away, but not from a disk that has it', async () => {
    const { remove, asked, domain } = await guest()
    const { devices } = domain.def
    if (devices === undefined) throw new Error('no devices')
    const [first, ...rest] = devices.disks
    if (first === undefined) throw new Error('no disk')
    const slowed = { ...first, throttlefilters: [{ group: 'slow' }] }
    domain.def = { ...domain.def, devices: { ...devices, disks: [slowed, ...rest] } }
    await expect(remove('slow', live)).rejects.toThrow("throttle group 'slow' is still being used by disk vda")
    expect(asked).toEqual([])
    await remove('slow', config)
    expect(domain.config.throttlegroups).toEqual([])
    domain.def = { ...domain.def, devices }
    await remove('slow', live)
    expect(asked).toEqual([{ execute: 'object-del', arguments: { id: 'throttle-slow' } }])
    expect(domain.def.throttlegroups).toEqual([])
  })
})
