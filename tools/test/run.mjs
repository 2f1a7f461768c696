// SPDX-License-Identifier: GPL-2.0-or-later
// `npm test`: sets up what is missing, runs every lane, ends with `N passed, N failed[, N skipped]`.
// `node tools/test/run.mjs NAME…` runs the lanes or groups of these names only. See lanes.mjs.
import '../setup/node-version.mjs'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../setup/prepare.mjs'
import { repo, run } from '../setup/run.mjs'
import { ensure } from '../setup/system-parts.mjs'
import { count } from './count.mjs'
import { keepFigures } from './figures.mjs'

const only = process.argv.slice(2)
const long = process.env.VIRT_LONG === '1'
const total = { passed: 0, failed: 0, skipped: 0 }
const say = (text) => process.stdout.write(`${text}\n`)
const sum = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
const began = Date.now()
const since = (start) => `${((Date.now() - start) / 1000).toFixed(1)} s`

try {
  await build()
} catch (error) {
  say(`setup: ${error.message}`)
  say(sum({ passed: 0, failed: 1, skipped: 0 }))
  process.exit(1)
}
say(`setup: ready (${since(began)})`)
// Which lanes there are depends on what the build has made.
const { lanes } = await import('./lanes.mjs')
const unknown = only.filter((name) => !lanes.some((lane) => lane.name === name || lane.group === name))
if (unknown.length > 0) {
  say(`no lane is called ${unknown.join(' or ')}; there are: ${lanes.map((lane) => lane.name).join(', ')}`)
  process.exit(2)
}
mkdirSync(join(repo, '.test'), { recursive: true })

const measured = []
for (const lane of lanes) {
  const asked = only.includes(lane.name) || only.includes(lane.group)
  if (only.length > 0 ? !asked : lane.long && !long) continue
  const start = Date.now()
  const result = await runLane(lane)
  for (const key of Object.keys(total)) total[key] += result[key]
  if (lane.figures && result.failed === 0 && result.lines) measured.push({ name: lane.name, lines: result.lines })
  say(`${lane.name}: ${sum(result)} (${since(start)})`)
  for (const note of result.notes) say(note.replace(/^/gm, '    '))
}
if (long && measured.length > 0) keepFigures(measured)
say(`all lanes took ${since(began)}`)
say(sum(total))
process.exitCode = total.failed > 0 ? 1 : 0

async function runLane(lane) {
  if (lane.needs) return skipped(lane.needs)
  for (const part of lane.parts ?? []) {
    const { ok, why } = await ensure(part)
    if (!ok) return skipped(`${part}: ${why}`)
  }
  const absent = []
  for (const part of lane.wants ?? []) {
    const { ok, why } = await ensure(part)
    if (!ok) absent.push(`SKIPPED what needs ${part}: ${why}`)
  }
  if (lane.file) rmSync(join(repo, lane.file), { force: true })
  let output = ''
  let ended = true
  try {
    output = await run(lane.command[0], lane.command.slice(1), { capture: true, timeout: lane.timeout })
  } catch (error) {
    output = `${error.output ?? ''}\n${error.message}`
    ended = false
  }
  writeFileSync(join(repo, '.test', `${lane.name.replaceAll(' ', '-')}.log`), output)
  const counted = count(lane, output, ended)
  const lines = lane.figures ? output.split('\n').filter((line) => line.startsWith('figure ')) : undefined
  return { ...counted, lines: lines?.map((line) => line.slice(7)), notes: [...absent, ...counted.notes] }
}

function skipped(why) {
  return { passed: 0, failed: 0, skipped: 1, notes: [`SKIPPED: ${why}`] }
}
