// SPDX-License-Identifier: LGPL-2.1-or-later
// Text that is not well-formed XML: the error libxml2 gives, told as libvirt tells it.
import { ErrorDomain, ErrorNumber, VirtError } from '@virt/core'
import { quote } from './fault.js'

/**
 * The error of a malformed text: `(label):line: message`, the quoted line and a caret.
 * @param label what libvirt calls the text, `domain_definition`
 */
export function malformed(label: string, text: string, message: string, line: number, column: number): VirtError {
  const detail = `(${label}):${line}: ${message}\n${quote(text, line, column)}`
  return new VirtError(`${detail}\n`, {
    number: ErrorNumber.XML_DETAIL,
    domain: ErrorDomain.XML,
    str1: detail,
  })
}
