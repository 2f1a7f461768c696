// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Call, Json } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { currentOf, processorsOf, withReplugged } from '../src/domain/processors.js'
import { statusOf } from '../src/process/status-file.js'
import { vcpuSlots } from '../src/slots/vcpu.js'
import { delivered, type RunningGuest, runningGuest } from './guest.js'

const call = { slot: undefined, signal: new AbortController().signal } as unknown as Call
const live = 1

/** A guest of four processors, so many of them on, whose QEMU does what it is asked unless `refuses` says otherwise. */
async function guestOf(current: number, refuses: (device: string) => boolean = () => false): Promise<RunningGuest> {
  const guest = await runningGuest()
  const { domain, run, far, tell } = guest
  let document = { ...domain.def, vcpu: { placement: 'static' as const, count: 4, current: 1 } }
  for (let id = 1; id < current; id++) document = withReplugged(document, id, true) as typeof document
  domain.def = document
  const on = new Set(processorsOf(document).flatMap(({ id, enabled }) => (enabled ? [id] : [])))
  const threads = () => [...on].map((id) => ({ 'cpu-index': id, 'thread-id': 100 + id }))
  run.facts.vcpus = [...on].map((id) => ({ id, thread: 100 + id }))
  const answer = (execute: string, device: string): Json => {
    const id = Number(device.slice('vcpu'.length))
    switch (execute) {
      case 'query-hotpluggable-cpus':
        return [3, 2, 1, 0].map((core) => ({ type: 'cpu', props: { 'core-id': core } }))
      case 'query-cpus-fast':
        return threads()
      case 'device_add':
        on.add(id)
        return {}
      case 'device_del':
        on.delete(id)
        setImmediate(() => tell('DEVICE_DELETED', { device, path: `/machine/peripheral/${device}` }))
        return {}
      default:
        return []
    }
  }
  far.onLine = (line) => {
    const { id, execute, arguments: words } = JSON.parse(line) as { id: string; execute: string; arguments?: object }
    const device = String((words as { id?: string } | undefined)?.id ?? '')
    const result = refuses(device)
      ? { error: { class: 'GenericError', desc: `${device} stays as it is` } }
      : { return: answer(execute, device) }
    far.write(`${JSON.stringify({ id, ...result })}\n`)
  }
  return guest
}

const numbers = ({ domain }: RunningGuest): number[] =>
  processorsOf(domain.def).flatMap(({ id, enabled }) => (enabled ? [id] : []))

describe('processors of a guest that runs', () => {
  it('come and go', async () => {
    const guest = await guestOf(1)
    const { domain, state, run } = guest
    await vcpuSlots(state).domainSetVcpusFlags?.(call, domain, 4, live)
    expect(numbers(guest)).toEqual([0, 1, 2, 3])
    expect(processorsOf(domain.def).map(({ order }) => order)).toEqual([1, 2, 3, 4])
    expect(run.facts.vcpus.map(({ thread }) => thread)).toEqual([100, 101, 102, 103])
    await vcpuSlots(state).domainSetVcpusFlags?.(call, domain, 2, live)
    expect(numbers(guest)).toEqual([0, 1])
    expect(run.facts.vcpus.map(({ id }) => id)).toEqual([0, 1])
  })

  it.each([
    [4, 1, 'vcpu2', [0, 1, 2]],
    [1, 4, 'vcpu2', [0, 1]],
  ])('%i become %i as far as they do', async (before, after, stays, expected) => {
    const guest = await guestOf(before, (device) => device === stays)
    const { domain, state, run } = guest
    const change = vcpuSlots(state).domainSetVcpusFlags?.(call, domain, after, live)
    await expect(change).rejects.toThrow('vcpu2 stays as it is')
    expect(numbers(guest)).toEqual(expected)
    expect(currentOf(domain.def)).toBe(expected.length)
    expect(run.facts.vcpus.map(({ id }) => id)).toEqual(expected)
  })

  it('are gone also when nobody waits for it any more', async () => {
    const guest = await guestOf(3)
    guest.tell('DEVICE_DELETED', { device: 'vcpu1', path: '/machine/peripheral/vcpu1' })
    await delivered()
    expect(guest.told).toEqual([])
    expect(numbers(guest)).toEqual([0, 2])
    const [inUse] = /<vcpus>.*<\/vcpus>/s.exec(statusOf(guest.domain)) ?? []
    expect(inUse).toContain("id='2'")
    expect(inUse).not.toContain("<vcpu id='1' pid")
  })
})
