// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known of one guest.
import type { Domain } from '@virt/core'

/** One direction of a disk's traffic since the guest started. */
export interface DiskTraffic {
  readonly requests: bigint
  readonly bytes: bigint
  /** Nanoseconds. */
  readonly time: bigint
}

/** A disk of a guest. */
export interface GuestDisk {
  /** From 1, its own while it exists. */
  readonly number: number
  readonly target: string
  readonly source: string
  readonly device: string
  readonly readOnly: boolean
  capacity: bigint
  allocation: bigint
  physical: bigint
  read: DiskTraffic
  write: DiskTraffic
  flush: DiskTraffic
  errors: bigint
}

/** One direction of an interface's traffic since the guest started. */
export interface InterfaceTraffic {
  readonly bytes: bigint
  readonly packets: bigint
  readonly errors: bigint
  readonly dropped: bigint
}

/** A network interface of a guest. */
export interface GuestInterface {
  /** From 1, its own while it exists. */
  readonly number: number
  readonly target: string
  readonly mac: string
  readonly kind: string
  readonly source: string
  readonly linkUp: boolean
  received: InterfaceTraffic
  sent: InterfaceTraffic
}

/** A virtual CPU of a running guest. */
export interface GuestVcpu {
  readonly number: number
  /** `virVcpuState` */
  readonly state: number
  /** Nanoseconds. */
  readonly time: bigint
  readonly wait: bigint
  readonly delay: bigint
}

/** A snapshot of a guest. */
export interface GuestSnapshot {
  /** From 1, its own while it exists. */
  readonly number: number
  readonly name: string
  readonly parent: string
  readonly state: string
  readonly created: Date | undefined
  readonly current: boolean
}

/** What is being done with a guest for some time: a migration, a save, a dump. Times in ms, sizes in bytes. */
export interface GuestJob {
  /** `virDomainJobType`; 0 while there is none. */
  readonly kind: number
  readonly elapsed: bigint
  readonly remaining: bigint
  readonly dataTotal: bigint
  readonly dataProcessed: bigint
  readonly dataRemaining: bigint
}

/** A guest; its figures change in place. */
export interface Guest {
  readonly uuid: string
  handle: Domain
  name: string
  title: string
  /** -1 while it does not run. */
  id: number
  /** `virDomainState` */
  state: number
  /** Code of the reason enum that goes with the state. */
  reason: number
  persistent: boolean
  autostart: boolean
  managedSave: boolean
  vcpus: { current: number; maximum: number; each: readonly GuestVcpu[] }
  /** KiB. */
  memory: { current: bigint; maximum: bigint; resident: bigint }
  /** Nanoseconds. */
  cpu: { time: bigint; user: bigint; system: bigint }
  disks: readonly GuestDisk[]
  interfaces: readonly GuestInterface[]
  snapshots: readonly GuestSnapshot[]
  job: GuestJob
}

const noDiskTraffic: DiskTraffic = Object.freeze({ requests: 0n, bytes: 0n, time: 0n })
const noInterfaceTraffic: InterfaceTraffic = Object.freeze({ bytes: 0n, packets: 0n, errors: 0n, dropped: 0n })

/** Figures of a disk that nothing is known of. */
export const idleDisk: Pick<GuestDisk, 'capacity' | 'allocation' | 'physical' | 'read' | 'write' | 'flush' | 'errors'> =
  Object.freeze({
    capacity: 0n,
    allocation: 0n,
    physical: 0n,
    read: noDiskTraffic,
    write: noDiskTraffic,
    flush: noDiskTraffic,
    errors: 0n,
  })
/** Figures of an interface that nothing is known of. */
export const idleInterface: Pick<GuestInterface, 'received' | 'sent'> = Object.freeze({
  received: noInterfaceTraffic,
  sent: noInterfaceTraffic,
})

/** No job. */
export const noJob: GuestJob = Object.freeze({
  kind: 0,
  elapsed: 0n,
  remaining: 0n,
  dataTotal: 0n,
  dataProcessed: 0n,
  dataRemaining: 0n,
})

/** A guest of which only the handle is known. */
export function newGuest(handle: Domain): Guest {
  return {
    uuid: handle.uuid,
    handle,
    name: handle.name,
    title: '',
    id: handle.id ?? -1,
    state: handle.id === undefined ? 5 : 1,
    reason: 0,
    persistent: false,
    autostart: false,
    managedSave: false,
    vcpus: { current: 0, maximum: 0, each: [] },
    memory: { current: 0n, maximum: 0n, resident: 0n },
    cpu: { time: 0n, user: 0n, system: 0n },
    disks: [],
    interfaces: [],
    snapshots: [],
    job: noJob,
  }
}
