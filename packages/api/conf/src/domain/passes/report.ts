// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors that passes over a domain raise.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'

/** Throws an error of the domain code, or of what is named as `domain`. */
export function fail(number: number, message: string, domain: number = ErrorDomain.DOMAIN): never {
  throw virtError(number, domain, message)
}
export function xmlError(message: string): never {
  fail(ErrorNumber.XML_ERROR, message)
}
/** An error of libvirt's general XML helpers about a value that is wrong or missing. */
export function badValue(message: string): never {
  fail(ErrorNumber.XML_ERROR, message, ErrorDomain.XML)
}
export function unsupported(message: string): never {
  fail(ErrorNumber.CONFIG_UNSUPPORTED, message)
}
export function internalError(message: string): never {
  fail(ErrorNumber.INTERNAL_ERROR, message)
}
/** An error whose text is the message alone. */
export function detailError(message: string): never {
  fail(ErrorNumber.XML_DETAIL, message)
}
