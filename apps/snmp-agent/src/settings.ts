// SPDX-License-Identifier: GPL-2.0-or-later
// What the agent is to do: from its arguments, and from a file of settings in libvirt's form.
import { parseArgs } from 'node:util'
import { ConfFile, parseConf } from '@virt/core'
import {
  type AuthProtocol,
  type Community,
  isAuthProtocol,
  isPrivProtocol,
  type MasterAddress,
  type PrivProtocol,
  parseMaster,
  type TrapSink,
  type UsmUser,
} from '@virt/snmp'

/** Everything that can be said. */
export interface Settings {
  readonly uri: string
  readonly agentx: MasterAddress | undefined
  readonly listen: { host: string; port: number } | undefined
  readonly writable: boolean
  readonly refreshMs: number
  readonly notifyRate: number
  readonly lowSpacePercent: number
  readonly compatNotify: boolean
  readonly users: readonly UsmUser[]
  readonly communities: readonly Community[]
  readonly sinks: readonly TrapSink[]
  readonly level: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv'
  readonly stateFile: string
  readonly contact: string
  readonly location: string
  readonly verbose: boolean
}

/** Why the agent does not start. */
export class UsageError extends Error {}

export const usage = `virt-snmp: the guests of a host, for SNMP

  virt-snmp [--uri URI] [--agentx unix:PATH|tcp:HOST:PORT | --listen udp:HOST:PORT] [--config FILE] [--writable] [--verbose]

  --uri URI        connection to ask; the default of libvirt without it
  --agentx ADDR    master to register with; unix:/var/agentx/master without it
  --listen ADDR    answers by itself, without a master
  --config FILE    settings, see the README
  --writable       lets managers start, stop and change guests
  --verbose        says what happens, on standard error
  --mib NAME       prints LIBVIRT-MIB or VIRT-EXT-MIB and ends
`

const levels = ['noAuthNoPriv', 'authNoPriv', 'authPriv'] as const

function hostAndPort(text: string, what: string): { host: string; port: number } {
  const [, host, port] = /^(?:udp:)?(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) throw new UsageError(`${what} '${text}' is not HOST:PORT`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

/** `NAME:AUTH:PASSPHRASE[:PRIV:PASSPHRASE[:rw]]`; passphrases hold no colon. */
function userOf(text: string): UsmUser {
  const [name = '', auth = '', authPassphrase = '', priv = '', privPassphrase = '', mode = 'ro', ...rest] =
    text.split(':')
  const bad = (why: string): never => {
    throw new UsageError(`user '${name}': ${why}`)
  }
  if (name === '' || Buffer.byteLength(name) > 32) bad('a name has 1 to 32 bytes')
  if (!isAuthProtocol(auth)) bad(`'${auth}' is no way to authenticate: MD5, SHA, SHA-224, SHA-256, SHA-384, SHA-512`)
  if (authPassphrase.length < 8) bad('a passphrase has at least 8 characters')
  if (priv !== '' && !isPrivProtocol(priv)) bad(`'${priv}' is no way to encrypt: AES, AES-192, AES-256`)
  if (priv !== '' && privPassphrase.length < 8) bad('a passphrase has at least 8 characters')
  if ((mode !== 'ro' && mode !== 'rw') || rest.length > 0) bad('what follows the passphrases is ro or rw')
  return {
    name,
    auth: { protocol: auth as AuthProtocol, passphrase: authPassphrase },
    priv: priv === '' ? undefined : { protocol: priv as PrivProtocol, passphrase: privPassphrase },
    write: mode === 'rw',
  }
}

function communityOf(text: string): Community {
  const [name = '', mode = 'ro', ...rest] = text.split(':')
  if (name === '' || (mode !== 'ro' && mode !== 'rw') || rest.length > 0)
    throw new UsageError(`community '${name}': NAME, NAME:ro or NAME:rw`)
  return { name, write: mode === 'rw' }
}

/** `HOST:PORT community NAME` or `HOST:PORT user NAME`. */
function sinkOf(text: string): TrapSink {
  const [address = '', kind, name] = text.split(/\s+/)
  const at = hostAndPort(address, 'trap sink')
  if (kind === 'community' && name !== undefined) return { ...at, community: name }
  if (kind === 'user' && name !== undefined) return { ...at, user: name }
  throw new UsageError(`trap sink '${text}' is not HOST:PORT community NAME or HOST:PORT user NAME`)
}

/** Settings of the file. */
const keys: readonly string[] = [
  'uri',
  'agentx',
  'listen',
  'writable',
  'refresh_ms',
  'notify_rate',
  'low_space_percent',
  'compat_notify_instance',
  'users',
  'communities',
  'trap_sinks',
  'level',
  'state_file',
  'contact',
  'location',
]

/**
 * Reads arguments and settings; arguments win.
 * @param readFile reads the file of settings
 * @throws UsageError
 */
export function settingsOf(
  args: readonly string[],
  readFile: (path: string) => string,
): Settings | { help: true } | { version: true } | { mib: string } {
  const { values } = parse(args)
  if (values.help === true) return { help: true }
  if (values.version === true) return { version: true }
  if (values.mib !== undefined) return { mib: values.mib }
  if (values.agentx !== undefined && values.listen !== undefined)
    throw new UsageError('--agentx and --listen exclude each other')
  const file = read(values.config, readFile)
  const listen = values.listen ?? (values.agentx === undefined ? file.string('listen') : undefined)
  const agentx =
    listen === undefined ? (values.agentx ?? file.string('agentx') ?? 'unix:/var/agentx/master') : undefined
  const level = file.string('level') ?? 'authPriv'
  if (!levels.includes(level as Settings['level']))
    throw new UsageError(`level '${level}' is none of ${levels.join(', ')}`)
  const users = (file.strings('users') ?? []).map(userOf)
  const communities = (file.strings('communities') ?? []).map(communityOf)
  if (listen !== undefined && users.length + communities.length === 0)
    throw new UsageError('an agent of its own needs users or communities in its file of settings: nobody could ask it')
  return {
    uri: values.uri ?? file.string('uri') ?? '',
    agentx: agentx === undefined ? undefined : master(agentx),
    listen: listen === undefined ? undefined : hostAndPort(listen, 'address'),
    writable: values.writable === true || file.bool('writable') === true,
    refreshMs: file.unsigned('refresh_ms') ?? 5000,
    notifyRate: file.unsigned('notify_rate') ?? 50,
    lowSpacePercent: file.unsigned('low_space_percent') ?? 10,
    compatNotify: file.bool('compat_notify_instance') === true,
    users,
    communities,
    sinks: (file.strings('trap_sinks') ?? []).map(sinkOf),
    level: level as Settings['level'],
    stateFile: file.string('state_file') ?? '/var/lib/virt-snmp/engine.json',
    contact: file.string('contact') ?? '',
    location: file.string('location') ?? '',
    verbose: values.verbose === true,
  }
}

function master(address: string): MasterAddress {
  try {
    return parseMaster(address)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function read(path: string | undefined, readFile: (path: string) => string): ConfFile {
  if (path === undefined) return new ConfFile([], '')
  try {
    const file = parseConf(readFile(path), path)
    const stranger = file.names.find((name) => !keys.includes(name))
    if (stranger !== undefined) throw new UsageError(`'${stranger}' is no setting; there are ${keys.join(', ')}`)
    return file
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`)
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        uri: { type: 'string' },
        agentx: { type: 'string' },
        listen: { type: 'string' },
        config: { type: 'string' },
        writable: { type: 'boolean' },
        verbose: { type: 'boolean', short: 'v' },
        mib: { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
