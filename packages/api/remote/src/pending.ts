// SPDX-License-Identifier: LGPL-2.1-or-later
// A call whose answer is awaited, and what loggers and tracers are told of it.
import { type Channel, channel } from 'node:diagnostics_channel'
import type { Message } from './calls.js'
import type { ClientStream } from './stream.js'

/** Tells loggers and tracers what is called, what has come of it, which events come, how many bytes travel. */
export const traced: Readonly<Record<'start' | 'end' | 'error' | 'event' | 'bytes', Channel>> = {
  start: channel('virt:remote:call:start'),
  end: channel('virt:remote:call:end'),
  error: channel('virt:remote:call:error'),
  event: channel('virt:remote:event'),
  bytes: channel('virt:remote:bytes'),
}

/** A call whose answer is awaited. */
export class Pending {
  readonly message: Message
  readonly op: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  stream: ClientStream | undefined
  /** Descriptors that go along. */
  fds: readonly number[] | undefined
  /** Takes over those that come with the answer. */
  takeFds: ((fds: readonly number[]) => void) | undefined
  /** Stops watching the caller's signal. */
  unwatch: (() => void) | undefined

  constructor(message: Message, op: string, resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.message = message
    this.op = op
    this.resolve = resolve
    this.reject = reject
  }
}

/** Tells of a call. */
export function publish(to: Channel, pending: Pending, more: object): void {
  const { message, op } = pending
  to.publish({ program: message.program, procedure: message.name, op, ...more })
}
