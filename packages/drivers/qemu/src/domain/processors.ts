// SPDX-License-Identifier: LGPL-2.1-or-later
// Which of its processors a guest has on, in its document: so many of them, or each for itself.
import type { Domain } from '@virt/conf'

/** A processor that a guest may have. */
export interface Processor {
  readonly id: number
  readonly enabled: boolean
  /** Whether it may come and go while the guest runs. */
  readonly hotpluggable: boolean
  /** The how-manieth it was to be plugged in. */
  readonly order?: number | undefined
}

export const maximumOf = ({ vcpu }: Domain): number => vcpu?.count ?? 1
export const currentOf = (document: Domain): number => document.vcpu?.current ?? maximumOf(document)

/** All of them. Where a document says but how many are on, it is the first ones, and they stay. */
export function processorsOf(document: Domain): Processor[] {
  const current = currentOf(document)
  const said = new Map(document.vcpus.map((one) => [one.id, one]))
  return Array.from({ length: maximumOf(document) }, (_, id) => {
    const { enabled = id < current, hotpluggable = !enabled, order } = said.get(id) ?? {}
    return { id, enabled, hotpluggable, order }
  })
}

/** The document with a processor more or less, each for itself. */
export function withProcessors(document: Domain, list: readonly Processor[]): Domain {
  const count = maximumOf(document)
  const current = list.filter(({ enabled }) => enabled).length
  const vcpus = list.map(({ order, ...one }) => (order === undefined ? one : { ...one, order }))
  const vcpu = {
    placement: 'static' as const,
    ...document.vcpu,
    count,
    current: current === count ? undefined : current,
  }
  return { ...document, vcpus, vcpu }
}

/** The list with some on or off. Their order has no meaning then. */
export function switched(list: readonly Processor[], ids: ReadonlySet<number>, enabled: boolean): Processor[] {
  return list.map(({ order: _, ...one }) => (ids.has(one.id) ? { ...one, enabled, hotpluggable: true } : one))
}

/**
 * The list with so many on: the lowest that are off come first, the highest that are on go first.
 * @param hotpluggable those that come may go again
 */
export function resized(list: readonly Processor[], count: number, hotpluggable: boolean): Processor[] {
  const change = count - list.filter(({ enabled }) => enabled).length
  const candidates = list.filter(({ enabled }) => enabled === change < 0).map(({ id }) => id)
  const chosen = new Set(change < 0 ? candidates.reverse().slice(0, -change) : candidates.slice(0, change))
  return list.map(({ order: _, ...one }) =>
    chosen.has(one.id) ? { ...one, enabled: change > 0, hotpluggable: change < 0 || hotpluggable } : one,
  )
}

/** The list after one has come or gone: who was there keeps its place in the order, who comes is the last. */
function replugged(list: readonly Processor[], changed: number, enabled: boolean): Processor[] {
  const place = ({ id, order }: Processor): number => order ?? id + 1
  const before = list.filter((one) => one.enabled && one.id !== changed).sort((a, b) => place(a) - place(b))
  const order = new Map([...before.map(({ id }) => id), ...(enabled ? [changed] : [])].map((id, i) => [id, i + 1]))
  return list.map((one) => {
    const own = one.id === changed
    return {
      ...one,
      enabled: own ? enabled : one.enabled,
      hotpluggable: one.hotpluggable || own,
      order: order.get(one.id),
    }
  })
}

/** The document after a processor has come or gone. */
export function withReplugged(document: Domain, id: number, enabled: boolean): Domain {
  return withProcessors(document, replugged(processorsOf(document), id, enabled))
}
