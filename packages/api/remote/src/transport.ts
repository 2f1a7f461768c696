// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to a daemon. One file each; a new way is one more row of this table.
import { ErrorDomain, ErrorNumber, splitScheme, type Uri, virtError } from '@virt/core'
import { ext } from './transport-ext.js'
import { ssh } from './transport-ssh.js'
import { tcp } from './transport-tcp.js'
import { tls } from './transport-tls.js'
import { unix } from './transport-unix.js'
import type { Transport } from './way.js'

/** Loaded for the first who wants it, as is the package that it needs. */
const library =
  (name: 'libssh' | 'libssh2'): Transport =>
  async (...args) =>
    (await import('./transport-ssh2.js'))[name](...args)

const transports: Readonly<Record<string, Transport>> = {
  unix,
  ext,
  ssh,
  libssh: library('libssh'),
  libssh2: library('libssh2'),
  tcp,
  tls,
}

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
