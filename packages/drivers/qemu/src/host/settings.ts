// SPDX-License-Identifier: LGPL-2.1-or-later
// Settings of the driver: qemu.conf.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConfFile, ErrorNumber, errnoOf, parseConf } from '@virt/core'
import type { CommandSettings } from '../command/build.js'
import { qemuError } from '../errors.js'
import type { DriverPaths } from './paths.js'
import { type TlsSettings, tlsSettings } from './tls-settings.js'

/** What the settings are, by their names in the file. */
export interface Settings extends TlsSettings {
  readonly vnc_listen: string
  readonly vnc_auto_unix_socket: boolean
  readonly vnc_tls: boolean
  readonly vnc_password: string | undefined
  readonly vnc_sasl: boolean
  readonly vnc_sasl_dir: string | undefined
  readonly vnc_allow_host_audio: boolean
  readonly spice_listen: string
  readonly spice_tls: boolean
  readonly spice_auto_unix_socket: boolean
  readonly spice_password: string | undefined
  readonly spice_sasl: boolean
  readonly spice_sasl_dir: string | undefined
  readonly chardev_tls: boolean
  readonly nographics_allow_host_audio: boolean
  readonly remote_display_port_min: number
  readonly remote_display_port_max: number
  readonly swtpm_user: string
  readonly swtpm_group: string
  readonly memory_backing_dir: string | undefined
  readonly dump_guest_core: boolean
  /** Bytes; a core that is larger is not written. */
  readonly max_core: number | 'unlimited'
  readonly max_files: number | undefined
  readonly max_processes: number | undefined
  readonly max_queued: number
  readonly seccomp_sandbox: number | undefined
  readonly log_timestamp: boolean
  /** `logd`: logs are kept to their size; `file`: they grow. */
  readonly stdio_handler: string
  readonly auto_start_delay: number
  readonly lock_manager: string | undefined
  readonly save_image_format: string | undefined
  readonly dump_image_format: string | undefined
  readonly auto_dump_path: string | undefined
  readonly auto_dump_bypass_cache: boolean
  readonly auto_start_bypass_cache: boolean
  readonly user: string | undefined
  readonly group: string | undefined
  readonly dynamic_ownership: boolean
  readonly remember_owner: boolean
  readonly security_driver: readonly string[] | undefined
  readonly security_default_confined: boolean
  readonly security_require_confined: boolean
  readonly clear_emulator_capabilities: boolean
  readonly cgroup_controllers: readonly string[] | undefined
  readonly cgroup_device_acl: readonly string[] | undefined
  readonly migration_address: string | undefined
  readonly migration_host: string | undefined
  readonly migration_port_min: number
  readonly migration_port_max: number
  readonly migrate_tls_force: boolean
  /** Seconds between words on a connection to another host, and how many may go unanswered. */
  readonly keepalive_interval: number
  readonly keepalive_count: number
  /** Folders that other hosts see too. */
  readonly shared_filesystems: readonly string[] | undefined
  readonly namespaces: readonly string[] | undefined
}

type Reader<T> = (conf: ConfFile, name: string) => T | undefined
const yes: Reader<boolean> = (conf, name) => conf.bool(name)
const text: Reader<string> = (conf, name) => conf.string(name)
/** A host name or an address, of IPv6 with brackets or without. */
const address = (c: ConfFile, k: string): string | undefined => c.string(k)?.replace(/^\[(.*)\]$/, '$1')
const count: Reader<number> = (conf, name) => conf.unsigned(name)
const integer: Reader<number> = (conf, name) => conf.integer(name)
/** A list, or a single text in its place. */
const texts: Reader<readonly string[]> = (conf, name) =>
  typeof conf.entry(name)?.value === 'string' ? [conf.string(name) ?? ''] : conf.strings(name)
const sizeOrUnlimited: Reader<number | 'unlimited'> = (conf, name) => {
  if (typeof conf.entry(name)?.value !== 'string') return conf.unsigned(name, Number.MAX_SAFE_INTEGER)
  if (conf.string(name) === 'unlimited') return 'unlimited'
  throw qemuError(ErrorNumber.CONF_SYNTAX, `Unknown core size '${conf.string(name)}'`)
}
const namespaces: Reader<readonly string[]> = (conf, name) => {
  const found = texts(conf, name)
  const odd = found?.find((one) => one !== 'mount')
  if (odd !== undefined) throw qemuError(ErrorNumber.CONFIG_UNSUPPORTED, `Unknown namespace: ${odd}`)
  return found
}
/** A name, or a number that stands for one. */
const nameOrNumber: Reader<string> = (conf, name) =>
  typeof conf.entry(name)?.value === 'bigint' ? String(conf.unsigned(name)) : conf.string(name)

