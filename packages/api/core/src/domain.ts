// SPDX-License-Identifier: LGPL-2.1-or-later
// A virtual machine as an object.
import { DomainMethods, type DomainsMethods, flagBits } from './api.gen.js'
import type { Connection } from './connection.js'
import { callOnly, documentObject, editDefinition } from './documents.js'
import {
  DomainBlockedReason,
  DomainCrashedReason,
  DomainMemoryStatTags,
  DomainPausedReason,
  DomainPMSuspendedReason,
  DomainRunningReason,
  DomainShutdownReason,
  DomainShutoffReason,
  DomainState,
} from './enums.gen.js'
import { isUnsupported } from './errors.js'
import * as gate from './gate.gen.js'
import type { DocumentChange, Typed } from './handle.js'
import { type DomainMigration, migrate } from './migration/job.js'
import type { MigrateOptions } from './migration/options.js'
import { type CallOptions, type EnumText, enumText, type FlagOptions, flagsOf, type PlainParams } from './plain.js'
import { slots } from './spi.gen.js'
import type { ByteStream } from './spi.js'
import type { VirtStream } from './stream.js'

const reasons: readonly object[] = [
  {},
  DomainRunningReason,
  DomainBlockedReason,
  DomainPausedReason,
  DomainShutdownReason,
  DomainShutoffReason,
  DomainCrashedReason,
  DomainPMSuspendedReason,
]

/** State of a domain and the reason for it. */
export interface DomainStatus {
  state: EnumText<typeof DomainState>
  /** String of the reason enum that goes with the state (`virDomainRunningReason`, …). */
  reason: string
}

/**
 * A virtual machine or container.
 * @since 0.1.0, `virDomain`
 */
export class Domain extends DomainMethods {
  /** `virDomainGetName` */
  get name(): string {
    return this.ref.name
  }

  /** `virDomainGetUUIDString` */
  get uuid(): string {
    return this.ref.uuid
  }

  /** Id of the running domain when this handle was made; undefined when it was inactive. `virDomainGetID` */
  get id(): number | undefined {
    return this.ref.id < 0 ? undefined : this.ref.id
  }

  /** State and reason. `virDomainGetState` */
  async state(options: CallOptions = {}): Promise<DomainStatus> {
    const { state, reason } = await this.stateRaw(options)
    return { state: enumText(DomainState, state), reason: enumText(reasons[state] ?? {}, reason) }
  }

  /** Memory figures by name, KiB unless the name says otherwise. `virDomainMemoryStats` */
  async memoryStats(options: CallOptions = {}): Promise<Record<string, bigint>> {
    const stats = await this.memoryStatsRaw(options)
    return Object.fromEntries(
      stats.map((s) => [
        enumText(DomainMemoryStatTags, s.tag).replace(/-(.)/g, (_, c: string) => c.toUpperCase()),
        s.val,
      ]),
    )
  }

  /**
   * I/O counters of a disk; `path` is its target or source. Drivers that only know the older call tell what that one does.
   * `virDomainBlockStatsFlags`, `virDomainBlockStats`
   */
  override async blockStats(path: string, options: CallOptions & { flags?: number } = {}): Promise<PlainParams> {
    try {
      return await super.blockStats(path, options)
    } catch (error) {
      if (!isUnsupported(error)) throw error
      const older = await this.invoke(slots.domainBlockStats, options, (s, c) =>
        gate.domainBlockStats(s, c, this.ref, path),
      ).catch((second: unknown) => {
        throw isUnsupported(second) ? error : second
      })
      const { rdReq, rdBytes, wrReq, wrBytes, errs } = older
      const told = { rdOperations: rdReq, rdBytes, wrOperations: wrReq, wrBytes, errs }
      // The older call says -1 of what it does not know.
      return Object.fromEntries(
        Object.entries(told)
          .filter(([, value]) => BigInt(value) >= 0n)
          .map(([k, v]) => [k, BigInt(v)]),
      )
    }
  }

  /** The guest's clock. `virDomainGetTime` */
  async time(options: CallOptions = {}): Promise<Date> {
    const { seconds, nseconds } = await this.timeRaw(options)
    return new Date(Number(seconds) * 1000 + Math.floor(nseconds / 1e6))
  }

  /** A picture of a screen, and its MIME type. `virDomainScreenshot` */
  async screenshot(screen = 0, options: CallOptions = {}): Promise<{ stream: VirtStream; mime: string | undefined }> {
    const answer = await this.invoke(slots.domainScreenshot, options, (s, c) =>
      gate.domainScreenshot(s, c, this.ref, screen, 0),
    )
    return { stream: this.connection.stream(answer.stream, 'read'), mime: answer.mime }
  }

  /** A serial console, both ways; the first when no device is named. `virDomainOpenConsole` */
  async openConsole(
    device?: string,
    options: CallOptions & FlagOptions<typeof flagBits.DomainConsoleFlags> = {},
  ): Promise<VirtStream> {
    return this.#open(
      await this.invoke(slots.domainOpenConsole, options, (s, c) =>
        gate.domainOpenConsole(s, c, this.ref, device, flagsOf(options, flagBits.DomainConsoleFlags)),
      ),
    )
  }

  /** A channel to the guest, both ways; the first when none is named. `virDomainOpenChannel` */
  async openChannel(
    name?: string,
    options: CallOptions & FlagOptions<typeof flagBits.DomainChannelFlags> = {},
  ): Promise<VirtStream> {
    return this.#open(
      await this.invoke(slots.domainOpenChannel, options, (s, c) =>
        gate.domainOpenChannel(s, c, this.ref, name, flagsOf(options, flagBits.DomainChannelFlags)),
      ),
    )
  }

  /**
   * Moves the domain to another host. Given a connection, this process drives the migration and gets the domain over there; given a URI,
   * the domain's own host connects to it and drives the migration (`peer2peer`).
   * @throws VirtError by the job: `operation-denied`, `invalid-arg`, `argument-unsupported`, `no-support`, `operation-failed`, `operation-aborted` …
   * @since 0.1.0, `virDomainMigrate3`, `virDomainMigrateToURI3`
   */
  migrate(destination: Connection, options?: MigrateOptions): DomainMigration
  migrate(destination: string, options?: MigrateOptions): DomainMigration<undefined>
  migrate(destination: Connection | string, options: MigrateOptions = {}): DomainMigration<Domain | undefined> {
    return migrate(this, destination, options)
  }

  #open(stream: ByteStream): VirtStream {
    return this.connection.stream(stream, 'duplex')
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'domain'>> {
    return documentObject('domain', this.xmlDesc(options))
  }

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virDomainDefineXMLFlags`
   */
  edit(change: DocumentChange<'domain'>, options: Parameters<DomainsMethods['define']>[1] = {}): Promise<void> {
    return editDefinition(
      'domain',
      change,
      () => this.xmlDesc({ ...callOnly(options), secure: true, inactive: true }),
      async (xml) => this.connection.domains.define(xml, options),
    )
  }
}
