// SPDX-License-Identifier: LGPL-2.1-or-later
// What is written down of a guest that runs, as it is now.
import { aliasesOf } from '../command/aliases.js'
import type { QemuDomain } from '../domain/record.js'
import { printStatus, type Status } from '../domain/status.js'
import { taintNames } from './taints.js'

/** The text. @throws Error when the guest does not run */
export function statusOf(domain: QemuDomain): string {
  const { run, jobs } = domain
  if (run === undefined) throw new Error(`${domain.name} does not run`)
  const { facts } = run
  const short = jobs.running === 'destroy' ? 'destroy' : 'none'
  const long = (jobs.async?.kind.name ?? 'none') as NonNullable<Status['job']>['async']
  return printStatus(
    {
      state: domain.state,
      reason: domain.reason,
      pid: facts.pid,
      monitorPath: facts.monitorPath,
      vcpus: facts.vcpus,
      flags: [...facts.caps.flags],
      job: short === 'none' && long === 'none' ? undefined : { type: short, async: long },
      devices: aliasesOf(domain.def),
      libFolder: facts.libFolder,
      channelFolder: facts.channelFolder,
      rebooting: run.rebooting,
      nodes: facts.nodes,
      taints: taintNames.filter((name) => run.taints.has(name)),
      agentTimeout: domain.agentTimeout,
      document: domain.def,
    },
    domain.id,
  )
}
