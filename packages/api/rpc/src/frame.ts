// SPDX-License-Identifier: LGPL-2.1-or-later
// Packets of libvirt's RPC: a length word, a header of six words, a payload. Bytes in, frames out, and back.
import { XdrError, XdrReader, XdrWriter } from './xdr.js'

/** Program numbers. All are of version 1. */
export const Program = {
  remote: 0x20008086,
  qemu: 0x20008087,
  lxc: 0x00068000,
  admin: 0x06900690,
  keepalive: 0x6b656570,
} as const
/** `virNetMessageType` */
export const FrameType = {
  call: 0,
  reply: 1,
  message: 2,
  stream: 3,
  callWithFds: 4,
  replyWithFds: 5,
  streamHole: 6,
} as const
/** `virNetMessageStatus` */
export const FrameStatus = { ok: 0, error: 1, continue: 2 } as const

/** Length word and header. */
export const headerSize = 28
/** Longest packet, length word included. */
export const maxPacket = 33554436
/** Most bytes of stream data that libvirt puts in one packet. */
export const maxStreamData = 262120
/** Longest packet that gets all of its room when its first bytes arrive. */
const roomAtOnce = headerSize + 4 * 65536
/** Most descriptors that go with one packet. */
export const maxFds = 32

/** One packet. The payload lies in `buffer` from `start` to `end` and, unless `own`, is only valid until the handler returns. */
export interface Frame {
  readonly program: number
  readonly version: number
  readonly procedure: number
  readonly type: number
  readonly serial: number
  readonly status: number
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** The buffer belongs to this frame alone. */
  readonly own: boolean
  /** Descriptors that came along; they are the handler's. */
  readonly fds?: readonly number[]
}

/** A reader of a frame's payload. */
export const payloadOf = (frame: Frame): XdrReader => new XdrReader(frame.buffer, frame.start, frame.end)

/** A copy of a frame that outlives its buffer. */
export function keepFrame(frame: Frame): Frame {
  if (frame.own) return frame
  const buffer = Buffer.from(frame.buffer.subarray(frame.start, frame.end))
  return { ...frame, buffer, start: 0, end: buffer.length, own: true }
}

/** A frame's payload as bytes that outlive its buffer. */
export function payloadBytes(frame: Frame): Buffer {
  const bytes = frame.buffer.subarray(frame.start, frame.end)
  return frame.own ? bytes : Buffer.from(bytes)
}

/**
 * Cuts a byte stream into frames. What has not arrived whole is kept, up to the size that its length word announced.
 * A length word out of bounds throws and the connection is of no more use.
 */
export class FrameParser {
  /** Longest packet that is taken. */
  limit: number = maxPacket
  /**
   * Hands out that many descriptors that have come, oldest first, or throws. Where it is set, a packet with descriptors is complete when the
   * bytes have come that carry them, one each; where it is not, there are no such bytes.
   */
  takeFds: ((count: number) => readonly number[]) | undefined
  /** A packet that waits for its descriptors, how many it has and how many of them are still on their way. */
  #waiting: { readonly frame: Frame; readonly count: number; left: number } | undefined
  #rest: Buffer | undefined
  #used = 0
  #handling = false

  /** Bytes held back for a frame that is not complete. */
  get held(): number {
    return this.#used
  }

  /** Descriptors that have come for a packet that waits for more of them. */
  get fdsHeld(): number {
    return this.#waiting === undefined ? 0 : this.#waiting.count - this.#waiting.left
  }

