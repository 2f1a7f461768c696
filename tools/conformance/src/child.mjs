// SPDX-License-Identifier: GPL-2.0-or-later
// The process that runs the cases of one suite: gets a job, sends a record per case.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Checks, oneLine, Skip } from './checks.mjs'
import { Files, loadManifest } from './manifest.mjs'

const folder = join(import.meta.dirname, '../suites')
const caseLimit = 30_000
/** Keys every case may have. */
const common = ['name', 'expect']

process.once('message', (job) => {
  run(job).then(
    () => process.send({ done: true }, () => process.exit(0)),
    (error) => {
      process.stderr.write(`${error.stack}\n`)
      process.exit(1)
    },
  )
})

async function run({ corpus, shared, suite, wanted }) {
  const manifest = loadManifest(corpus, suite)
  const files = new Files(corpus, shared, suite)
  const plugin = await loadPlugin(suite)
  const state = await plugin.state?.({ files, shared, manifest })
  const done = new Set()
  for (const i of wanted) {
    // Cases that build on one another: those before it in its group run too, unreported.
    const group = plugin.group?.(manifest.cases[i])
    if (group !== undefined)
      for (let k = 0; k < i; k++)
        if (!done.has(k) && plugin.group(manifest.cases[k]) === group) {
          await runCase(manifest, manifest.cases[k], plugin, { files, shared, state })
          done.add(k)
        }
    const record = await runCase(manifest, manifest.cases[i], plugin, { files, shared, state })
    done.add(i)
    process.send({ record })
  }
  await plugin.close?.(state)
}

/** The plug-in of a suite. Each file says its suites in its text, so that only the right one is loaded. */
async function loadPlugin(suite) {
  try {
    for (const file of readdirSync(folder).filter((f) => f.endsWith('.mjs'))) {
      const index = /export const names = \[([^\]]*)\]/.exec(readFileSync(join(folder, file), 'utf8'))
      if (index?.[1].match(/[\w-]+/g)?.includes(suite)) return (await import(join(folder, file))).suites[suite]
    }
    return { refuse: 'not implemented' }
  } catch (error) {
    return { refuse: `its plug-in does not load: ${oneLine(error)}` }
  }
}

async function runCase(manifest, c, plugin, context) {
  const record = { name: c.name, status: 'passed', reason: '', checks: {} }
  try {
    if (plugin.refuse) throw new Error(plugin.refuse)
    const known = new Set([...common, ...plugin.facts, ...Object.keys(manifest.compare)])
    const unknown = Object.keys(c).find((key) => !known.has(key))
    if (unknown !== undefined) throw new Error(`unknown fact '${unknown}'`)
    const check = new Checks(manifest, c, record, context.files)
    if (plugin.families) record.families = plugin.families(c, context)
    await limited(plugin.run(c, { ...context, check }))
    const left = Object.keys(manifest.compare).find(
      (role) => (c[role] ?? null) !== null && !check.compared.has(role) && !plugin.facts.includes(role),
    )
    if (left !== undefined) throw new Error(`${left} was not compared`)
    if (Object.keys(record.checks).length === 0) throw new Error('nothing was checked')
    if (record.reason !== '') record.status = 'failed'
  } catch (error) {
    record.status = error instanceof Skip ? 'skipped' : 'failed'
    record.reason ||= oneLine(error)
  }
  return record
}

function limited(work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took longer than 30 s')), caseLimit)
  })
  return Promise.race([Promise.resolve(work), late]).finally(() => clearTimeout(timer))
}
