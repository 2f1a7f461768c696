// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors about arguments of questions to the host.
import { ErrorDomain, ErrorNumber, VirtError } from '@virt/core'

/**
 * `VIR_ERR_INVALID_ARG` as libvirt's functions about the host report it: the text alone, with function and argument beside it.
 * @since 0.1.0
 */
export function hostArgument(message: string, fn: string, argument: string): VirtError {
  return new VirtError(message, {
    number: ErrorNumber.INVALID_ARG,
    domain: ErrorDomain.NONE,
    str1: fn,
    str2: argument,
    int1: 0,
    int2: 0,
  })
}
