// SPDX-License-Identifier: LGPL-2.1-or-later
// The destination's daemon, as the source's is connected to it that drives a migration itself.
import {
  type CallForm,
  type Connection,
  destinationCalls,
  type Features,
  featuresOf,
  MigrationParams,
  migrationFeature,
  type TunnelCalls,
} from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { argumentUnsupported, operationFailed } from '../errors.js'
import type { QemuState } from '../state.js'
import type { MigrationJob } from './data.js'
import { has, Migrate } from './flags.js'
import type { MigrationRequest } from './request.js'

/** What a tunnel has no place for, and the words for it. */
const notInTunnel = [
  ['migrate_uri', 'migration URI'],
  ['listen_address', 'listen address'],
  ['disks_port', 'disk port address'],
  ['disks_uri', 'disk port address'],
] as const

/** @throws VirtError `argument-unsupported` for what cannot be asked of a tunnel */
export function checkTunnel(request: MigrationRequest, flags: number): void {
  if (!has(flags, Migrate.tunnelled)) return
  for (const [name, what] of notInTunnel)
    if (request.has(name)) throw argumentUnsupported(`${what} is not supported by tunnelled migration`)
}

/** How calls to a destination have to be made. @throws VirtError for one that cannot take part */
function formFor(features: Features, params: MigrationParams, request: MigrationRequest, flags: number): CallForm {
  if (!features.has(migrationFeature.p2p))
    throw operationFailed('Destination libvirt does not support peer-to-peer migration protocol')
  const typed = features.has(migrationFeature.params)
  if (!typed && (!params.old || request.has('persistent_xml')))
    throw argumentUnsupported(
      'Migration APIs with extensible parameters are not supported but extended parameters were passed',
    )
  if (has(flags, Migrate.offline) && !features.has(migrationFeature.offline))
    throw argumentUnsupported('offline migration is not supported by the destination host')
  return typed ? 'params' : 'fixed'
}

/** The other daemon. Whoever is connected disposes it. */
export interface Peer extends Disposable {
  readonly calls: TunnelCalls
  /** Whether it cannot be asked any more. Whoever waits for the guest is woken up when that changes. */
  readonly lost: () => boolean
}

/**
 * Connects.
 * @param job ends the attempt when it is aborted
 * @throws VirtError `operation-failed` when nobody answers, and what keeps the other side from taking part
 */
export async function connectPeer(
  state: QemuState,
  domain: QemuDomain,
  job: MigrationJob,
  uri: string,
  request: MigrationRequest,
  flags: number,
): Promise<Peer> {
  const connection = await open(state, job, uri)
  // Whoever waits looks for himself.
  connection.on('close', () => domain.jobs.poke())
  try {
    const params = MigrationParams.from(
      request.forDestination({
        migrate_uri: request.text('migrate_uri'),
        destination_name: request.text('destination_name'),
      }),
    )
    const form = formFor(await featuresOf(connection), params, request, flags)
    return {
      calls: destinationCalls(connection, domain.name, params, form),
      lost: () => !connection.isAlive,
      // Nobody waits for a daemon that does not answer any more.
      [Symbol.dispose]: () => void connection.close().catch(() => {}),
    }
  } catch (error) {
    await connection.close().catch(() => {})
    throw error
  }
}

async function open(state: QemuState, job: MigrationJob, uri: string): Promise<Connection> {
  const { keepalive_interval: interval, keepalive_count: count } = state.settings
  const stop = new AbortController()
  using _aborted = job.onAbort(() => stop.abort())
  try {
    return await state.services.connect(uri, {
      keepAlive: interval > 0 ? { interval, count } : false,
      signal: AbortSignal.any([state.closing, stop.signal]),
    })
  } catch (error) {
    throw operationFailed(`Failed to connect to remote libvirt URI ${uri}: ${(error as Error).message}`)
  }
}
