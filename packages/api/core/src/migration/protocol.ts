// SPDX-License-Identifier: LGPL-2.1-or-later
// Protocol 3 of migration, driven by whoever is connected to both ends: five calls, and what to do when one of them fails.
import { DomainMigrateFlags as Flag } from '../enums.gen.js'
import { ErrorDomain, ErrorNumber } from '../error-table.gen.js'
import { isVirtError, type VirtError, virtError } from '../errors.js'
import type { DomainRef } from '../spi.gen.js'

/** The calls to a source; a cookie is what one end tells the other. */
export interface SourceCalls {
  /** Gives the XML for the destination. */
  begin(flags: number): Promise<{ xml: string; cookie: Uint8Array }>
  /** Whether the guest is paused. */
  paused(): Promise<boolean>
  /** Sends everything. @param uri empty in a tunnel, which the source has itself */
  perform(uri: string, cookie: Uint8Array, flags: number): Promise<Uint8Array>
  /** Ends the guest here, or lets it run again when `cancelled`. */
  confirm(cookie: Uint8Array, flags: number, cancelled: boolean): Promise<void>
}

/** The calls to a destination. */
export interface DestinationCalls {
  /** Gets ready. @returns where the source is to connect, undefined for what was asked for */
  prepare(xml: string, cookie: Uint8Array, flags: number): Promise<{ uri: string | undefined; cookie: Uint8Array }>
  /** Lets the guest run, or gives it up when `cancelled`. */
  finish(
    uri: string | undefined,
    cookie: Uint8Array,
    flags: number,
    cancelled: boolean,
  ): Promise<{ domain: DomainRef; cookie: Uint8Array }>
}

/** The calls of the protocol. */
export interface MigrationCalls extends SourceCalls, DestinationCalls {}

/** What a migration is driven with. */
export interface Course {
  readonly calls: MigrationCalls
  readonly flags: number
  /** Whether the source keeps others from changing the guest between the calls (feature CHANGE_PROTECTION). */
  readonly protection: boolean
  /** Where the source is to connect, as the caller has it. */
  readonly uri: string | undefined
  /** The reason to stop before the next step, while there is one. */
  readonly stopped?: () => Error | undefined
  /** A source that could not be told how it ended: its guest may be left paused. */
  readonly warn?: (error: Error) => void
}

/** What the destination has no use for. */
const sourceOnly = Flag.ABORT_ON_ERROR | Flag.AUTO_CONVERGE
const noCookie = new Uint8Array(0)

/**
 * Migrates.
 * @returns the domain over there
 * @throws what the first failing call threw
 */
export async function runProtocol(course: Course): Promise<DomainRef> {
  const { calls, protection, stopped = () => undefined } = course
  const sourceFlags = (flags: number): number => (protection ? flags | Flag.CHANGE_PROTECTION : flags) >>> 0
  let flags = (course.flags & ~Flag.CHANGE_PROTECTION) >>> 0

  const begun = await calls.begin(sourceFlags(flags))
  const ending = new Ending(course)
  if ((flags & Flag.POSTCOPY_RESUME) === 0 && (await calls.paused().catch(() => false)))
    flags = (flags | Flag.PAUSED) >>> 0
  const destinationFlags = (flags & ~sourceOnly) >>> 0

  let prepared: Awaited<ReturnType<MigrationCalls['prepare']>>
  try {
    throwIf(stopped())
    prepared = await calls.prepare(begun.xml, begun.cookie, destinationFlags)
  } catch (error) {
    // Begin has begun a job at the source only where that protects the guest.
    if (protection) await ending.confirm(noCookie, sourceFlags(flags), true)
    throw error
  }

  const uri = prepared.uri ?? course.uri
  const finish = (cookie: Uint8Array, cancelled: boolean): ReturnType<MigrationCalls['finish']> =>
    calls.finish(uri, cookie, destinationFlags, cancelled)
  const giveUp = async (error: unknown): Promise<never> => {
    const told = await finish(prepared.cookie, true).then(
      ({ cookie }) => cookie,
      () => noCookie,
    )
    await ending.confirm(told, sourceFlags(flags), true)
    throw error
  }
  if (uri === undefined && (flags & (Flag.OFFLINE | Flag.TUNNELLED)) === 0)
    return await giveUp(
      virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.DOMAIN, 'domainMigratePrepare3 did not set uri'),
    )

  let sent: Uint8Array = noCookie
  if ((flags & Flag.OFFLINE) === 0) {
    const stop = stopped()
    if (stop !== undefined) return await giveUp(stop)
    try {
      sent = await calls.perform(uri ?? '', prepared.cookie, sourceFlags(flags))
    } catch (error) {
      // The source has tidied up already.
      const second = await finish(prepared.cookie, true).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      throw together(error, second)
    }
  }

  let finished: Awaited<ReturnType<MigrationCalls['finish']>>
  try {
    finished = await finish(sent, false)
  } catch (error) {
    await ending.confirm(noCookie, sourceFlags(flags), true)
    throw error
  }
  await ending.confirm(finished.cookie, sourceFlags(flags), false)
  return finished.domain
}

/** The last call, whose failure changes nothing any more. */
class Ending {
  readonly #course: Course

  constructor(course: Course) {
    this.#course = course
  }

  async confirm(cookie: Uint8Array, flags: number, cancelled: boolean): Promise<void> {
    try {
      await this.#course.calls.confirm(cookie, flags, cancelled)
    } catch (error) {
      this.#course.warn?.(error as Error)
    }
  }
}

function throwIf(error: Error | undefined): void {
  if (error !== undefined) throw error
}

/** The source's failure, with the destination's reason where that has one of its own. */
function together(first: unknown, second: unknown): unknown {
  const failed = (error: unknown): error is VirtError => isVirtError(error) && error.domain === ErrorDomain.QEMU
  const both =
    failed(first) &&
    first.number === ErrorNumber.OPERATION_FAILED &&
    failed(second) &&
    second.number !== ErrorNumber.MIGRATE_FINISH_OK
  if (!both) return first
  return virtError(
    ErrorNumber.OPERATION_FAILED,
    ErrorDomain.DOMAIN,
    `migration failed. Message from the source host: ${first.message}. Message from the destination host: ${second.message}`,
    { cause: first },
  )
}
