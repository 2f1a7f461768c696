// SPDX-License-Identifier: LGPL-2.1-or-later
// Every metric: its name, what it means, and where it is in the model. The names' units are Prometheus's: seconds, bytes.
import type { Guest, GuestDisk, GuestInterface, GuestVcpu, Net, Pool, Sampler } from '@virt/sampler'

/** Labels of a value. */
export type Labels = Readonly<Record<string, string>>

/** One metric over the things of one kind. */
export interface Metric<T> {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** The value; undefined when this thing has none. */
  read(thing: T): number | bigint | undefined
  /** Divides the value: nanoseconds to seconds. */
  readonly per?: number
}

/** A family of metrics: what there are values for, and how they are labelled. */
export interface Family<T> {
  things(sampler: Sampler): Iterable<T>
  labels(thing: T): Labels
  readonly metrics: readonly Metric<T>[]
}

const nanoseconds = 1e9
const kib = (value: bigint): bigint => value * 1024n
const gauge = <T>(name: string, help: string, read: Metric<T>['read']): Metric<T> => ({
  name,
  type: 'gauge',
  help,
  read,
})
const counter = <T>(name: string, help: string, read: Metric<T>['read'], per?: number): Metric<T> => ({
  name,
  type: 'counter',
  help,
  read,
  ...(per !== undefined && { per }),
})

/** A part of a guest, with the guest. */
export interface Part<T> {
  readonly guest: Guest
  readonly item: T
}
function* parts<T>(sampler: Sampler, of: (guest: Guest) => readonly T[]): Generator<Part<T>> {
  for (const guest of sampler.guests.values()) for (const item of of(guest)) yield { guest, item }
}
const active = ({ id }: Guest): boolean => id >= 0

const host: Family<Sampler> = {
  things: (sampler) => [sampler],
  labels: () => ({}),
  metrics: [
    gauge('virt_up', 'Whether the daemon answers', ({ link }) => (link.state === 'connected' ? 1 : 0)),
    gauge('virt_guests', 'Guests of the host, whether they run or not', ({ guests }) => guests.size),
    gauge('virt_host_cpus', 'CPUs of the host', ({ host }) => host.cpus),
    gauge('virt_host_memory_bytes', 'Memory of the host', ({ host }) => kib(host.memory)),
    gauge('virt_host_memory_free_bytes', 'Free memory of the host', ({ host }) => kib(host.free)),
    counter('virt_events_total', 'Events that have come from the daemon', ({ events }) => events),
  ],
}

const guest: Family<Guest> = {
  things: ({ guests }) => guests.values(),
  labels: ({ name, uuid }) => ({ domain: name, uuid }),
  metrics: [
    gauge(
      'virt_guest_state',
      'State: 0 none, 1 running, 2 blocked, 3 paused, 4 shutting down, 5 off, 6 crashed, 7 suspended by itself',
      ({ state }) => state,
    ),
    gauge('virt_guest_state_reason', 'Code of the reason of the state', ({ reason }) => reason),
    gauge('virt_guest_persistent', 'Whether it is defined, not only running', ({ persistent }) => Number(persistent)),
    gauge('virt_guest_autostart', 'Whether it starts with the host', ({ autostart }) => Number(autostart)),
    gauge('virt_guest_managed_save', 'Whether its state is saved', ({ managedSave }) => Number(managedSave)),
    gauge('virt_guest_vcpus', 'Virtual CPUs in use', ({ vcpus }) => vcpus.current),
    gauge('virt_guest_vcpus_maximum', 'Most virtual CPUs', ({ vcpus }) => vcpus.maximum),
    gauge('virt_guest_memory_bytes', 'Memory in use', ({ memory }) => kib(memory.current)),
    gauge('virt_guest_memory_maximum_bytes', 'Most memory', ({ memory }) => kib(memory.maximum)),
    gauge('virt_guest_memory_resident_bytes', 'Resident memory of its process', (g) =>
      active(g) && g.memory.resident > 0n ? kib(g.memory.resident) : undefined,
    ),
    counter('virt_guest_cpu_seconds_total', 'CPU time used', ({ cpu }) => cpu.time, nanoseconds),
    counter(
      'virt_guest_cpu_user_seconds_total',
      'Part of it in user space',
      ({ cpu }) => (cpu.user > 0n ? cpu.user : undefined),
      nanoseconds,
    ),
    counter(
      'virt_guest_cpu_system_seconds_total',
      'Part of it in the kernel',
      ({ cpu }) => (cpu.system > 0n ? cpu.system : undefined),
      nanoseconds,
    ),
    gauge('virt_guest_job', 'Kind of the job that runs: 0 none, 1 bounded, 2 unbounded', ({ job }) => job.kind),
    gauge('virt_guest_job_remaining_bytes', 'What its job has still to move', ({ job }) =>
      job.kind === 0 ? undefined : job.dataRemaining,
    ),
    gauge('virt_guest_snapshots', 'Snapshots of the guest', ({ snapshots }) => snapshots.length),
  ],
}

