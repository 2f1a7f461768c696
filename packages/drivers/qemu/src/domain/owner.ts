// SPDX-License-Identifier: LGPL-2.1-or-later
// Which record a definition belongs to.
import type { Domain } from '@virt/conf'
import { type DomainRef, ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import type { QemuState } from '../state.js'
import { QemuDomain } from './record.js'

function domainError(number: number, detail: string): VirtError {
  return virtError(number, ErrorDomain.DOMAIN, detail)
}

/** The refusal of what a guest that runs cannot become. */
export function alreadyActive(domain: QemuDomain): VirtError {
  return domainError(ErrorNumber.OPERATION_INVALID, `domain '${domain.name}' is already active`)
}

/**
 * The record a definition belongs to; undefined for a new one.
 * @throws VirtError when name and UUID belong to different guests, or when it must not be active and is
 */
export function owner(state: QemuState, document: Domain, mustBeInactive: boolean): QemuDomain | undefined {
  const { name = '', uuid = '' } = document
  const same = state.domains.byUuid(uuid)
  if (same !== undefined) {
    if (same.name !== name)
      throw domainError(ErrorNumber.OPERATION_FAILED, `domain '${same.name}' is already defined with uuid ${uuid}`)
    if (mustBeInactive && same.active) throw alreadyActive(same)
    return same
  }
  const named = state.domains.byName(name)
  if (named === undefined) return undefined
  throw domainError(ErrorNumber.OPERATION_FAILED, `domain '${name}' already exists with uuid ${named.uuid}`)
}

/** A new record. */
export function recordFor(state: QemuState, document: Domain): QemuDomain {
  return new QemuDomain(state.documents, document, (domain) => state.jobsFor(() => domain.status?.changed()))
}

/** What access is asked for before there is a record. */
export function subjectOf(document: Domain): DomainRef {
  return { name: document.name ?? '', uuid: document.uuid ?? '', id: -1 }
}
