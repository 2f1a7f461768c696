#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Runs conformance suites: `node run.mjs <suite>|all --corpus DIR [--shared DIR] [--only RE] [--list] [--json FILE] [--quiet] [--families]`.
import { existsSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { listSuites, loadManifest } from './src/manifest.mjs'
import { runSuite } from './src/runner.mjs'

const usage =
  'usage: run.mjs <suite>|all --corpus <dir> [--shared <dir>] [--only <regex>] [--list] [--json <file>] [--quiet] [--families]'
const options = parse()
const manifests = orExit(() => {
  const names = options.suite === 'all' ? listSuites(options.corpus) : [options.suite]
  if (names.length === 0) throw new Error(`no suite in ${options.corpus}`)
  return names.map((name) => loadManifest(options.corpus, name))
})

if (options.list) {
  for (const { suite, cases } of manifests)
    for (const { name } of cases.filter((c) => options.only?.test(c.name) ?? true))
      console.log(options.suite === 'all' ? `${suite} ${name}` : name)
} else await main()

async function main() {
  const report = {}
  const total = { passed: 0, failed: 0, skipped: 0 }
  // Suites run side by side, but are told of in order.
  const running = []
  const atOnce = Math.min(4, availableParallelism())
  for (const [i, manifest] of manifests.entries()) {
    for (let k = running.length; k < Math.min(manifests.length, i + atOnce); k++)
      running.push(runSuite(manifests[k], options))
    const result = await running[i]
    report[manifest.suite] = result
    for (const key of Object.keys(total)) total[key] += result[key]
    if (!options.quiet)
      for (const c of result.cases)
        if (c.status !== 'passed')
          console.log(`${c.status === 'failed' ? 'FAIL' : 'SKIP'} ${manifest.suite} ${c.name}: ${c.reason}`)
    console.log(`${manifest.suite}: ${counts(result)}`)
    if (options.families) for (const line of familyLines(result)) console.log(line)
  }
  if (options.suite === 'all') console.log(`total: ${counts(total)}`)
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
  process.exitCode = total.failed > 0 ? 1 : 0
}

/** Of each family of cases how many have passed, those that lack most first. */
function familyLines({ cases }) {
  const rows = new Map()
  for (const { families = [], status } of cases)
    for (const family of families) {
      const row = rows.get(family) ?? { passed: 0, all: 0 }
      rows.set(family, row)
      row.all++
      if (status === 'passed') row.passed++
    }
  const share = ([, { passed, all }]) => passed / all
  return [...rows]
    .sort((a, b) => share(a) - share(b) || (a[0] < b[0] ? -1 : 1))
    .map(([family, { passed, all }]) => `  ${family}: ${passed} of ${all}`)
}

function counts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function orExit(fn, hint = '') {
  try {
    return fn()
  } catch (error) {
    process.stderr.write(`${error.message}\n${hint}`)
    return process.exit(2)
  }
}

function parse() {
  return orExit(() => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        corpus: { type: 'string' },
        shared: { type: 'string' },
        only: { type: 'string' },
        list: { type: 'boolean' },
        json: { type: 'string' },
        quiet: { type: 'boolean' },
        families: { type: 'boolean' },
      },
    })
    if (positionals.length !== 1 || values.corpus === undefined) throw new Error('a suite and --corpus are needed')
    const corpus = resolve(values.corpus)
    return {
      ...values,
      suite: positionals[0],
      corpus,
      shared: values.shared ? resolve(values.shared) : sharedFor(corpus),
      only: values.only ? new RegExp(values.only) : undefined,
    }
  }, `${usage}\n`)
}

/** Where `deps/…` lie unless told: the corpus itself, `shared/corpus` of the project, or that beside the checkout. */
function sharedFor(corpus) {
  const root = join(import.meta.dirname, '../..')
  const places = [corpus, join(root, 'shared/corpus'), join(root, '../shared/corpus')]
  return places.find((place) => existsSync(join(place, 'deps'))) ?? corpus
}
