// SPDX-License-Identifier: LGPL-2.1-or-later
// A migration as a job: awaited for its end, watched, and aborted.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../connection.js'
import type { Domain } from '../domain.js'
import { DomainMigrateFlags as Flag } from '../enums.gen.js'
import { isVirtError, VirtError } from '../errors.js'
import type { PlainParams } from '../plain.js'
import { timeLimit } from '../time-limit.js'
import { checkManaged, checkUnmanaged, feature, managedProtocol, unmanagedProtocol } from './checks.js'
import { callsOf, featuresOf, performAlone } from './ends.js'
import { type MigrateOptions, MigrationParams, migrateFlags } from './options.js'
import { runProtocol } from './protocol.js'
import { type Attempt, recover } from './recover.js'

/** A running migration: awaited for its end, iterated for its progress. */
export interface DomainMigration<T = Domain> extends PromiseLike<T> {
  /**
   * Figures of the job, as `Domain.jobStats` has them, until the migration ends.
   * @param options `interval`: milliseconds between two, 500 by default
   * @throws what ends the migration
   */
  progress(options?: { interval?: number }): AsyncIterable<PlainParams>
  /**
   * Ends the migration: the domain goes on here, and whoever awaits the job gets `operation-aborted`, or `aborted` when nothing had
   * been sent. Also ends the attempts to take a broken one up again.
   * @throws VirtError `operation-invalid` when it is too late, as in the post-copy phase; it goes on then
   */
  abort(): Promise<void>
}

/**
 * Begins a migration.
 * @param destination a connection to the other host: this process drives the migration; or a URI for which the domain's own host opens
 * a connection and drives it (`peer2peer`)
 */
export function migrate<T extends Domain | undefined>(
  domain: Domain,
  destination: Connection | string,
  options: MigrateOptions,
): DomainMigration<T> {
  return new Job(domain, destination, options) as unknown as DomainMigration<T>
}

class Job implements DomainMigration<Domain | undefined> {
  readonly #domain: Domain
  readonly #result: Promise<Domain | undefined>
  /** Ends what has not been asked of the ends yet. */
  readonly #stop = new AbortController()
  /** Ends the attempts to take it up again. */
  readonly #rounds = new AbortController()
  #attempting = false
  #over = false

  constructor(domain: Domain, destination: Connection | string, options: MigrateOptions) {
    this.#domain = domain
    this.#result = this.#run(destination, options).finally(() => {
      this.#over = true
    })
    // Whoever only watches the progress learns of it there.
    this.#result.catch(() => {})
  }

  // biome-ignore lint/suspicious/noThenProperty: a job is awaited
  then<A, B = never>(
    resolve?: ((domain: Domain | undefined) => A | PromiseLike<A>) | null,
    reject?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(resolve, reject)
  }

  async *progress({ interval = 500 }: { interval?: number } = {}): AsyncGenerator<PlainParams> {
    const ended = new AbortController()
    const end = (): void => ended.abort()
    this.#result.then(end, end)
    try {
      while (!this.#over) {
        // There is no job before it begins and after it ended, and none to ask for while an end cannot be reached.
        const stats = await this.#domain.jobStats({ signal: ended.signal }).catch(() => undefined)
        if (stats !== undefined && stats.type !== 'none' && !this.#over) yield stats.params
        await sleep(interval, undefined, { signal: ended.signal }).catch(() => {})
      }
    } finally {
      end()
    }
    await this.#result
  }

  async abort(): Promise<void> {
    this.#rounds.abort()
    if (this.#over || !this.#attempting) return
    const stopped = new VirtError('the migration was aborted', { code: 'aborted', op: 'virDomainMigrate3' })
    try {
      await this.#domain.abortJob()
      this.#stop.abort(stopped)
    } catch (error) {
      // Between two calls nothing goes on that could be aborted: then the next one is not made.
      if (isVirtError(error) && error.code === 'operation-invalid' && !(await this.#sends())) this.#stop.abort(stopped)
      else throw error
    }
  }

  /** Whether a job goes on at the source that will not be aborted. */
  async #sends(): Promise<boolean> {
    const { type } = await this.#domain.jobStats()
    return type !== 'none'
  }

  async #run(destination: Connection | string, options: MigrateOptions): Promise<Domain | undefined> {
    const { signal, timeout } = options
    if (signal?.aborted === true)
      throw new VirtError('the migration was aborted before it began', {
        code: 'aborted',
        op: 'virDomainMigrate3',
        cause: signal.reason,
      })
    using limit = timeLimit(signal, timeout)
    const abort = (): void => void this.abort().catch(() => {})
    limit.signal.addEventListener('abort', abort, { once: true })
    const attempt = typeof destination === 'string' ? this.#alone(destination) : this.#managed(destination)
    const run = attempt.run.bind(attempt)
    attempt.run = async (...args) => {
      this.#attempting = true
      return await run(...args).finally(() => {
        this.#attempting = false
      })
    }
    try {
      return await recover(this.#domain, attempt, await withTexts(this.#domain, options), this.#rounds.signal)
    } finally {
      limit.signal.removeEventListener('abort', abort)
    }
  }

  /** This process drives it. */
  #managed(first: Connection): Attempt {
    let destination = first
    const lookUp = async (): Promise<Domain> => await destination.domains.byUuid(this.#domain.uuid)
    return {
      lookUp,
      run: async (domain, options) => {
        const flags = migrateFlags(options)
        const params = MigrationParams.of(options)
        checkManaged(flags, domain.connection.readOnly || destination.readOnly)
        if (!destination.isAlive) destination = await destination.reopen()
        const [source, other] = await Promise.all([featuresOf(domain.connection), featuresOf(destination)])
        const form = managedProtocol(flags, params, source, other)
        const ref = await runProtocol({
          calls: callsOf(domain, destination, params, form),
          flags,
          protection: source.has(feature.changeProtection),
          uri: options.uri,
          stopped: () => (this.#stop.signal.aborted ? (this.#stop.signal.reason as Error) : undefined),
        })
        return destination.make('Domain', ref)
      },
      async giveUp() {
        if (destination !== first) await destination.close()
      },
    }
  }

  /** The source drives it. */
  #alone(uri: string): Attempt {
    return {
      lookUp: () => Promise.resolve(undefined),
      async run(domain, options) {
        const flags = (migrateFlags(options) | Flag.PEER2PEER) >>> 0
        const params = MigrationParams.of(options)
        checkUnmanaged(flags, domain.connection.readOnly)
        const form = unmanagedProtocol(flags, params, await featuresOf(domain.connection), uri)
        await performAlone(domain, uri, params, form, flags)
        return undefined
      },
      async giveUp() {},
    }
  }
}

/** Options with documents as text. */
async function withTexts(domain: Domain, options: MigrateOptions): Promise<MigrateOptions> {
  const { xml, persistentXml, ...rest } = options
  return {
    ...rest,
    ...(xml === undefined ? {} : { xml: await domain.xmlText('domain', xml) }),
    ...(persistentXml === undefined ? {} : { persistentXml: await domain.xmlText('domain', persistentXml) }),
  }
}
