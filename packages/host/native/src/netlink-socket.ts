// SPDX-License-Identifier: LGPL-2.1-or-later
// Requests over a netlink socket, one at a time: each is answered before the next goes out.
import { getSystemErrorMap } from 'node:util'
import type { Binding } from './binding.js'
import { Descriptor } from './descriptor.js'
import { systemError } from './errors.js'
import {
  type Attribute,
  attributes,
  decode,
  encode,
  type NetlinkMessage,
  requestFlags,
  textOf,
  viewOf,
} from './netlink.js'
import { readable, ready } from './ready.js'

const errorType = 2
const doneType = 3
const interrupted = 0x10
const hasAttributes = 0x200
const capped = 0x100
/** The kernel answers at once; what does not come in that time never will. In ms. */
const deadline = 10_000
const mostMessages = 100_000

/** A request as its family has it. */
export interface NetlinkRequest {
  readonly type: number
  /** Flags beyond those that every request has. */
  readonly flags?: number
  readonly header: Uint8Array
  readonly attributes?: readonly Attribute[]
  /** What it was about, for the error. */
  readonly subject?: string
}

/** A netlink socket in the namespace it was opened in. */
export class NetlinkSocket extends Descriptor {
  readonly #binding: Binding
  #seq = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(binding: Binding, fd: number) {
    super(binding, fd)
    this.#binding = binding
  }

  /** Does something; what the kernel says beside "done" is the answer. @throws as the kernel says */
  request(request: NetlinkRequest): Promise<NetlinkMessage[]> {
    return this.#inTurn(() => this.#exchange(request, requestFlags.ack))
  }

  /** Lists everything; again when it has changed meanwhile. @throws as the kernel says, EBUSY when it never stays the same */
  dump(request: NetlinkRequest): Promise<NetlinkMessage[]> {
    return this.#inTurn(async () => {
      for (let round = 0; round < 10; round++) {
        const found = await this.#exchange(request, requestFlags.dump)
        if (!found.some(({ flags }) => flags & interrupted)) return found
      }
      throw systemError('EBUSY', 'netlink', 'the list changes all the time')
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }

  async #exchange(request: NetlinkRequest, kind: number): Promise<NetlinkMessage[]> {
    const { type, flags = 0, header, subject } = request
    const seq = ++this.#seq
    const bytes = encode(type, flags | kind | requestFlags.request, seq, header, request.attributes ?? [])
    this.#binding.netlinkSend(this.fd, bytes)
    const signal = AbortSignal.timeout(deadline)
    const found: NetlinkMessage[] = []
    for (;;) {
      const into = new Uint8Array(65536)
      const size = this.#binding.netlinkReceive(this.fd, into)
      if (size < 0) {
        await ready(this.#binding, this.fd, readable, { signal })
        continue
      }
      for (const message of decode(into.subarray(0, size))) {
        // An answer to a request that was given up.
        if (message.seq !== seq) continue
        if (message.type === errorType || message.type === doneType) {
          fail(message, subject)
          return found
        }
        found.push(message)
        if (found.length > mostMessages) throw systemError('EMSGSIZE', 'netlink', `more than ${mostMessages} answers`)
      }
    }
  }
}

/** Throws what an answer says went wrong, in Node's form and with the kernel's own words, where it has some. */
function fail({ type, flags, body }: NetlinkMessage, subject: string | undefined): void {
  const errno = body.length >= 4 ? viewOf(body).i32(0) : 0
  if (errno === 0) return
  // After the number comes the request's header, and the request itself unless it was capped.
  const request = type === errorType ? (flags & capped ? 16 : viewOf(body).u32(4)) : 0
  const words = flags & hasAttributes ? attributes(body.subarray(4 + request)).get(1) : undefined
  const [code, text] = getSystemErrorMap().get(errno) ?? [`errno ${-errno}`, 'refused by the kernel']
  const why = words === undefined ? text : textOf(words)
  const about = subject === undefined ? '' : ` '${subject}'`
  throw Object.assign(new Error(`${code}: ${why}, netlink${about}`), { code, errno, syscall: 'netlink' })
}
