// SPDX-License-Identifier: GPL-2.0-or-later
// Manifests: which suites there are, and the facts and files of their cases.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'

/** Suites of a corpus, by name. */
export function listSuites(corpus) {
  return readdirSync(corpus)
    .filter((name) => existsSync(join(corpus, name, 'manifest.json')))
    .sort()
}

/** A suite's manifest, with its defaults put into each case. */
export function loadManifest(corpus, suite) {
  const file = join(corpus, suite, 'manifest.json')
  if (!existsSync(file)) throw new Error(`no manifest at ${file}`)
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  manifest.suite = suite
  manifest.compare ??= {}
  manifest.cases = manifest.cases.map((c) => ({ ...manifest.defaults, ...c }))
  return manifest
}

/** Reads files that a case names: `data/…` of its suite, `deps/…` of the shared corpus. */
export class Files {
  constructor(corpus, shared, suite) {
    this.corpus = corpus
    this.shared = shared
    this.suite = suite
  }

  path(role) {
    if (typeof role !== 'string') throw new Error(`no file is named: ${JSON.stringify(role)}`)
    if (normalize(role).startsWith('..')) throw new Error(`not a corpus file: ${role}`)
    if (role.startsWith('data/')) return join(this.corpus, this.suite, role)
    if (/^(deps|schemas|cpu_map|examples)\//.test(role) || role === 'qemucaps-flags.json')
      return join(this.shared, role)
    throw new Error(`not a corpus file: ${role}`)
  }

  text(role) {
    return readFileSync(this.path(role), 'utf8')
  }

  bytes(role) {
    return readFileSync(this.path(role))
  }

  json(role) {
    return JSON.parse(this.text(role))
  }
}
