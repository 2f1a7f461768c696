// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors as this driver reports them: libvirt's QEMU error domain and texts.
import { ErrorDomain, ErrorNumber, type VirtError, type VirtErrorFields, virtError } from '@virt/core'

/** An error of the QEMU driver itself. */
export function qemuError(number: number, detail?: string, fields?: VirtErrorFields): VirtError {
  return virtError(number, ErrorDomain.QEMU, detail, fields)
}

/** `VIR_ERR_INTERNAL_ERROR` */
export function internalError(detail: string, fields?: VirtErrorFields): VirtError {
  return qemuError(ErrorNumber.INTERNAL_ERROR, detail, fields)
}
