// SPDX-License-Identifier: LGPL-2.1-or-later
// A session whose slots are calls to a daemon: one for each procedure that serves a slot.
import { type Call, type Family, families, type Session, type SlotMethods, VirtError } from '@virt/core'
import { type Binding, bindings, procedures, remote } from '@virt/rpc'
import type { Link, LostReason } from './link.js'
import type { ClientStream } from './stream.js'
import type { RemoteEvents } from './subscriptions.js'

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the slots are put on the prototype below, from the table of bindings
export interface RemoteSession extends SlotMethods {}

/** Calls whose reply has no count: libvirt's own limit is asked for at once. */
const uncounted: ReadonlySet<string> = new Set(['domainGetSchedulerParameters', 'domainGetSchedulerParametersFlags'])
const numberOf = (name: string): number =>
  procedures.find((p) => p.program === 'remote' && p.name === name)?.number as number
const closeNumber = numberOf('CONNECT_CLOSE')
const secureNumber = numberOf('CONNECT_IS_SECURE')

/** What the other end is, as far as opening it has shown. */
export interface RemoteFacts {
  readonly uri: string | undefined
  readonly secure: boolean
  readonly encrypted: boolean
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class RemoteSession implements Session {
  readonly families: readonly Family[] = families
  readonly events: RemoteEvents
  readonly uri?: string
  readonly link: Link
  readonly #facts: RemoteFacts

  constructor(link: Link, events: RemoteEvents, facts: RemoteFacts) {
    this.link = link
    this.events = events
    this.#facts = facts
    if (facts.uri !== undefined) this.uri = facts.uri
  }

  onLost(fn: (reason: LostReason) => void): void {
    this.link.onLost((reason) => fn(reason))
    this.events.onClosed = (reason) => fn((['error', 'eof', 'keepalive', 'client'] as const)[reason] ?? 'error')
  }

  async isSecure(): Promise<boolean> {
    const there = await this.link.call({
      program: 'remote',
      procedure: secureNumber,
      op: 'virConnectIsSecure',
      decode: (r) => remote.decodeConnectIsSecureRet(r).secure !== 0,
    })
    return there && this.#facts.secure
  }

  isEncrypted(): boolean {
    return this.#facts.encrypted
  }

  async close(): Promise<void> {
    if (this.link.ended !== undefined) return
    // Courtesy: a daemon that does not answer is left all the same.
    const late = AbortSignal.timeout(2000)
    await this.link
      .call({ program: 'remote', procedure: closeNumber, op: 'virConnectClose', signal: late })
      .catch(() => {})
    this.link.destroy(new VirtError('connection is closed', { code: 'connection-closed' }))
  }
}

for (const binding of bindings) {
  Object.defineProperty(RemoteSession.prototype, binding.slot, {
    value(this: RemoteSession, call: Call, ...args: unknown[]): Promise<unknown> {
      if (binding.fdsIn === true || binding.fdsOut === true)
        return Promise.reject(
          new VirtError(`${binding.name}: file descriptors cannot travel on this connection`, {
            code: 'argument-unsupported',
          }),
        )
      if (binding.stream !== undefined) return openStream(this.link, binding, call, args)
      if (binding.counted === true) return counted(this.link, binding, call, args)
      return request(this.link, binding, call, args, 0)
    },
  })
}

function request(link: Link, binding: Binding, call: Call, args: readonly unknown[], count: number): Promise<unknown> {
  return link.call({
    program: binding.program,
    procedure: binding.number,
    op: call.slot?.publicName ?? binding.name,
    encode: (w) => binding.encodeRequest(w, args, count),
    decode: binding.decodeReply,
  })
}

/** The size first, then that much. */
async function counted(link: Link, binding: Binding, call: Call, args: readonly unknown[]): Promise<unknown> {
  const ask = (count: number): Promise<{ value: unknown; count: number }> =>
    request(link, binding, call, args, count) as Promise<{ value: unknown; count: number }>
  if (uncounted.has(binding.slot)) return (await ask(16)).value
  const first = await ask(0)
  return first.count === 0 ? first.value : (await ask(first.count)).value
}

async function openStream(link: Link, binding: Binding, call: Call, args: readonly unknown[]): Promise<unknown> {
  const flags = args.at(-1)
  const sparse = binding.sparseFlag !== undefined && typeof flags === 'number' && (flags & binding.sparseFlag) !== 0
  const { answer, stream } = link.open({
    program: binding.program,
    procedure: binding.number,
    op: call.slot?.publicName ?? binding.name,
    encode: (w) => binding.encodeRequest(w, args, 0),
    decode: binding.decodeReply,
    stream: { sparse },
    signal: call.signal,
  })
  const fields = (await answer) as object | undefined
  return fields === undefined ? (stream as ClientStream) : { ...fields, stream }
}
