// SPDX-License-Identifier: GPL-2.0-or-later
// docs/api.md: every function of libvirt's API, where it lives here, which driver slot and procedure it is, and which
// driver has it. The rows come from the public API's table, the spec and the drivers' own tables of slots.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSlots } from '../rpcgen/src/model.mjs'
import { readPublicTable } from '../rpcgen/src/public.mjs'
import { loadSpec } from '../rpcgen/src/spec.mjs'
import { repo } from '../setup/run.mjs'

/** @returns `text` of the page, and `gaps`: functions without a row, and rows without a function */
export async function apiPage() {
  const spec = loadSpec(join(repo, 'packages/api/rpc/spec'))
  const slots = new Map(buildSlots(spec).map((slot) => [slot.name, slot]))
  const functions = spec.api.functions.filter((fn) => fn.library !== 'libvirt-admin')
  const rows = new Map(readPublicTable().map((row) => [row.fn, row]))
  const drivers = await driverTables()
  const names = new Set(functions.map((fn) => fn.name))
  const gaps = [
    ...functions.filter((fn) => !rows.has(fn.name)).map((fn) => `public-api.txt: no row for ${fn.name}`),
    ...[...rows.keys()].filter((name) => !names.has(name)).map((name) => `public-api.txt: ${name} is no function`),
  ]
  const has = (driver, slot) => (driver.slots === undefined ? slots.has(slot) : Object.hasOwn(driver.slots, slot))
  const line = (fn) => {
    const own = fn.driverMethods ?? []
    const procedures = (fn.rpc ?? []).map((name) => name.replace(/^(REMOTE|QEMU|LXC)_PROC_/, ''))
    const marks = drivers.map((driver) => (own.some((slot) => has(driver, slot)) ? '✓' : ''))
    return `| \`${fn.name}\` | ${whereOf(rows.get(fn.name))} | ${code(own)} | ${code(procedures)} | ${marks.join(' | ')} |`
  }
  const groups = groupBy(functions, (fn) => fn.header)
  const kinds = [...rows.values()].map((row) => row.kind)
  const count = (...wanted) => kinds.filter((kind) => wanted.includes(kind)).length
  const columns = drivers.map((driver) => driver.name)
  const text = [
    `<!-- Written by tools/docs from packages/api/core/spec/public-api.txt, the spec and the drivers. Do not edit. -->
# Every function of libvirt's API

${functions.length} functions: ${count('method', 'hand')} are public here, ${count('alias')} are older forms of one of them, ${count('none')} are not needed, with the reason.
A slot is what a driver implements; libvirt's remote protocol carries it as the procedure. A driver's column says that it fills the
slot; where it does not, the call answers \`no-support\`. \`remote\` fills every slot: there the daemon's driver decides.
`,
    ...[...groups].map(([header, list]) =>
      [
        `## ${header}\n`,
        `| libvirt | here | slot | procedure | ${columns.join(' | ')} |`,
        `|---|---|---|---|${columns.map(() => ':-:|').join('')}`,
        ...list.map(line),
        '',
      ].join('\n'),
    ),
  ].join('\n')
  return { text, gaps }
}

const code = (names) => names.map((name) => `\`${name}\``).join(' ')

function whereOf(row) {
  if (row === undefined) return ''
  if (row.kind === 'none') return `not needed: ${row.doc}`
  if (row.kind === 'alias') return `older form of \`${row.target}\``
  return `\`${row.target}\``
}

function groupBy(list, keyOf) {
  const groups = new Map()
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

/** The drivers of this repository with their tables of slots; `remote` has none: it forwards. */
async function driverTables() {
  const core = await import(pathToFileURL(join(repo, 'packages/api/core/dist/index.js')).href)
  const services = core.processServices()
  const folder = join(repo, 'packages/drivers')
  const found = []
  for (const room of readdirSync(folder).sort()) {
    const { name } = JSON.parse(readFileSync(join(folder, room, 'package.json'), 'utf8'))
    const module = await import(pathToFileURL(join(folder, room, 'dist/index.js')).href)
    found.push({ name: name.replace('@virt/', ''), slots: module[room]()(services).supports })
  }
  return [...found, { name: 'remote', slots: undefined }]
}
