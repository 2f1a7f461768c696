// SPDX-License-Identifier: LGPL-2.1-or-later
// `json:{…}`: the options of a block device of QEMU, flat or nested.
import {
  deflattenJson,
  ErrorDomain,
  ErrorNumber,
  isVirtError,
  type JsonMap,
  type JsonTree,
  jsonMember,
  parseJsonTree,
  type VirtError,
  virtError,
} from '@virt/core'
import type { StorageFormat } from '../domain/types.gen.js'
import { parseRbd } from './colon-forms.js'
import { type BackingSource, backing, type Host, lossy, network, type Protocol, portOf } from './source.js'

type ReadUri = (text: string, expected?: Protocol) => BackingSource

/** What the readers of drivers are given besides the options. */
interface Context {
  uri: ReadUri
  /** Makes an error that quotes the string. */
  bad(what: string): VirtError
}

type Reader = (options: JsonMap, context: Context) => BackingSource

const text = (options: JsonMap, key: string): string | undefined => jsonMember(options, key, 'string')

function need(options: JsonMap, key: string, context: Context): string {
  const value = text(options, key)
  if (value === undefined) throw context.bad(`lacks '${key}' field`)
  return value
}

/** A number that may also be written as a string. */
function amount(options: JsonMap, key: string, context: Context): bigint | undefined {
  const value = options.get(key)
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d+$/.test(value)) return BigInt(value)
  const number = jsonMember(options, key, 'ulong')
  if (number === undefined) throw context.bad(`has a malformed '${key}' field`)
  return number
}

/** A switch, which QEMU also writes as a string. */
function enabled(options: JsonMap, key: string): boolean | undefined {
  const value = options.get(key)
  if (value === 'on' || value === true) return true
  return value === 'off' || value === false ? false : undefined
}

function inetHost(options: JsonMap, context: Context): Host {
  const name = text(options, 'host')
  if (name === undefined) throw context.bad(`lacks host`)
  const port = amount(options, 'port', context)
  return port === undefined ? { name } : { name, port: portOf(String(port)) }
}

function hostOf(options: JsonTree, context: Context): Host {
  if (!(options instanceof Map)) throw context.bad('has a malformed server')
  const type = text(options, 'type')
  if (type === undefined) throw context.bad('lacks socket address type')
  if (type === 'tcp' || type === 'inet') return inetHost(options, context)
  if (type !== 'unix') throw context.bad(`has a server of an unsupported type '${type}'`)
  const socket = text(options, 'path') ?? text(options, 'socket')
  if (socket === undefined) throw context.bad('lacks the path of a socket')
  return { transport: 'unix', socket }
}

function server(options: JsonMap, context: Context): JsonMap {
  const found = jsonMember(options, 'server', 'object')
  if (found === undefined) throw context.bad("lacks 'server'")
  return found
}

function withType(type: 'file' | 'block'): Reader {
  return (options, context) => {
    const name = need(options, 'filename', context)
    return backing(type === 'file' ? { type, file: name } : { type, dev: name })
  }
}

/** `name=value; name=value` */
function cookies(list: string): { name: string; value: string }[] {
  return list.split(';').flatMap((one) => {
    const match = /^\s*([^=]*)=(.*)$/s.exec(one)
    return match?.[1] ? [{ name: match[1], value: (match[2] ?? '').trimEnd() }] : []
  })
}

function web(protocol: Protocol): Reader {
  return (options, context) => {
    const made = context.uri(need(options, 'url', context), protocol)
    const more: Record<string, unknown> = {}
    const verify = enabled(options, 'sslverify')
    if (verify !== undefined && (protocol === 'https' || protocol === 'ftps')) more.ssl = { verify }
    const list = text(options, 'cookie')
    if (list !== undefined && (protocol === 'http' || protocol === 'https')) more.cookies = cookies(list)
    for (const key of ['readahead', 'timeout']) {
      const number = amount(options, key, context)
      if (number !== undefined) more[key] = number
    }
    return { ...made, source: { ...made.source, ...more } as BackingSource['source'] }
  }
}

const gluster: Reader = (options, context) => {
  const uri = text(options, 'filename')
  if (uri !== undefined) return context.uri(uri, 'gluster')
  const name = `${need(options, 'volume', context)}/${need(options, 'path', context)}`
  const servers = jsonMember(options, 'server', 'array')
  if (servers === undefined || servers.length === 0) throw context.bad("lacks 'server'")
  return network({ protocol: 'gluster', name, hosts: servers.map((one) => hostOf(one, context)) })
}

const iscsi: Reader = (options, context) => {
  const transport = need(options, 'transport', context)
  if (transport !== 'tcp')
    throw context.bad(`has an unsupported form: only TCP transport is supported for iSCSI volumes, not ${transport}`)
  const portal = need(options, 'portal', context)
  // An address of IPv6 keeps its brackets.
  const [, host = portal, port] = /^(.*):([^:\]]*)$/s.exec(portal) ?? []
  const name = `${need(options, 'target', context)}/${amount(options, 'lun', context) ?? 0n}`
  const iqn = text(options, 'initiator-name')
  const made = network({
    protocol: 'iscsi',
    name,
    hosts: [port === undefined ? { name: host } : { name: host, port: portOf(port) }],
    initiator: iqn === undefined ? undefined : { iqn },
  })
  return options.has('user') || options.has('password') ? lossy(made) : made
}

/** The server of drivers that once took host and port by themselves. */
function oneHost(options: JsonMap, context: Context): Host {
  const path = text(options, 'path')
  const given = jsonMember(options, 'server', 'object')
  if (given !== undefined) return hostOf(given, context)
  if (options.has('host')) return inetHost(options, context)
  if (path === undefined) throw context.bad('lacks host specification')
  return { transport: 'unix', socket: path }
}

