// SPDX-License-Identifier: GPL-2.0-or-later
// virtd.conf, else libvirtd.conf: the keys of libvirtd.conf, their types and what they are when nobody sets them.
import { readFileSync } from 'node:fs'
import { type ConfFile, ErrorDomain, ErrorNumber, parseConf, VirtError, virtError } from '@virt/core'
import { parseFilters, parseOutputs } from '@virt/server'
import { fileError } from './system-text.js'

const bool = (c: ConfFile, k: string): boolean | undefined => c.bool(k)
const unsigned = (c: ConfFile, k: string): number | undefined => c.unsigned(k)
const integer = (c: ConfFile, k: string): number | undefined => c.integer(k)
const text = (c: ConfFile, k: string): string | undefined => c.string(k)
const strings = (c: ConfFile, k: string): readonly string[] | undefined => c.strings(k)
/** A file mode in octal, as a string. */
function mode(c: ConfFile, k: string): number | undefined {
  const text = c.string(k)
  if (text === undefined) return undefined
  if (!/^0?[0-7]{1,4}$/.test(text))
    throw new VirtError(`Failed to parse mode '${text}'`, {
      code: 'internal-error',
      details: `${where(c, k)}: ${k} is octal, as "0770"`,
    })
  return Number.parseInt(text, 8)
}
function auth(c: ConfFile, k: string): AuthName | undefined {
  const value = c.string(k)
  if (value !== undefined && !isAuthName(value))
    throw unsupported(`${c.file}: ${k}: unsupported auth ${value}`, `${where(c, k)}: it is none, sasl or polkit`)
  return value
}
/** How clients of a socket prove who they are. */
export type AuthName = 'none' | 'sasl' | 'polkit'
const isAuthName = (value: string): value is AuthName => ['none', 'sasl', 'polkit'].includes(value)

function hostUuid(c: ConfFile, k: string): string | undefined {
  const text = c.string(k)
  if (text === undefined) return undefined
  const digits = text.replace(/-/g, '').toLowerCase()
  // One digit all over is what firmware says that has no number.
  if (!/^[0-9a-f]{32}$/.test(digits) || /^(..)\1*$/.test(digits))
    throw new VirtError(`invalid host UUID: ${text}`, { code: 'config-unsupported', details: where(c, k) })
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
function uuidSource(c: ConfFile, k: string): 'smbios' | 'machine-id' | undefined {
  const text = c.string(k)
  if (text === undefined || text === 'smbios' || text === 'machine-id') return text
  throw new VirtError(`invalid UUID source: ${text}`, {
    code: 'config-unsupported',
    details: `${where(c, k)}: it is smbios or machine-id`,
  })
}

/** A level of the log; 0 stands for the default. */
function level(c: ConfFile, k: string): number | undefined {
  const value = c.unsigned(k)
  if (value !== undefined && value > 4)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.CONF,
      `Failed to set logging priority, argument '${value}' is invalid`,
      { details: where(c, k) },
    )
  return value === 0 ? undefined : value
}
/** A text that `parse` takes. */
function parsed(parse: (text: string) => unknown) {
  return (c: ConfFile, k: string): string | undefined => {
    const value = c.string(k)
    try {
      if (value !== undefined) parse(value)
    } catch (error) {
      const { message, number, domain } = error as VirtError
      throw new VirtError(message, { number, domain, details: where(c, k) })
    }
    return value
  }
}

const where = (c: ConfFile, k: string): string => `${c.file}:${c.entry(k)?.line}`
const unsupported = (detail: string, details?: string): VirtError =>
  virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.CONF, detail, details === undefined ? {} : { details })

