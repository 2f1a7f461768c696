// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls as they come in frames, and what is said of them when it is no answer: failures, the loss of a driver.
import {
  eventCodecs,
  type Frame,
  FrameStatus,
  FrameType,
  type FrameWriter,
  Program,
  type payloadOf,
  remote,
  writeError,
  XdrError,
} from '@virt/rpc'
import type { Authenticator } from './auth.js'
import { rpcError } from './errors.js'
import { eventSerial } from './subscriptions.js'
import type { Entries, Entry } from './table.js'

/** What an answer is told from others by. */
export interface CallPlace {
  readonly program: number
  readonly procedure: number
  readonly serial: number
}

/** The checks before a call is decoded, in libvirt's order. @throws VirtError */
export function admit(frame: Frame, table: Entries, auth: Pick<Authenticator, 'done'>): Entry {
  if (frame.status !== FrameStatus.ok) throw rpcError(`Unexpected message status ${frame.status}`)
  const entry = table.at(frame.procedure)
  if (entry === undefined) throw rpcError(`unknown procedure: ${frame.procedure}`)
  if (!auth.done && entry.procedure.beforeAuth !== true) throw rpcError('authentication required')
  return entry
}

/** The arguments of a call. @throws VirtError for what they cannot be */
export function decodeArgs(entry: Entry, r: ReturnType<typeof payloadOf>): unknown {
  try {
    return entry.binding !== undefined ? entry.binding.decodeArgs(r) : entry.procedure.args?.decode(r)
  } catch (error) {
    if (error instanceof XdrError || error instanceof RangeError) throw rpcError('Unable to decode message payload')
    throw error
  }
}

/** Says that a call has failed; of an error that fits into no packet only that. */
export function writeFailure(w: FrameWriter, at: CallPlace, type: number, error: unknown): void {
  w.begin(at.program, at.procedure, type, at.serial, FrameStatus.error)
  try {
    writeError(w, error)
    w.end()
  } catch {
    w.cancel()
    w.begin(at.program, at.procedure, type, at.serial, FrameStatus.error)
    writeError(w, rpcError('Unable to encode error message'))
    w.end()
  }
}

/** Procedure of the event that tells of a lost driver connection. */
const closedEvent = eventCodecs.find((c) => c.family === 'connection')?.legacyNumber ?? 0
const lossReasons: Readonly<Record<string, number>> = { error: 0, eof: 1, keepalive: 2, client: 3 }

/** Says that a driver has lost its own connection. */
export function writeDriverLost(w: FrameWriter, reason: string): void {
  w.begin(Program.remote, closedEvent, FrameType.message, eventSerial, FrameStatus.ok)
  remote.encodeConnectEventConnectionClosedMsg(w, { reason: lossReasons[reason] ?? 0 })
  w.end()
}
