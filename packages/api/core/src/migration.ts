// SPDX-License-Identifier: LGPL-2.1-or-later
// A migration as a job. The protocols themselves come with the drivers that can migrate.
import { noSupport } from './errors.js'
import type { Domain } from './objects.js'
import type { CallOptions, PlainParams } from './plain.js'

/** How to migrate. */
export interface MigrateOptions extends CallOptions {
  live?: boolean
  postCopy?: boolean
}

/** A running migration: awaited for its end, iterated for its progress. */
export interface DomainMigration extends PromiseLike<Domain> {
  /** Progress until the end. */
  progress(): AsyncIterable<PlainParams>
  /** Ends the migration; the domain goes on here. */
  abort(): Promise<void>
}

/** A migration that never began. */
class Refused implements DomainMigration {
  readonly #error: Error

  constructor(error: Error) {
    this.#error = error
  }

  // biome-ignore lint/suspicious/noThenProperty: a job is awaited
  then<A, B = never>(
    resolve?: ((domain: Domain) => A | PromiseLike<A>) | null,
    reject?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Promise.reject<Domain>(this.#error).then(resolve, reject)
  }

  // biome-ignore lint/correctness/useYield: there is no progress to tell
  async *progress(): AsyncGenerator<PlainParams> {
    throw this.#error
  }

  abort(): Promise<void> {
    return Promise.reject(this.#error)
  }
}

export function migrate(_domain: Domain, _destination: unknown, _options: MigrateOptions): DomainMigration {
  return new Refused(noSupport('virDomainMigrate3', 20))
}
