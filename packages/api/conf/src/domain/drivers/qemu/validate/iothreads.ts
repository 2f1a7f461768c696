// SPDX-License-Identifier: LGPL-2.1-or-later
// Which I/O threads serve the queues of a device.
import type { Domain, IothreadMapping } from '../../../types.gen.js'
import { unsupported } from '../report.js'

const isKnown = (domain: Domain, id: number): boolean => domain.iothreadids.some((one) => one.id === id)

/**
 * Checks a mapping of queues to I/O threads.
 * @param queues how many queues the device has; 0 where it does not say
 * @throws VirtError
 */
export function checkThreadMapping(domain: Domain, mapping: readonly IothreadMapping[], queues: number): void {
  if (mapping.length === 0) return
  const mapped = mapping.some((one) => one.queues.length > 0)
  if (mapped && queues === 0) unsupported("'queue' count must be configured for explicit iothread to queue mapping")
  const seen = new Set<number>()
  const served = new Set<number>()
  for (const { id, queues: own } of mapping) {
    if (seen.has(id)) unsupported(`duplicate mapping for iothread '${id}'`)
    seen.add(id)
    if (!isKnown(domain, id)) unsupported(`iothread '${id}' not defined in iothreadid`)
    if (!mapped) continue
    if (own.length === 0) unsupported('iothread to queue mapping must be provided for all iothreads or for none')
    for (const { id: queue } of own) {
      if (queue >= queues) unsupported(`iothread queue '${queue}' mapping out of range`)
      if (served.has(queue)) unsupported(`iothread queue '${queue}' is already assigned`)
      served.add(queue)
    }
  }
  if (!mapped) return
  for (let queue = 0; queue < queues; queue++)
    if (!served.has(queue)) unsupported(`missing iothread mapping for queue '${queue}'`)
}

/** Checks the one thread that serves a device. @throws VirtError */
export function checkThread(domain: Domain, id: number | undefined, what: 'Disk' | 'controller'): void {
  if (id !== undefined && id !== 0 && !isKnown(domain, id))
    unsupported(`${what} iothread '${id}' not defined in iothreadid`)
}
