// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's certificates: where the settings say, else in libvirt's own places.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { checkSanity, folderTlsPaths, readTlsMaterial, systemTlsPaths, type TlsPaths } from '@virt/rpc/tls'
import type { TlsSettings } from '@virt/server'
import type { Config } from './config.js'

/** What the places depend on. */
export interface TlsPlace {
  /** The folder of libvirt's settings; keys are in a neighbour of it. */
  readonly settings: string
  readonly session: boolean
}

/** Reads and checks them. @throws VirtError naming the file, or the setting that is missing */
export function tlsSettings(config: Config, place: TlsPlace): TlsSettings {
  const paths = tlsPaths(config, place)
  const material = readTlsMaterial(paths, 'server')
  if (!config.tls_no_sanity_certificate) checkSanity(material, paths, 'server')
  return {
    material,
    priority: config.tls_priority,
    verify: !config.tls_no_verify_certificate,
    allowed: config.tls_allowed_dn_list,
  }
}

function tlsPaths(config: Config, { settings, session }: TlsPlace): TlsPaths {
  const { ca_file, cert_file, key_file, crl_file } = config
  if (ca_file === undefined && cert_file === undefined && key_file === undefined) {
    const own = session
      ? folderTlsPaths(join(homedir(), '.pki/libvirt'), 'server')
      : systemTlsPaths('server', join(settings, '../..'))
    const paths = session || existsSync(own.ca) ? own : systemTlsPaths('server')
    return crl_file === undefined ? paths : { ...paths, crl: crl_file }
  }
  return {
    ca: ca_file ?? missing('No CA certificate path set to match server key/cert', 'ca_file'),
    cert: cert_file ?? missing('No server certificate path set to match server key', 'cert_file'),
    key: key_file ?? missing('No server key path set to match server cert', 'key_file'),
    crl: crl_file,
  }
}

function missing(text: string, key: string): never {
  throw virtError(ErrorNumber.CONF_SYNTAX, ErrorDomain.CONF, text, { details: `${key} is not set` })
}
