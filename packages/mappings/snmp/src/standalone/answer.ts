// SPDX-License-Identifier: LGPL-2.1-or-later
// The answer to a PDU, whoever has asked: RFC 3416, 4.2.
import { SetTransaction, type View } from '../mib/view.js'
import type { Oid } from '../wire/oid.js'
import { ErrorStatus, endOfMibView, type VarBind } from '../wire/value.js'
import { PduTag, type SnmpPdu } from './message.js'

/** Most variables in one answer, and in one question. */
const maxVariables = 2000

const response = (to: SnmpPdu, variables: readonly VarBind[], error = 0, index = 0): SnmpPdu => ({
  tag: PduTag.response,
  id: to.id,
  error,
  index,
  variables,
})

/** The answer that fits into no message otherwise. */
export const tooBig = (to: SnmpPdu): SnmpPdu => response(to, [], ErrorStatus.tooBig)

/**
 * Answers a PDU.
 * @param write whether who asks may set
 * @returns undefined for PDUs that are no questions
 */
export async function answer(view: View, pdu: SnmpPdu, write: boolean): Promise<SnmpPdu | undefined> {
  if (pdu.variables.length > maxVariables) return tooBig(pdu)
  switch (pdu.tag) {
    case PduTag.get:
      return response(
        pdu,
        pdu.variables.map(({ oid }) => ({ oid, value: view.get(oid) })),
      )
    case PduTag.getNext:
      return response(
        pdu,
        pdu.variables.map(({ oid }) => view.next(oid, false, none)),
      )
    case PduTag.getBulk:
      return response(pdu, bulk(view, pdu))
    case PduTag.set:
      return await set(view, pdu, write)
    default:
      return undefined
  }
}
const none: Oid = []

/** First a single step for some names, then walks from the others, row by row. */
function bulk(view: View, pdu: SnmpPdu): VarBind[] {
  const repeat = Math.min(Math.max(0, pdu.index), maxVariables)
  const first = Math.min(Math.max(0, pdu.error), pdu.variables.length)
  const out = pdu.variables.slice(0, first).map(({ oid }) => view.next(oid, false, none))
  let walks: readonly Oid[] = pdu.variables.slice(first).map(({ oid }) => oid)
  for (let n = 0; n < repeat && walks.length > 0 && out.length < maxVariables; n++) {
    const row = walks.map((oid) => view.next(oid, false, none))
    out.push(...row)
    if (row.every(({ value }) => value.type === endOfMibView.type)) break
    walks = row.map(({ oid }) => oid)
  }
  return out
}

async function set(view: View, pdu: SnmpPdu, write: boolean): Promise<SnmpPdu> {
  const refuse = (error: number, index: number): SnmpPdu => response(pdu, pdu.variables, error, index)
  if (!write) return refuse(ErrorStatus.noAccess, 1)
  const transaction = view.test(pdu.variables)
  if (!(transaction instanceof SetTransaction)) return refuse(transaction.error, transaction.index)
  const failure = await transaction.commit()
  if (failure === undefined) return response(pdu, pdu.variables)
  // RFC 3416, 4.2.5: what can be taken back is; what cannot leaves an error of its own, which has no index.
  const undone = await transaction.undo()
  return undone === undefined ? refuse(failure.error, failure.index) : refuse(ErrorStatus.undoFailed, 0)
}
