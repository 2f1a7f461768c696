// SPDX-License-Identifier: LGPL-2.1-or-later
// Typed parameters of calls: forms, and the checks that every setter makes.
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { virtError } from './errors.js'
import type { ParamShape, ParamType, ParamValue, TypedParams } from './spi.js'

/** Types of typed parameters by name: `virTypedParameterType`. */
export const Param = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 } as const

const typeNames = ['', 'int', 'uint', 'llong', 'ullong', 'double', 'boolean', 'string']

/** Declares a form: names with types, in the order they are told. */
export function paramShape(types: Readonly<Record<string, ParamType>>): ParamShape {
  return Object.freeze({ names: Object.freeze(Object.keys(types)), types: Object.freeze(Object.values(types)) })
}

/** A list of a form with the values of a record; absent ones are `fallback` of their type. */
export function paramsFrom(shape: ParamShape, values: Readonly<Record<string, ParamValue | undefined>>): TypedParams {
  return { shape, values: shape.names.map((name, i) => values[name] ?? zero(shape.types[i] as ParamType)) }
}

function zero(type: ParamType): ParamValue {
  if (type === Param.string) return ''
  if (type === Param.boolean) return false
  return type === Param.llong || type === Param.ullong ? 0n : 0
}

/**
 * The parameters of a setter by name.
 * @throws VirtError `argument-unsupported` for a name the form does not have, `invalid-arg` for a wrong type or a repeated name
 */
export function readParams(params: TypedParams, shape: ParamShape): Map<string, ParamValue> {
  const seen = new Set<string>()
  // Checked in the order of the names, as libvirt does, so that of several faults the same one is told.
  const order = params.shape.names.map((_, i) => i).sort((a, b) => compare(params.shape.names, a, b))
  for (const i of order) {
    const name = params.shape.names[i] as string
    const at = shape.names.indexOf(name)
    if (at < 0) throw virtError(ErrorNumber.ARGUMENT_UNSUPPORTED, ErrorDomain.NONE, `parameter '${name}' not supported`)
    const type = params.shape.types[i] as number
    const expected = shape.types[at] as number
    if (type !== expected)
      throw virtError(
        ErrorNumber.INVALID_ARG,
        ErrorDomain.NONE,
        `invalid type '${typeNames[type] ?? ''}' for parameter '${name}', expected '${typeNames[expected]}'`,
      )
    if (seen.has(name))
      throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, `parameter '${name}' occurs multiple times`)
    seen.add(name)
  }
  return new Map(params.shape.names.map((name, i) => [name, params.values[i] as ParamValue]))
}

function compare(names: readonly string[], a: number, b: number): number {
  const [x = '', y = ''] = [names[a], names[b]]
  return x < y ? -1 : x > y ? 1 : 0
}
