// SPDX-License-Identifier: GPL-2.0-or-later
// Settings that ask for a guard or a way in that this daemon does not have: it does not start as if nothing had been asked.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Config } from './config.js'

const rows: readonly [keyof Config, (config: Config) => boolean, string][] = [
  ['listen_tcp', (c) => c.listen_tcp, 'it listens on unix sockets only'],
  ['listen_tls', (c) => c.listen_tls, 'it listens on unix sockets only'],
  ['auth_unix_rw', (c) => c.auth_unix_rw !== 'none', 'it knows no authentication but the modes of its sockets'],
  ['auth_unix_ro', (c) => c.auth_unix_ro !== 'none', 'it knows no authentication but the modes of its sockets'],
]

/** @throws VirtError `config-unsupported` naming the setting */
export function refuseUnserved(config: Config): void {
  for (const [name, asked, why] of rows)
    if (asked(config))
      throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.CONF, `${name} = ${String(config[name])}`, {
        details: `this daemon cannot do that: ${why}`,
      })
}
