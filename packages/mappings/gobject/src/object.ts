// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects with properties and signals: what GObject gives, without its main loop and types.

/** Names of signals and what their handlers get after the object. */
export type Signals = { readonly [name: string]: readonly unknown[] }
/** Number of a handler: what `disconnect`, `block` and `unblock` take. */
export type HandlerId = number & { readonly brand?: unique symbol }

/** A signal of a class. */
export interface SignalInfo {
  /** `first`: the class's own handler comes before all others; `last`: after them, but before those of `after`. */
  readonly run: 'first' | 'last'
  /** Handlers may ask for one detail only: `name::detail`. */
  readonly detailed?: boolean
  /** An emission from inside one of the same signal comes after it. */
  readonly noRecurse?: boolean
}
/** A property of a class. */
export interface PropertyInfo {
  readonly type: 'string' | 'number' | 'boolean' | 'bigint' | 'object'
  readonly writable?: boolean
}

/** How a handler is connected. */
export interface ConnectOptions {
  /** After the class's own handler. */
  after?: boolean
  /** Disconnected before it runs. */
  once?: boolean
  /** Disconnects when it fires. */
  signal?: AbortSignal
}

/** Names that handlers may be connected to. */
export type SignalName<S extends Signals> =
  | (keyof S & string)
  | `${keyof S & string}::${string}`
  | `notify::${string}`
  | 'notify'
type BaseName<N extends string> = N extends `${infer B}::${string}` ? B : N
type ArgsOf<S extends Signals, N extends string> =
  BaseName<N> extends 'notify' ? readonly [property: string] : BaseName<N> extends keyof S ? S[BaseName<N>] : never

interface Handler {
  readonly id: HandlerId
  readonly name: string
  readonly detail: string | undefined
  readonly after: boolean
  readonly once: boolean
  readonly call: (self: GObject<Signals>, ...args: readonly unknown[]) => void
  readonly release: (() => void) | undefined
  blocked: number
  gone: boolean
}

interface Emission {
  readonly name: string
  stopped: boolean
}

const notifyInfo: SignalInfo = { run: 'first', detailed: true, noRecurse: true }
let lastId = 0

/**
 * The base of all classes here.
 * @since 0.1.0, `GObject`
 */
export abstract class GObject<S extends Signals> implements Disposable {
  /** Signals of the class, by name. */
  static readonly signals: Readonly<Record<string, SignalInfo>> = {}
  /** Properties of the class, by name. */
  static readonly properties: Readonly<Record<string, PropertyInfo>> = {}
  /** Gets what a handler throws. Without it that becomes an uncaught exception, on a later turn. */
  onHandlerError: ((error: unknown, signal: string) => void) | undefined
  readonly #handlers: Handler[] = []
  readonly #running: Emission[] = []
  readonly #postponed: (() => void)[] = []
  #frozen = 0
  #changed = new Set<string>()
  #disposed = false

  /** Whether it was disposed: it emits nothing any more. */
  get isDisposed(): boolean {
    return this.#disposed
  }

