// SPDX-License-Identifier: LGPL-2.1-or-later
// virNetMessageError: how an error travels, with all its fields.
import { ErrorDomain, ErrorLevel, ErrorNumber, isVirtError, VirtError } from '@virt/core'
import { decodeError, encodeError } from './remote.gen.js'
import type { XdrReader, XdrWriter } from './xdr.js'

/** Writes an error; one that is no VirtError goes as an internal error, its own text being the detail. */
export function writeError(w: XdrWriter, error: unknown): void {
  const e = isVirtError(error)
    ? error
    : new VirtError(`internal error: ${error instanceof Error ? error.message : String(error)}`, {
        number: ErrorNumber.INTERNAL_ERROR,
        domain: ErrorDomain.RPC,
        str1: 'internal error: %s',
      })
  // An error that libvirt's reporting has not made has no template; one that came over the wire keeps what it had.
  const plain = e.str1 === undefined && e.int1 === -1 && e.int2 === -1
  encodeError(w, {
    code: e.number,
    domain: e.domain,
    message: e.message,
    level: e.level,
    dom: undefined,
    str1: plain ? '%s' : e.str1,
    str2: plain ? (e.str2 ?? e.message) : e.str2,
    str3: e.str3,
    int1: e.int1,
    int2: e.int2,
    net: undefined,
  })
}

/** Reads an error. A daemon too old for a procedure says so in a way of its own, which becomes "no support". */
export function readError(r: XdrReader, op?: string): VirtError {
  const e = decodeError(r)
  const message = e.message ?? 'unknown error'
  const unknownProcedure =
    e.code === ErrorNumber.RPC &&
    (e.domain === ErrorDomain.RPC || e.domain === ErrorDomain.REMOTE) &&
    e.level === ErrorLevel.ERROR &&
    message.startsWith('unknown procedure')
  return new VirtError(message, {
    number: unknownProcedure ? ErrorNumber.NO_SUPPORT : e.code,
    domain: e.domain,
    level: e.level,
    str1: e.str1,
    str2: e.str2,
    str3: e.str3,
    int1: e.int1,
    int2: e.int2,
    ...(op === undefined ? {} : { op }),
  })
}
