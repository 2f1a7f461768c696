// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the pages of docs/ that come from tables.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../setup/run.mjs'
import { pages } from './pages.mjs'

for (const [path, { text, gaps }] of Object.entries(await pages())) {
  writeFileSync(join(repo, path), text)
  for (const gap of gaps) console.error(gap)
  if (gaps.length > 0) process.exitCode = 1
}
