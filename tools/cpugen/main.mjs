#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Re-encodes a folder of CPU tables as packages/api/conf/data/cpu/*.json: `node tools/cpugen/main.mjs DIR`. By hand, when
// the tables have changed; the package has to be built.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode, format } from './src/encode.mjs'
import { readMap } from './src/map.mjs'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write('usage: main.mjs <folder with index.xml>\n')
  process.exit(2)
}
const out = join(import.meta.dirname, '../../packages/api/conf/data/cpu')
mkdirSync(out, { recursive: true })
for (const table of readMap(folder)) writeFileSync(join(out, `${table.name}.json`), `${format(encode(table), 2)}\n`)
