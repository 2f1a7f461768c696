// SPDX-License-Identifier: LGPL-2.1-or-later
// Enumerations of libvirt-gobject, with its values.

export const DomainDeleteFlags = { none: 0, savedState: 1, snapshotsMetadata: 2, removeNvram: 4, keepNvram: 8 } as const
export type DomainDeleteFlags = number
export const DomainRebootFlags = { none: 0, acpiPowerBtn: 1, guestAgent: 2 } as const
export type DomainRebootFlags = number
export const DomainShutdownFlags = { none: 0, acpiPowerBtn: 1, guestAgent: 2 } as const
export type DomainShutdownFlags = number
export const DomainSnapshotCreateFlags = {
  none: 0,
  redefine: 1,
  current: 2,
  noMetadata: 4,
  halt: 8,
  diskOnly: 16,
  reuseExt: 32,
  quiesce: 64,
  atomic: 128,
} as const
export type DomainSnapshotCreateFlags = number
export const DomainSnapshotDeleteFlags = { children: 1, metadataOnly: 2, childrenOnly: 4 } as const
export type DomainSnapshotDeleteFlags = number
export const DomainSnapshotListFlags = {
  all: 0,
  descendants: 1,
  roots: 1,
  metadata: 2,
  leaves: 4,
  noLeaves: 8,
  noMetadata: 16,
  inactive: 32,
  active: 64,
  diskOnly: 128,
  internal: 256,
  external: 512,
} as const
export type DomainSnapshotListFlags = number
export const DomainSnapshotRevertFlags = { running: 1, paused: 2, force: 4 } as const
export type DomainSnapshotRevertFlags = number
export const DomainStartFlags = { none: 0, paused: 1, autodestroy: 2, bypassCache: 4, forceBoot: 8 } as const
export type DomainStartFlags = number
export const DomainState = {
  none: 0,
  running: 1,
  blocked: 2,
  paused: 3,
  shutdown: 4,
  shutoff: 5,
  crashed: 6,
  pmsuspended: 7,
} as const
export type DomainState = (typeof DomainState)[keyof typeof DomainState]
export const DomainUpdateDeviceFlags = { current: 0, live: 1, config: 2 } as const
export type DomainUpdateDeviceFlags = number
export const DomainXMLFlags = { none: 0, secure: 1, inactive: 2, updateCpu: 4 } as const
export type DomainXMLFlags = number
export const IPAddrType = { ipv4: 0, ipv6: 1 } as const
export type IPAddrType = (typeof IPAddrType)[keyof typeof IPAddrType]
export const StoragePoolState = { inactive: 0, building: 1, running: 2, degraded: 3, inaccessible: 4 } as const
export type StoragePoolState = (typeof StoragePoolState)[keyof typeof StoragePoolState]
export const StorageVolResizeFlags = { none: 0, allocate: 1, delta: 2, shrink: 4 } as const
export type StorageVolResizeFlags = number
export const StorageVolType = { file: 0, block: 1, dir: 2 } as const
export type StorageVolType = number
export const StreamIOCondition = { readable: 1, writable: 2, hangup: 4, error: 8 } as const
export type StreamIOCondition = number
