// SPDX-License-Identifier: LGPL-2.1-or-later
// How to migrate, as people say it, and as flags and typed parameters.
import { flagBits } from '../api.gen.js'
import type { Xml } from '../handle.js'
import { Param } from '../params.js'
import { type CallOptions, type FlagOptions, flagsOf, type Int64Input } from '../plain.js'
import { type SizeInput, sizeOf } from '../size.js'
import type { ParamType, ParamValue, TypedParams } from '../spi.js'

/** How a migration that broke in its post-copy phase is taken up again. */
export interface RecoverOptions {
  /** Attempts until it is given up; no limit by default. */
  attempts?: number
  /** Milliseconds before the first attempt, 1,000 by default; each further one waits twice as long. */
  delay?: number
  /** Milliseconds that no wait is longer than, 30,000 by default. */
  longest?: number
  /** Called before each attempt, with what ended the one before. */
  onAttempt?: (attempt: number, error: Error) => void
}

/** How to migrate: the flags of `virDomainMigrateFlags` by name, and the parameters of `virDomainMigrate3`. */
export interface MigrateOptions extends CallOptions, FlagOptions<typeof flagBits.DomainMigrateFlags> {
  /** More bits of `virDomainMigrateFlags`. */
  flags?: number
  /** Where the source connects to, as `tcp://host:port`; by default what the destination says. */
  uri?: string
  /** The domain's name over there. */
  name?: string
  /** What it is over there while it runs: its guest must see no difference. */
  xml?: Xml<'domain'>
  /** What is stored of it over there, with `persistDest`. */
  persistentXml?: Xml<'domain'>
  /** The most that may be sent, in MiB a second or with a unit; for this migration only. */
  bandwidth?: SizeInput
  /** The same for the post-copy phase. */
  postcopyBandwidth?: SizeInput
  /** What the switchover may count on, in MiB a second or with a unit. */
  switchoverBandwidth?: SizeInput
  /** Where viewers of its screen are sent. */
  graphicsUri?: string
  /** Address that the destination listens at. */
  listenAddress?: string
  /** Targets (`vda`) of the disks to be copied, with `nonSharedDisk` or `nonSharedInc`; by default all that can be. */
  disks?: readonly string[]
  /** Those of them whose zeroes become holes. */
  detectZeroesDisks?: readonly string[]
  /** Port for their copying. */
  disksPort?: number
  /** Where the destination takes them, as `tcp://host:port` or `unix:///path`. */
  disksUri?: string
  /** Methods of compression, with `compressed`. */
  compression?: readonly ('xbzrle' | 'mt' | 'zlib' | 'zstd')[]
  compressionMtLevel?: number
  compressionMtThreads?: number
  compressionMtDthreads?: number
  compressionZlibLevel?: number
  compressionZstdLevel?: number
  /** Bytes, or with a unit. */
  compressionXbzrleCache?: SizeInput
  /** Percent of its time that the guest loses at first when it writes too fast, with `autoConverge`. */
  autoConvergeInitial?: number
  /** Percent that it loses more with each round. */
  autoConvergeIncrement?: number
  /** Connections side by side, with `parallel`. */
  parallelConnections?: number
  /** The name that the destination's certificate is verified with, with `tls`. */
  tlsDestination?: string
  /**
   * Takes a migration up again that broke in its post-copy phase (`postcopy`), until it is done, refused for good, or aborted. Connections
   * that were lost are opened again for it: the domain that the job gives may be one of such a connection, which is then the caller's to close.
   */
  recover?: 'auto' | RecoverOptions
}

type Scalar = Exclude<keyof MigrateOptions, keyof CallOptions | keyof FlagOptions<typeof flagBits.DomainMigrateFlags>>

