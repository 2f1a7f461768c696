// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU is set to for a migration: capabilities and parameters, worked out from what the caller asks and what both ends can do.
import { ErrorNumber, type Json } from '@virt/core'
import { invalidArg, qemuError } from '../errors.js'
import { asObject, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import { has, Migrate } from './flags.js'
import type { Side } from './phases.js'
import type { MigrationRequest, RequestName } from './request.js'

/** `qemuMigrationCapability`: those that are looked after. */
export const capabilities = [
  'xbzrle',
  'auto-converge',
  'rdma-pin-all',
  'postcopy-ram',
  'compress',
  'pause-before-switchover',
  'late-block-activate',
  'multifd',
  'dirty-bitmaps',
  'return-path',
  'zero-copy-send',
  'postcopy-preempt',
  'switchover-ack',
] as const
export type Capability = (typeof capabilities)[number]

/** `qemuMigrationParam` in libvirt's order, with what each is. */
const parameterTypes = {
  'compress-level': 'number',
  'compress-threads': 'number',
  'decompress-threads': 'number',
  'cpu-throttle-initial': 'number',
  'cpu-throttle-increment': 'number',
  'tls-creds': 'text',
  'tls-hostname': 'text',
  'max-bandwidth': 'number',
  'downtime-limit': 'number',
  'block-incremental': 'boolean',
  'xbzrle-cache-size': 'number',
  'max-postcopy-bandwidth': 'number',
  'multifd-channels': 'number',
  'multifd-compression': 'text',
  'multifd-zlib-level': 'number',
  'multifd-zstd-level': 'number',
  'avail-switchover-bandwidth': 'number',
} as const
export type Parameter = keyof typeof parameterTypes

/** What QEMU is to be set to. */
export interface Tuning {
  readonly capabilities: ReadonlySet<Capability>
  readonly parameters: ReadonlyMap<Parameter, Json>
}

/** Capabilities that each side switches on by itself. */
export const automatic: Readonly<Record<Side, readonly Capability[]>> = {
  source: ['pause-before-switchover'],
  destination: ['late-block-activate'],
}

/** Flags that ask for a capability, and whose. */
const byFlag: readonly (readonly [flag: number, capability: Capability, sides: readonly Side[]])[] = [
  [Migrate.rdmaPinAll, 'rdma-pin-all', ['source', 'destination']],
  [Migrate.autoConverge, 'auto-converge', ['source']],
  [Migrate.postcopy, 'postcopy-ram', ['source', 'destination']],
  [Migrate.parallel, 'multifd', ['source', 'destination']],
  [Migrate.zerocopy, 'zero-copy-send', ['source']],
]

/** Capabilities that are switched on with another where both ends have them. */
const extras: Partial<Record<Capability, Capability>> = {
  'postcopy-ram': 'postcopy-preempt',
  'return-path': 'switchover-ack',
}

type Method = 'xbzrle' | 'mt' | 'zlib' | 'zstd'
const methods: readonly Method[] = ['xbzrle', 'mt', 'zlib', 'zstd']

/** Parameters that are asked for by their own names. */
const byName: readonly (readonly [RequestName, Parameter, readonly Side[]])[] = [
  ['auto_converge.initial', 'cpu-throttle-initial', ['source']],
  ['auto_converge.increment', 'cpu-throttle-increment', ['source']],
  ['compression.mt.level', 'compress-level', ['source']],
  ['compression.mt.threads', 'compress-threads', ['source']],
  ['compression.mt.dthreads', 'decompress-threads', ['destination']],
  ['compression.zlib.level', 'multifd-zlib-level', ['source', 'destination']],
  ['compression.zstd.level', 'multifd-zstd-level', ['source', 'destination']],
  ['parallel.connections', 'multifd-channels', ['source', 'destination']],
]

/** Speeds in MiB a second that QEMU has in bytes. */
const speeds = [
  ['bandwidth.postcopy', 'max-postcopy-bandwidth'],
  ['bandwidth.avail.switchover', 'avail-switchover-bandwidth'],
] as const
/** What of them can be said. */
const fastest = ((1n << 64n) - 1n) >> 20n

/** Parameters of a method, which mean nothing without it. */
const ofMethod: readonly (readonly [Method, readonly RequestName[]])[] = [
  ['mt', ['compression.mt.level', 'compression.mt.threads', 'compression.mt.dthreads']],
  ['xbzrle', ['compression.xbzrle.cache']],
  ['zlib', ['compression.zlib.level']],
  ['zstd', ['compression.zstd.level']],
]

const mebibyte = 1024n * 1024n
/** Methods that only several connections have; the others only one has. */
const ofConnections: ReadonlySet<Method> = new Set(['zlib', 'zstd'])

/** The methods of compression. @throws VirtError `invalid-arg` for what does not go together */
function methodsOf(request: MigrationRequest, flags: number): ReadonlySet<Method> {
  const chosen = new Set<Method>()
  const parallel = has(flags, Migrate.parallel)
  for (const name of request.texts('compression')) {
    const method = methods.find((one) => one === name)
    if (method === undefined) throw invalidArg(`Unsupported compression method '${name}'`)
    if (chosen.has(method)) throw invalidArg(`Compression method '${name}' is specified twice`)
    if (parallel && !ofConnections.has(method))
      throw invalidArg(`Compression method '${method}' isn't supported with parallel migration`)
    if (parallel && chosen.size > 0)
      throw invalidArg('Only one compression method could be specified with parallel compression')
    if (!parallel && ofConnections.has(method))
      throw invalidArg(`Compression method '${method}' is only supported with parallel migration`)
    chosen.add(method)
  }
  for (const [method, names] of ofMethod)
    if (!chosen.has(method) && names.some((name) => request.has(name)))
      throw invalidArg(`Turn ${method === 'mt' ? 'multithread' : method} compression on to tune it`)
  if (chosen.size === 0 && has(flags, Migrate.compressed)) {
    if (parallel) throw invalidArg('No compression algorithm selected for parallel migration')
    chosen.add('xbzrle')
  }
  return chosen
}

/** @throws VirtError `invalid-arg` for what does not go together, `overflow` for what is too much */
function checkRequest(request: MigrationRequest, flags: number, side: Side): void {
  for (const [name] of speeds)
    if ((request.size(name) ?? 0n) > fastest)
      throw qemuError(ErrorNumber.OVERFLOW, `migration parameter '${name}' must be less than ${fastest + 1n}`)
  const throttles = request.has('auto_converge.initial') || request.has('auto_converge.increment')
  if (side === 'source' && throttles && !has(flags, Migrate.autoConverge))
    throw invalidArg('Turn auto convergence on to tune it')
  if (request.has('parallel.connections') && !has(flags, Migrate.parallel))
    throw invalidArg('Turn parallel migration on to tune it')
}

/**
 * What the caller asks for.
 * @throws VirtError `invalid-arg` for what does not go together, `overflow` for what is too much
 */
export function tuningOf(request: MigrationRequest, flags: number, side: Side): Tuning {
  checkRequest(request, flags, side)
  const compression = methodsOf(request, flags)
  const wanted = new Set<Capability>()
  for (const [flag, capability, sides] of byFlag) if (has(flags, flag) && sides.includes(side)) wanted.add(capability)
  if (!has(flags, Migrate.tunnelled)) wanted.add('return-path')
  if (compression.has('xbzrle')) wanted.add('xbzrle')
  if (compression.has('mt')) wanted.add('compress')
  const parameters = new Map<Parameter, Json>()
  for (const [name, parameter, sides] of byName) {
    const value = request.number(name)
    if (value !== undefined && sides.includes(side)) parameters.set(parameter, value)
  }
  const multifd = [...compression].find((method) => method === 'zlib' || method === 'zstd')
  if (multifd !== undefined) parameters.set('multifd-compression', multifd)
  const cache = request.size('compression.xbzrle.cache')
  if (cache !== undefined) parameters.set('xbzrle-cache-size', cache)
  if (side === 'source') {
    for (const [name, parameter] of speeds) {
      const value = request.size(name)
      if (value !== undefined) parameters.set(parameter, value * mebibyte)
    }
  }
  return { capabilities: wanted, parameters }
}

/** Capabilities that are done without where an end lacks them. */
const dispensable: ReadonlySet<Capability> = new Set(['return-path'])

/**
 * What is switched on, of what was asked for and of what goes along by itself.
 * @param own what this QEMU can do
 * @param remote what the other one can, where that is known
 * @throws VirtError `argument-unsupported` naming what this QEMU cannot do
 */
export function capabilitiesFor(
  tuning: Tuning,
  side: Side,
  own: ReadonlySet<string>,
  remote: ReadonlySet<string> | undefined,
): ReadonlySet<Capability> {
  const on = new Set<Capability>()
  for (const capability of tuning.capabilities) {
    if (!own.has(capability)) {
      if (dispensable.has(capability)) continue
      throw qemuError(
        ErrorNumber.ARGUMENT_UNSUPPORTED,
        `Migration option '${capability}' is not supported by QEMU binary`,
      )
    }
    if (dispensable.has(capability) && remote !== undefined && !remote.has(capability)) continue
    on.add(capability)
    const extra = extras[capability]
    if (extra !== undefined && own.has(extra) && remote?.has(extra) === true) on.add(extra)
  }
  for (const capability of automatic[side]) if (own.has(capability)) on.add(capability)
  return on
}

/** Capabilities that a QEMU tells of. */
export function capabilitiesOf(reply: Json): ReadonlySet<string> {
  return new Set(objectsOf(reply, 'query-migrate-capabilities').flatMap((one) => textOf(one, 'capability') ?? []))
}

/** Arguments that set every capability QEMU has to what is wanted of it. */
export function capabilityArguments(own: ReadonlySet<string>, on: ReadonlySet<Capability>): JsonObject {
  return {
    capabilities: capabilities
      .filter((capability) => own.has(capability))
      .map((capability) => ({ capability, state: on.has(capability) })),
  }
}

/** Parameters as QEMU tells them, as texts. @throws VirtError for a malformed reply */
export function parametersOf(reply: Json): Map<Parameter, string> {
  const object = asObject(reply) ?? {}
  const found = new Map<Parameter, string>()
  for (const name of Object.keys(parameterTypes) as Parameter[]) {
    const value = object[name]
    if (value === undefined || value === null || typeof value === 'object') continue
    found.set(name, String(value))
  }
  return found
}

/** Arguments that set parameters to what they were. */
export function parameterArguments(saved: ReadonlyMap<string, string>): JsonObject {
  const rows = [...saved].flatMap(([name, text]): [string, Json][] => {
    const type = Object.hasOwn(parameterTypes, name) ? parameterTypes[name as Parameter] : undefined
    if (type === undefined) return []
    return [[name, type === 'text' ? text : type === 'boolean' ? text === 'true' : exact(text)]]
  })
  return Object.fromEntries(rows)
}

function exact(text: string): number | bigint {
  const value = BigInt(text)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
