// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of a migration, to the ends of two connections, in both forms: with typed parameters and with fixed arguments.
import type { Connection } from '../connection.js'
import type { Domain } from '../domain.js'
import { DomainState } from '../enums.gen.js'
import * as gate from '../gate.gen.js'
import { slots } from '../spi.gen.js'
import type { ByteStream } from '../spi.js'
import { type Features, feature } from './checks.js'
import type { MigrationParams } from './options.js'
import type { DestinationCalls, MigrationCalls, SourceCalls } from './protocol.js'

/** What of migration an end can do; an end that does not say can nothing. */
export async function featuresOf(connection: Connection): Promise<Features> {
  const asked = Object.values(feature)
  const answers = await Promise.all(
    asked.map((one) =>
      connection
        .invoke(slots.connectSupportsFeature, {}, (s, c) => gate.connectSupportsFeature(s, c, one))
        .catch((error: unknown) => {
          if ((error as { code?: string }).code === 'no-support') return 0
          throw error
        }),
    ),
  )
  return new Set(asked.filter((_, i) => answers[i] === 1))
}

const none = new Uint8Array(0)

/** How calls are made: with typed parameters, or with the fixed arguments from before there were any. */
export type CallForm = 'params' | 'fixed'

/** The calls to a source and a destination. */
export function callsOf(
  domain: Domain,
  destination: Connection,
  params: MigrationParams,
  form: CallForm,
): MigrationCalls {
  return { ...sourceCalls(domain, params, form), ...destinationCalls(destination, domain.ref.name, params, form) }
}

function sourceCalls(domain: Domain, params: MigrationParams, form: CallForm): SourceCalls {
  const { connection, ref } = domain
  const paused = async (): Promise<boolean> => (await domain.stateRaw()).state === DomainState.PAUSED
  if (form === 'params')
    return {
      paused,
      async begin(flags) {
        const answer = await connection.invoke(slots.domainMigrateBegin3Params, {}, (s, c) =>
          gate.domainMigrateBegin3Params(s, c, ref, params.typed(), flags),
        )
        return { xml: answer.xml, cookie: answer.cookieOut }
      },
      async perform(uri, cookie, flags) {
        return await connection.invoke(slots.domainMigratePerform3Params, {}, (s, c) =>
          gate.domainMigratePerform3Params(s, c, ref, undefined, params.at(uri).typed(), cookie, flags),
        )
      },
      async confirm(cookie, flags, cancelled) {
        await connection.invoke(slots.domainMigrateConfirm3Params, {}, (s, c) =>
          gate.domainMigrateConfirm3Params(s, c, ref, params.typed(), cookie, flags, cancelled ? 1 : 0),
        )
      },
    }
  const xmlIn = params.text('destination_xml')
  const name = params.text('destination_name')
  const bandwidth = params.number('bandwidth')
  return {
    paused,
    async begin(flags) {
      const answer = await connection.invoke(slots.domainMigrateBegin3, {}, (s, c) =>
        gate.domainMigrateBegin3(s, c, ref, xmlIn, flags, name, bandwidth),
      )
      return { xml: answer.xml, cookie: answer.cookieOut }
    },
    async perform(uri, cookie, flags) {
      return await connection.invoke(slots.domainMigratePerform3, {}, (s, c) =>
        gate.domainMigratePerform3(s, c, ref, xmlIn, cookie, undefined, uri, flags, name, bandwidth),
      )
    },
    async confirm(cookie, flags, cancelled) {
      await connection.invoke(slots.domainMigrateConfirm3, {}, (s, c) =>
        gate.domainMigrateConfirm3(s, c, ref, cookie, flags, cancelled ? 1 : 0),
      )
    },
  }
}

/** The calls to a destination, where one of them opens the stream that a guest can be sent through. */
export interface TunnelCalls extends DestinationCalls {
  /** As `prepare`, but the guest comes through the stream. */
  prepareTunnel(xml: string, cookie: Uint8Array, flags: number): Promise<{ stream: ByteStream; cookie: Uint8Array }>
}

