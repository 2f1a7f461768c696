// SPDX-License-Identifier: LGPL-2.1-or-later
// The names of prometheus-libvirt-exporter, for dashboards and alerts that exist already.
import { DomainState } from '@virt/core'
import type { Guest, GuestDisk, GuestInterface, Sampler } from '@virt/sampler'
import { anyFamily, type Family, type Part } from './table.js'

const labelsOf = ({ name, uuid }: Guest): Record<string, string> => ({ domain: name, uuid })
const running = function* (sampler: Sampler): Generator<Guest> {
  for (const guest of sampler.guests.values())
    if (guest.state !== DomainState.SHUTOFF && guest.state !== DomainState.CRASHED) yield guest
}

const host: Family<Sampler> = {
  things: (sampler) => [sampler],
  labels: () => ({}),
  metrics: [
    {
      name: 'libvirt_up',
      type: 'gauge',
      help: 'Whether the daemon answers',
      read: ({ link }) => Number(link.state === 'connected'),
    },
    {
      name: 'libvirt_domains_number',
      type: 'gauge',
      help: 'Guests that run',
      read: (sampler) => [...running(sampler)].length,
    },
  ],
}

const guest: Family<Guest> = {
  things: running,
  labels: labelsOf,
  metrics: [
    { name: 'libvirt_domain_state_code', type: 'gauge', help: 'State of the guest', read: ({ state }) => state },
    {
      name: 'libvirt_domain_info_maximum_memory_bytes',
      type: 'gauge',
      help: 'Most memory',
      read: ({ memory }) => memory.maximum * 1024n,
    },
    {
      name: 'libvirt_domain_info_memory_usage_bytes',
      type: 'gauge',
      help: 'Memory in use',
      read: ({ memory }) => memory.current * 1024n,
    },
    {
      name: 'libvirt_domain_info_virtual_cpus',
      type: 'gauge',
      help: 'Virtual CPUs',
      read: ({ vcpus }) => vcpus.current,
    },
    {
      name: 'libvirt_domain_info_cpu_time_seconds_total',
      type: 'counter',
      help: 'CPU time used',
      read: ({ cpu }) => cpu.time,
      per: 1e9,
    },
  ],
}

/** Rows of names after a common beginning: direction, what, and where it is. */
const disk: Family<Part<GuestDisk>> = {
  *things(sampler) {
    for (const one of running(sampler)) for (const item of one.disks) yield { guest: one, item }
  },
  labels: ({ guest: one, item }) => ({ ...labelsOf(one), source_file: item.source, target_device: item.target }),
  metrics: (['read', 'write'] as const).flatMap((way) =>
    (['bytes', 'requests'] as const).map((what) => ({
      name: `libvirt_domain_block_stats_${way}_${what}_total`,
      type: 'counter' as const,
      help: `${what === 'bytes' ? 'Bytes' : 'Requests'} of a disk, ${way}`,
      read: ({ item }: Part<GuestDisk>) => item[way][what],
    })),
  ),
}

const port: Family<Part<GuestInterface>> = {
  *things(sampler) {
    for (const one of running(sampler)) for (const item of one.interfaces) yield { guest: one, item }
  },
  labels: ({ guest: one, item }) => ({
    ...labelsOf(one),
    source_bridge: item.kind === 'bridge' ? item.source : '',
    target_device: item.target,
  }),
  metrics: (
    [
      ['receive', 'received'],
      ['transmit', 'sent'],
    ] as const
  ).flatMap(([way, key]) =>
    (
      [
        ['bytes', 'bytes'],
        ['packets', 'packets'],
        ['errors', 'errors'],
        ['drops', 'dropped'],
      ] as const
    ).map(([what, field]) => ({
      name: `libvirt_domain_interface_stats_${way}_${what}_total`,
      type: 'counter' as const,
      help: `${way === 'receive' ? 'Received' : 'Sent'} on an interface: ${what}`,
      read: ({ item }: Part<GuestInterface>) => item[key][field],
    })),
  ),
}

/** All families under the names of prometheus-libvirt-exporter. */
export const exporterFamilies: readonly Family<unknown>[] = [
  anyFamily(host),
  anyFamily(guest),
  anyFamily(disk),
  anyFamily(port),
]
