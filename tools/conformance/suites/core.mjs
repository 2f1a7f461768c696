// SPDX-License-Identifier: GPL-2.0-or-later
// Suites of @virt/core: URIs and configuration files.
import { formatConf, formatUri, parseConf, parseUri } from '@virt/core'

export const names = ['viruri', 'virconf']

export const suites = {
  viruri: {
    facts: ['uri', 'formatted', 'scheme', 'server', 'port', 'path', 'query', 'fragment', 'user', 'params'],
    async run(c, { check }) {
      const uri = parseUri(c.uri)
      const eq = (key, value) =>
        check.is(key, () =>
          JSON.stringify(value ?? null) === JSON.stringify(c[key] ?? null) ? undefined : `got ${JSON.stringify(value)}`,
        )
      for (const key of ['scheme', 'server', 'path', 'query', 'fragment', 'user', 'port', 'params'])
        await eq(key, uri[key])
      await check.is('formatted', () =>
        formatUri(uri) === (c.formatted ?? c.uri) ? undefined : `got ${formatUri(uri)}`,
      )
    },
  },
  virconf: {
    facts: ['input'],
    async run(c, { check, files }) {
      const read = (role) => files.text(role)
      if (c.expect !== 'ok') return check.fails('parse', () => parseConf(files.text(c.input)))
      await check.role('write', 'expected', () => formatConf(parseConf(files.text(c.input))), read)
    },
  },
}
