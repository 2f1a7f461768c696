// SPDX-License-Identifier: LGPL-2.1-or-later
// Text that is not well-formed XML: the error libxml2 gives, told as libvirt tells it.
import { ErrorNumber, VirtError } from '@virt/core'
import { placeOf, quoteAt } from './fault.js'

/**
 * The error of a malformed text: where, what, the quoted line and a caret.
 * @param file the file it was read from; absent for a text from elsewhere
 * @param at offset libxml2 points to
 * @param domain `virErrorDomain` of who reads
 */
export function malformed(
  file: string | undefined,
  text: string,
  message: string,
  at: number,
  domain: number,
): VirtError {
  const { line } = placeOf(text, at)
  const place = file === undefined ? `at line ${line}` : `${file}:${line}`
  const quoted = text === '' ? '' : `\n${quoteAt(text, at)}`
  const detail = `${place}: ${message}${quoted}`
  return new VirtError(file === undefined ? detail : `${detail}\n`, {
    number: ErrorNumber.XML_DETAIL,
    domain,
    str1: '%s',
    str2: detail,
  })
}