/**
 * The calls to a destination, for a client or for the driver of a source that drives the migration itself.
 * @param name the domain's at the source: over there it is the same where `params` has no other
 */
export function destinationCalls(
  destination: Connection,
  name: string,
  params: MigrationParams,
  form: CallForm,
): TunnelCalls {
  return form === 'params' ? withParams(destination, name, params) : withArguments(destination, name, params)
}

function withParams(destination: Connection, name: string, params: MigrationParams): TunnelCalls {
  const named = params.text('destination_name') === undefined ? params.with('destination_name', name) : params
  return {
    async prepare(xml, cookie, flags) {
      const given = params.with('destination_xml', xml).typed()
      const answer = await destination.invoke(slots.domainMigratePrepare3Params, {}, (s, c) =>
        gate.domainMigratePrepare3Params(s, c, given, cookie, flags),
      )
      return { uri: answer.uriOut, cookie: answer.cookieOut }
    },
    async prepareTunnel(xml, cookie, flags) {
      const given = params.with('destination_xml', xml).typed()
      const answer = await destination.invoke(slots.domainMigratePrepareTunnel3Params, {}, (s, c) =>
        gate.domainMigratePrepareTunnel3Params(s, c, given, cookie, flags),
      )
      return { stream: answer.stream, cookie: answer.cookieOut }
    },
    async finish(uri, cookie, flags, cancelled) {
      const answer = await destination.invoke(slots.domainMigrateFinish3Params, {}, (s, c) =>
        gate.domainMigrateFinish3Params(s, c, named.at(uri).typed(), cookie, flags, cancelled ? 1 : 0),
      )
      return { domain: answer.dom, cookie: answer.cookieOut }
    },
  }
}

function withArguments(destination: Connection, guest: string, params: MigrationParams): TunnelCalls {
  const name = params.text('destination_name')
  const uriIn = params.text('migrate_uri')
  const bandwidth = params.number('bandwidth')
  return {
    async prepare(xml, cookie, flags) {
      const answer = await destination.invoke(slots.domainMigratePrepare3, {}, (s, c) =>
        gate.domainMigratePrepare3(s, c, cookie, uriIn, flags, name, bandwidth, xml),
      )
      return { uri: answer.uriOut, cookie: answer.cookieOut }
    },
    async prepareTunnel(xml, cookie, flags) {
      const answer = await destination.invoke(slots.domainMigratePrepareTunnel3, {}, (s, c) =>
        gate.domainMigratePrepareTunnel3(s, c, cookie, flags, name, bandwidth, xml),
      )
      return { stream: answer.stream, cookie: answer.cookieOut }
    },
    async finish(uri, cookie, flags, cancelled) {
      const answer = await destination.invoke(slots.domainMigrateFinish3, {}, (s, c) =>
        gate.domainMigrateFinish3(s, c, name ?? guest, cookie, undefined, uri, flags, cancelled ? 1 : 0),
      )
      return { domain: answer.dom, cookie: answer.cookieOut }
    },
  }
}

/** Lets the source drive the migration itself, over a connection of its own to `uri`. */
export async function performAlone(
  domain: Domain,
  uri: string,
  params: MigrationParams,
  form: 'params' | 'fixed',
  flags: number,
): Promise<void> {
  const { connection, ref } = domain
  if (form === 'params')
    await connection.invoke(slots.domainMigratePerform3Params, {}, (s, c) =>
      gate.domainMigratePerform3Params(s, c, ref, uri, params.typed(), none, flags),
    )
  else
    await connection.invoke(slots.domainMigratePerform3, {}, (s, c) =>
      gate.domainMigratePerform3(
        ...([s, c, ref, params.text('destination_xml'), none, uri, params.text('migrate_uri'), flags] as const),
        params.text('destination_name'),
        params.number('bandwidth'),
      ),
    )
}
