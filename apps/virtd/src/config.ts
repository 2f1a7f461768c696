// SPDX-License-Identifier: GPL-2.0-or-later
// virtd.conf, else libvirtd.conf: the keys of libvirtd.conf, their types and what they are when nobody sets them.
import { readFile } from 'node:fs/promises'
import { type ConfFile, parseConf, VirtError } from '@virt/core'

const bool = (c: ConfFile, k: string): boolean | undefined => c.bool(k)
const unsigned = (c: ConfFile, k: string): number | undefined => c.unsigned(k)
const integer = (c: ConfFile, k: string): number | undefined => c.integer(k)
const string = (c: ConfFile, k: string): string | undefined => c.string(k)
const strings = (c: ConfFile, k: string): readonly string[] | undefined => c.strings(k)
/** A file mode in octal, as a string. */
function mode(c: ConfFile, k: string): number | undefined {
  const text = c.string(k)
  if (text === undefined) return undefined
  if (!/^0?[0-7]{1,4}$/.test(text))
    throw new VirtError(`Failed to parse mode '${text}'`, {
      code: 'internal-error',
      details: `${c.file}: ${k} is octal, as "0770"`,
    })
  return Number.parseInt(text, 8)
}
function oneOf(...allowed: string[]) {
  return (c: ConfFile, k: string): string | undefined => {
    const value = c.string(k)
    if (value !== undefined && !allowed.includes(value))
      throw new VirtError(`unsupported auth ${value}`, {
        code: 'config-unsupported',
        details: `${c.file}: ${k} is one of ${allowed.join(', ')}`,
      })
    return value
  }
}
const auth = oneOf('none', 'sasl', 'polkit')

/** Every key, how it is read, and its default. */
const keys = {
  listen_tls: [bool, false],
  listen_tcp: [bool, false],
  tls_port: [string, '16514'],
  tcp_port: [string, '16509'],
  listen_addr: [string, undefined],
  unix_sock_group: [string, undefined],
  unix_sock_ro_perms: [mode, undefined],
  unix_sock_rw_perms: [mode, undefined],
  unix_sock_admin_perms: [mode, undefined],
  unix_sock_dir: [string, undefined],
  auth_unix_ro: [auth, 'none'],
  auth_unix_rw: [auth, 'none'],
  auth_tcp: [auth, 'sasl'],
  auth_tls: [auth, 'none'],
  tcp_min_ssf: [unsigned, 112],
  access_drivers: [strings, []],
  key_file: [string, undefined],
  cert_file: [string, undefined],
  ca_file: [string, undefined],
  crl_file: [string, undefined],
  tls_no_sanity_certificate: [bool, false],
  tls_no_verify_certificate: [bool, false],
  tls_allowed_dn_list: [strings, undefined],
  sasl_allowed_username_list: [strings, undefined],
  tls_priority: [string, undefined],
  max_clients: [unsigned, 5000],
  max_queued_clients: [unsigned, 1000],
  max_anonymous_clients: [unsigned, 20],
  min_workers: [unsigned, 5],
  max_workers: [unsigned, 20],
  prio_workers: [unsigned, 5],
  max_client_requests: [unsigned, 5],
  admin_min_workers: [unsigned, 1],
  admin_max_workers: [unsigned, 5],
  admin_max_clients: [unsigned, 5],
  admin_max_queued_clients: [unsigned, 5],
  admin_max_client_requests: [unsigned, 5],
  admin_keepalive_interval: [integer, 5],
  admin_keepalive_count: [unsigned, 5],
  log_level: [unsigned, 3],
  log_filters: [string, undefined],
  log_outputs: [string, undefined],
  audit_level: [unsigned, 1],
  audit_logging: [bool, false],
  host_uuid: [string, undefined],
  host_uuid_source: [string, undefined],
  keepalive_interval: [integer, 5],
  keepalive_count: [unsigned, 5],
  ovs_timeout: [unsigned, 5],
} as const

type Keys = typeof keys
type ValueOf<R> = R extends readonly [(c: ConfFile, k: string) => infer T, infer D]
  ? D extends undefined
    ? T
    : Exclude<T, undefined>
  : never
/** The daemon's settings. */
export type Config = { readonly [K in keyof Keys]: ValueOf<Keys[K]> }

/** Settings out of a file that was read. @throws VirtError for a value of the wrong type */
export function configFrom(conf: ConfFile): Config {
  return Object.fromEntries(
    Object.entries(keys).map(([name, [read, fallback]]) => [name, read(conf, name) ?? fallback]),
  ) as Config
}

/** The file that counts, read; all defaults when there is none. `explicit` must exist. */
export async function loadConfig(
  folder: string,
  explicit: string | undefined,
): Promise<{ config: Config; file: string | undefined }> {
  const candidates = explicit === undefined ? [`${folder}/virtd.conf`, `${folder}/libvirtd.conf`] : [explicit]
  for (const file of candidates) {
    try {
      return { config: configFrom(parseConf(await readFile(file, 'utf8'), file)), file }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || explicit !== undefined) throw error
    }
  }
  return { config: configFrom(parseConf('')), file: undefined }
}