  /** Feeds bytes; `handle` is called for each frame, in order. @throws XdrError for a packet that cannot be */
  push(chunk: Buffer, handle: (frame: Frame) => void): void {
    if (this.#handling) throw new Error('frames must not be pushed while one is handled')
    this.#handling = true
    try {
      let position = this.#skip(chunk, 0, handle)
      while (this.#rest !== undefined && position < chunk.length) position = this.#fill(chunk, position, handle)
      while (this.#rest === undefined && chunk.length - position >= 4) {
        const length = checkLength(chunk.readUInt32BE(position), this.limit)
        if (chunk.length - position < length) break
        this.#complete(frameAt(chunk, position, length, false), handle)
        position = this.#skip(chunk, position + length, handle)
      }
      if (position < chunk.length && this.#rest === undefined) this.#keep(chunk, position)
    } finally {
      this.#handling = false
    }
  }

  #keep(chunk: Buffer, position: number): void {
    const left = chunk.length - position
    const whole = left >= 4 ? checkLength(chunk.readUInt32BE(position), this.limit) : 4
    // Beyond the size of a stream's packet, room grows with what arrives, not with what a peer announces.
    this.#rest = Buffer.allocUnsafe(whole <= roomAtOnce ? whole : Math.max(65536, left))
    chunk.copy(this.#rest, 0, position)
    this.#used = left
  }

  #fill(chunk: Buffer, position: number, handle: (frame: Frame) => void): number {
    let rest = this.#rest as Buffer
    if (this.#used < 4) {
      const take = Math.min(4 - this.#used, chunk.length - position)
      chunk.copy(rest, this.#used, position, position + take)
      this.#used += take
      position += take
      if (this.#used < 4) return position
    }
    const length = checkLength(rest.readUInt32BE(0), this.limit)
    const take = Math.min(length - this.#used, chunk.length - position)
    if (this.#used + take > rest.length) {
      const larger = Buffer.allocUnsafe(
        length <= roomAtOnce ? length : Math.min(length, Math.max(rest.length * 2, this.#used + take)),
      )
      rest.copy(larger, 0, 0, this.#used)
      this.#rest = rest = larger
    }
    chunk.copy(rest, this.#used, position, position + take)
    this.#used += take
    if (this.#used === length) {
      this.#rest = undefined
      this.#used = 0
      this.#complete(frameAt(rest, 0, length, true), handle)
    }
    return this.#skip(chunk, position + take, handle)
  }

  #complete(frame: Frame, handle: (frame: Frame) => void): void {
    const { type, start, end } = frame
    const may = type === FrameType.callWithFds || type === FrameType.replyWithFds
    if (!may || this.takeFds === undefined || end - start < 4) return handle(frame)
    const count = frame.buffer.readUInt32BE(start)
    if (count > maxFds) throw new XdrError(`packet with ${count} descriptors, allowed are ${maxFds}`)
    if (count === 0) return handle(frame)
    this.#waiting = { frame: keepFrame(frame), count, left: count }
  }

  /** Takes the bytes that carry descriptors. @returns where the next packet begins */
  #skip(chunk: Buffer, position: number, handle: (frame: Frame) => void): number {
    const waiting = this.#waiting
    if (waiting === undefined) return position
    const bytes = Math.min(waiting.left, chunk.length - position)
    waiting.left -= bytes
    if (waiting.left > 0) return position + bytes
    this.#waiting = undefined
    handle({ ...waiting.frame, fds: this.takeFds?.(waiting.count) ?? [] })
    return position + bytes
  }
}

function checkLength(length: number, limit: number): number {
  if (length < headerSize || length > limit)
    throw new XdrError(`packet of ${length} bytes, allowed are ${headerSize} to ${limit}`)
  return length
}

function frameAt(buffer: Buffer, at: number, length: number, own: boolean): Frame {
  return {
    program: buffer.readUInt32BE(at + 4),
    version: buffer.readUInt32BE(at + 8),
    procedure: buffer.readInt32BE(at + 12),
    type: buffer.readUInt32BE(at + 16),
    serial: buffer.readUInt32BE(at + 20),
    status: buffer.readUInt32BE(at + 24),
    buffer,
    start: at + headerSize,
    end: at + length,
    own,
  }
}

/** Frames one behind the other in one buffer, so that many leave in one write. */
export class FrameWriter extends XdrWriter {
  #start = 0

  /** Starts a frame; what is written until `end()` is its payload. */
  begin(program: number, procedure: number, type: number, serial: number, status: number): void {
    this.#start = this.position
    this.int(0)
    this.int(program)
    this.int(1)
    this.int(procedure)
    this.int(type)
    this.int(serial)
    this.int(status)
  }

  /**
   * Completes the frame.
   * @param more bytes of payload that follow by another way
   * @throws XdrError when it is too long; it is then taken back
   */
  end(more = 0): void {
    const length = this.position - this.#start + more
    if (length > maxPacket) {
      this.cancel()
      throw new XdrError(`packet of ${length} bytes, allowed are ${maxPacket}`)
    }
    this.buffer.writeUInt32BE(length, this.#start)
  }

  /** Takes the frame back. */
  cancel(): void {
    this.position = this.#start
  }

  /** A frame whose payload is at hand. */
  frame(program: number, procedure: number, type: number, serial: number, status: number, payload?: Uint8Array): void {
    this.begin(program, procedure, type, serial, status)
    if (payload !== undefined) this.raw(payload)
    this.end()
  }

  /** Bytes of a payload as they are. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.position)
    this.position += bytes.length
  }

  /** Hands out what was written and starts afresh; a large buffer is given away, a small one copied. */
  take(): Buffer {
    const written = this.bytes()
    if (this.position > 65536) {
      this.buffer = Buffer.allocUnsafeSlow(4096)
      this.reset()
      return written
    }
    const copy = Buffer.allocUnsafe(written.length)
    written.copy(copy)
    this.reset()
    return copy
  }
}

/**
 * Frames that were written one after the other, each by itself; of the last one what is there.
 * @param bytes the beginning of a frame, and what follows
 */
export function* framesIn(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.length - at < 4 ? bytes.length : Math.min(bytes.length, at + bytes.readUInt32BE(at))
    yield bytes.subarray(at, end)
    at = end
  }
}
