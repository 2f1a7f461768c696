// SPDX-License-Identifier: LGPL-2.1-or-later
// Which of a domain's two documents a call is about.
import type { Domain } from '@virt/conf'
import { Affect, impactOf, oneImpactOf } from '@virt/stateful'
import type { TestDomain } from './domain-record.js'
import type { TestState } from './state.js'

/** Flags with `current` resolved. @throws VirtError when the domain has no such document */
export function impact(domain: TestDomain, flags: number): number {
  const { live, config } = impactOf(domain, flags)
  return (live ? Affect.live : 0) | (config ? Affect.config : 0)
}

/** Names one document of a domain. */
export type Which = 'def' | 'next'

/** The one document the flags name. @throws VirtError when they name both, or one that does not exist */
export function oneDocument(domain: TestDomain, flags: number): Which {
  return oneImpactOf(domain, flags) === 'live' || !domain.active ? 'def' : 'next'
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
