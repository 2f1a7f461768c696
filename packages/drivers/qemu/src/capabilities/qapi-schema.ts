// SPDX-License-Identifier: LGPL-2.1-or-later
// QEMU's description of its own interface, and questions to it: is there such a command, argument, variant, value, feature?
import type { Json } from '@virt/core'
import { JsonFloat } from '@virt/core'
import { asObject, objectsOf, textOf, textsOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'

/** Whether a path leads somewhere, and to which entry; a path that cannot be one is malformed. */
export type Found = { readonly found: boolean; readonly entry?: JsonObject | undefined } | 'malformed'

/** Levels that types may lie in one another when a value is checked. */
const depthLimit = 64

/**
 * The reply of `query-qmp-schema`.
 * @since 0.1.0
 */
export class QapiSchema {
  readonly #entries: ReadonlyMap<string, JsonObject>

  constructor(reply: Json) {
    this.#entries = new Map(objectsOf(reply, 'query-qmp-schema').map((entry) => [textOf(entry, 'name') ?? '', entry]))
  }

  /** An entry by its name: of commands and events the one users know, of types QEMU's number. */
  entry(name: string): JsonObject | undefined {
    return this.#entries.get(name)
  }

  /**
   * Follows a path: command or event, `arg-type` or `ret-type`, then members. `name` is a member, `*name` one that may be
   * left out, `+name` a variant of a union, and, at the end, `^name` a value of an enumeration, `!name` a built-in type,
   * `$name` a feature. What begins with another sign than a letter has a blank before it.
   */
  query(path: string): Found {
    const [name = '', ...rest] = path.split('/')
    const start = this.#entries.get(name)
    if (start === undefined) return { found: false }
    return this.#follow(start, rest)
  }

  /** Whether a path leads somewhere. */
  has(path: string): boolean {
    const answer = this.query(path)
    return answer !== 'malformed' && answer.found
  }

  /** The type that a path leads to. */
  find(path: string): JsonObject | undefined {
    const answer = this.query(path)
    return answer === 'malformed' || !answer.found ? undefined : answer.entry
  }

  #follow(entry: JsonObject, rest: readonly string[]): Found {
    const [step, ...after] = rest
    if (step === undefined) return { found: true, entry }
    const sign = step[0] ?? ''
    if (sign === '$') return this.#feature(entry, step.slice(1), after)
    switch (textOf(entry, 'meta-type')) {
      case 'command':
      case 'event':
        return this.#named(textOf(entry, step), after)
      case 'array':
        return this.#named(textOf(entry, 'element-type'), rest)
      case 'object':
        return this.#member(entry, step, after)
      case 'alternate':
        return this.#alternate(entry, step, rest, after)
      case 'enum':
        return sign === '^' ? this.#enumValue(entry, step.slice(1), after) : { found: false }
      case 'builtin':
        return this.#builtin(entry, step, after)
      default:
        return { found: false }
    }
  }

  #named(type: string | undefined, rest: readonly string[]): Found {
    const entry = type === undefined ? undefined : this.#entries.get(type)
    return entry === undefined ? { found: false } : this.#follow(entry, rest)
  }

  #feature(entry: JsonObject, feature: string, after: readonly string[]): Found {
    if (after.length > 0) return 'malformed'
    return { found: textsOf(entry, 'features').includes(feature) }
  }

  #enumValue(entry: JsonObject, value: string, after: readonly string[]): Found {
    if (after.length > 1 || (after.length === 1 && !after[0]?.startsWith('$'))) return 'malformed'
    const members = Array.isArray(entry.members) ? entry.members.map(asObject) : undefined
    const member = members?.find((one) => one !== undefined && textOf(one, 'name') === value)
    if (after.length === 1)
      return member === undefined ? { found: false } : this.#feature(member, after[0]?.slice(1) ?? '', [])
    return { found: textsOf(entry, 'values').includes(value) || member !== undefined }
  }

  #builtin(entry: JsonObject, step: string, after: readonly string[]): Found {
    if (!step.startsWith('!')) return { found: false }
    if (after.length > 0) return 'malformed'
    return { found: textOf(entry, 'json-type') === step.slice(1) }
  }

  #member(entry: JsonObject, step: string, after: readonly string[]): Found {
    const sign = step[0] ?? ''
    if (sign === '+') return this.#variant(entry, step.slice(1), after)
    const optional = sign === '*'
    const name = optional || sign === ' ' ? step.slice(1) : step
    if (!optional && sign !== ' ' && !/^[A-Za-z0-9_]/.test(step)) return { found: false }
    const member = membersOf(entry, 'members').find((one) => textOf(one, 'name') === name)
    if (member === undefined || (optional && !('default' in member))) return { found: false }
    // A feature belongs to the member, not to its type.
    if (after[0]?.startsWith('$')) return this.#feature(member, after[0].slice(1), after.slice(1))
    return this.#named(textOf(member, 'type'), after)
  }

  #variant(entry: JsonObject, name: string, after: readonly string[]): Found {
    const variant = membersOf(entry, 'variants').find((one) => textOf(one, 'case') === name)
    return this.#named(variant === undefined ? undefined : textOf(variant, 'type'), after)
  }

  /** Any branch will do. */
  #alternate(entry: JsonObject, step: string, rest: readonly string[], after: readonly string[]): Found {
    if (step.startsWith('!') && after.length > 0) return 'malformed'
    for (const branch of membersOf(entry, 'members')) {
      const answer = this.#named(textOf(branch, 'type'), rest)
      if (answer === 'malformed' || answer.found) return answer
    }
    return { found: false }
  }

  /**
   * Whether a value is one that QEMU takes for a type: members there that must be, none that it does not know, each of its type.
   * @returns undefined when it is, else what is wrong
   */
  invalid(value: Json, type: JsonObject): string | undefined {
    return this.#check(value, type, depthLimit)
  }

  #check(value: Json, type: JsonObject, depth: number): string | undefined {
    if (depth === 0) return 'too deep'
    switch (textOf(type, 'meta-type')) {
      case 'builtin':
        return builtinFits(value, textOf(type, 'json-type') ?? '')
          ? undefined
          : `not of type ${textOf(type, 'json-type')}`
      case 'enum':
        return typeof value === 'string' &&
          this.#enumValue(type, value, []) !== 'malformed' &&
          this.#isValue(type, value)
          ? undefined
          : `'${String(value)}' is not a value of the enumeration`
      case 'array':
        return this.#checkArray(value, type, depth)
      case 'object':
        return this.#checkObject(value, type, depth)
      case 'alternate':
        return this.#checkAlternate(value, type, depth)
      default:
        return 'of no type that values have'
    }
  }

  #isValue(type: JsonObject, value: string): boolean {
    const answer = this.#enumValue(type, value, [])
    return answer !== 'malformed' && answer.found
  }

  #checkArray(value: Json, type: JsonObject, depth: number): string | undefined {
    const element = this.#entries.get(textOf(type, 'element-type') ?? '')
    if (!Array.isArray(value) || element === undefined) return 'not a list'
    for (const item of value) {
      const wrong = this.#check(item, element, depth - 1)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  #checkAlternate(value: Json, type: JsonObject, depth: number): string | undefined {
    const branches = membersOf(type, 'members').map((branch) => this.#entries.get(textOf(branch, 'type') ?? ''))
    const wrongs = branches.map((branch) =>
      branch === undefined ? 'unknown type' : this.#check(value, branch, depth - 1),
    )
    return wrongs.includes(undefined) ? undefined : `fits no branch: ${wrongs.join('; ')}`
  }

  #checkObject(value: Json, type: JsonObject, depth: number): string | undefined {
    const object = asObject(value)
    if (object === undefined) return 'not an object'
    const members = [...membersOf(type, 'members')]
    const tag = textOf(type, 'tag')
    if (tag !== undefined) {
      const chosen = textOf(object, tag)
      if (chosen === undefined) return `no '${tag}' to choose a variant by`
      const variant = membersOf(type, 'variants').find((one) => textOf(one, 'case') === chosen)
      const branch = variant === undefined ? undefined : this.#entries.get(textOf(variant, 'type') ?? '')
      if (branch !== undefined) members.push(...membersOf(branch, 'members'))
    }
    for (const member of members) {
      const name = textOf(member, 'name') ?? ''
      const item = object[name]
      if (item === undefined) {
        if (!('default' in member)) return `no '${name}'`
        continue
      }
      const wrong = this.#check(item, this.#entries.get(textOf(member, 'type') ?? '') ?? {}, depth - 1)
      if (wrong !== undefined) return `${name}: ${wrong}`
    }
    const stray = Object.keys(object).find((key) => !members.some((member) => textOf(member, 'name') === key))
    return stray === undefined ? undefined : `'${stray}' is unknown`
  }
}

function membersOf(entry: JsonObject, key: 'members' | 'variants'): JsonObject[] {
  const list = entry[key]
  return Array.isArray(list) ? list.map(asObject).filter((one) => one !== undefined) : []
}

function builtinFits(value: Json, type: string): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type
    case 'int':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' || value instanceof JsonFloat
    case 'null':
      return value === null
    case 'value':
      return true
    default:
      return false
  }
}
