// SPDX-License-Identifier: GPL-2.0-or-later
// Settings that ask for a guard or a way in that this daemon does not have: it does not start as if nothing had been asked.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Config } from './config.js'

const local = 'polkit knows processes of this host only'
const rows: readonly [keyof Config, (config: Config) => boolean, string][] = [
  ['auth_tcp', (c) => c.auth_tcp === 'polkit', local],
  ['auth_tls', (c) => c.auth_tls === 'polkit', local],
]

/** @throws VirtError `config-unsupported` naming the setting */
export function refuseUnserved(config: Config): void {
  for (const [name, asked, why] of rows)
    if (asked(config))
      throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.CONF, `${name} = ${String(config[name])}`, {
        details: `this daemon cannot do that: ${why}`,
      })
}
