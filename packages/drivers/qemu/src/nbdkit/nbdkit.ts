// SPDX-License-Identifier: LGPL-2.1-or-later
// Images on HTTP, FTP and SSH servers by a program of their own: nbdkit reads there, QEMU from its socket.
import type { StorageSource } from '@virt/conf'
import { configUnsupported } from '../errors.js'

/** What an nbdkit can do. */
export type NbdkitFlag = 'plugin-curl' | 'plugin-ssh' | 'filter-readahead'

/** An image that is to be served. */
export interface NbdkitImage {
  readonly source: StorageSource
  readonly readonly: boolean
  /** Of its node: names the socket. */
  readonly alias: string
}

/** What the program needs beside the document. */
export interface NbdkitStart {
  readonly flags: ReadonlySet<NbdkitFlag>
  /** Folder of the guest's sockets. */
  readonly folder: string
  /** The secret of an image's `<auth>`. */
  readonly password: (source: StorageSource) => string | undefined
  /** Passes text by a pipe. @returns the descriptor that the program reads it from */
  readonly pass: (alias: string, text: string) => number
}

type Network = Extract<StorageSource, { type: 'network' }>

const curlProtocols: ReadonlySet<string> = new Set(['http', 'https', 'ftp', 'ftps', 'tftp'])

/** The plugin that serves an image, if one does. */
function pluginOf(source: StorageSource): 'curl' | 'ssh' | undefined {
  if (source.type !== 'network') return undefined
  if (source.protocol === 'ssh') return 'ssh'
  return curlProtocols.has(source.protocol ?? '') ? 'curl' : undefined
}

/** Whether an image is served by nbdkit, where there is one. */
export function isServed(source: StorageSource, flags: ReadonlySet<NbdkitFlag>): boolean {
  const plugin = pluginOf(source)
  return plugin !== undefined && flags.has(`plugin-${plugin}`)
}

/** Where QEMU finds an image that is served. */
export function nbdkitSocket(folder: string, alias: string): string {
  return `${folder}/nbdkit-${alias}.socket`
}

function login(image: NbdkitImage, start: NbdkitStart): string[] {
  const { source } = image
  if (source.auth === undefined) return []
  const password = start.password(source)
  return [
    `user=${source.auth.username}`,
    ...(password === undefined ? [] : [`password=-${start.pass(image.alias, password)}`]),
  ]
}

function curlArgs(image: NbdkitImage, source: Network, start: NbdkitStart): string[] {
  const { protocol, name = '', query, hosts, cookies } = source
  const [host] = hosts
  // A plain server may answer that the encrypted one is to be asked.
  const protocols = protocol === 'http' ? 'http,https' : protocol
  const port = host?.port === undefined ? '' : `:${host.port}`
  const path = name.startsWith('/') ? name : `/${name}`
  const jar = cookies.map((one) => `${one.name ?? ''}=${one.value ?? ''}`).join('; ')
  return [
    `protocols=${protocols}`,
    `url=${protocol}://${host?.name ?? ''}${port}${path}${query === undefined ? '' : `?${query}`}`,
    ...login(image, start),
    ...(cookies.length === 0 ? [] : [`cookie=-${start.pass(image.alias, jar)}`]),
    ...(source.ssl?.verify === false ? ['sslverify=false'] : []),
    ...(source.timeout === undefined ? [] : [`timeout=${source.timeout}`]),
  ]
}

function sshArgs(image: NbdkitImage, source: Network, start: NbdkitStart): string[] {
  const { name = '', hosts, identity, knownHosts } = source
  const [host] = hosts
  const user = image.source.auth === undefined && identity?.username !== undefined ? [`user=${identity.username}`] : []
  return [
    `host=${host?.name ?? ''}`,
    ...(host?.port === undefined ? [] : [`port=${host.port}`]),
    `path=${name}`,
    ...login(image, start),
    ...user,
    ...(identity?.keyfile === undefined ? [] : [`identity=${identity.keyfile}`]),
    ...(knownHosts === undefined ? [] : [`known-hosts=${knownHosts}`]),
  ]
}

/**
 * Arguments of the program that serves an image.
 * @throws VirtError config-unsupported: nbdkit does not serve such images
 */
export function nbdkitArgs(image: NbdkitImage, start: NbdkitStart): string[] {
  const { source } = image
  const plugin = pluginOf(source)
  if (source.type !== 'network' || plugin === undefined)
    throw configUnsupported(`nbdkit does not support storage type '${source.type ?? 'none'}'`)
  const readahead = source.readahead !== undefined && start.flags.has('filter-readahead')
  return [
    '--unix',
    nbdkitSocket(start.folder, image.alias),
    '--foreground',
    ...(image.readonly ? ['--readonly'] : []),
    ...(readahead ? ['--filter=readahead'] : []),
    plugin,
    ...(plugin === 'curl' ? curlArgs(image, source, start) : sshArgs(image, source, start)),
  ]
}
