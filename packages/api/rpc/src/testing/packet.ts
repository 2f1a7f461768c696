// SPDX-License-Identifier: LGPL-2.1-or-later
// A packet with its payload as a value, whatever it is: what goldens and differentials compare.
import { readError, writeError } from '../error-codec.js'
import { type Frame, FrameStatus, FrameType, FrameWriter, Program, payloadBytes, payloadOf } from '../frame.js'
import type { MessageCodec, Procedure } from '../procedure.js'
import { procedures } from '../tables.js'
import type { XdrReader, XdrWriter } from '../xdr.js'

const programName = new Map<number, string>(Object.entries(Program).map(([name, number]) => [number, name]))
const byKey = new Map(procedures().map((p) => [`${p.program}:${p.number}`, p]))

/** The header of a packet. */
export type PacketHeader = Pick<Frame, 'program' | 'procedure' | 'type' | 'serial' | 'status'>

/** A packet that was read. */
export interface Packet extends PacketHeader {
  /** What it belongs to; undefined when no program has this number. */
  readonly of: Procedure | undefined
  /** Number of descriptors that it says come along; undefined for packets that say nothing of them. */
  readonly fds: number | undefined
  /** The payload as a value; undefined for an empty one. Bytes when nobody can know what is in it. */
  readonly body: unknown
}

interface BodyCodec {
  read(r: XdrReader): unknown
  write(w: XdrWriter, body: never): void
}

const hole: BodyCodec = {
  read: (r) => ({ length: r.hyperBig(), flags: r.int() }),
  write(w, { length, flags }: { length: bigint; flags: number }) {
    w.int64(length)
    w.int(flags)
  },
}
const error: BodyCodec = {
  read: (r) => (r.left > 0 ? readError(r) : undefined),
  write: (w, body: unknown) => {
    if (body !== undefined) writeError(w, body)
  },
}
const withFds: ReadonlySet<number> = new Set([FrameType.callWithFds, FrameType.replyWithFds])

/** How the body of such a packet is read and written; `bytes` when it is taken as it is. */
function codecOf(header: PacketHeader, of: Procedure | undefined): BodyCodec | MessageCodec | 'bytes' | undefined {
  const { type, status } = header
  if (type === FrameType.streamHole) return hole
  if (status === FrameStatus.error) return error
  if (type === FrameType.stream) return 'bytes'
  if (header.program === Program.keepalive) return undefined
  if (of === undefined) return 'bytes'
  if (type === FrameType.call || type === FrameType.callWithFds) return of.args
  return type === FrameType.message ? of.msg : of.ret
}

/** Reads a packet whole. @throws XdrError when its payload is not what the protocol says */
export function readPacket(frame: Frame): Packet {
  const { program, procedure, type, serial, status } = frame
  const of = byKey.get(`${programName.get(program)}:${procedure}`)
  const header = { program, procedure, type, serial, status, of }
  const codec = codecOf(header, of)
  if (codec === 'bytes') return { ...header, fds: undefined, body: payloadBytes(frame) }
  const r = payloadOf(frame)
  const fds = withFds.has(type) ? r.int() : undefined
  return {
    ...header,
    fds,
    body: codec === undefined ? undefined : 'read' in codec ? codec.read(r) : codec.decode(r),
  }
}

/** Writes a packet. */
export function writePacket(packet: Omit<Packet, 'of'>): Buffer {
  const { program, procedure, type, serial, status, fds, body } = packet
  const codec = codecOf(packet, byKey.get(`${programName.get(program)}:${procedure}`))
  const w = new FrameWriter()
  if (codec === 'bytes') {
    w.frame(program, procedure, type, serial, status, body as Uint8Array)
    return w.take()
  }
  w.begin(program, procedure, type, serial, status)
  if (fds !== undefined) w.int(fds)
  if (codec !== undefined) {
    if ('write' in codec) codec.write(w, body as never)
    else codec.encode(w, body as never)
  }
  w.end()
  return w.take()
}