/** Every key, how it is read, and its default. */
const keys = {
  listen_tls: [bool, false],
  listen_tcp: [bool, false],
  tls_port: [text, '16514'],
  tcp_port: [text, '16509'],
  listen_addr: [text, undefined],
  unix_sock_group: [text, undefined],
  unix_sock_ro_perms: [mode, undefined],
  unix_sock_rw_perms: [mode, undefined],
  unix_sock_admin_perms: [mode, undefined],
  unix_sock_dir: [text, undefined],
  auth_unix_ro: [auth, undefined],
  auth_unix_rw: [auth, undefined],
  auth_tcp: [auth, 'sasl'],
  auth_tls: [auth, 'none'],
  tcp_min_ssf: [unsigned, 112],
  access_drivers: [strings, []],
  key_file: [text, undefined],
  cert_file: [text, undefined],
  ca_file: [text, undefined],
  crl_file: [text, undefined],
  tls_no_sanity_certificate: [bool, false],
  tls_no_verify_certificate: [bool, false],
  tls_allowed_dn_list: [strings, undefined],
  sasl_allowed_username_list: [strings, undefined],
  // Ours: libvirt leaves it to Cyrus's settings.
  sasl_mechanisms: [strings, undefined],
  tls_priority: [text, undefined],
  max_clients: [unsigned, 5000],
  max_queued_clients: [unsigned, 1000],
  max_anonymous_clients: [unsigned, 20],
  min_workers: [unsigned, 5],
  max_workers: [unsigned, 20],
  prio_workers: [unsigned, 5],
  max_client_requests: [unsigned, 5],
  admin_min_workers: [unsigned, 5],
  admin_max_workers: [unsigned, 20],
  admin_max_clients: [unsigned, 5000],
  admin_max_queued_clients: [unsigned, 20],
  admin_max_client_requests: [unsigned, 5],
  admin_keepalive_interval: [integer, 5],
  admin_keepalive_count: [unsigned, 5],
  log_level: [level, 3],
  log_filters: [parsed(parseFilters), undefined],
  log_outputs: [parsed(parseOutputs), undefined],
  audit_level: [unsigned, 1],
  audit_logging: [bool, false],
  host_uuid: [hostUuid, undefined],
  host_uuid_source: [uuidSource, 'smbios'],
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

/** Keys that libvirt still reads, or once did, and that change nothing. */
const obsolete = new Set(['keepalive_required', 'admin_keepalive_required', 'log_buffer_size', 'mdns_adv', 'mdns_name'])

/** What a file says. */
export interface Loaded {
  readonly config: Config
  /** The file that was read; undefined when there is none. */
  readonly file: string | undefined
  /** What is to be told about it, though it does not stop the daemon. */
  readonly remarks: readonly string[]
}

/** Settings out of a file that was read. @throws VirtError for a value that cannot be, naming file and line */
export function configFrom(conf: ConfFile): Config {
  const config = Object.fromEntries(
    Object.entries(keys).map(([name, [read, fallback]]) => [name, read(conf, name) ?? fallback]),
  ) as Config
  check(conf, config)
  return config
}

/** What no single value shows. */
function check(conf: ConfFile, config: Config): void {
  if (config.max_workers < 1)
    throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.CONF, "'max_workers' must be greater than 0", {
      details: where(conf, 'max_workers'),
    })
  if (config.tcp_min_ssf < 112)
    throw unsupported('minimum SSF levels lower than 112 are not supported', where(conf, 'tcp_min_ssf'))
  if (config.max_clients < config.max_anonymous_clients)
    throw virtError(
      ErrorNumber.INTERNAL_ERROR,
      ErrorDomain.RPC,
      'The overall maximum number of clients must not be less than the number of clients waiting for authentication',
      { details: `${conf.file}: max_clients, max_anonymous_clients` },
    )
  if (config.audit_level > 1)
    throw unsupported('audit_level: this daemon writes no audit records', where(conf, 'audit_level'))
}

function remarksOn(conf: ConfFile, config: Config): string[] {
  const unknown = conf.names.filter((name) => !Object.hasOwn(keys, name) && !obsolete.has(name))
  const remarks = unknown.map((name) => `${where(conf, name)}: nobody knows the setting '${name}'`)
  for (const name of conf.names)
    if (obsolete.has(name)) remarks.push(`${where(conf, name)}: '${name}' changes nothing any more`)
  if (config.audit_logging) remarks.push(`${where(conf, 'audit_logging')}: this daemon writes no audit records`)
  return remarks
}

/** The file that counts, read; all defaults when there is none. `explicit` must exist. */
export function loadConfig(folder: string, explicit: string | undefined): Loaded {
  const candidates = explicit === undefined ? [`${folder}/virtd.conf`, `${folder}/libvirtd.conf`] : [explicit]
  for (const file of candidates) {
    let source: string
    try {
      // A page of text: to wake a thread for it costs a start more than to read it.
      source = readFileSync(file, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && explicit === undefined) continue
      throw fileError(`Failed to open file '${file}'`, cause)
    }
    const conf = parseConf(source, file)
    const config = configFrom(conf)
    return { config, file, remarks: remarksOn(conf, config) }
  }
  return { config: configFrom(parseConf('')), file: undefined, remarks: [] }
}
