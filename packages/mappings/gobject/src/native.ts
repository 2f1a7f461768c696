// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects that stand for one of the API's: one for each thing, for as long as its connection knows it.
import { GObject, type PropertyInfo, type Signals } from './object.js'

/** What may be given to methods that reach the daemon. */
export interface CallOptions {
  /** Ends the waiting. */
  signal?: AbortSignal
}

/** Options of a call of the API. */
export const callOf = (flags: number, options: CallOptions = {}): { flags: number; signal?: AbortSignal } => ({
  flags,
  ...(options.signal !== undefined && { signal: options.signal }),
})

/** An object with a handle behind it and properties that tell of their changes. */
export abstract class NativeObject<S extends Signals, H> extends GObject<S> {
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = {}
  #native: H
  readonly #values: Record<string, unknown> = {}

  constructor(native: H) {
    super()
    this.#native = native
  }

  /** The object of `@virt/core` behind this one. `handle` in C. */
  get native(): H {
    return this.#native
  }

  /** For the owner: another handle of the same thing, after a reconnect or a rename. */
  protected rebind(native: H): void {
    this.#native = native
  }

  /** The value of a property that is kept here. */
  protected value<T>(name: string, otherwise: T): T {
    return name in this.#values ? (this.#values[name] as T) : otherwise
  }

  /** Sets a property that is kept here, and tells of it when it is another value. */
  protected set(name: string, value: unknown): void {
    if (Object.is(this.#values[name], value)) return
    this.#values[name] = value
    this.notify(name)
  }
}