  /**
   * Connects a handler: `name`, or `name::detail` for one detail only.
   * @throws TypeError when the class has no such signal, or it has no details
   */
  connect<N extends SignalName<S>>(
    name: N,
    handler: (self: this, ...args: ArgsOf<S, N>) => void,
    options: ConnectOptions = {},
  ): HandlerId {
    const [base = '', detail] = splitName(name)
    const info = this.#infoOf(base)
    if (detail !== undefined && info.detailed !== true) throw new TypeError(`signal '${base}' has no details`)
    const id = ++lastId as HandlerId
    const { signal } = options
    if (this.#disposed || signal?.aborted) return id
    const abort = (): void => this.disconnect(id)
    signal?.addEventListener('abort', abort, { once: true })
    this.#handlers.push({
      id,
      name: base,
      detail,
      after: options.after === true,
      once: options.once === true,
      call: handler as unknown as Handler['call'],
      release: signal === undefined ? undefined : () => signal.removeEventListener('abort', abort),
      blocked: 0,
      gone: false,
    })
    return id
  }

  /** As `connect`, for those who are used to it. */
  on<N extends SignalName<S>>(name: N, handler: (self: this, ...args: ArgsOf<S, N>) => void): HandlerId {
    return this.connect(name, handler)
  }

  /** As `connect` with `once`. */
  once<N extends SignalName<S>>(name: N, handler: (self: this, ...args: ArgsOf<S, N>) => void): HandlerId {
    return this.connect(name, handler, { once: true })
  }

  /** As `disconnect`. */
  off(id: HandlerId): void {
    this.disconnect(id)
  }

  /** Disconnects a handler; it is not called any more, not even by an emission that runs. */
  disconnect(id: HandlerId): void {
    const at = this.#handlers.findIndex((handler) => handler.id === id)
    const handler = this.#handlers[at]
    if (handler === undefined) return
    handler.gone = true
    handler.release?.()
    this.#handlers.splice(at, 1)
  }

  /** Whether a handler is connected. */
  isConnected(id: HandlerId): boolean {
    return this.#handlers.some((handler) => handler.id === id)
  }

  /** Keeps a handler from being called until it is unblocked as often as it was blocked. */
  block(id: HandlerId): void {
    const handler = this.#handlers.find((one) => one.id === id)
    if (handler !== undefined) handler.blocked++
  }

  /** Takes back one `block()`. */
  unblock(id: HandlerId): void {
    const handler = this.#handlers.find((one) => one.id === id)
    if (handler !== undefined && handler.blocked > 0) handler.blocked--
  }

  /** Ends the emission of this signal that runs: no further handler gets it. */
  stopEmission(name: keyof S & string): void {
    const emission = this.#running.findLast((one) => one.name === splitName(name)[0])
    if (emission !== undefined) emission.stopped = true
  }

  /** Holds back `notify` until `thawNotify()`; each property is told of once then. */
  freezeNotify(): void {
    this.#frozen++
  }

  /** Takes back one `freezeNotify()`. */
  thawNotify(): void {
    if (this.#frozen === 0 || --this.#frozen > 0) return
    const changed = this.#changed
    this.#changed = new Set()
    for (const name of changed) this.#emit('notify', name, [name])
  }

  /** Signals as an async iterator of names and arguments, with a bounded buffer. See `events()`. */
  subscribe(observer: (name: string, ...args: readonly unknown[]) => void): Disposable {
    const names = ['notify', ...Object.keys((this.constructor as typeof GObject).signals)]
    const ids = names.map((name) =>
      this.connect(name as SignalName<S>, (_self, ...args) => observer(name, ...(args as readonly unknown[]))),
    )
    return {
      [Symbol.dispose]: () => {
        for (const id of ids) this.disconnect(id)
      },
    }
  }

  /** Drops all handlers; nothing is emitted afterwards. */
  dispose(): void {
    this.#disposed = true
    for (const handler of [...this.#handlers]) this.disconnect(handler.id)
    this.#postponed.length = 0
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** Emits a signal. Only the class does. */
  protected emit<K extends keyof S & string>(name: K, args: S[K], detail?: string): void {
    this.#infoOf(name)
    this.#emit(name, detail, args)
  }

  /** The class's own handler of a signal, where a subclass has one. */
  protected classHandler(_name: string, _detail: string | undefined, _args: readonly unknown[]): void {}

  /** Tells that a property has changed; values that are the same are none of its business. */
  protected notify(name: string): void {
    if (this.#disposed) return
    if (this.#frozen > 0) this.#changed.add(name)
    else this.#emit('notify', name, [name])
  }

  #infoOf(name: string): SignalInfo {
    if (name === 'notify') return notifyInfo
    const info = (this.constructor as typeof GObject).signals[name]
    if (info === undefined) throw new TypeError(`${this.constructor.name} has no signal '${name}'`)
    return info
  }

  #emit(name: string, detail: string | undefined, args: readonly unknown[]): void {
    if (this.#disposed) return
    const info = this.#infoOf(name)
    if (info.noRecurse === true && this.#running.some((one) => one.name === name)) {
      this.#postponed.push(() => this.#emit(name, detail, args))
      return
    }
    const emission: Emission = { name, stopped: false }
    this.#running.push(emission)
    // Handlers that are connected meanwhile get the next one.
    const handlers = this.#handlers.filter(
      (handler) => handler.name === name && (handler.detail === undefined || handler.detail === detail),
    )
    const run = (after: boolean): void => {
      for (const handler of handlers)
        if (handler.after === after && !handler.gone && handler.blocked === 0 && !emission.stopped) {
          if (handler.once) this.disconnect(handler.id)
          this.#guard(name, () => handler.call(this as unknown as GObject<Signals>, ...args))
        }
    }
    const own = (): void => {
      if (!emission.stopped) this.#guard(name, () => this.classHandler(name, detail, args))
    }
    if (info.run === 'first') own()
    run(false)
    if (info.run === 'last') own()
    run(true)
    this.#running.splice(this.#running.indexOf(emission), 1)
    if (this.#running.length === 0) this.#postponed.shift()?.()
  }

  #guard(name: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      if (this.onHandlerError !== undefined) this.onHandlerError(error, name)
      else
        queueMicrotask(() => {
          throw error
        })
    }
  }
}

function splitName(name: string): [base: string, detail: string | undefined] {
  const at = name.indexOf('::')
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 2)]
}
