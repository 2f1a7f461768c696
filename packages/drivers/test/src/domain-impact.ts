// SPDX-License-Identifier: LGPL-2.1-or-later
// Which of a domain's two documents a call is about.
import type { Domain } from '@virt/conf'
import { ErrorDomain, ErrorNumber, VirtError, type VirtError as VirtErrorType, virtError } from '@virt/core'
import type { TestDomain } from './domain-record.js'
import type { TestState } from './state.js'

/** `virDomainModificationImpact` */
export const Affect = { current: 0, live: 1, config: 2 } as const

function refuse(detail: string): VirtErrorType {
  return virtError(ErrorNumber.OPERATION_INVALID, ErrorDomain.DOMAIN, detail)
}

/** @throws VirtError `operation-invalid` when the domain is not running */
export function requireActive(domain: TestDomain): void {
  if (!domain.active) throw refuse('domain is not running')
}

/** Flags with `current` resolved. @throws VirtError when the domain has no such document */
export function impact(domain: TestDomain, flags: number): number {
  const affects = flags & 3
  const resolved = affects === 0 ? (domain.active ? Affect.live : Affect.config) : affects
  if (resolved & Affect.live) requireActive(domain)
  if (resolved & Affect.config && !domain.persistent)
    throw refuse('transient domains do not have any persistent config')
  return resolved
}

/** Names one document of a domain. */
export type Which = 'def' | 'next'

/** The one document the flags name. @throws VirtError when they name both, or one that does not exist */
export function oneDocument(domain: TestDomain, flags: number): Which {
  if ((flags & 3) === (Affect.live | Affect.config))
    throw new VirtError("Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive", {
      number: ErrorNumber.INVALID_ARG,
      domain: ErrorDomain.DOMAIN,
      str1: 'virDomainObjGetOneDefState',
      str2: 'flags',
      int1: 0,
      int2: 0,
    })
  const resolved = impact(domain, flags)
  return resolved === Affect.live || !domain.active ? 'def' : 'next'
}

/** The documents that the flags name, the one in force first. */
export function theDocuments(domain: TestDomain, flags: number): readonly Which[] {
  const resolved = impact(domain, flags)
  if (!domain.active) return ['def']
  return resolved === 3 ? ['def', 'next'] : resolved === Affect.live ? ['def'] : ['next']
}

export function documentOf(domain: TestDomain, which: Which): Domain {
  return which === 'def' ? domain.def : (domain.next ?? domain.def)
}

/** Puts a changed document in place. */
export function replace(state: TestState, domain: TestDomain, which: Which, document: Domain): void {
  state.domains.change(domain, () => {
    domain[which] = document
  })
}
