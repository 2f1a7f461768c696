// SPDX-License-Identifier: LGPL-2.1-or-later
// Taking a migration up again that broke in its post-copy phase: the guest lives in two halves then, and neither can go on alone.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Domain } from '../domain.js'
import { DomainMigrateFlags as Flag } from '../enums.gen.js'
import { isVirtError } from '../errors.js'
import { type MigrateOptions, migrateFlags, type RecoverOptions } from './options.js'

/** One way to migrate. */
export interface Attempt {
  /** Migrates, or resumes. @returns the domain over there, where this side can know it */
  run(domain: Domain, options: MigrateOptions): Promise<Domain | undefined>
  /** The domain over there, once it has come to its end without us. */
  lookUp(): Promise<Domain | undefined>
  /** Closes what it has opened: it came to nothing. */
  giveUp(): Promise<void>
}

/** Refusals that another attempt will not change. */
const final: ReadonlySet<string> = new Set([
  'argument-unsupported',
  'no-support',
  'config-unsupported',
  'invalid-arg',
  'auth-failed',
  'auth-unavailable',
  'auth-cancelled',
  'access-denied',
  'operation-denied',
  'no-domain',
])

/**
 * Migrates, and resumes until it is done where the options ask for that.
 * @param stop ends the attempts
 * @throws what ended the last attempt
 */
export async function recover(
  domain: Domain,
  attempt: Attempt,
  options: MigrateOptions,
  stop: AbortSignal,
): Promise<Domain | undefined> {
  try {
    return await attempt.run(domain, options)
  } catch (error) {
    if (options.recover === undefined || (migrateFlags(options) & Flag.POSTCOPY) === 0) throw error
    await using rounds = new Rounds(domain, attempt, options, options.recover === 'auto' ? {} : options.recover)
    try {
      return await rounds.run(error as Error, stop)
    } catch (last) {
      await attempt.giveUp().catch(() => {})
      throw last
    }
  }
}

/** The attempts after the first. */
class Rounds implements AsyncDisposable {
  #domain: Domain
  readonly #first: Domain
  readonly #attempt: Attempt
  readonly #options: MigrateOptions
  readonly #recover: RecoverOptions

  constructor(domain: Domain, attempt: Attempt, options: MigrateOptions, recover: RecoverOptions) {
    this.#domain = domain
    this.#first = domain
    this.#attempt = attempt
    this.#options = { ...options, live: true, postcopy: true, postcopyResume: true }
    this.#recover = recover
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#domain !== this.#first) await this.#domain.connection.close()
  }

  async run(first: Error, stop: AbortSignal): Promise<Domain | undefined> {
    const { attempts = Number.POSITIVE_INFINITY, delay = 1000, longest = 30_000, onAttempt } = this.#recover
    let error = first
    let tried = 0
    for (let wait = delay; ; wait = Math.min(wait * 2, longest)) {
      const state = await this.#state()
      if (state === 'elsewhere') return await this.#attempt.lookUp()
      if (state === 'here' || tried >= attempts) throw error
      await sleep(wait, undefined, { signal: stop }).catch(() => {})
      if (stop.aborted) throw error
      if (state === 'going') continue
      tried++
      if (state === 'unreachable') continue
      onAttempt?.(tried, error)
      try {
        return await this.#attempt.run(this.#domain, this.#options)
      } catch (reason) {
        error = reason as Error
        if (isVirtError(error) && final.has(error.code)) throw error
      }
    }
  }

  /** Where the guest is, as far as the source knows. */
  async #state(): Promise<'here' | 'elsewhere' | 'broken' | 'going' | 'unreachable'> {
    try {
      await this.#reach()
      const { state, reason } = await this.#domain.state()
      // It goes on without us, or the source has not noticed yet that it broke.
      if (reason === 'postcopy') return 'going'
      if (reason === 'postcopy-failed') return 'broken'
      return state === 'shutoff' && reason === 'migrated' ? 'elsewhere' : 'here'
    } catch (error) {
      return isVirtError(error) && error.code === 'no-domain' ? 'elsewhere' : 'unreachable'
    }
  }

  /** Has a connection to the source. */
  async #reach(): Promise<void> {
    const { connection, uuid } = this.#domain
    if (connection.isAlive) return
    const again = await connection.reopen()
    const before = this.#domain
    try {
      this.#domain = await again.domains.byUuid(uuid)
    } catch (error) {
      await again.close()
      throw error
    }
    if (before !== this.#first) await before.connection.close()
  }
}
