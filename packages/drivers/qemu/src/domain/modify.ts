// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes of a guest as calls ask for them: of the guest that runs, of its definition, or of both – all or nothing.
import type { Domain } from '@virt/conf'
import type { Call } from '@virt/core'
import { impactOf, type Job, oneImpactOf } from '@virt/stateful'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import type { QemuDomain } from './record.js'

/** The one document that a query is about. @throws VirtError when flags name both, or one that there is none of */
export function documentOf(domain: QemuDomain, flags: number): Domain {
  return oneImpactOf(domain, flags) === 'live' ? domain.def : domain.config
}

/** Makes another document of one. */
export type Edit = (document: Domain) => Domain

/** A change. Both parts check first; what they throw leaves everything as it was. */
export interface Modification {
  /** Makes the definition another. */
  readonly config?: Edit
  /** Checks a change of the guest that runs, before anything is done. */
  readonly checkLive?: (document: Domain) => void
  /**
   * Has the guest that runs changed.
   * @param document in force when it begins
   * @returns what is done to the document in force when it is over, in which the guest's own events may have changed something;
   *   undefined where that is done already
   */
  readonly live?: (document: Domain, run: Run, job: Job) => Promise<Edit | undefined> | Edit | undefined
}

/**
 * Changes a guest within a job. The definition is worked out first, the running guest changed next, and what came of it kept:
 * a change that QEMU refuses changes nothing.
 * @param flags of the call; bits other than `VIR_DOMAIN_AFFECT_*` are left alone
 * @throws VirtError as the change throws, `operation-invalid` for documents that there are none of
 */
export async function modifyDomain(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  flags: number,
  change: Modification,
): Promise<void> {
  await domain.jobs.run(call, 'modify', async (job) => {
    const { live, config } = impactOf(domain, flags)
    const next = config ? change.config?.(domain.config) : undefined
    if (live) change.checkLive?.(domain.def)
    if (live && domain.run !== undefined && change.live !== undefined) {
      const edit = await job.wait(Promise.resolve(change.live(domain.def, domain.run, job)))
      state.domains.change(domain, () => {
        if (edit !== undefined) domain.def = edit(domain.def)
      })
    }
    if (next !== undefined) await keepDefinition(state, domain, next)
  })
}

/** Keeps a definition on disk and in the record. */
export async function keepDefinition(state: QemuState, domain: QemuDomain, document: Domain): Promise<void> {
  await state.configs.save(domain.name, state.documents.configText(document))
  state.domains.change(domain, () => {
    if (domain.active) domain.next = document
    else domain.def = document
  })
}
