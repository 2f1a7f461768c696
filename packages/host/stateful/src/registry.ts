// SPDX-License-Identifier: LGPL-2.1-or-later
// The objects of one kind: small records, found by name, UUID and id, changed in one place.
import type { EventFamily, EventHub, EventPayloads } from '@virt/core'
import { inMemory, type Persistence } from './persistence.js'

/** What every record has. `generation` grows with each change of the object. */
export interface Recorded {
  name: string
  uuid: string
  /** Number of a running object; -1 or absent when it has none. */
  id?: number
  generation: number
}

/** Tells of what a change did; events leave in this order, once the change is made. */
export interface Change {
  emit<F extends EventFamily, K extends keyof EventPayloads[F] & string>(
    family: F,
    key: K,
    payload: EventPayloads[F][K],
  ): void
}

interface Keys {
  name: string
  uuid: string
  id: number
}

type Emission = () => void

/**
 * Registry of one kind of object. Records are looked up and read freely; every write goes through `add`,
 * `change` and `remove`, which keep the indexes, generations, persistence and events right.
 * @since 0.1.0
 */
export class Registry<T extends Recorded> {
  /** Grows with each change of any object. */
  generation = 0
  readonly #events: EventHub
  readonly #persistence: Persistence<T>
  readonly #byUuid = new Map<string, T>()
  readonly #byName = new Map<string, T>()
  readonly #byId = new Map<number, T>()
  readonly #keys = new Map<T, Keys>()

  constructor(events: EventHub, persistence: Persistence<T> = inMemory) {
    this.#events = events
    this.#persistence = persistence
  }

  get size(): number {
    return this.#keys.size
  }

  byUuid(uuid: string): T | undefined {
    return this.#byUuid.get(uuid)
  }

  byName(name: string): T | undefined {
    return this.#byName.get(name)
  }

  byId(id: number): T | undefined {
    return this.#byId.get(id)
  }

  has(object: T): boolean {
    return this.#keys.has(object)
  }

  /** All objects, oldest first. */
  values(): IterableIterator<T> {
    return this.#keys.keys()
  }

  /** All objects that pass, oldest first. */
  list(filter?: (object: T) => boolean): T[] {
    const found: T[] = []
    for (const object of this.#keys.keys()) if (filter === undefined || filter(object)) found.push(object)
    return found
  }

  /** Takes a new object; `fn` may tell of it. */
  add(object: T, fn?: (change: Change) => void): void {
    this.#keys.set(object, { name: '', uuid: '', id: -1 })
    try {
      this.change(object, (change) => fn?.(change))
    } catch (error) {
      this.#forget(object)
      throw error
    }
  }

  /**
   * Changes an object. `fn` runs at once and must check before it changes: if it throws, nothing is told and
   * nothing is kept on disk.
   */
  change<R>(object: T, fn: (change: Change) => R): R {
    const emissions: Emission[] = []
    const result = fn(this.#collector(emissions))
    object.generation = ++this.generation
    const keys = this.#keys.get(object)
    if (keys !== undefined) this.#reindex(object, keys)
    this.#persistence.changed(object)
    for (const emission of emissions) emission()
    return result
  }

  /** Drops an object; `fn` may tell of it. */
  remove(object: T, fn?: (change: Change) => void): void {
    const emissions: Emission[] = []
    fn?.(this.#collector(emissions))
    this.#forget(object)
    object.generation = ++this.generation
    this.#persistence.removed(object)
    for (const emission of emissions) emission()
  }

  #collector(emissions: Emission[]): Change {
    return {
      emit: (family, key, payload) => {
        emissions.push(() => this.#events.emit(family, key, payload))
      },
    }
  }

  #reindex(object: T, keys: Keys): void {
    const id = object.id ?? -1
    if (keys.name !== object.name) {
      if (this.#byName.get(keys.name) === object) this.#byName.delete(keys.name)
      this.#byName.set(object.name, object)
      keys.name = object.name
    }
    if (keys.uuid !== object.uuid) {
      if (this.#byUuid.get(keys.uuid) === object) this.#byUuid.delete(keys.uuid)
      this.#byUuid.set(object.uuid, object)
      keys.uuid = object.uuid
    }
    if (keys.id !== id) {
      if (this.#byId.get(keys.id) === object) this.#byId.delete(keys.id)
      if (id >= 0) this.#byId.set(id, object)
      keys.id = id
    }
  }

  #forget(object: T): void {
    const keys = this.#keys.get(object)
    if (keys === undefined) return
    this.#keys.delete(object)
    if (this.#byName.get(keys.name) === object) this.#byName.delete(keys.name)
    if (this.#byUuid.get(keys.uuid) === object) this.#byUuid.delete(keys.uuid)
    if (this.#byId.get(keys.id) === object) this.#byId.delete(keys.id)
  }
}
