// SPDX-License-Identifier: LGPL-2.1-or-later
// What is written down of a guest that runs, as it is now.
import { jobNames } from '@virt/stateful'
import { aliasesOf } from '../command/aliases.js'
import type { QemuDomain } from '../domain/record.js'
import { printStatus } from '../domain/status.js'
import type { QemuState } from '../state.js'

/** The text. @throws Error when the guest does not run */
export function statusOf(state: QemuState, domain: QemuDomain): string {
  const { run, jobs } = domain
  if (run === undefined) throw new Error(`${domain.name} does not run`)
  const { facts } = run
  const short = jobs.running === 'destroy' ? jobNames.destroy : 'none'
  const long = jobs.async?.kind.name ?? 'none'
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
      document: domain.def,
    },
    domain.id,
    state.documents.hooks,
  )
}
