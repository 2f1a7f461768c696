// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading QEMU's answers: members that should be there, of the kind they should be.
import { type Json, JsonFloat } from '@virt/core'
import { internalError } from '../errors.js'
import type { JsonObject } from './monitor.js'

/** The object that a value is; undefined when it is something else. */
export function asObject(value: Json | undefined): JsonObject | undefined {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonFloat)
  return plain ? (value as JsonObject) : undefined
}

/** The objects of a list. @throws VirtError when it is no list of objects; `what` names the answer */
export function objectsOf(value: Json | undefined, what: string): JsonObject[] {
  if (!Array.isArray(value)) throw internalError(`${what} reply data was not an array`)
  return value.map((item: Json) => {
    const object = asObject(item)
    if (object === undefined) throw internalError(`${what} reply data was missing an entry`)
    return object
  })
}

/** A text member. */
export function textOf(object: JsonObject, key: string): string | undefined {
  const value = object[key]
  return typeof value === 'string' ? value : undefined
}

/** A yes-or-no member. */
export function booleanOf(object: JsonObject, key: string): boolean | undefined {
  const value = object[key]
  return typeof value === 'boolean' ? value : undefined
}

/** An integer member as a number; undefined when absent or beyond 2^53. */
export function numberOf(object: JsonObject, key: string): number | undefined {
  const value = object[key]
  return typeof value === 'number' ? value : undefined
}

/** An integer member of 64 bits. */
export function bigintOf(object: JsonObject, key: string): bigint | undefined {
  const value = object[key]
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : undefined
}

/** A number member, with or without a fraction. */
export function doubleOf(object: JsonObject, key: string): number | undefined {
  const value = object[key]
  if (value instanceof JsonFloat) return Number(value.text)
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

/** The texts of a list member. */
export function textsOf(object: JsonObject, key: string): string[] {
  const value = object[key]
  return Array.isArray(value) ? value.filter((item: Json) => typeof item === 'string') : []
}
