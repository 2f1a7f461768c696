// SPDX-License-Identifier: LGPL-2.1-or-later
// Images on servers, as QEMU's drivers of their protocols have them.
import type { StorageEncryption, StorageSource } from '@virt/conf'
import type { Props } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'

export type NetworkSource = Extract<StorageSource, { type: 'network' }>
type Host = NetworkSource['hosts'][number]

/** Names of the objects that an image needs beside its node. */
export interface ImageObjects {
  readonly login?: string | undefined
  readonly user?: string | undefined
  readonly cookies?: string | undefined
  readonly tls?: string | undefined
  /** Of encryption that the server's library does, outermost first. */
  readonly encryption?: readonly string[] | undefined
}

/** How much the Gluster library says. */
const glusterDebug = 4

const portals: Readonly<Record<string, string>> = { iscsi: '3260', nbd: '10809', gluster: '24007', ssh: '22' }

/** The only server of a source. @throws VirtError `internal-error` when there are more, or none */
function only({ hosts }: NetworkSource, name: string): Host {
  const [host] = hosts
  if (host === undefined || hosts.length > 1) throw internalError(`${name} protocol accepts only one host`)
  return host
}

/** A server as QEMU's socket addresses have it. */
function socketAddress(host: Host, protocol: string): Props {
  if (host.transport === 'unix') return { type: 'unix', path: host.socket }
  if (host.transport === 'rdma') throw internalError(`transport protocol '${host.transport}' is not yet supported`)
  return { type: 'inet', host: host.name, port: host.port ?? portals[protocol] }
}

function nbd(source: NetworkSource, { tls }: ImageObjects): Props {
  return {
    driver: 'nbd',
    server: socketAddress(only(source, 'nbd'), 'nbd'),
    export: source.name,
    'tls-creds': tls,
    'tls-hostname': source.tlsHostname,
    'reconnect-delay': source.reconnect?.delay,
  }
}

function curl(source: NetworkSource, { login, user, cookies }: ImageObjects): Props {
  return {
    driver: source.protocol,
    url: urlOf(source),
    username: user,
    'password-secret': login,
    sslverify: source.ssl?.verify,
    'cookie-secret': cookies,
    readahead: source.readahead || undefined,
    timeout: source.timeout || undefined,
  }
}

function urlOf(source: NetworkSource): string {
  const { protocol, name = '', query } = source
  const [host, ...others] = source.hosts
  if (host === undefined || others.length > 0) throw internalError(`protocol '${protocol}' accepts only one host`)
  const name6 = host.name?.includes(':') === true ? `[${host.name}]` : (host.name ?? '')
  const port = host.port === undefined ? '' : `:${host.port}`
  return `${protocol}://${name6}${port}/${name.replace(/^\//, '')}${query === undefined ? '' : `?${query}`}`
}

/** Encryption in layers: each is inside the one before. */
function layers(format: string, [first, ...inner]: readonly string[]): Props | undefined {
  if (first === undefined) return undefined
  return { format, 'key-secret': first, parent: layers(format, inner) }
}

function rbd(
  source: NetworkSource,
  { login, user, encryption }: ImageObjects,
  given: StorageEncryption | undefined,
): Props {
  const [pool, ...image] = (source.name ?? '').split('/')
  const { hosts } = source
  return {
    driver: 'rbd',
    pool,
    image: image.join('/'),
    snapshot: source.snapshot,
    conf: source.config,
    server: hosts.length === 0 ? undefined : hosts.map(({ name, port }) => ({ host: name, port: port ?? '0' })),
    encrypt: encryption === undefined ? undefined : layers(given?.format ?? 'luks', encryption),
    user,
    'auth-client-required': login === undefined ? undefined : ['cephx', 'none'],
    'key-secret': login,
  }
}

function iscsi(source: NetworkSource, { login, user }: ImageObjects): Props {
  const host = only(source, 'iSCSI')
  if (host.transport !== undefined && host.transport !== 'tcp' && host.transport !== 'rdma')
    throw configUnsupported(`iSCSI transport '${host.transport}' is not supported`)
  const [target, lun = '0'] = (source.name ?? '').split(/\/(?=[^/]*$)/)
  // parity: what is said is what was understood.
  if (!/^\d+$/.test(lun)) throw internalError(`cannot parse target for lunStr '${target}'`)
  const name = host.name?.includes(':') === true ? `[${host.name}]` : (host.name ?? '')
  return {
    driver: 'iscsi',
    portal: `${name}:${host.port ?? portals.iscsi}`,
    target,
    lun: Number(lun),
    transport: host.transport === 'rdma' ? 'iser' : 'tcp',
    user,
    'password-secret': login,
    'initiator-name': source.initiator?.iqn,
  }
}

function ssh(source: NetworkSource): Props {
  const host = only(source, 'ssh')
  const user = source.auth?.username ?? source.identity?.username
  return { driver: 'ssh', path: source.name, server: { host: host.name, port: host.port ?? portals.ssh }, user }
}

function gluster(source: NetworkSource): Props {
  const [volume, ...path] = (source.name ?? '').split('/')
  return {
    driver: 'gluster',
    volume,
    path: path.join('/'),
    server: source.hosts.map((host) => socketAddress(host, 'gluster')),
    debug: glusterDebug,
  }
}

/** `+1000`: a number, where a name would be looked up. */
function numberOf(id: string | undefined): number | undefined {
  if (id === undefined) return undefined
  const digits = /^\+?(\d+)$/.exec(id)?.[1]
  if (digits === undefined) throw configUnsupported(`cannot parse ID '${id}' of NFS disk`)
  return Number(digits)
}

function nfs(source: NetworkSource): Props {
  return {
    driver: 'nfs',
    server: { host: only(source, 'NFS').name, type: 'inet' },
    path: source.name,
    user: numberOf(source.identity?.user),
    group: numberOf(source.identity?.group),
  }
}

/** How QEMU reaches an image on a server. @throws VirtError for what it cannot reach */
export function networkProps(
  source: NetworkSource,
  objects: ImageObjects,
  encryption: StorageEncryption | undefined,
): Props {
  switch (source.protocol) {
    case 'nbd':
      return nbd(source, objects)
    case 'http':
    case 'https':
    case 'ftp':
    case 'ftps':
    case 'tftp':
      return curl(source, objects)
    case 'rbd':
      return rbd(source, objects, encryption)
    case 'iscsi':
      return iscsi(source, objects)
    case 'ssh':
      return ssh(source)
    case 'gluster':
      return gluster(source)
    case 'nfs':
      return nfs(source)
    default:
      throw configUnsupported(`'${source.protocol ?? 'none'}' protocol is not yet supported`)
  }
}
