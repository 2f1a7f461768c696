// SPDX-License-Identifier: LGPL-2.1-or-later
// Descriptors that travel with the calls of one connection. They belong to the call: when it is answered, they are closed.
import { closeSync } from 'node:fs'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { type FrameParser, XdrError } from '@virt/rpc'
import type { Output } from './output.js'

/** What carries descriptors over a connection: `FdPassing` of @virt/native. */
export interface FdCarrier {
  /** Descriptors that have come and were not taken. */
  readonly held: number
  /** Those that came first; they are the caller's from here on. */
  take(count: number): readonly number[]
  /** Sends some behind everything that was written, each with a byte of its own. */
  send(fds: readonly number[]): Promise<void>
}

/** Closes descriptors that have done their work. */
export function closeFds(fds: readonly number[] = []): void {
  for (const fd of fds)
    try {
      closeSync(fd)
    } catch {
      // Whoever closed it before has done what was to be done.
    }
}

/** The descriptors of one connection; its way of reading is changed for the first who asks for it. */
export class Descriptors {
  readonly #make: (() => FdCarrier | undefined) | undefined
  readonly #parser: FrameParser
  readonly #output: Output
  #carrier: FdCarrier | undefined

  constructor(make: (() => FdCarrier | undefined) | undefined, parser: FrameParser, output: Output) {
    this.#make = make
    this.#parser = parser
    this.#output = output
  }

  /** Whether descriptors can travel; from the first answer on they may. */
  offered(): boolean {
    // What a layer protects has no bytes that go past it.
    if (this.#output.layer !== undefined) return false
    const carrier = this.#carrier ?? this.#make?.()
    if (carrier === undefined) return false
    this.#carrier = carrier
    this.#parser.takeFds ??= (count) => {
      if (carrier.held < count) throw new XdrError(`a packet of ${count} descriptors came with ${carrier.held}`)
      return carrier.take(count)
    }
    return true
  }

  /** Whether some have come that belong to no packet; all that was read is known. */
  get unasked(): boolean {
    return this.#carrier !== undefined && this.#carrier.held > this.#parser.fdsHeld
  }

  /** Sends descriptors behind what was said last, and closes ours. What is said meanwhile waits. @throws as the kernel says */
  async send(fds: readonly number[]): Promise<void> {
    const carrier = this.#carrier as FdCarrier
    try {
      await this.#output.hold(() => carrier.send(fds))
    } finally {
      closeFds(fds)
    }
  }
}

/** What a caller is told whose connection carries none. */
export function noPassing(): Error {
  return virtError(ErrorNumber.ARGUMENT_UNSUPPORTED, ErrorDomain.RPC, 'fd passing is not supported by this connection')
}
