// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors about a document: libvirt's number, domain and text, and in `details` where it is.
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'

/** A place in a text. Lines and columns count from 1. */
export interface Place {
  text: string
  line: number
  column: number
  /** Element path, `/domain/devices/disk[2]/target`. */
  path: string
}

/** Characters of a line that are quoted at most. differs: libvirt quotes all of it, which may be megabytes. */
const longest = 8192

/** The line a place is in, and a caret below its column. */
export function quote(text: string, line: number, column: number): string {
  let start = 0
  for (let i = 1; i < line; i++) start = text.indexOf('\n', start) + 1
  const next = text.indexOf('\n', start)
  const end = next < 0 ? text.length : next
  const from = end - start <= longest ? start : Math.max(start, Math.min(start + column - 1, end) - longest / 2)
  const quoted = text.slice(from, Math.min(end, from + longest))
  return `${quoted.replace(/\r$/, '')}\n${'-'.repeat(Math.max(0, column - 1 - (from - start)))}^`
}

/** The line an offset is in, and a caret below it. Of the end of a text the last line with anything in it is shown. */
export function quoteAt(text: string, offset: number): string {
  let at = offset
  if (at >= text.length) while (at > 0 && /[\r\n]/.test(text.charAt(at - 1))) at--
  const { line, column } = placeOf(text, at)
  return quote(text, line, column)
}

/** Line and column of an offset. */
export function placeOf(text: string, offset: number): Place {
  let line = 1
  let start = 0
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) {
    line++
    start = i + 1
  }
  return { text, line, column: offset - start + 1, path: '' }
}

/** An error of the document's content; an empty message gives the number's plain text. */
export function contentError(
  message: string,
  place: Place | undefined,
  number: number = ErrorNumber.XML_ERROR,
  domain: number = ErrorDomain.XML,
): VirtError {
  const details =
    place &&
    `${place.path} at line ${place.line}, column ${place.column}\n${quote(place.text, place.line, place.column)}`
  return virtError(number, domain, message === '' ? undefined : message, details === undefined ? {} : { details })
}
