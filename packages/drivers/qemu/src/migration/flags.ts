// SPDX-License-Identifier: LGPL-2.1-or-later
// Flags of a migration: `virDomainMigrateFlags`.

/** `virDomainMigrateFlags` */
export const Migrate = {
  live: 0x1,
  peer2peer: 0x2,
  tunnelled: 0x4,
  persistDest: 0x8,
  undefineSource: 0x10,
  paused: 0x20,
  nonSharedDisk: 0x40,
  nonSharedInc: 0x80,
  changeProtection: 0x100,
  unsafe: 0x200,
  offline: 0x400,
  compressed: 0x800,
  abortOnError: 0x1000,
  autoConverge: 0x2000,
  rdmaPinAll: 0x4000,
  postcopy: 0x8000,
  tls: 0x10000,
  parallel: 0x20000,
  synchronousWrites: 0x40000,
  postcopyResume: 0x80000,
  zerocopy: 0x100000,
} as const

/** All of them. */
export const migrateFlags: number = Object.values(Migrate).reduce((all, bit) => all | bit, 0)

/** Whether any of some bits is set. */
export function has(flags: number, bits: number): boolean {
  return (flags & bits) !== 0
}

/** Whether disks are copied. */
export function copiesDisks(flags: number): boolean {
  return has(flags, Migrate.nonSharedDisk | Migrate.nonSharedInc)
}
