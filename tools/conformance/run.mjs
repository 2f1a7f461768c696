#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Runs conformance suites: `node run.mjs <suite>|all --corpus DIR [--shared DIR] [--only RE] [--list] [--json FILE] [--quiet]`.
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { listSuites, loadManifest } from './src/manifest.mjs'
import { runSuite } from './src/runner.mjs'

const usage =
  'usage: run.mjs <suite>|all --corpus <dir> [--shared <dir>] [--only <regex>] [--list] [--json <file>] [--quiet]'
const options = parse()
const { corpus } = options
const suites = options.suite === 'all' ? listSuites(corpus) : [options.suite]
const report = {}
const total = { passed: 0, failed: 0, skipped: 0 }

for (const suite of suites) {
  let manifest
  try {
    manifest = loadManifest(corpus, suite)
  } catch (error) {
    process.stderr.write(`${suite}: ${error.message}\n`)
    process.exit(2)
  }
  if (options.only) manifest.cases = manifest.cases.filter((c) => options.only.test(c.name))
  if (options.list) {
    for (const c of manifest.cases) console.log(options.suite === 'all' ? `${suite} ${c.name}` : c.name)
    continue
  }
  const result = await runSuite(manifest, { corpus, shared: options.shared, quiet: options.quiet })
  report[suite] = result
  for (const key of Object.keys(total)) total[key] += result[key]
  console.log(`${suite}: ${counts(result)}`)
}
if (!options.list) {
  if (options.suite === 'all') console.log(`total: ${counts(total)}`)
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
  process.exitCode = total.failed > 0 ? 1 : 0
}

function counts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function parse() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        corpus: { type: 'string' },
        shared: { type: 'string' },
        only: { type: 'string' },
        list: { type: 'boolean' },
        json: { type: 'string' },
        quiet: { type: 'boolean' },
      },
    })
    if (positionals.length !== 1 || values.corpus === undefined) throw new Error('a suite and --corpus are needed')
    const dir = resolve(values.corpus)
    const fallback = existsSync(join(dir, 'deps')) ? dir : join(import.meta.dirname, '../../../shared/corpus')
    return {
      ...values,
      suite: positionals[0],
      corpus: dir,
      shared: resolve(values.shared ?? fallback),
      only: values.only ? new RegExp(values.only) : undefined,
    }
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}\n`)
    return process.exit(2)
  }
}
