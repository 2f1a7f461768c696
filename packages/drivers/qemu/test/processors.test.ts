// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Domain } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { currentOf, processorsOf, resized, switched, withProcessors, withReplugged } from '../src/domain/processors.js'

const guest = (current: number | undefined, vcpus: Domain['vcpus'] = []): Domain =>
  ({ vcpu: { count: 4, current }, vcpus }) as unknown as Domain
/** `id` of those that are on, with `+` where they may go again. */
const on = (list: ReturnType<typeof processorsOf>): string =>
  list.flatMap(({ id, enabled, hotpluggable }) => (enabled ? `${id}${hotpluggable ? '+' : ''}` : [])).join(' ')
const orders = (list: ReturnType<typeof processorsOf>) => list.map(({ order }) => order)

describe('processors of a guest', () => {
  it('are the first ones, and stay, where a document says but how many', () => {
    expect(on(processorsOf(guest(2)))).toBe('0 1')
    expect(on(processorsOf(guest(undefined)))).toBe('0 1 2 3')
  })

  it('go from the highest, come from the lowest', () => {
    const list = switched(processorsOf(guest(2)), new Set([3]), true)
    expect(on(list)).toBe('0 1 3+')
    expect(on(resized(list, 1, false))).toBe('0')
    expect(on(resized(list, 4, false))).toBe('0 1 2 3+')
    expect(on(resized(list, 4, true))).toBe('0 1 2+ 3+')
    expect(resized(resized(list, 1, false), 2, false)[1]).toEqual({ id: 1, enabled: true, hotpluggable: false })
  })

  it('keep their order while others come and go', () => {
    const more = withReplugged(guest(2), 3, true)
    expect(orders(processorsOf(more))).toEqual([1, 2, undefined, 3])
    const all = withReplugged(more, 2, true)
    expect(orders(processorsOf(all))).toEqual([1, 2, 4, 3])
    expect(orders(processorsOf(withReplugged(all, 3, false)))).toEqual([1, 2, 3, undefined])
  })

  it('are counted in the document', () => {
    const three = withReplugged(guest(2), 3, true)
    expect(currentOf(three)).toBe(3)
    expect(on(processorsOf(three))).toBe('0 1 3+')
    expect(withProcessors(guest(2), processorsOf(guest(undefined))).vcpu?.current).toBeUndefined()
  })
})
