// SPDX-License-Identifier: LGPL-2.1-or-later
// A session whose slots are calls to a daemon: one for each procedure that serves a slot.
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type Family,
  families,
  type Session,
  type SlotMethods,
  slots,
  VirtError,
  virtError,
} from '@virt/core'
import { type Binding, bindingAt, remote } from '@virt/rpc'
import { message } from './calls.js'
import { type Dialed, type Dialing, dial, Feature, feature } from './handshake.js'
import type { Link, LostReason } from './link.js'
import { rawMessage } from './raw.js'
import { type ReconnectOptions, Redialer } from './reconnect.js'
import { next, type SessionState } from './state.js'
import { RemoteEvents } from './subscriptions.js'

export interface RemoteSession extends SlotMethods {}

const connectClose = message('CONNECT_CLOSE')
const isSecure = message('CONNECT_IS_SECURE', undefined, (r) => remote.decodeConnectIsSecureRet(r).secure !== 0)
/** How long the daemon may take to say goodbye, in ms. */
const goodbye = 2000

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class RemoteSession implements Session {
  readonly families: readonly Family[] = families
  readonly events: RemoteEvents
  /** The URI as the daemon answers it, where the client named none. */
  uri?: string
  /** The connection of now; replaced when a session reconnects. */
  link!: Link
  #dialed!: Dialed
  #state: SessionState = 'idle'
  readonly #redialer: Redialer | undefined
  readonly #lost: ((reason: LostReason, error?: Error) => void)[] = []
  readonly #resync: (() => void)[] = []
  readonly #features = new Map<number, Promise<boolean>>()

  /** Opens a session. @throws VirtError what the way, the authentication or the daemon say */
  static async open(
    dialing: Omit<Dialing, 'onMessage'>,
    reconnect: ReconnectOptions | undefined,
    signal: AbortSignal,
  ): Promise<RemoteSession> {
    const session = new RemoteSession(dialing, reconnect)
    session.#state = next(session.#state, 'connect')
    try {
      session.#connected(await dial(session.#dialing, signal))
      return session
    } catch (error) {
      session.#state = next(session.#state, 'failed')
      throw error
    }
  }

  readonly #dialing: Dialing

  private constructor(dialing: Omit<Dialing, 'onMessage'>, reconnect: ReconnectOptions | undefined) {
    this.events = new RemoteEvents(
      () => this.ready(),
      () => this.#dialed.events,
    )
    this.#dialing = { ...dialing, onMessage: (frame) => this.events.receive(frame) }
    this.events.onClosed = (reason) => this.#backendLost(reason)
    if (reconnect !== undefined)
      this.#redialer = new Redialer(reconnect, dialing.clock, (signal) => dial(this.#dialing, signal))
  }

  get state(): SessionState {
    return this.#state
  }

  /**
   * The connection, awaited while the session reconnects.
   * @throws VirtError `connection-closed` or what ended the connection
   */
  ready(): Link | Promise<Link> {
    if (this.link.ended === undefined) return this.link
    if (this.#state === 'connecting' && this.#redialer !== undefined)
      return this.#redialer.wait().then(() => this.ready())
    throw this.link.ended
  }

  onLost(fn: (reason: LostReason, error?: Error) => void): void {
    this.#lost.push(fn)
  }

  onResync(fn: () => void): void {
    this.#resync.push(fn)
  }

  /** Whether the daemon's driver has a feature; asked once. */
  feature(number: number): Promise<boolean> {
    let known = this.#features.get(number)
    if (known === undefined) {
      known = Promise.resolve(this.ready()).then((link) => feature(link, number))
      this.#features.set(number, known)
      known.catch(() => this.#features.delete(number))
    }
    return known
  }

  async isSecure(): Promise<boolean> {
    const link = await this.ready()
    return (await link.call(isSecure, [], 'virConnectIsSecure')) && (this.#dialed.way.secure || link.protected)
  }

  isEncrypted(): boolean {
    // parity: libvirt takes whatever SASL has done for encryption (virNetClientIsEncrypted).
    return this.#dialed.way.encrypted || this.#dialed.auth === 'sasl'
  }

  async rawCall(program: string, name: string, args: unknown, signal?: AbortSignal): Promise<unknown> {
    const message = rawMessage(program, name)
    const link = await this.ready()
    return await link.call(message, [args], name, 0, signal)
  }

  async close(): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#state = next(this.#state, 'close')
    this.#redialer?.stop()
    const { link } = this
    if (link.ended === undefined) {
      // Courtesy: a daemon that does not answer is left all the same.
      const late = new AbortController()
      const timer = this.#dialing.clock.after(goodbye, () => late.abort())
      await link.call(connectClose, [], 'virConnectClose', 0, late.signal).catch(() => {})
      timer[Symbol.dispose]()
      link.destroy(closed())
    }
    this.#state = next(this.#state, 'closed')
  }

  /** Ends the connection now: what is pending is rejected with `reason`. */
  destroy(reason: Error): void {
    this.#redialer?.stop()
    this.link.destroy(reason)
  }

  #connected(dialed: Dialed): void {
    this.#dialed = dialed
    this.link = dialed.link
    if (dialed.uri !== undefined) this.uri = dialed.uri
    this.#state = next(this.#state, 'opened')
    this.#features.clear()
    dialed.link.onLost((reason) => this.#linkLost(reason))
    if (dialed.link.ended !== undefined) this.#linkLost('error')
  }

  #linkLost(reason: LostReason): void {
    if (this.#state !== 'open') return
    if (this.#redialer !== undefined && reason !== 'client') {
      this.#state = next(this.#state, 'retry')
      this.events.lost()
      this.#redial(reason).catch(() => {})
      return
    }
    this.#state = next(this.#state, 'lost')
    this.#tellLost(reason)
  }

  async #redial(reason: LostReason): Promise<void> {
    const redialer = this.#redialer as Redialer
    const dialed = await redialer.redial()
    if (this.#state !== 'connecting') {
      dialed?.link.destroy(closed())
      return redialer.settle(closed())
    }
    if (dialed === undefined) {
      this.#state = next(this.#state, 'failed')
      redialer.settle(this.link.ended)
      return this.#tellLost(reason)
    }
    this.#connected(dialed)
    redialer.settle()
    await this.events.restore()
    if (this.link === dialed.link && this.state === 'open') for (const fn of this.#resync) fn()
  }

  /** The daemon is there, its own connection to what it manages is not. */
  #backendLost(reason: number): void {
    this.link.destroy(
      new VirtError('the daemon has lost its own connection', { code: 'connection-lost' }),
      (['error', 'eof', 'keepalive', 'client'] as const)[reason] ?? 'error',
    )
  }

  #tellLost(reason: LostReason): void {
    this.events.end()
    for (const fn of this.#lost) fn(reason, this.link.ended)
  }
}

const closed = (): VirtError => new VirtError('connection is closed', { code: 'connection-closed' })

/** Calls whose reply has no count: libvirt's own limit is asked for at once. */
const uncounted: ReadonlySet<string> = new Set(['domainGetSchedulerParameters', 'domainGetSchedulerParametersFlags'])
/** Flag of typed parameters that says strings may come. */
const stringsOkay = 4

type Run = (session: RemoteSession, link: Link, call: Call, args: unknown[], op: string) => Promise<unknown>

/** How the slot of a binding is called. */
function runOf(binding: Binding): Run {
  if (binding.fdsIn === true || binding.fdsOut === true)
    return async (session, link, call, args, op) => {
      const fds = binding.fdsIn === true ? (args.pop() as readonly number[]) : []
      if (!(await session.feature(Feature.fdPassing)) || !(await link.carriesFds()))
        throw virtError(
          ErrorNumber.ARGUMENT_UNSUPPORTED,
          ErrorDomain.NONE,
          'fd passing is not supported by this connection',
          { details: 'it is over a unix socket, with the package @virt/native' },
        )
      const answer = await link.callWithFds(binding, args, op, fds, call.signal)
      return binding.fdsOut === true
        ? answer.value === undefined
          ? { fds: answer.fds }
          : { ...(answer.value as object), fds: answer.fds }
        : answer.value
    }
  if (binding.stream !== undefined) return (_session, link, call, args, op) => stream(link, binding, call, args, op)
  const plain: Run =
    binding.counted === true ? counted(binding) : (_s, link, _c, args, op) => link.call(binding, args, op)
  if (binding.typedStrings === true)
    return async (session, link, call, args, op) => {
      const flags = args.length - 1
      if (await session.feature(Feature.typedStrings)) args[flags] = ((args[flags] as number) | stringsOkay) >>> 0
      return await plain(session, link, call, args, op)
    }
  if (binding.slot === 'networkUpdate')
    return async (session, link, call, args, op) => {
      // parity: older daemons take section and command the other way round.
      if (!(await session.feature(Feature.networkUpdateOrder))) [args[1], args[2]] = [args[2], args[1]]
      return await plain(session, link, call, args, op)
    }
  return plain
}

/** The size first, then that much. */
function counted(binding: Binding): Run {
  return async (_session, link, _call, args, op) => {
    const ask = (count: number): Promise<{ value: unknown; count: number }> =>
      link.call(binding, args, op, count) as Promise<{ value: unknown; count: number }>
    if (uncounted.has(binding.slot)) return (await ask(16)).value
    const first = await ask(0)
    return first.count === 0 ? first.value : (await ask(first.count)).value
  }
}

async function stream(link: Link, binding: Binding, call: Call, args: unknown[], op: string): Promise<unknown> {
  const flags = args.at(-1)
  const sparse = binding.sparseFlag !== undefined && typeof flags === 'number' && (flags & binding.sparseFlag) !== 0
  const opened = await link.open(binding, args, op, sparse, call.signal)
  return opened.answer === undefined ? opened.stream : { ...(opened.answer as object), stream: opened.stream }
}

for (const { name, program, procedure, number } of Object.values(slots)) {
  let bound: Run | undefined
  Object.defineProperty(RemoteSession.prototype, name, {
    value(this: RemoteSession, call: Call, ...args: unknown[]): Promise<unknown> {
      bound ??= runOf(bindingAt(program, number) as Binding)
      const run = bound
      const op = call.slot?.publicName ?? procedure
      const { link } = this
      if (link.ended === undefined) return run(this, link, call, args, op)
      try {
        return Promise.resolve(this.ready()).then((link) => run(this, link, call, args, op))
      } catch (error) {
        return Promise.reject(error)
      }
    },
  })
}
