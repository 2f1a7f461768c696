// SPDX-License-Identifier: LGPL-2.1-or-later
// Phases of a migration, as status files have them, and the long jobs that go through them.
import { type AsyncKind, asyncKind, type JobKind } from '@virt/stateful'

/** `qemuMigrationJobPhase`, in libvirt's order. */
export const phases = [
  'none',
  'perform2',
  'begin3',
  'perform3',
  'perform3_done',
  'confirm3_cancelled',
  'confirm3',
  'prepare',
  'finish2',
  'finish3',
  'postcopy_failed',
  'begin_resume',
  'perform_resume',
  'confirm_resume',
  'prepare_resume',
  'finish_resume',
] as const
export type Phase = (typeof phases)[number]

/** Which end of a migration a host is. */
export type Side = 'source' | 'destination'

/** Phases that may be entered from any other: a failure comes at any time, and so does what mends it. */
const anyTime: readonly Phase[] = phases.slice(phases.indexOf('postcopy_failed'))

/** What runs beside a migration that leaves: looking at it, ending it, tuning it, and what changes nothing that the other end has to know. */
const besideOut: readonly JobKind[] = ['query', 'abort', 'suspend', 'migrationOp', 'modifyMigrationSafe']

/** A guest that leaves. */
export const migrationOut: AsyncKind<Phase> = asyncKind('migration out', besideOut, { order: phases, anyTime })
/** A guest that arrives. */
export const migrationIn: AsyncKind<Phase> = asyncKind('migration in', ['modifyMigrationSafe'], {
  order: phases,
  anyTime,
})

/** Whether a phase comes before another in libvirt's order. */
export function isBefore(phase: Phase, other: Phase): boolean {
  return phases.indexOf(phase) < phases.indexOf(other)
}