/** Parameters by option. */
const parameters: readonly (readonly [Scalar, string, ParamType, ('Bytes' | 'MiB')?])[] = [
  ['uri', 'migrate_uri', Param.string],
  ['name', 'destination_name', Param.string],
  ['xml', 'destination_xml', Param.string],
  ['persistentXml', 'persistent_xml', Param.string],
  ['bandwidth', 'bandwidth', Param.ullong, 'MiB'],
  ['postcopyBandwidth', 'bandwidth.postcopy', Param.ullong, 'MiB'],
  ['switchoverBandwidth', 'bandwidth.avail.switchover', Param.ullong, 'MiB'],
  ['graphicsUri', 'graphics_uri', Param.string],
  ['listenAddress', 'listen_address', Param.string],
  ['disks', 'migrate_disks', Param.string],
  ['detectZeroesDisks', 'migrate_disks_detect_zeroes', Param.string],
  ['disksPort', 'disks_port', Param.int],
  ['disksUri', 'disks_uri', Param.string],
  ['compression', 'compression', Param.string],
  ['compressionMtLevel', 'compression.mt.level', Param.int],
  ['compressionMtThreads', 'compression.mt.threads', Param.int],
  ['compressionMtDthreads', 'compression.mt.dthreads', Param.int],
  ['compressionZlibLevel', 'compression.zlib.level', Param.int],
  ['compressionZstdLevel', 'compression.zstd.level', Param.int],
  ['compressionXbzrleCache', 'compression.xbzrle.cache', Param.ullong, 'Bytes'],
  ['autoConvergeInitial', 'auto_converge.initial', Param.int],
  ['autoConvergeIncrement', 'auto_converge.increment', Param.int],
  ['parallelConnections', 'parallel.connections', Param.int],
  ['tlsDestination', 'tls.destination', Param.string],
]

/** Parameters that every protocol of migration has a place for. */
const old: ReadonlySet<string> = new Set(['migrate_uri', 'destination_name', 'destination_xml', 'bandwidth'])

/** Typed parameters of a migration, in a form that can be changed. */
export class MigrationParams {
  readonly #entries: (readonly [string, ParamType, ParamValue])[] = []

  /**
   * @param options with documents as text
   * @throws VirtError `invalid-arg` for a size that is none
   */
  static of(options: MigrateOptions): MigrationParams {
    const params = new MigrationParams()
    for (const [key, name, type, unit] of parameters) {
      const value = options[key] as Int64Input | string | readonly string[] | undefined
      if (value === undefined) continue
      for (const one of Array.isArray(value) ? (value as string[]) : [value as string])
        params.#entries.push([name, type, unit === undefined ? one : sizeOf(one, unit)])
    }
    return params
  }

  /** Typed parameters as the SPI has them. */
  static from({ shape, values }: TypedParams): MigrationParams {
    const params = new MigrationParams()
    for (const [i, name] of shape.names.entries())
      params.#entries.push([name, shape.types[i] as ParamType, values[i] as ParamValue])
    return params
  }

  /** A string, or undefined. */
  text(name: string): string | undefined {
    return this.#entries.find(([one]) => one === name)?.[2] as string | undefined
  }

  /** A number of 64 bits, 0 when it was not given. */
  number(name: string): bigint {
    return (this.#entries.find(([one]) => one === name)?.[2] as bigint | undefined) ?? 0n
  }

  /** A copy with a string in the place of what had its name. */
  with(name: string, value: string): MigrationParams {
    const copy = new MigrationParams()
    copy.#entries.push(...this.#entries.filter(([one]) => one !== name), [name, Param.string, value])
    return copy
  }

  /** A copy with another place to connect to, where there is one. */
  at(uri: string | undefined): MigrationParams {
    return uri === undefined ? this : this.with('migrate_uri', uri)
  }

  /** Whether the calls from before there were typed parameters can say it all. */
  get old(): boolean {
    return this.#entries.every(([name]) => old.has(name))
  }

  /** As the SPI has them. */
  typed(): TypedParams {
    const shape = { names: this.#entries.map(([name]) => name), types: this.#entries.map(([, type]) => type) }
    return { shape, values: this.#entries.map(([, , value]) => value) }
  }
}

/** The flags of options. */
export function migrateFlags(options: MigrateOptions): number {
  return flagsOf(options, flagBits.DomainMigrateFlags)
}
