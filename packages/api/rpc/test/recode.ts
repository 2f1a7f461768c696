// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes a packet's payload and encodes it again, whatever it is.
import {
  type Frame,
  FrameStatus,
  FrameType,
  FrameWriter,
  type MessageCodec,
  type Procedure,
  Program,
  payloadOf,
  procedures,
  readError,
  writeError,
} from '../src/index.js'

const programName = new Map<number, string>(Object.entries(Program).map(([name, number]) => [number, name]))
const byKey = new Map(procedures.map((p) => [`${p.program}:${p.number}`, p]))

/** The procedure a frame belongs to. */
export function procedureOf(frame: Frame): Procedure | undefined {
  return byKey.get(`${programName.get(frame.program)}:${frame.procedure}`)
}

/** The frame anew from its decoded form; undefined when nobody can know what is in it. */
export function recode(frame: Frame): Buffer | undefined {
  const w = new FrameWriter()
  w.begin(frame.program, frame.procedure, frame.type, frame.serial, frame.status)
  const r = payloadOf(frame)
  if (frame.type === FrameType.callWithFds || frame.type === FrameType.replyWithFds) w.int(r.int())
  const codec = (c: MessageCodec | undefined): void => c?.encode(w, c.decode(r) as never)
  const procedure = procedureOf(frame)
  if (frame.type === FrameType.stream && frame.status !== FrameStatus.error) {
    w.cancel()
    const data = frame.buffer.subarray(frame.start, frame.end)
    w.frame(frame.program, frame.procedure, frame.type, frame.serial, frame.status, data)
    return w.take()
  }
  if (frame.type === FrameType.streamHole) {
    w.int64(r.hyperBig())
    w.int(r.int())
  } else if (frame.status === FrameStatus.error) {
    if (r.left > 0) writeError(w, readError(r))
  } else if (frame.program !== Program.keepalive) {
    if (procedure === undefined) return undefined
    if (frame.type === FrameType.call || frame.type === FrameType.callWithFds) codec(procedure.args)
    else if (frame.type === FrameType.reply || frame.type === FrameType.replyWithFds) codec(procedure.ret)
    else codec(procedure.msg)
  }
  w.end()
  return w.take()
}
