// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors that the QEMU driver raises over a domain, where they are its own and not of documents in general.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import { fail as failOf } from '../../passes/report.js'

export function fail(number: number, message: string): never {
  failOf(number, message, ErrorDomain.QEMU)
}
export function xmlError(message: string): never {
  fail(ErrorNumber.XML_ERROR, message)
}
export function unsupported(message: string): never {
  fail(ErrorNumber.CONFIG_UNSUPPORTED, message)
}
export function internalError(message: string): never {
  fail(ErrorNumber.INTERNAL_ERROR, message)
}