const nbd: Reader = (options, context) =>
  network({ protocol: 'nbd', name: text(options, 'export'), hosts: [oneHost(options, context)] })

const sheepdog: Reader = (options, context) => {
  const uri = text(options, 'filename')
  if (uri !== undefined) {
    if (uri.includes('://')) return context.uri(uri, 'sheepdog')
    throw context.bad(`has an unsupported form: only sheepdog URIs are supported, not '${uri}'`)
  }
  return network({
    protocol: 'sheepdog',
    name: need(options, 'vdi', context),
    hosts: [hostOf(server(options, context), context)],
  })
}

const ssh: Reader = (options, context) => {
  const name = need(options, 'path', context)
  if (!options.has('host') && !options.has('server')) throw context.bad('lacks host specification')
  return network({ protocol: 'ssh', name, hosts: [oneHost(options, context)] })
}

const rbd: Reader = (options, context) => {
  const old = text(options, 'filename')
  if (old !== undefined) return parseRbd(old.replace(/^rbd:/, ''))
  const servers = jsonMember(options, 'server', 'array') ?? []
  return network({
    protocol: 'rbd',
    name: `${need(options, 'pool', context)}/${need(options, 'image', context)}`,
    hosts: servers.map((one) => inetHost(one instanceof Map ? one : new Map(), context)),
    snapshot: text(options, 'snapshot'),
    config: text(options, 'conf'),
  })
}

const nfs: Reader = (options, context) => {
  const owner = (key: string): string | undefined => {
    const id = amount(options, key, context)
    return id === undefined ? undefined : `+${id}`
  }
  const name = need(options, 'path', context)
  const identity = { user: owner('user'), group: owner('group') }
  return network({
    protocol: 'nfs',
    name,
    hosts: [inetHost(server(options, context), context)],
    identity: identity.user === undefined && identity.group === undefined ? undefined : identity,
  })
}

const vxhs: Reader = (options, context) =>
  network({
    protocol: 'vxhs',
    name: need(options, 'vdisk-id', context),
    hosts: [inetHost(server(options, context), context)],
  })

const nvme: Reader = (options, context) => {
  const device = need(options, 'device', context)
  const parts = /^([0-9a-f]{1,4}):([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i.exec(device)
  const namespace = amount(options, 'namespace', context)
  if (parts === null || namespace === undefined) throw context.bad('has a malformed NVMe device')
  const [domain, bus, slot, fn] = parts.slice(1).map((part) => Number.parseInt(part, 16))
  return backing({ type: 'nvme', kind: 'pci', managed: false, namespace, address: { domain, bus, slot, function: fn } })
}

const protocolReaders: Readonly<Record<string, Reader>> = {
  file: withType('file'),
  host_device: withType('block'),
  host_cdrom: withType('block'),
  http: web('http'),
  https: web('https'),
  ftp: web('ftp'),
  ftps: web('ftps'),
  tftp: web('tftp'),
  gluster,
  iscsi,
  nbd,
  sheepdog,
  ssh,
  rbd,
  nfs,
  vxhs,
  nvme,
}

/** Drivers of formats, which have the protocol's options as `file`. */
const formats: readonly string[] = [
  'raw',
  'bochs',
  'cloop',
  'dmg',
  'luks',
  'parallels',
  'qcow',
  'qcow2',
  'qed',
  'vdi',
  'vhdx',
  'vmdk',
  'vpc',
]
const renamed: Readonly<Record<string, StorageFormat>> = { parallels: 'ploop', vhdx: 'vhd' }

function readFormat(driver: string, options: JsonMap, context: Context): BackingSource {
  const file = jsonMember(options, 'file', 'object')
  if (file === undefined) throw context.bad("lacks 'file' object")
  const made = read(file, context, false)
  made.format = renamed[driver] ?? (driver as StorageFormat)
  const offset = amount(options, 'offset', context)
  const size = amount(options, 'size', context)
  if (offset === undefined && size === undefined) return made
  const slice = { type: 'storage' as const, offset: offset ?? 0n, size: size ?? 0n }
  return { ...made, source: { ...made.source, slices: [slice] } }
}

function read(options: JsonMap, context: Context, mayFormat: boolean): BackingSource {
  const driver = text(options, 'driver')
  if (driver === undefined) throw context.bad('lacks driver name')
  const reader = Object.hasOwn(protocolReaders, driver) ? protocolReaders[driver] : undefined
  if (reader !== undefined) return reader(options, context)
  if (!formats.includes(driver)) throw context.bad(`has an unsupported driver '${driver}'`)
  if (!mayFormat) throw context.bad('must not have nested format drivers')
  return readFormat(driver, options, context)
}

/**
 * Reads the options.
 * @param json what follows `json:`
 * @param uri reads the URI that some drivers have
 * @throws VirtError `invalid-arg`
 */
export function parseBackingJson(json: string, uri: ReadUri): BackingSource {
  const bad = (what: string, cause?: unknown): VirtError =>
    virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.STORAGE,
      `JSON backing volume definition '${json}' ${what}`,
      cause === undefined ? {} : { cause },
    )
  let options: JsonTree
  try {
    options = deflattenJson(parseJsonTree(json))
  } catch (cause) {
    throw bad(isVirtError(cause) ? `cannot be read: ${cause.message}` : 'cannot be read', cause)
  }
  if (!(options instanceof Map)) throw bad('lacks driver name')
  const file = jsonMember(options, 'file', 'object')
  // Without a driver of its own the object is only a wrapper.
  const inner = !options.has('driver') && file !== undefined ? file : options
  return read(inner, { uri, bad }, true)
}
