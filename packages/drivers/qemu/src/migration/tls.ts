// SPDX-License-Identifier: LGPL-2.1-or-later
// Migration through TLS: QEMU gets an object with certificates for it, which it loses again at the end.
import type { Json } from '@virt/core'
import { secretObject } from '../command/secrets.js'
import { operationInvalid, operationUnsupported } from '../errors.js'
import { valuesOf } from '../helpers/secret-values.js'
import type { JsonObject } from '../monitor/monitor.js'
import { masterKeyOf } from '../process/run-folders.js'
import { has, Migrate } from './flags.js'
import type { Migration, Way } from './leaving.js'
import { connectsByItself, parseTarget } from './target.js'
import type { Parameter } from './tuning.js'

/** Objects of QEMU: the certificates, and the password of their key. */
const credentials = 'objlibvirt_migrate_tls0'
const password = 'libvirt_migrate-secret0'

/** Commands that take the objects away; those that do not exist cannot be. */
export const dropCredentials: readonly { readonly execute: string; readonly arguments: JsonObject }[] = [
  { execute: 'object-del', arguments: { id: credentials } },
  { execute: 'object-del', arguments: { id: password } },
]

/** The password's object, where the key has one. @throws VirtError `no-secret` */
async function passwordObject({ state, run }: Migration): Promise<JsonObject | undefined> {
  const uuid = state.settings.migrate_tls_x509_secret_uuid
  if (uuid === undefined) return undefined
  const what = { type: 'tls', uuid } as const
  const values = await valuesOf(state, [what], await masterKeyOf(run.facts.libFolder))
  return secretObject(password, values.sealed(what)) as JsonObject
}

/**
 * Sets QEMU up for a connection with TLS, where one is asked for, or without.
 * @param hostname the name in the destination's certificate that QEMU does not know by itself
 * @returns parameters to set
 * @throws VirtError when this host has no certificates, or QEMU makes nothing of them
 */
export async function tlsParameters(m: Migration, hostname?: string): Promise<readonly (readonly [Parameter, Json])[]> {
  const { state, run, data, request, flags } = m
  const known = data.parameters?.has('tls-creds') === true
  if (!has(flags, Migrate.tls))
    return known
      ? [
          ['tls-creds', ''],
          ['tls-hostname', ''],
        ]
      : []
  const { migrate_tls_x509_cert_dir: dir, migrate_tls_x509_verify: verify } = state.settings
  if (dir === '') throw operationInvalid('host migration TLS directory not configured')
  if (!known) throw operationUnsupported('TLS migration is not supported with this QEMU binary')
  const listens = data.side === 'destination'
  const sealed = await passwordObject(m)
  // Left over from before, maybe.
  await Promise.allSettled(run.monitor.commands(dropCredentials))
  data.tls = credentials
  if (sealed !== undefined) await run.monitor.command('object-add', sealed)
  await run.monitor.command('object-add', {
    'qom-type': 'tls-creds-x509',
    id: credentials,
    dir,
    endpoint: listens ? 'server' : 'client',
    'verify-peer': listens ? verify : true,
    ...(sealed === undefined ? {} : { passwordid: password }),
  })
  data.tlsName = listens ? '' : (request.text('tls.destination') ?? hostname ?? '')
  return [
    ['tls-creds', credentials],
    ['tls-hostname', data.tlsName],
  ]
}

/**
 * The name to look for in the destination's certificate, where QEMU does not connect by itself and hence does not know it.
 * @throws VirtError `operation-unsupported` for a socket, which has no name
 */
export function certificateName({ request, flags }: Migration, { uri, tunnel }: Way): string | undefined {
  if (!has(flags, Migrate.tls) || tunnel !== undefined) return undefined
  const target = parseTarget(uri)
  if (target.scheme !== 'unix') return connectsByItself(target, flags) ? undefined : target.host.replace(/^\[|\]$/g, '')
  if ((request.text('tls.destination') ?? '') === '')
    throw operationUnsupported('Explicit destination hostname is required for TLS migration over UNIX socket')
  return undefined
}
