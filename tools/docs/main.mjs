// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the pages of docs/ that come from tables.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../setup/run.mjs'
import { errorsPage } from './errors.mjs'

const { text, gaps } = errorsPage()
writeFileSync(join(repo, 'docs/errors.md'), text)
for (const gap of gaps) console.error(gap)
process.exitCode = gaps.length > 0 ? 1 : 0