const vcpu: Family<Part<GuestVcpu>> = {
  things: (sampler) => parts(sampler, ({ vcpus }) => vcpus.each),
  labels: ({ guest: { name, uuid }, item }) => ({ domain: name, uuid, vcpu: String(item.number) }),
  metrics: [
    gauge('virt_vcpu_state', 'State: 0 offline, 1 running, 2 blocked', ({ item }) => item.state),
    counter('virt_vcpu_seconds_total', 'Time it has run', ({ item }) => item.time, nanoseconds),
    counter('virt_vcpu_wait_seconds_total', 'Time it has waited for the host', ({ item }) => item.wait, nanoseconds),
    counter(
      'virt_vcpu_delay_seconds_total',
      'Time it was ready and did not run',
      ({ item }) => item.delay,
      nanoseconds,
    ),
  ],
}

const disk: Family<Part<GuestDisk>> = {
  things: (sampler) => parts(sampler, ({ disks }) => disks),
  labels: ({ guest: { name, uuid }, item }) => ({ domain: name, uuid, device: item.target, source: item.source }),
  metrics: [
    gauge('virt_disk_capacity_bytes', 'Size that the guest sees', ({ item }) => item.capacity),
    gauge('virt_disk_allocation_bytes', 'Part of it that is in use', ({ item }) => item.allocation),
    gauge('virt_disk_physical_bytes', 'Size of what holds it', ({ item }) => item.physical),
    counter('virt_disk_read_bytes_total', 'Bytes read', ({ item }) => item.read.bytes),
    counter('virt_disk_reads_total', 'Reads', ({ item }) => item.read.requests),
    counter('virt_disk_read_seconds_total', 'Time of reads', ({ item }) => item.read.time, nanoseconds),
    counter('virt_disk_write_bytes_total', 'Bytes written', ({ item }) => item.write.bytes),
    counter('virt_disk_writes_total', 'Writes', ({ item }) => item.write.requests),
    counter('virt_disk_write_seconds_total', 'Time of writes', ({ item }) => item.write.time, nanoseconds),
    counter('virt_disk_flushes_total', 'Flushes', ({ item }) => item.flush.requests),
    counter('virt_disk_flush_seconds_total', 'Time of flushes', ({ item }) => item.flush.time, nanoseconds),
    counter('virt_disk_errors_total', 'Errors', ({ item }) => item.errors),
  ],
}

const port: Family<Part<GuestInterface>> = {
  things: (sampler) => parts(sampler, ({ interfaces }) => interfaces),
  labels: ({ guest: { name, uuid }, item }) => ({
    domain: name,
    uuid,
    device: item.target,
    mac: item.mac,
    source: item.source,
  }),
  metrics: [
    gauge('virt_interface_up', 'Whether the cable is plugged in', ({ item }) => Number(item.linkUp)),
    counter('virt_interface_receive_bytes_total', 'Bytes received', ({ item }) => item.received.bytes),
    counter('virt_interface_receive_packets_total', 'Packets received', ({ item }) => item.received.packets),
    counter('virt_interface_receive_errors_total', 'Errors while receiving', ({ item }) => item.received.errors),
    counter(
      'virt_interface_receive_drops_total',
      'Packets dropped while receiving',
      ({ item }) => item.received.dropped,
    ),
    counter('virt_interface_transmit_bytes_total', 'Bytes sent', ({ item }) => item.sent.bytes),
    counter('virt_interface_transmit_packets_total', 'Packets sent', ({ item }) => item.sent.packets),
    counter('virt_interface_transmit_errors_total', 'Errors while sending', ({ item }) => item.sent.errors),
    counter('virt_interface_transmit_drops_total', 'Packets dropped while sending', ({ item }) => item.sent.dropped),
  ],
}

const pool: Family<Pool> = {
  things: ({ pools }) => pools.values(),
  labels: ({ name, uuid, kind }) => ({ pool: name, uuid, type: kind }),
  metrics: [
    gauge(
      'virt_pool_state',
      'State: 0 inactive, 1 building, 2 running, 3 degraded, 4 inaccessible',
      ({ state }) => state,
    ),
    gauge('virt_pool_capacity_bytes', 'Size of the pool', ({ capacity }) => capacity),
    gauge('virt_pool_allocation_bytes', 'Part of it that is in use', ({ allocation }) => allocation),
    gauge('virt_pool_available_bytes', 'Part of it that is free', ({ available }) => available),
    gauge('virt_pool_volumes', 'Volumes in the pool', ({ volumes }) => volumes.length),
  ],
}

const network: Family<Net> = {
  things: ({ networks }) => networks.values(),
  labels: ({ name, uuid, bridge }) => ({ network: name, uuid, bridge }),
  metrics: [
    gauge('virt_network_active', 'Whether it runs', ({ active: runs }) => Number(runs)),
    gauge('virt_network_leases', 'DHCP leases given out', ({ leases }) => leases),
  ],
}

/** Hides what a family is over: everybody who has one only walks it. */
export const anyFamily = <T>(family: Family<T>): Family<unknown> => family as unknown as Family<unknown>

/** All families under our own names. */
export const families: readonly Family<unknown>[] = [
  anyFamily(host),
  anyFamily(guest),
  anyFamily(vcpu),
  anyFamily(disk),
  anyFamily(port),
  anyFamily(pool),
  anyFamily(network),
]
