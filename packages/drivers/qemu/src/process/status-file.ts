// SPDX-License-Identifier: LGPL-2.1-or-later
// What is written down of a guest that runs, as it is now.
import { aliasesOf } from '../command/aliases.js'
import type { QemuDomain } from '../domain/record.js'
import { Reason, State } from '../domain/states.js'
import { printStatus, type StatusJob } from '../domain/status.js'
import { jobDataOf } from '../jobs/data.js'
import { MigrationData } from '../migration/data.js'
import { driveOf, targetOf } from '../migration/disks.js'
import type { RunFacts } from './run.js'
import { taintNames } from './taints.js'

/** The number of the process of a guest that has none yet. */
export const noProcess = 0

/** What is written down of a guest before it gets anything of the host: should this daemon end, the next one gives it back. */
export function statusOfStart(
  { def: document, id }: QemuDomain,
  {
    monitorPath,
    libFolder,
    channelFolder,
    namespaced,
    caps,
  }: Pick<RunFacts, 'monitorPath' | 'libFolder' | 'channelFolder' | 'namespaced' | 'caps'>,
): string {
  return printStatus(
    {
      state: State.paused,
      reason: Reason.paused['starting up'],
      pid: noProcess,
      monitorPath,
      vcpus: [],
      flags: [...caps.flags],
      job: undefined,
      devices: [],
      namespaced,
      libFolder,
      channelFolder,
      rebooting: false,
      nodes: 0,
      taints: [],
      agentTimeout: -2,
      document,
    },
    id,
  )
}

/** The text. @throws Error when the guest does not run */
export function statusOf(domain: QemuDomain): string {
  const { run } = domain
  if (run === undefined) throw new Error(`${domain.name} does not run`)
  const { facts } = run
  return printStatus(
    {
      state: domain.state,
      reason: domain.reason,
      pid: facts.pid,
      monitorPath: facts.monitorPath,
      vcpus: facts.vcpus,
      flags: [...facts.caps.flags],
      job: jobOf(domain),
      // parity: one that is missing from QEMU is taken for unplugged by the next daemon.
      devices: [...new Set(aliasesOf(domain.def))].filter((alias) => !facts.implicit.has(alias)),
      namespaced: facts.namespaced,
      libFolder: facts.libFolder,
      channelFolder: facts.channelFolder,
      rebooting: run.rebooting,
      nodes: facts.nodes,
      taints: taintNames.filter((name) => run.taints.has(name)),
      agentTimeout: domain.agentTimeout,
      memoryLock: memoryLockOf(domain),
      askedCpu: facts.askedCpu,
      document: domain.def,
    },
    domain.id,
  )
}

function memoryLockOf(domain: QemuDomain): bigint | undefined {
  const data = jobDataOf(domain)
  return data instanceof MigrationData ? data.memoryLock : undefined
}

/** What is written down of jobs. Of short ones only a destroy leaves something to finish. */
function jobOf(domain: QemuDomain): StatusJob | undefined {
  const { jobs } = domain
  const type = jobs.running === 'destroy' ? 'destroy' : 'none'
  const long = jobs.async
  if (type === 'none' && long === undefined) return undefined
  const async = (long?.kind.name ?? 'none') as StatusJob['async']
  const data = jobDataOf(domain)
  if (long === undefined || data === undefined) return { type, async }
  const { flags, parameters, interrupted } = data
  const disks = (domain.def.devices?.disks ?? []).map((disk) => ({
    dev: targetOf(disk),
    migrating: data.copies.has(driveOf(disk)),
  }))
  const temporaryBitmaps = data instanceof MigrationData ? data.temporaryBitmaps : []
  const { phase, started } = long
  return { type, async, phase, flags, started, interrupted, parameters, temporaryBitmaps, disks }
}
