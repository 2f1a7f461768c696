// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a migration goes: URIs in all forms that callers and daemons write, and QEMU's words for them.
import { ErrorNumber, parseUri } from '@virt/core'
import { invalidArg, qemuError } from '../errors.js'
import { has, Migrate } from './flags.js'

/** Where the source connects to, or the destination listens. */
export type Target =
  | {
      readonly scheme: 'tcp' | 'rdma'
      readonly host: string
      readonly port: number | undefined
      /** Written as `tcp:host:port`, without slashes. */
      readonly old: boolean
    }
  | { readonly scheme: 'unix'; readonly path: string }

/** An address as it stands before a port. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** Reads a URI. @throws VirtError `internal-error` for one that is none, `invalid-arg`, `argument-unsupported` for a scheme that nobody migrates by */
export function parseTarget(uri: string): Target {
  // The form from before there were slashes.
  const old = /^tcp:(?!\/\/)/.test(uri)
  const { scheme, server, port, path } = parseUri(old ? uri.replace('tcp:', 'tcp://') : uri)
  if (scheme === undefined) throw invalidArg(`missing scheme in migration URI: ${uri}`)
  if (scheme === 'unix') return { scheme, path: path ?? '' }
  if (scheme !== 'tcp' && scheme !== 'rdma')
    throw qemuError(ErrorNumber.ARGUMENT_UNSUPPORTED, `unsupported scheme ${scheme} in migration URI ${uri}`)
  if (server === undefined) throw invalidArg(`missing host in migration URI: ${uri}`)
  return { scheme, host: server, port: port === 0 ? undefined : port, old }
}

/** How QEMU is told to connect, or to listen. */
export function qemuAddress(target: Target, port: number): string {
  return target.scheme === 'unix' ? `unix:${target.path}` : `${target.scheme}:${bracketed(target.host)}:${port}`
}

/** Whether QEMU connects, and is not handed a connection. */
export function connectsByItself({ scheme }: Target, flags: number): boolean {
  return scheme === 'rdma' || has(flags, Migrate.parallel | Migrate.postcopy)
}

/** The URI with a port, in the caller's own form. */
export function withPort(uri: string, port: number): string {
  const [head = uri, ...tail] = uri.split(/(?=[?])/)
  return `${head.replace(/:?\/?$/, '')}:${port}${tail.join('')}`
}
