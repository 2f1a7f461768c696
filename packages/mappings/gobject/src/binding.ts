// SPDX-License-Identifier: LGPL-2.1-or-later
// Properties that follow others.
import type { GObject, Signals } from './object.js'

/** How a binding works. */
export interface BindingOptions<A, B> {
  /** The source follows the target too, where the target is an object of ours. */
  bidirectional?: boolean
  /** Copies the value at once. */
  sync?: boolean
  /** `true` becomes `false`. */
  invert?: boolean
  /** Turns the source's value into the target's; undefined leaves that as it is. */
  to?: (value: A) => B | undefined
  /** Turns the target's value into the source's. */
  from?: (value: B) => A | undefined
}

/** A binding that stands until `unbind()`. */
export interface Binding extends Disposable {
  unbind(): void
}

/** What a binding writes to: any object with the property; changes of ours are heard. */
type Target = object

/**
 * Makes a property follow another.
 * @since 0.1.0, `g_object_bind_property_full`
 */
export function bindProperty<
  X extends GObject<never> | GObject<Signals>,
  P extends keyof X & string,
  Y extends Target,
  Q extends keyof Y & string,
>(source: X, property: P, target: Y, targetProperty: Q, options: BindingOptions<X[P], Y[Q]> = {}): Binding {
  const { bidirectional = false, sync = false, invert = false, to, from } = options
  let busy = false
  const copy = (
    convert: ((value: never) => unknown) | undefined,
    get: () => unknown,
    set: (value: unknown) => void,
  ): void => {
    // What we have set ourselves comes back as a change: that one has been dealt with.
    if (busy) return
    busy = true
    try {
      const value = get()
      const next = convert === undefined ? (invert ? !value : value) : convert(value as never)
      if (next !== undefined || convert === undefined) set(next)
    } finally {
      busy = false
    }
  }
  const write =
    (object: object, name: string) =>
    (value: unknown): void => {
      if (!Object.is((object as Record<string, unknown>)[name], value))
        (object as Record<string, unknown>)[name] = value
    }
  const forth = (): void => copy(to, () => source[property], write(target, targetProperty))
  const back = (): void => copy(from, () => target[targetProperty], write(source, property))
  const listener = source as unknown as GObject<Signals>
  const ids: [GObject<Signals>, number][] = [[listener, listener.connect(`notify::${property}`, forth)]]
  if (bidirectional && isObject(target)) ids.push([target, target.connect(`notify::${targetProperty}`, back)])
  if (sync) forth()
  const unbind = (): void => {
    for (const [object, id] of ids) object.disconnect(id)
  }
  return { unbind, [Symbol.dispose]: unbind }
}

function isObject(value: object): value is GObject<Signals> {
  return 'connect' in value && 'freezeNotify' in value
}
