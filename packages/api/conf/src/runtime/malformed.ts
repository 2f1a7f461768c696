// SPDX-License-Identifier: LGPL-2.1-or-later
// Text that is not well-formed XML: the error libxml2 gives, told as libvirt tells it.
import { ErrorDomain, ErrorNumber, VirtError } from '@virt/core'
import { placeOf, quote } from './fault.js'

/**
 * The error of a malformed text: `(label):line: message`, the quoted line and a caret.
 * @param label what libvirt calls the text, `domain_definition`; absent for a file named in full
 * @param at offset libxml2 points to
 */
export function malformed(label: string, text: string, message: string, at: number): VirtError {
  const { line, column } = placeOf(text, at)
  const quoted = text === '' ? '(null)\n^' : quote(text, line, column)
  const detail = `${label}:${line}: ${message}\n${quoted}`
  return new VirtError(`${detail}\n`, { number: ErrorNumber.XML_DETAIL, domain: ErrorDomain.XML, str1: detail })
}
