// SPDX-License-Identifier: GPL-2.0-or-later
// docs/ways.md: transports, proofs and how attempts end, from the tables of the tests that try each of them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { repo } from '../setup/run.mjs'

const folder = 'apps/virtd/test/interop/ways'

/** A table as a module: it imports nothing but types. */
async function table(name) {
  const source = readFileSync(join(repo, folder, name), 'utf8')
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
  const code = ts.transpileModule(source, { compilerOptions: options }).outputText
  return await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
}

/** What stands for what is made when the tests run. */
const named = { of: (name) => `{${name}}` }
const at = { tls: 16514, tcp: 16509, unix: '{socket}', unixRo: '{socket-ro}' }

/** A pattern of words as somebody would write them. */
function wordsOf(end) {
  if (end === 'in') return 'in'
  const text = end.source
    .replace(/^\^|\$$/g, '')
    .replace(/\.\*|\(\.\*\)/g, '…')
    .replace(/\\([dw])\+/g, '…')
    .replace(/\\(.)/g, '$1')
  return `\`${text.replaceAll('|', '\\|')}\``
}

/** How one says who one is, as a URI and the settings of the group have it. */
function proofOf(uri, settings) {
  const asked = /auth=(?:sasl\.)?([\w-]+)/.exec(uri)?.[1]
  const door = /^test\+(\w+)/.exec(uri)?.[1]
  const setting = new RegExp(
    `auth_${door === 'unix' ? `unix_${/ro\b/.test(uri) ? 'ro' : 'rw'}` : door} = "(\\w+)"`,
  ).exec(settings)?.[1]
  const certificate = door === 'tls' ? 'certificate' : ''
  const secret = asked ?? (setting === 'sasl' ? 'the best of SASL' : '')
  return [certificate, secret].filter((one) => one !== '').join(', ') || 'nothing'
}

const transportOf = (uri) => /^test\+(\w+)/.exec(uri)?.[1] ?? ''
const shown = (uri) => uri.replaceAll('|', '\\|')

/** @returns `text` of the page, and `gaps`: transports and mechanisms of which no attempt succeeds, or none fails */
export async function waysPage() {
  const [{ waysGroups }, { rows: ssh }, { kerberosRows }] = await Promise.all(
    ['ways-table.ts', 'ssh-table.ts', 'kerberos-table.ts'].map(table),
  )
  const attempts = []
  const sections = []
  const section = (name, heading, rows) =>
    sections.push(
      `### ${name}\n\n${heading}\n|---|---|---|---|---|\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
    )
  const heading = '| attempt | transport | proof | URI | it ends |'
  const rowOf = (what, uri, proof, end, differs = '') => {
    attempts.push({ transport: transportOf(uri), proof, in: end === 'in' })
    return [what, transportOf(uri), proof, `\`${shown(uri)}\``, `${wordsOf(end)}${differs}`]
  }
  for (const { name, settings, rows } of waysGroups(named, named))
    section(
      `TLS, TCP, unix sockets: ${name}`,
      heading,
      rows.map(([what, wish, end, differs = {}]) => {
        const { uri } = wish(at)
        const more = differs.virtd === undefined ? '' : `; at virtd: ${wordsOf(differs.virtd)}`
        return rowOf(what, uri, proofOf(uri, settings), end, `${more}${differs.words ? '; ours in other words' : ''}`)
      }),
    )
  const tickets = { fred: 'fred', anna: 'anna', other: 'other', expired: 'expired', none: 'none' }
  section(
    'Kerberos',
    heading,
    kerberosRows(
      () => named,
      () => tickets,
    ).map(([what, , uri, end]) =>
      rowOf(what, uri(at), transportOf(uri(at)) === 'tls' ? 'certificate, GSSAPI' : 'GSSAPI', end),
    ),
  )
  const place = { sshd: { stranger: '{stranger}' }, socket: '{socket}', folder: '{folder}' }
  section(
    'SSH',
    heading,
    ssh.flatMap(([what, kinds, wish, end, words]) =>
      kinds.map((kind) => {
        const { params = {}, port, readOnly } = wish(place, kind)
        const query = new URLSearchParams(params)
          .toString()
          .replaceAll('%7B', '{')
          .replaceAll('%7D', '}')
          .replaceAll('%2F', '/')
        const uri = `test+${kind}://host${port === undefined ? '' : `:${port}`}/default${query && `?${query}`}`
        const how = end === 'in' || end instanceof RegExp ? end : end[kind]
        const more = `${readOnly ? '; for reading' : ''}${words ? '; ours in other words' : ''}`
        return rowOf(what, uri, 'a key', how, more)
      }),
    ),
  )
  const keys = [...new Set(attempts.map(({ transport, proof }) => `${transport} · ${proof}`))].sort()
  const counts = keys.map((key) => {
    const all = attempts.filter(({ transport, proof }) => `${transport} · ${proof}` === key)
    return [key, all.filter((one) => one.in).length, all.filter((one) => !one.in).length]
  })
  const transports = ['unix', 'tcp', 'tls', 'ssh', 'libssh', 'libssh2']
  const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'PLAIN', 'GSSAPI']
  const ends = (test) => attempts.some((one) => one.in && test(one)) && attempts.some((one) => !one.in && test(one))
  const gaps = [
    ...transports.filter((name) => !ends(({ transport }) => transport === name)).map((name) => `transport ${name}`),
    ...mechanisms.filter((name) => !ends(({ proof }) => proof.includes(name))).map((name) => `mechanism ${name}`),
  ].map((name) => `${folder}: no attempt by ${name} succeeds, or none fails`)
  const text = `<!-- Written by tools/docs from the tables in ${folder}. Do not edit. -->
# Ways in, as they are tried

${attempts.length} attempts. Those over TLS, TCP, unix sockets and with Kerberos are each made four times: by libvirt's client and by ours, at a real libvirtd and at
virtd; those by SSH by both clients through a real sshd to virtd. All have to end as libvirt's client ends at libvirtd: with the same error code, domain and
words, where nothing else is said. \`{name}\` stands for a file, a folder or a socket of the tests; a ticket or a password comes by the environment.

| transport and proof | let in | refused |
|---|---|---|
${counts.map((row) => `| ${row.join(' | ')} |`).join('\n')}

Not in tables: polkit (\`polkit.test.ts\`), daemons that hang or hang up at each step (\`breaks.test.ts\`), certificates that change (\`reload.test.ts\`), daemons of
users (\`session.test.ts\`), daemons behind a daemon (\`proxy.test.ts\`).

${sections.join('\n')}`
  return { text, gaps }
}
