// SPDX-License-Identifier: LGPL-2.1-or-later
// The string by which an image names the one it is based on: a path, a URI, QEMU's `protocol:…` and `json:{…}`.
import { ErrorDomain, ErrorNumber, parseUri, type Uri, virtError } from '@virt/core'
import { parseBackingJson } from './backing-json.js'
import { parseNbd, parseRbd } from './colon-forms.js'
import { type BackingSource, backing, type Host, lossy, network, type Protocol, protocols, wrong } from './source.js'

/**
 * Reads the string.
 * @param path absolute, or relative to where the image lies
 * @returns the source; `lossy` where it says more than a source can hold
 * @throws VirtError `internal-error`, or `invalid-arg` for JSON, when it is of no known form
 * @since 0.1.0, `virStorageSourceNewFromBackingAbsolute`
 */
export function parseBackingString(path: string): BackingSource {
  const colon = path.indexOf(':')
  const slash = path.indexOf('/')
  // What looks like a protocol is one; a file of such a name has to begin with `./`.
  if (colon < 0 || (slash >= 0 && slash < colon)) return backing({ type: 'file', file: path })
  if (path.startsWith('fat:')) return backing({ type: 'dir', dir: path.slice(4) })
  if (path.startsWith('json:')) return parseBackingJson(path.slice(5), parseBackingUri)
  if (path.includes('://')) return parseBackingUri(path)
  const protocol = path.slice(0, colon)
  const rest = path.slice(colon + 1)
  if (protocol === 'nbd') return parseNbd(rest)
  if (protocol === 'rbd') return parseRbd(rest)
  if (protocol in protocols) throw wrong(`backing store parser is not implemented for protocol ${protocol}`)
  throw wrong(`invalid backing protocol '${protocol}'`)
}

function transportOf(name: string | undefined): Host['transport'] {
  if (name === undefined || name === 'tcp' || name === 'unix' || name === 'rdma') return name
  throw wrong(`invalid protocol transport type '${name}'`)
}

/**
 * Reads a URI.
 * @param expected the protocol that it has to be of
 */
function parseBackingUri(text: string, expected?: Protocol): BackingSource {
  let uri: Uri
  try {
    uri = parseUri(text)
  } catch (cause) {
    throw virtError(
      ErrorNumber.INTERNAL_ERROR,
      ErrorDomain.STORAGE,
      `failed to parse backing file location '${text}'`,
      {
        cause,
      },
    )
  }
  const [scheme = '', transport, more] = (uri.scheme ?? '').split('+')
  if (!(scheme in protocols) || more !== undefined) throw wrong(`invalid backing protocol '${scheme}'`)
  const protocol = scheme as Protocol
  if (expected !== undefined && expected !== protocol)
    throw wrong(`expected protocol '${expected}' but got '${protocol}' in URI JSON volume definition`)
  const host: Host = { transport: transportOf(transport), name: uri.server }
  if (uri.port !== 0) host.port = String(uri.port)
  if (uri.query?.startsWith('socket=')) host.socket = uri.params[0]?.[1]
  const name = (uri.path ?? '').replace(/^\//, '')
  if (protocol === 'gluster' && !/^[^/]+\//.test(name))
    throw wrong(`missing volume name or file name in gluster source path '${name}'`)
  const made = network({
    protocol,
    // The export of NBD may have no name.
    name: protocol === 'nbd' && name === '' ? undefined : name,
    query: (protocol === 'http' || protocol === 'https') && uri.query !== '' ? uri.query : undefined,
    hosts: [host],
  })
  return uri.user === undefined ? made : lossy(made)
}
