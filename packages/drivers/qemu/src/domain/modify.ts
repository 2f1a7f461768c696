// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes of a guest as calls ask for them: of the guest that runs, of its definition, or of both – all or nothing.
import type { Domain } from '@virt/conf'
import { type Call, ErrorDomain, ErrorNumber, VirtError, virtError } from '@virt/core'
import type { Job } from '@virt/stateful'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import type { QemuDomain } from './record.js'

/** `virDomainModificationImpact` */
const Affect = { live: 1, config: 2 } as const

function refuse(detail: string): VirtError {
  return virtError(ErrorNumber.OPERATION_INVALID, ErrorDomain.DOMAIN, detail)
}

/** What a call's flags are about. */
export interface Impact {
  readonly live: boolean
  readonly config: boolean
}

/** Flags with `VIR_DOMAIN_AFFECT_CURRENT` resolved. @throws VirtError `operation-invalid` when the guest has no such document */
export function impactOf(domain: QemuDomain, flags: number): Impact {
  const named = flags & (Affect.live | Affect.config)
  const resolved = named === 0 ? (domain.active ? Affect.live : Affect.config) : named
  const live = (resolved & Affect.live) !== 0
  const config = (resolved & Affect.config) !== 0
  if (live && !domain.active) throw refuse('domain is not running')
  if (config && !domain.persistent) throw refuse('transient domains do not have any persistent config')
  return { live, config }
}

/** The one document that a query is about. @throws VirtError when flags name both, or one that there is none of */
export function documentOf(domain: QemuDomain, flags: number): Domain {
  if ((flags & (Affect.live | Affect.config)) === (Affect.live | Affect.config))
    throw new VirtError("Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive", {
      number: ErrorNumber.INVALID_ARG,
      domain: ErrorDomain.DOMAIN,
      str1: 'virDomainObjGetOneDefState',
      str2: 'flags',
      int1: 0,
      int2: 0,
    })
  return impactOf(domain, flags).live ? domain.def : domain.config
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
