// SPDX-License-Identifier: LGPL-2.1-or-later
// What a caller asks of a migration: its typed parameters, or the arguments of older calls.
import { ErrorDomain, ErrorNumber, type ParamType, type ParamValue, type TypedParams, virtError } from '@virt/core'

/** Type of each parameter: 1 int, 4 ullong, 7 string. Those that may be there several times are lists. */
const types = {
  migrate_uri: 7,
  destination_name: 7,
  destination_xml: 7,
  persistent_xml: 7,
  bandwidth: 4,
  'bandwidth.postcopy': 4,
  'bandwidth.avail.switchover': 4,
  graphics_uri: 7,
  listen_address: 7,
  migrate_disks: 7,
  migrate_disks_detect_zeroes: 7,
  disks_port: 1,
  disks_uri: 7,
  compression: 7,
  'compression.mt.level': 1,
  'compression.mt.threads': 1,
  'compression.mt.dthreads': 1,
  'compression.zlib.level': 1,
  'compression.zstd.level': 1,
  'compression.xbzrle.cache': 4,
  'auto_converge.initial': 1,
  'auto_converge.increment': 1,
  'parallel.connections': 1,
  'tls.destination': 7,
} as const
export type RequestName = keyof typeof types

const lists: ReadonlySet<string> = new Set(['migrate_disks', 'migrate_disks_detect_zeroes', 'compression'])
const typeNames = ['', 'int', 'uint', 'llong', 'ullong', 'double', 'boolean', 'string']

/** What the destination has to know of a request when the source asks it. */
const forDestination: readonly RequestName[] = [
  'destination_name',
  'bandwidth',
  'graphics_uri',
  'listen_address',
  'migrate_disks',
  'migrate_disks_detect_zeroes',
  'disks_port',
  'disks_uri',
  'compression',
  'compression.mt.dthreads',
  'compression.mt.level',
  'compression.mt.threads',
  'compression.zlib.level',
  'compression.zstd.level',
  'compression.xbzrle.cache',
  'parallel.connections',
]

function refuse(number: number, detail: string): Error {
  return virtError(number, ErrorDomain.NONE, detail)
}

/** The parameters of one migration. */
export class MigrationRequest {
  readonly #values: ReadonlyMap<string, readonly ParamValue[]>

  constructor(values: ReadonlyMap<string, readonly ParamValue[]> = new Map()) {
    this.#values = values
  }

  /**
   * Reads typed parameters.
   * @throws VirtError `argument-unsupported` for a name nobody knows, `invalid-arg` for a wrong type or one that is there twice
   */
  static of(params: TypedParams): MigrationRequest {
    const values = new Map<string, ParamValue[]>()
    const { names } = params.shape
    for (const [i, name] of names.entries()) {
      const type = Object.hasOwn(types, name) ? types[name as RequestName] : undefined
      if (type === undefined) throw refuse(ErrorNumber.ARGUMENT_UNSUPPORTED, `parameter '${name}' not supported`)
      const given = params.shape.types[i] as number
      if (given !== type)
        throw refuse(
          ErrorNumber.INVALID_ARG,
          `invalid type '${typeNames[given] ?? ''}' for parameter '${name}', expected '${typeNames[type]}'`,
        )
      const known = values.get(name) ?? []
      if (known.length > 0 && !lists.has(name))
        throw refuse(ErrorNumber.INVALID_ARG, `parameter '${name}' occurs multiple times`)
      values.set(name, [...known, params.values[i] as ParamValue])
    }
    return new MigrationRequest(values)
  }

  /** From arguments of calls that have no typed parameters. */
  static from(given: { readonly [K in RequestName]?: string | number | bigint | undefined }): MigrationRequest {
    const rows = Object.entries(given).flatMap(([name, value]): [string, ParamValue[]][] =>
      value === undefined ? [] : [[name, [value]]],
    )
    return new MigrationRequest(new Map(rows))
  }

  text(name: RequestName): string | undefined {
    return this.#values.get(name)?.[0] as string | undefined
  }

  texts(name: RequestName): readonly string[] {
    return (this.#values.get(name) ?? []) as readonly string[]
  }

  number(name: RequestName): number | undefined {
    const value = this.#values.get(name)?.[0]
    return value === undefined ? undefined : Number(value)
  }

  /** A number of 64 bits; undefined also for 0, which stands for "not set". */
  size(name: RequestName): bigint | undefined {
    const value = this.#values.get(name)?.[0]
    return value === undefined || BigInt(value as bigint) === 0n ? undefined : BigInt(value as bigint)
  }

  has(name: RequestName): boolean {
    return this.#values.has(name)
  }

  /** What of it the destination is told, with more texts. */
  forDestination(more: { readonly [K in RequestName]?: string | undefined }): TypedParams {
    const rows: (readonly [RequestName, ParamValue])[] = forDestination.flatMap((name) =>
      Object.hasOwn(more, name) ? [] : (this.#values.get(name) ?? []).map((value) => [name, value] as const),
    )
    for (const [name, value] of Object.entries(more)) if (value !== undefined) rows.push([name as RequestName, value])
    return {
      shape: { names: rows.map(([name]) => name), types: rows.map(([name]): ParamType => types[name]) },
      values: rows.map(([, value]) => value),
    }
  }
}
