// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors as this driver reports them: libvirt's QEMU error domain and texts.
import { ErrorDomain, ErrorNumber, VirtError, type VirtErrorFields, virtError } from '@virt/core'

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

/** `VIR_ERR_INVALID_ARG` as libvirt reports of one argument: without a prefix, with function and argument beside it. */
export function badArgument(detail: string, fn: string, argument: string): VirtError {
  const about = { str1: fn, str2: argument, int1: 0, int2: 0 }
  return new VirtError(detail, { number: ErrorNumber.INVALID_ARG, domain: ErrorDomain.QEMU, ...about })
}

/** `VIR_ERR_OPERATION_UNSUPPORTED` */
export function operationUnsupported(detail: string): VirtError {
  return qemuError(ErrorNumber.OPERATION_UNSUPPORTED, detail)
}

/** `VIR_ERR_ARGUMENT_UNSUPPORTED` */
export function argumentUnsupported(detail: string): VirtError {
  return qemuError(ErrorNumber.ARGUMENT_UNSUPPORTED, detail)
}