/** How each is read, and what it is when nobody sets it. */
const keys: {
  readonly [K in Exclude<keyof Settings, keyof TlsSettings>]: readonly [Reader<NonNullable<Settings[K]>>, Settings[K]]
} = {
  vnc_listen: [text, '127.0.0.1'],
  vnc_auto_unix_socket: [yes, false],
  vnc_tls: [yes, false],
  vnc_password: [text, undefined],
  vnc_sasl: [yes, false],
  vnc_sasl_dir: [text, undefined],
  vnc_allow_host_audio: [yes, false],
  spice_listen: [text, '127.0.0.1'],
  spice_tls: [yes, false],
  spice_auto_unix_socket: [yes, false],
  spice_password: [text, undefined],
  spice_sasl: [yes, false],
  spice_sasl_dir: [text, undefined],
  chardev_tls: [yes, false],
  nographics_allow_host_audio: [yes, false],
  remote_display_port_min: [count, 5900],
  remote_display_port_max: [count, 65_535],
  swtpm_user: [text, 'tss'],
  swtpm_group: [text, 'tss'],
  memory_backing_dir: [text, undefined],
  dump_guest_core: [yes, false],
  max_core: [sizeOrUnlimited, 0],
  max_files: [count, undefined],
  max_processes: [count, undefined],
  max_queued: [count, 0],
  seccomp_sandbox: [integer, undefined],
  log_timestamp: [yes, true],
  stdio_handler: [text, 'logd'],
  auto_start_delay: [count, 0],
  lock_manager: [text, undefined],
  save_image_format: [text, undefined],
  dump_image_format: [text, undefined],
  auto_dump_path: [text, undefined],
  auto_dump_bypass_cache: [yes, false],
  auto_start_bypass_cache: [yes, false],
  user: [nameOrNumber, undefined],
  group: [nameOrNumber, undefined],
  dynamic_ownership: [yes, true],
  remember_owner: [yes, true],
  security_driver: [texts, undefined],
  security_default_confined: [yes, true],
  security_require_confined: [yes, false],
  clear_emulator_capabilities: [yes, true],
  cgroup_controllers: [texts, undefined],
  cgroup_device_acl: [texts, undefined],
  migration_address: [address, undefined],
  migration_host: [address, undefined],
  migration_port_min: [count, 49_152],
  migration_port_max: [count, 49_215],
  migrate_tls_force: [yes, false],
  keepalive_interval: [integer, 5],
  keepalive_count: [count, 5],
  shared_filesystems: [texts, undefined],
  namespaces: [namespaces, undefined],
}

function settingsFrom(conf: ConfFile): Settings {
  const rows = Object.entries(keys).map(([name, [read, fallback]]) => [name, read(conf, name) ?? fallback])
  const settings = { ...Object.fromEntries(rows), ...tlsSettings(conf) } as Settings
  const { remote_display_port_min: least, remote_display_port_max: most } = settings
  if (least < 5900 || most > 65_535 || most < least)
    throw qemuError(
      ErrorNumber.INTERNAL_ERROR,
      `${conf.file}: remote_display_port_min: port must be between 5900 and 65535, and not more than remote_display_port_max`,
    )
  if (settings.stdio_handler !== 'logd' && settings.stdio_handler !== 'file')
    throw qemuError(ErrorNumber.INTERNAL_ERROR, `Unknown stdio handler ${settings.stdio_handler}`)
  checkMigration(conf, settings)
  return settings
}

/** @throws VirtError for an address or ports that no migration can use */
function checkMigration(conf: ConfFile, settings: Settings): void {
  const { migration_port_min: least, migration_port_max: most } = settings
  const refuse = (name: string, detail: string): Error =>
    qemuError(ErrorNumber.INTERNAL_ERROR, `${conf.file}: ${name}: ${detail}`)
  if (least <= 0) throw refuse('migration_port_min', 'port must be greater than 0')
  if (most > 65_535 || most < least)
    throw refuse('migration_port_max', `port must be between the minimal port ${least} and 65535`)
  for (const name of ['migration_host', 'migration_address'] as const) {
    const value = settings[name]
    if (value !== undefined && (value.startsWith('localhost') || ownAddresses.has(value)))
      throw qemuError(ErrorNumber.CONF_SYNTAX, `${name} must not be the address of the local machine: ${value}`, {
        details: `${conf.file}: give an address that other hosts reach this one by`,
      })
  }
}

/** parity: the rest of 127.0.0.0/8 passes. */
const ownAddresses: ReadonlySet<string> = new Set(['127.0.0.1', '::1'])

/** Reads the settings; a file that is not there sets nothing. @throws VirtError naming file and setting */
export async function readSettings(paths: Pick<DriverPaths, 'settings'>): Promise<Settings> {
  const source = await readFile(paths.settings, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw qemuError(ErrorNumber.INTERNAL_ERROR, `cannot read ${paths.settings}: ${errnoOf(error).text}`)
  })
  return settingsFrom(parseConf(source, paths.settings))
}

/** What command lines depend on. */
export function commandSettings(settings: Settings, paths: DriverPaths): CommandSettings {
  const sandbox = settings.seccomp_sandbox ?? -1
  return {
    dumpGuestCore: settings.dump_guest_core,
    seccompSandbox: sandbox < 0 ? 'default' : sandbox > 0 ? 'on' : 'off',
    logTimestamp: settings.log_timestamp,
    vncTls: settings.vnc_tls,
    vncTlsVerify: settings.vnc_tls_x509_verify,
    vncTlsDir: settings.vnc_tls_x509_cert_dir,
    vncSasl: settings.vnc_sasl,
    vncSaslDir: settings.vnc_sasl_dir,
    vncPassword: settings.vnc_password,
    vncAutoUnixSocket: settings.vnc_auto_unix_socket,
    spiceTls: settings.spice_tls,
    spiceTlsDir: settings.spice_tls_x509_cert_dir,
    spiceSasl: settings.spice_sasl,
    spiceSaslDir: settings.spice_sasl_dir,
    spicePassword: settings.spice_password,
    spiceAutoUnixSocket: settings.spice_auto_unix_socket,
    chardevTls: settings.chardev_tls,
    chardevTlsDir: settings.chardev_tls_x509_cert_dir,
    chardevTlsVerify: settings.chardev_tls_x509_verify,
    chardevTlsSecret: settings.chardev_tls_x509_secret_uuid,
    nbdTlsDir: settings.nbd_tls_x509_cert_dir,
    nbdTlsSecret: settings.nbd_tls_x509_secret_uuid,
    vxhsTlsDir: settings.vxhs_tls_x509_cert_dir,
    hugetlbfs: [],
    memoryBackingDir: settings.memory_backing_dir ?? join(paths.lib, 'ram'),
  }
}
