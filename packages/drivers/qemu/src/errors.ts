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

/** `VIR_ERR_OPERATION_INVALID`: the object is in the wrong state. */
export function operationInvalid(detail: string): VirtError {
  return qemuError(ErrorNumber.OPERATION_INVALID, detail)
}

/** `VIR_ERR_OPERATION_FAILED` */
export function operationFailed(detail: string, fields?: VirtErrorFields): VirtError {
  return qemuError(ErrorNumber.OPERATION_FAILED, detail, fields)
}

/** `VIR_ERR_INVALID_ARG` */
export function invalidArg(detail: string): VirtError {
  return qemuError(ErrorNumber.INVALID_ARG, detail)
}

/** `VIR_ERR_CONFIG_UNSUPPORTED`: this QEMU cannot do what the document asks for. */
export function configUnsupported(detail: string): VirtError {
  return qemuError(ErrorNumber.CONFIG_UNSUPPORTED, detail)
}
