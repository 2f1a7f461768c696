// SPDX-License-Identifier: LGPL-2.1-or-later
// Which of a guest's two documents a call is about: that of the guest that runs, or its definition.
import { ErrorDomain, ErrorNumber, VirtError, virtError } from '@virt/core'

/** `virDomainModificationImpact` */
export const Affect = { current: 0, live: 1, config: 2 } as const

/** What of a guest decides which documents it has. */
export interface Affected {
  readonly active: boolean
  readonly persistent: boolean
}

/** What a call's flags are about. */
export interface Impact {
  readonly live: boolean
  readonly config: boolean
}

function refuse(detail: string): VirtError {
  return virtError(ErrorNumber.OPERATION_INVALID, ErrorDomain.DOMAIN, detail)
}

/** The error about a guest that does not run. */
export function notRunning(): VirtError {
  return refuse('domain is not running')
}

/**
 * Asks for a guest that runs.
 * @throws VirtError `operation-invalid`
 * @since 0.1.0
 */
export function requireActive({ active }: Pick<Affected, 'active'>): void {
  if (!active) throw notRunning()
}

/**
 * Flags with `VIR_DOMAIN_AFFECT_CURRENT` resolved.
 * @param flags of the call; bits other than `VIR_DOMAIN_AFFECT_*` do not count
 * @throws VirtError `operation-invalid` when the guest has no such document
 * @since 0.1.0
 */
export function impactOf(guest: Affected, flags: number): Impact {
  const named = flags & (Affect.live | Affect.config)
  const resolved = named === Affect.current ? (guest.active ? Affect.live : Affect.config) : named
  const live = (resolved & Affect.live) !== 0
  const config = (resolved & Affect.config) !== 0
  if (live) requireActive(guest)
  if (config && !guest.persistent) throw refuse('transient domains do not have any persistent config')
  return { live, config }
}

/**
 * The one document that a query is about.
 * @throws VirtError `invalid-arg` when flags name both, `operation-invalid` when there is none of that kind
 * @since 0.1.0
 */
export function oneImpactOf(guest: Affected, flags: number): 'live' | 'config' {
  if ((flags & (Affect.live | Affect.config)) === (Affect.live | Affect.config))
    throw new VirtError("Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive", {
      number: ErrorNumber.INVALID_ARG,
      domain: ErrorDomain.DOMAIN,
      str1: 'virDomainObjGetOneDefState',
      str2: 'flags',
      int1: 0,
      int2: 0,
    })
  return impactOf(guest, flags).live ? 'live' : 'config'
}
