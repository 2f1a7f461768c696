// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams as tables: what either side does with a packet, and with what its own end wants. No I/O, no data.
import { type Frame, FrameStatus, FrameType } from './frame.js'

/** What a packet of a stream says: bytes, the end of the bytes, a hole, "ok" (finish, or the answer to it), an error (abort). */
export type StreamPacket = 'data' | 'end' | 'hole' | 'ok' | 'error'
/** What this side wants. `done` and `failed` are what became of the work at the daemon. */
export type StreamWish = 'write' | 'finish' | 'abort' | 'done' | 'failed'

/** What to do next. `drop`: nothing; `refuse`: the caller's wish is an error here; `break`: the connection is of no more use. */
export type StreamAction =
  | 'deliver'
  | 'deliverEnd'
  | 'complete'
  | 'fail'
  | 'send'
  | 'sendFinish'
  | 'sendAbort'
  | 'sendOk'
  | 'sendError'
  | 'finish'
  | 'cancel'
  | 'drop'
  | 'refuse'
  | 'break'

/** `drained`: the other side has no more bytes; `finishing`: the end of the work is awaited. */
export type StreamState = 'open' | 'drained' | 'finishing' | 'closed'
type Row = Readonly<Partial<Record<StreamPacket | StreamWish, readonly [StreamState, StreamAction]>>>
/** One side of a stream; what a row leaves out is dropped. */
export type StreamTable = Readonly<Record<StreamState, Row>>

/** The client: finishes or aborts, the daemon answers. After an abort nothing that still arrives matters. */
export const clientStream: StreamTable = {
  open: {
    data: ['open', 'deliver'],
    hole: ['open', 'deliver'],
    end: ['drained', 'deliverEnd'],
    ok: ['closed', 'complete'],
    error: ['closed', 'fail'],
    write: ['open', 'send'],
    finish: ['finishing', 'sendFinish'],
    abort: ['closed', 'sendAbort'],
  },
  drained: {
    ok: ['closed', 'complete'],
    error: ['closed', 'fail'],
    write: ['drained', 'send'],
    finish: ['finishing', 'sendFinish'],
    abort: ['closed', 'sendAbort'],
  },
  finishing: {
    ok: ['closed', 'complete'],
    error: ['closed', 'fail'],
    write: ['finishing', 'refuse'],
    finish: ['finishing', 'refuse'],
    abort: ['closed', 'sendAbort'],
  },
  closed: { write: ['closed', 'refuse'], finish: ['closed', 'refuse'] },
}

/** The daemon: does what the client wants and answers; an error of its own ends the stream without an answer. */
export const daemonStream: StreamTable = {
  open: {
    data: ['open', 'deliver'],
    hole: ['open', 'deliver'],
    ok: ['finishing', 'finish'],
    error: ['closed', 'cancel'],
    write: ['open', 'send'],
    failed: ['closed', 'sendError'],
  },
  drained: {},
  finishing: {
    error: ['closed', 'cancel'],
    done: ['closed', 'sendOk'],
    failed: ['closed', 'sendError'],
  },
  closed: {},
}

/** A stream's place in its table. */
export class StreamMachine {
  readonly #table: StreamTable
  readonly #sparse: boolean
  #state: StreamState = 'open'

  /** @param sparse whether holes may travel */
  constructor(table: StreamTable, sparse: boolean) {
    this.#table = table
    this.#sparse = sparse
  }

  get state(): StreamState {
    return this.#state
  }

  /** Goes on by one step and says what to do. */
  step(input: StreamPacket | StreamWish): StreamAction {
    if (input === 'hole' && !this.#sparse && this.#state !== 'closed') return 'break'
    const next = this.#table[this.#state][input]
    if (next === undefined) return 'drop'
    this.#state = next[0]
    return next[1]
  }

  /** The connection is gone. */
  close(): void {
    this.#state = 'closed'
  }
}

/** What a packet that belongs to a stream says. */
export function streamPacket(frame: Frame): StreamPacket {
  if (frame.status === FrameStatus.error) return 'error'
  if (frame.type === FrameType.streamHole) return 'hole'
  if (frame.status === FrameStatus.ok) return 'ok'
  return frame.start === frame.end ? 'end' : 'data'
}
