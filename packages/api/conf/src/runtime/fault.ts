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

/** The line a place is in, and a caret below its column. */
export function quote(text: string, line: number, column: number): string {
  const quoted = text.split('\n', line)[line - 1] ?? ''
  return `${quoted.replace(/\r$/, '')}\n${'-'.repeat(Math.max(0, column - 1))}^`
}

/** An error of the document's content. */
export function contentError(
  message: string,
  place: Place | undefined,
  number: number = ErrorNumber.XML_ERROR,
  domain: number = ErrorDomain.XML,
): VirtError {
  const details =
    place &&
    `${place.path} at line ${place.line}, column ${place.column}\n${quote(place.text, place.line, place.column)}`
  return virtError(number, domain, message, details === undefined ? {} : { details })
}
