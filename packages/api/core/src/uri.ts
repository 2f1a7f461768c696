// SPDX-License-Identifier: LGPL-2.1-or-later
// Connection URIs: `driver[+transport]://[user@][host][:port]/[path][?query][#fragment]`.
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { virtError } from './errors.js'

/** A URI in parts; percent escapes are resolved but in `query`. */
export interface Uri {
  readonly scheme: string | undefined
  readonly user: string | undefined
  /** Host without brackets. */
  readonly server: string | undefined
  /** 0 where the URI has none. */
  readonly port: number
  readonly path: string | undefined
  /** As written. */
  readonly query: string | undefined
  readonly fragment: string | undefined
  /** Decoded parameters in order; names may repeat. */
  readonly params: readonly (readonly [name: string, value: string])[]
}

const shape =
  /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?(\[[^\]/?#]*\]|[^/?#:@[\]]*)(?::([0-9]*))?(?=[/?#]|$))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is

/**
 * Takes a URI apart.
 * @throws VirtError `internal-error` where libvirt cannot parse it
 * @since 0.1.0, `virURIParse`
 */
export function parseUri(text: string): Uri {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these never belong into a URI
  const match = /[\x00-\x20\x7f"<>\\^`{|}]|%(?![0-9a-f]{2})/i.test(text) ? null : shape.exec(text)
  const [, scheme, user, host, port, path = '', query, fragment] = match ?? []
  // What looks like a host or a scheme, and is none, is no path either.
  const odd = (host === undefined && path.startsWith('//')) || (scheme === undefined && /^[^/]*:/.test(path))
  if (match === null || odd) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.URI, `Unable to parse URI ${text}`)
  const server = host?.startsWith('[') ? host.slice(1, -1) : host
  return {
    scheme,
    user: decode(user),
    server: decode(server) || undefined,
    port: port === undefined || port === '' ? 0 : Number(port),
    path: decode(path) || undefined,
    query,
    fragment: decode(fragment),
    params: parseQuery(query ?? ''),
  }
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return Buffer.from(
      text.replace(/%([0-9a-f]{2})/gi, (_, h: string) => String.fromCharCode(Number.parseInt(h, 16))),
      'latin1',
    ).toString()
  }
}

/** Parameters are parted by `&` or `;`; one without a name is skipped, one without `=` has an empty value. */
function parseQuery(query: string): [string, string][] {
  const params: [string, string][] = []
  for (const part of query.split(/[&;]/)) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? []
    if (name !== '') params.push([decode(name) ?? '', decode(value) ?? ''])
  }
  return params
}

/** The parameters as a query string. */
export function formatQuery(params: readonly (readonly [string, string])[]): string {
  return params.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}

/**
 * Puts a URI together; the query is made from `params`.
 * @since 0.1.0, `virURIFormat`
 */
export function formatUri(uri: Partial<Uri>): string {
  let text = uri.scheme === undefined ? '' : `${uri.scheme}:`
  if (uri.server !== undefined || uri.user !== undefined || uri.scheme !== undefined) {
    const host = uri.server?.includes(':') ? `[${uri.server}]` : (uri.server ?? '')
    text += `//${uri.user === undefined ? '' : `${escapePart(uri.user, ':;&=+$,')}@`}${host}${uri.port ? `:${uri.port}` : ''}`
  }
  text += escapePart(uri.path ?? '', '/;:@&=+$,')
  const query = uri.params && uri.params.length > 0 ? formatQuery(uri.params) : ''
  if (query !== '') text += `?${query}`
  return uri.fragment === undefined ? text : `${text}#${escapePart(uri.fragment, '/;:@&=+$,?')}`
}

function escapePart(text: string, keep: string): string {
  return [...text].map((c) => (keep.includes(c) ? c : encodeURIComponent(c))).join('')
}

/** Driver and transport of a URI: `qemu+ssh` is `['qemu', 'ssh']`. */
export function splitScheme(uri: Uri): [driver: string, transport: string | undefined] {
  const [driver = '', transport] = (uri.scheme ?? '').split('+')
  return [driver, transport]
}

/** Parameters that speak to the client alone; the daemon never sees them. */
const clientOnly = new Set([
  'name',
  'command',
  'socket',
  'auth',
  'sshauth',
  'netcat',
  'keyfile',
  'pkipath',
  'known_hosts',
  'known_hosts_verify',
  'tls_priority',
  'mode',
  'proxy',
  'no_sanity',
  'no_verify',
  'no_tty',
  'authfile',
])

/** The URI that a client sends to the daemon: without transport, host and its own parameters; `name=` replaces it. */
export function remoteName(uri: Uri): string {
  const name = uri.params.find(([key]) => key === 'name')
  if (name !== undefined) return name[1]
  const [driver] = splitScheme(uri)
  if (driver === 'remote') return ''
  return formatUri({
    scheme: driver,
    server: undefined,
    path: uri.path,
    params: uri.params.filter(([key]) => !clientOnly.has(key)),
    fragment: uri.fragment,
  })
}

/**
 * Refuses a URI of a driver of this host whose path is not that of its place: `qemu:///system`, `qemu:///session`.
 * @param places paths without the slash that are taken; the first is named in the error
 * @throws VirtError `internal-error`
 */
export function checkPlace(scheme: string, path: string, places: readonly [string, ...string[]]): void {
  if (places.some((place) => path === `/${place}`)) return
  throw virtError(
    ErrorNumber.INTERNAL_ERROR,
    ErrorDomain.NONE,
    `unexpected ${scheme} URI path '${path}', try ${scheme}:///${places[0]}`,
  )
}
