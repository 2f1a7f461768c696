// SPDX-License-Identifier: LGPL-2.1-or-later
// Kinds of jobs, what excludes what, and the texts libvirt has for them in status files and errors.

/** Short jobs, one at a time for each object. */
export type JobKind =
  | 'query'
  | 'destroy'
  | 'suspend'
  | 'modify'
  | 'abort'
  | 'migrationOp'
  | 'modifyMigrationSafe'
  /** A step of the object's own long job. */
  | 'asyncNested'

/** Jobs of the guest agent; they have a lane of their own. */
export type AgentJobKind = 'agentQuery' | 'agentModify'

/** `virDomainJob` as status files have it. */
export const jobNames: Readonly<Record<JobKind, string>> = {
  query: 'query',
  destroy: 'destroy',
  suspend: 'suspend',
  modify: 'modify',
  abort: 'abort',
  migrationOp: 'migration operation',
  modifyMigrationSafe: 'modify',
  asyncNested: 'async nested',
}

/** A kind of long job. */
export interface AsyncKind<P extends string = string> {
  /** `virDomainAsyncJob` as status files have it. */
  readonly name: string
  /** Short jobs that may run beside it. */
  readonly mask: ReadonlySet<JobKind>
  /** Its phases in their order. */
  readonly phases?: readonly P[]
  /** Phases that may be entered from any other. */
  readonly anyTime?: ReadonlySet<P>
}

/** Declares a kind of long job. A destroy and the job's own steps are always possible: nothing masks the end of a process. */
export function asyncKind<P extends string = string>(
  name: string,
  mask: readonly JobKind[],
  phases?: { readonly order: readonly P[]; readonly anyTime?: readonly P[] },
): AsyncKind<P> {
  return Object.freeze({
    name,
    mask: new Set<JobKind>(['destroy', 'asyncNested', ...mask]),
    ...(phases === undefined ? {} : { phases: phases.order, anyTime: new Set(phases.anyTime) }),
  })
}
