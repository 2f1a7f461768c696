// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to a daemon. One file each; a new way is one more row of this table.
import type { Duplex } from 'node:stream'
import { ErrorDomain, ErrorNumber, splitScheme, type Uri, virtError } from '@virt/core'
import { ext } from './transport-ext.js'
import { tcp } from './transport-tcp.js'
import { tls } from './transport-tls.js'
import { unix } from './transport-unix.js'

/** A connected way to a daemon. */
export interface Way {
  readonly duplex: Duplex
  /** Nobody on the way can listen. */
  readonly secure: boolean
  /** The bytes are encrypted. */
  readonly encrypted: boolean
  /**
   * Hands what arrives to `sink` instead of emitting `data`; the bytes are only valid until it returns.
   * Absent: the duplex emits `data`.
   */
  receive?(sink: (chunk: Buffer) => void): void
  /** What the other end said beside the protocol (a command's standard error), for the error when it ends. */
  said?(): string | undefined
}

/** Connects to the daemon that a URI names. @throws VirtError `system-error` naming what was tried */
export type Transport = (uri: Uri, signal: AbortSignal, readOnly: boolean) => Promise<Way>

const transports: Readonly<Record<string, Transport>> = { unix, ext, tcp, tls }

/** The way that a URI calls for: what it says, else a socket of this host, else TLS. */
export function transportOf(uri: Uri): Transport {
  const name = splitScheme(uri)[1] ?? (uri.server === undefined ? 'unix' : 'tls')
  const transport = transports[name]
  if (transport === undefined)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.REMOTE,
      'remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)',
      { details: `'${name}' is not offered; offered are ${Object.keys(transports).join(', ')}` },
    )
  return transport
}

/** A parameter of a URI; the first of its name counts. */
export function paramOf(uri: Uri, name: string): string | undefined {
  return uri.params.find(([key]) => key === name)?.[1]
}
