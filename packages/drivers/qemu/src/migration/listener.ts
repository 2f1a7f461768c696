// SPDX-License-Identifier: LGPL-2.1-or-later
// Where guests arrive: address and port.
import { isIPv6 } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { argumentUnsupported, internalError } from '../errors.js'
import type { Settings } from '../host/settings.js'
import type { QemuState } from '../state.js'
import type { MigrationData } from './data.js'
import type { MigrationRequest } from './request.js'
import { bracketed, parseTarget, qemuAddress, type Target, withPort } from './target.js'

/** Where a guest arrives. */
export interface Listener {
  /** For QEMU. */
  readonly address: string
  /** For the source, where it has to be told. */
  readonly uriOut: string | undefined
  /** A port of ours. */
  readonly port: number | undefined
}

/** Whether this host has addresses of version 6 that others can reach. */
function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) =>
    list?.some(({ family, internal }) => family === 'IPv6' && !internal),
  )
}

/**
 * The address that is listened at.
 * @param ipv6 whether this host has addresses of version 6
 * @throws VirtError `argument-unsupported` for one of version 6 where it has none
 */
export function listenAddress(
  { settings }: { readonly settings: Pick<Settings, 'migration_address'> },
  request: MigrationRequest,
  ipv6: boolean = hasIpv6(),
): string {
  const wanted = request.text('listen_address') ?? settings.migration_address
  if (wanted === undefined) return ipv6 ? '::' : '0.0.0.0'
  if (isIPv6(wanted) && !ipv6) throw argumentUnsupported("host isn't capable of IPv6")
  return wanted
}

/** Where a guest arrives. @throws VirtError for a URI that nobody can listen at, or when no port is free */
export async function listenerFor(state: QemuState, request: MigrationRequest, data: MigrationData): Promise<Listener> {
  const given = request.text('migrate_uri')
  const target = given === undefined ? undefined : parseTarget(given)
  if (target?.scheme === 'unix') return { address: qemuAddress(target, 0), uriOut: undefined, port: undefined }
  const wanted = target?.port
  const port = wanted ?? (await state.migrationPorts.take())
  if (wanted === undefined) data.port = port
  const at = listenAddress(state, request)
  const scheme = target?.scheme ?? 'tcp'
  const listens: Target = { scheme, host: scheme === 'rdma' ? (target as { host: string }).host : at, port, old: true }
  return {
    address: qemuAddress(listens, port),
    uriOut:
      wanted !== undefined ? undefined : given === undefined ? `tcp:${ownName(state)}:${port}` : withPort(given, port),
    port: wanted === undefined ? port : undefined,
  }
}

/** The name that sources know this host by. @throws VirtError for one that is no name elsewhere */
function ownName({ settings }: QemuState): string {
  if (settings.migration_host !== undefined) return bracketed(settings.migration_host)
  const name = hostname()
  if (name.startsWith('localhost'))
    throw internalError('hostname on destination resolved to localhost, but migration requires an FQDN')
  return name
}
