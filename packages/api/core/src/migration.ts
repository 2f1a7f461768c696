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

export function migrate(_domain: Domain, _destination: unknown, _options: MigrateOptions): DomainMigration {
  throw noSupport('virDomainMigrate3', 20)
}
