// SPDX-License-Identifier: LGPL-2.1-or-later
// Where certificates are, for each of those who use some: a place of its own, or the one that all share.
import { existsSync } from 'node:fs'
import { type ConfFile, ErrorNumber } from '@virt/core'
import { qemuError } from '../errors.js'

/** Those who use certificates. */
const users = ['vnc', 'spice', 'chardev', 'migrate', 'nbd', 'vxhs'] as const
type User = (typeof users)[number]

/** Whether a server wants to see certificates of its clients, where nobody says. */
const verifies: Partial<Record<User, boolean>> = { vnc: false, chardev: true, migrate: true }
const withSecret: readonly User[] = ['chardev', 'migrate', 'nbd']

/** Settings about certificates. */
export interface TlsSettings {
  readonly vnc_tls_x509_cert_dir: string
  readonly vnc_tls_x509_verify: boolean
  readonly spice_tls_x509_cert_dir: string
  readonly chardev_tls_x509_cert_dir: string
  readonly chardev_tls_x509_verify: boolean
  readonly chardev_tls_x509_secret_uuid: string | undefined
  readonly nbd_tls_x509_cert_dir: string
  readonly nbd_tls_x509_secret_uuid: string | undefined
  readonly vxhs_tls_x509_cert_dir: string
  readonly migrate_tls_x509_cert_dir: string
  readonly migrate_tls_x509_verify: boolean
  readonly migrate_tls_x509_secret_uuid: string | undefined
}

/** The folder that a setting names. @throws VirtError when it is not there: nobody would find that out before it is too late */
function folder(conf: ConfFile, name: string): string | undefined {
  const path = conf.string(name)
  if (path !== undefined && !existsSync(path))
    throw qemuError(ErrorNumber.CONF_SYNTAX, `${name} directory '${path}' does not exist`)
  return path
}

/** Reads them. @throws VirtError naming the setting */
export function tlsSettings(conf: ConfFile): TlsSettings {
  const common = folder(conf, 'default_tls_x509_cert_dir') ?? '/etc/pki/qemu'
  const verify = conf.bool('default_tls_x509_verify')
  const secret = conf.string('default_tls_x509_secret_uuid')
  const rows = users.flatMap((user): [string, string | boolean | undefined][] => {
    const own = `/etc/pki/libvirt-${user}`
    const at = `${user}_tls_x509`
    const checks = verifies[user]
    return [
      [`${at}_cert_dir`, folder(conf, `${at}_cert_dir`) ?? (existsSync(own) ? own : common)],
      ...(checks === undefined
        ? []
        : [[`${at}_verify`, conf.bool(`${at}_verify`) ?? verify ?? checks] as [string, boolean]]),
      ...(withSecret.includes(user)
        ? [[`${at}_secret_uuid`, conf.string(`${at}_secret_uuid`) ?? secret] as [string, string | undefined]]
        : []),
    ]
  })
  return Object.fromEntries(rows) as unknown as TlsSettings
}
