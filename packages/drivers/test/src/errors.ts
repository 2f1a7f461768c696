// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors as this driver reports them: its own error domain, libvirt's texts.
import { ErrorDomain, ErrorNumber, VirtError, virtError } from '@virt/core'

/** An error of the test driver itself. */
export function testError(number: number, detail?: string): VirtError {
  return virtError(number, ErrorDomain.TEST, detail)
}

/** `VIR_ERR_INTERNAL_ERROR` */
export function internalError(detail: string): VirtError {
  return testError(ErrorNumber.INTERNAL_ERROR, detail)
}

/** `VIR_ERR_OPERATION_INVALID`: the object is in the wrong state. */
export function operationInvalid(detail: string): VirtError {
  return testError(ErrorNumber.OPERATION_INVALID, detail)
}

/** `VIR_ERR_INVALID_ARG` */
export function invalidArg(detail: string): VirtError {
  return testError(ErrorNumber.INVALID_ARG, detail)
}

/** What a caller gets when libvirt's driver fails without saying why. */
export function causeUnknown(): VirtError {
  return new VirtError('An error occurred, but the cause is unknown', {
    number: ErrorNumber.INTERNAL_ERROR,
    domain: ErrorDomain.NONE,
    int1: 0,
    int2: 0,
  })
}
