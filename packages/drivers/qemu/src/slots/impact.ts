// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a guest is in a state that a call makes sense in.
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import type { Run } from '../process/run.js'

function refuse(detail: string): VirtError {
  return virtError(ErrorNumber.OPERATION_INVALID, ErrorDomain.DOMAIN, detail)
}

/** @throws VirtError `operation-invalid` when the guest does not run */
export function requireActive(domain: QemuDomain): void {
  if (!domain.active) throw refuse('domain is not running')
}

/** The run of a guest. @throws VirtError `operation-invalid` when it has none */
export function runOf(domain: QemuDomain): Run {
  requireActive(domain)
  if (domain.run === undefined) throw refuse('domain is not running')
  return domain.run
}
