// SPDX-License-Identifier: GPL-2.0-or-later
// Suites of @virt/test.
import { connect, isVirtError } from '@virt/core'
import { test } from '@virt/test'

export const names = ['domainmetadata']

/** What `domain.metadata` gives; null when the domain has no such thing. */
async function read(domain, type, uri) {
  try {
    return await domain.metadata(type, uri)
  } catch (error) {
    if (isVirtError(error) && error.code === 'no-domain-metadata') return null
    throw error
  }
}

/** What stands in `<metadata>`, without the document's own indentation. */
function metadataOf(xml) {
  const lines = /<metadata>\n(.*)\n {2}<\/metadata>/s.exec(xml)?.[1]
  return lines?.replaceAll(/^ {4}/gm, '') ?? null
}

const quotes = (text) => text?.replaceAll("'", '"') ?? null
const differ = (got, wanted) =>
  quotes(got) === quotes(wanted) ? undefined : `got ${JSON.stringify(got)}, expected ${JSON.stringify(wanted)}`

export const suites = {
  domainmetadata: {
    facts: ['op', 'uri', 'key', 'text', 'api', 'xml'],
    group: () => 'one connection',
    async state() {
      const connection = await connect('test:///default', { drivers: [test()] })
      return { connection, domain: await connection.domains.byName('test') }
    },
    close: ({ connection }) => connection.close(),
    async run(c, { check, state: { domain } }) {
      const set = () => domain.setMetadata(c.op, c.text ?? undefined, c.key ?? undefined, c.uri ?? undefined)
      if (c.expect === 'failure') return check.fails('set', set)
      await check.is('set', set)
      if (c.op !== 'element') return check.role('read', 'expectedValue', () => read(domain, c.op))
      await check.is('api', async () => differ(await read(domain, c.op, c.uri), c.api))
      await check.is('xml', async () => differ(metadataOf(await domain.xmlDesc()), c.xml))
    },
  },
}
