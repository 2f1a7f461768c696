// SPDX-License-Identifier: GPL-2.0-or-later
// The files of the repository, as git sees them: committed or about to be.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../setup/run.mjs'

const git = (...args) => execFileSync('git', args, { cwd: repo, encoding: 'utf8', maxBuffer: 1 << 28 })

/** Paths from the root of the repository. */
export const files = git('ls-files', '-z', '--cached', '--others', '--exclude-standard')
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(repo, path)))

/** Programs and libraries: what people write, in a language that has comments. */
export const sources = files.filter(
  (path) => /\.(?:[cm]?[jt]s|cc|hh|h|py|pl|rb|go|ml|php|sh)$/.test(path) || path === '.ci/run',
)

const texts = new Map()
export function textOf(path) {
  let text = texts.get(path)
  if (text === undefined) {
    text = readFileSync(join(repo, path), 'utf8')
    texts.set(path, text)
  }
  return text
}
