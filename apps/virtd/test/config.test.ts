// SPDX-License-Identifier: GPL-2.0-or-later
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConf } from '@virt/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Config, configFrom, loadConfig } from '../src/config.js'
import { refuseUnserved } from '../src/unserved.js'

/** Every setting of libvirtd.conf, with a value that is not its default. */
const every = `
listen_tls = 1
listen_tcp = 1
tls_port = "1"
tcp_port = "2"
listen_addr = "192.0.2.1"
unix_sock_group = "0"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "770"
unix_sock_admin_perms = "0700"
unix_sock_dir = "/run/here"
auth_unix_ro = "polkit"
auth_unix_rw = "sasl"
auth_tcp = "none"
auth_tls = "sasl"
tcp_min_ssf = 128
access_drivers = [ "polkit" ]
key_file = "k"
cert_file = "c"
ca_file = "a"
crl_file = "r"
tls_no_sanity_certificate = 1
tls_no_verify_certificate = 1
tls_allowed_dn_list = ["DN1", "DN2"]
tls_priority="NORMAL"
sasl_allowed_username_list = ["joe@EXAMPLE.COM"]
sasl_mechanisms = [ "EXTERNAL" ]
max_clients = 5001
max_queued_clients = 1001
max_anonymous_clients = 21
min_workers = 6
max_workers = 21
prio_workers = 6
max_client_requests = 6
admin_min_workers = 2
admin_max_workers = 6
admin_max_clients = 6
admin_max_queued_clients = 6
admin_max_client_requests = 6
log_level = 4
log_filters="1:qemu 1:libvirt"
log_outputs="3:syslog:virtd"
audit_level = 0
audit_logging = 0
host_uuid = "0FAC2A9E-1d2c-4b5a-8e3f-001122334455"
host_uuid_source = "machine-id"
keepalive_interval = -1
keepalive_count = 6
admin_keepalive_interval = 6
admin_keepalive_count = 6
ovs_timeout = 6
`
const names = every.match(/^\w+/gm) ?? []
const defaults = configFrom(parseConf(''))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtd-conf-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('the settings', () => {
  it.each(names)('take %s', (name) => {
    const conf = parseConf(every)
    const value = configFrom(conf)[name as keyof Config]
    expect(value).toBeDefined()
    if (name === 'audit_logging' || name === 'unix_sock_ro_perms') return
    expect(value).not.toEqual(defaults[name as keyof Config])
  })

  it('are all that there are, and no more', () => {
    expect(Object.keys(defaults).sort()).toEqual([...names].sort())
  })

  it('read modes in octal and write UUIDs in one form', () => {
    const config = configFrom(parseConf(every))
    expect(config.unix_sock_rw_perms).toBe(0o770)
    expect(config.host_uuid).toBe('0fac2a9e-1d2c-4b5a-8e3f-001122334455')
    expect(configFrom(parseConf('log_level = 0')).log_level).toBe(3)
  })

  it.each([
    ['log_level = "x"', "internal error: FILE: expected an unsigned integer for 'log_level' parameter"],
    ['log_level = -1', "internal error: FILE: expected an unsigned integer for 'log_level' parameter"],
    ['log_level = 9', "invalid argument: Failed to set logging priority, argument '9' is invalid"],
    [
      'max_clients = 4294967296',
      "internal error: FILE: value for 'max_clients' parameter must be in range 0:4294967295",
    ],
    ['max_workers = 0', "internal error: 'max_workers' must be greater than 0"],
    ['listen_tls = 2', "internal error: FILE: value for 'listen_tls' parameter must be 0 or 1"],
    ['listen_tls = "1"', "internal error: FILE: expected a boolean for 'listen_tls' parameter"],
    ['listen_addr = 1', "internal error: FILE: expected a string for 'listen_addr' parameter"],
    ['keepalive_interval = "x"', "internal error: FILE: expected a signed integer for 'keepalive_interval' parameter"],
    ['access_drivers = "none"', "internal error: FILE: expected a string list for 'access_drivers' parameter"],
    ['unix_sock_rw_perms = "9"', "Failed to parse mode '9'"],
    ['auth_unix_rw = "foo"', 'unsupported configuration: FILE: auth_unix_rw: unsupported auth foo'],
    ['tcp_min_ssf = 5', 'unsupported configuration: minimum SSF levels lower than 112 are not supported'],
    ['host_uuid = "abc"', 'invalid host UUID: abc'],
    ['host_uuid = "00000000-0000-0000-0000-000000000000"', 'invalid host UUID: 00000000-0000-0000-0000-000000000000'],
    ['host_uuid_source = "foo"', 'invalid UUID source: foo'],
    ['log_filters = "1:foo 2"', "invalid argument: Malformed format for filter '2'"],
    [
      'log_outputs = "1:file"',
      "invalid argument: Log output '1:file' does not meet the format requirements for destination type 'file'",
    ],
  ])('refuse %s, naming the line', (line, message) => {
    const file = write('virtd.conf', `# a comment\n\n${line}\n`)
    expect(() => loadConfig(folder, undefined)).toThrow(
      expect.objectContaining({
        message: message.replace('FILE', file),
        details: expect.stringContaining(`${file}:3`),
      }),
    )
  })

  it.each(['max_clients = 5', 'max_anonymous_clients = 6000'])(
    'refuse more waiting clients than clients: %s',
    (line) => {
      expect(() => configFrom(parseConf(line))).toThrow(
        'The overall maximum number of clients must not be less than the number of clients waiting for authentication',
      )
    },
  )

  it('tell where the syntax is wrong', () => {
    const file = write('virtd.conf', 'log_level = 1\nfoo\n')
    expect(() => loadConfig(folder, undefined)).toThrow(
      expect.objectContaining({
        code: 'conf-syntax',
        message: `configuration file syntax error: ${file}:2: expecting an assignment`,
      }),
    )
  })

  it('remark on names that nobody knows, and on those that mean nothing any more', () => {
    const file = write('virtd.conf', 'max_client = 5\nkeepalive_required = 1\n')
    const { remarks } = loadConfig(folder, undefined)
    expect(remarks).toEqual([
      `${file}:1: nobody knows the setting 'max_client'`,
      `${file}:2: 'keepalive_required' changes nothing any more`,
    ])
  })
})

describe('the file of settings', () => {
  it('is virtd.conf before libvirtd.conf, and neither is needed', () => {
    expect(loadConfig(folder, undefined).file).toBeUndefined()
    const theirs = write('libvirtd.conf', 'max_clients = 100\n')
    expect(loadConfig(folder, undefined)).toMatchObject({ file: theirs, config: { max_clients: 100 } })
    const ours = write('virtd.conf', 'max_clients = 200\n')
    expect(loadConfig(folder, undefined)).toMatchObject({ file: ours, config: { max_clients: 200 } })
    expect(loadConfig(folder, theirs)).toMatchObject({ file: theirs })
  })

  it('must be there when it was named', async () => {
    const file = join(folder, 'none.conf')
    expect(() => loadConfig(folder, file)).toThrow(
      expect.objectContaining({
        code: 'system-error',
        message: `Failed to open file '${file}': No such file or directory`,
      }),
    )
  })
})

describe('settings that ask for what the daemon does not have', () => {
  it.each(['auth_tcp = "polkit"', 'auth_tls = "polkit"'])('stop it: %s', (line) => {
    expect(() => refuseUnserved(configFrom(parseConf(line)))).toThrow(line.split(' ')[0])
  })
})
