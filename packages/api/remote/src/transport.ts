// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to a daemon. One file each; a new way is one more row of this table.
import type { Duplex } from 'node:stream'
import { splitScheme, type Uri, VirtError } from '@virt/core'
import { ext } from './transport-ext.js'
import { unix } from './transport-unix.js'

/** A connected way to a daemon. */
export interface Way {
  readonly duplex: Duplex
  /** Nobody on the way can listen. */
  readonly secure: boolean
  /** The bytes are encrypted. */
  readonly encrypted: boolean
}

/** Connects to the daemon that a URI names. @throws VirtError `system-error` naming what was tried */
export type Transport = (uri: Uri, signal: AbortSignal, readOnly: boolean) => Promise<Way>

const transports: Readonly<Record<string, Transport>> = { unix, ext }

/** The way that a URI calls for: what it says, else a socket of this host, else TLS. */
export function transportOf(uri: Uri): Transport {
  const name = splitScheme(uri)[1] ?? (uri.server === undefined ? 'unix' : 'tls')
  const transport = transports[name]
  if (transport === undefined)
    throw new VirtError(`transport in URI not recognised (should be ${Object.keys(transports).join('|')})`, {
      code: 'invalid-arg',
      domain: 13,
      details: `'${name}' is not offered`,
    })
  return transport
}
