// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the cases of one suite with its plug-in and collects what failed.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { compare } from './compare.mjs'
import { Files } from './manifest.mjs'

const folder = join(import.meta.dirname, '../suites')
const caseLimit = 30_000
/** Keys every case may have. */
const common = ['name', 'expect', 'skip']

/** Thrown by a suite for one of the reasons that the contract allows. */
export class Skip extends Error {}

let plugins
/** The plug-in of a suite: `{ facts, run(case, ctx), state?() }`. */
async function pluginFor(suite) {
  if (plugins === undefined) {
    plugins = new Map()
    for (const file of readdirSync(folder)
      .filter((f) => f.endsWith('.mjs'))
      .sort()) {
      const index = /export const names = \[([^\]]*)\]/.exec(await text(join(folder, file)))
      for (const name of index?.[1].match(/[\w-]+/g) ?? []) plugins.set(name, file)
    }
  }
  const file = plugins.get(suite)
  return file === undefined ? undefined : (await import(join(folder, file))).suites[suite]
}
async function text(file) {
  const { readFile } = await import('node:fs/promises')
  return readFile(file, 'utf8')
}

/** Runs all cases; prints what failed. */
export async function runSuite(manifest, { corpus, shared, quiet }) {
  const result = { passed: 0, failed: 0, skipped: 0, cases: [] }
  const say = (line) => {
    if (!quiet) console.log(line)
  }
  const plugin = await pluginFor(manifest.suite)
  const state = await plugin?.state?.()
  for (const c of manifest.cases) {
    const record = { name: c.name, status: 'passed', reason: '', checks: {} }
    try {
      if (plugin === undefined) throw new Error('not implemented')
      const known = new Set([...common, ...plugin.facts, ...Object.keys(c).filter((k) => k.startsWith('expected'))])
      const unknown = Object.keys(c).find((k) => !known.has(k))
      if (unknown !== undefined) throw new Error(`unknown fact '${unknown}'`)
      const checks = new Checks(manifest, c, record)
      await limited(plugin.run(c, { files: new Files(corpus, shared, manifest.suite), shared, state, check: checks }))
      if (Object.keys(record.checks).length === 0) throw new Error('nothing was checked')
      if (record.reason !== '') record.status = 'failed'
    } catch (error) {
      record.status = error instanceof Skip ? 'skipped' : 'failed'
      record.reason ||= error instanceof Error ? oneLine(error) : String(error)
    }
    result[record.status]++
    result.cases.push(record)
    if (record.status === 'failed') say(`FAIL ${manifest.suite} ${c.name}: ${record.reason}`)
    if (record.status === 'skipped') say(`SKIP ${manifest.suite} ${c.name}: ${record.reason}`)
  }
  await plugin?.close?.(state)
  return result
}

const oneLine = (error) => `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}`.split('\n')[0]

function limited(work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took longer than 30 s')), caseLimit)
  })
  return Promise.race([Promise.resolve(work), late]).finally(() => clearTimeout(timer))
}

/** The checks of one case. Each is independent: one that throws has failed, the others go on. */
class Checks {
  #manifest
  #case
  #record

  constructor(manifest, c, record) {
    this.#manifest = manifest
    this.#case = c
    this.#record = record
  }

  /** A check by itself: `fn` throws or returns why it failed. */
  async is(name, fn) {
    let why
    try {
      why = await fn()
    } catch (error) {
      why = oneLine(error)
    }
    this.#record.checks[name] = why === undefined
    if (why !== undefined) this.#record.reason ||= `${name}: ${why}`
  }

  /** The result of `fn` compared with a role under the manifest's rule. `read` gets the expected text only after the result is there. */
  async role(name, role, fn, read) {
    await this.is(name, async () => {
      const produced = await fn()
      const rule = this.#manifest.compare[role]
      if (rule === undefined) throw new Error(`the manifest has no rule for ${role}`)
      return compare(
        rule,
        produced,
        rule === 'value' || role === 'expectedValue' ? (this.#case[role] ?? null) : read(this.#case[role]),
      )
    })
  }

  /** `fn` must fail with the project's own kind of error. */
  async fails(name, fn) {
    await this.is(name, async () => {
      try {
        await fn()
      } catch (error) {
        return error?.[Symbol.for('@virt/error')] === true ? undefined : `failed with ${error?.stack ?? error}`
      }
      return 'did not fail'
    })
  }
}
