// SPDX-License-Identifier: GPL-2.0-or-later
// docs/errors.md: a heading for each error code, from the spec's codes and the advice in errors.json.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeName } from '../rpcgen/src/names.mjs'
import { repo } from '../setup/run.mjs'

const read = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** @returns `text` of the page, and `gaps`: a line per code without advice and per advice without a code */
export function errorsPage() {
  const advice = read(join(import.meta.dirname, 'errors.json'))
  const { codes } = read(join(repo, 'packages/api/rpc/spec/api.json')).errors
  const rows = codes.map(({ name, code, plain, since }) => ({ name, number: code, plain, since, code: codeName(name) }))
  const numbered = new Set(rows.map((row) => row.code))
  const locals = Object.keys(advice).filter((code) => !numbered.has(code))
  const expected = ['connection-lost', 'connection-closed', 'timeout', 'aborted', 'protocol-error']
  const gaps = [
    ...rows.filter((row) => advice[row.code]?.length !== 3).map((row) => `errors.json: no advice for ${row.code}`),
    ...locals.filter((code) => !expected.includes(code)).map((code) => `errors.json: ${code} is no error code`),
  ]
  const text = [
    head,
    ...rows.map((row) => section(row.code, advice[row.code], `\`${row.name}\`, ${row.number}`, row.plain)),
    '# Codes of the client alone\n\nThey never cross the wire; `number` is that of `rpc`.\n',
    ...locals.map((code) => section(code, advice[code])),
  ].join('\n')
  return { text, gaps }
}

const head = `<!-- Written by tools/docs from tools/docs/errors.json. Do not edit. -->
# Errors

Everything that fails throws a \`VirtError\`. Its \`code\` is one of the headings below and changes only with a major version; \`number\`
and \`domain\` are libvirt's, \`message\` is libvirt's text. Compare \`code\`, never the message.

\`\`\`ts
import { connect, isNotFound, isVirtError } from '@virt/core'

const conn = await connect('test:///default')
try {
  await (await conn.domains.byName('web1')).suspend()
} catch (error) {
  if (isNotFound(error)) console.log('there is no web1')
  else if (isVirtError(error) && error.code === 'operation-invalid') console.log('it does not run')
  else throw error
}
await conn.close()
\`\`\`
`

function section(code, [when, why, what] = ['', '', ''], names, plain) {
  const facts = names === undefined ? [] : [`${names}${plain ? ` – “${plain}”` : ''}\n`]
  return [`## ${code}\n`, ...facts, `- When: ${when}`, `- Why: ${why}`, `- What to do: ${what}\n`].join('\n')
}
