// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames that cannot be answered yet, with the descriptors that came along.
import { type Frame, keepFrame } from '@virt/rpc'
import { closeFds } from './descriptors.js'

/** Frames of one client. */
export class WaitingFrames {
  #frames: Frame[] = []
  #bytes = 0

  get length(): number {
    return this.#frames.length
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Keeps a frame, whose bytes are those of a read. */
  push(frame: Frame): void {
    this.#frames.push(keepFrame(frame))
    this.#bytes += frame.end - frame.start
  }

  /** The first, which does not wait any more. */
  shift(): Frame | undefined {
    const frame = this.#frames.shift()
    if (frame !== undefined) this.#bytes -= frame.end - frame.start
    return frame
  }

  /** Nobody will answer them. */
  clear(): void {
    for (const { fds } of this.#frames) closeFds(fds)
    this.#frames = []
    this.#bytes = 0
  }
}
