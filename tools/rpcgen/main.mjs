#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the generated sources of one package: `node main.mjs core|rpc`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadSpec } from './src/spec.mjs'
import { targets } from './src/targets.mjs'

const repo = join(import.meta.dirname, '../..')
const name = process.argv[2]
const target = targets[name]
if (!target) {
  console.error(`usage: main.mjs ${Object.keys(targets).join('|')}`)
  process.exit(2)
}
const spec = loadSpec(join(repo, 'packages/api/rpc/spec'))
for (const [file, emit] of Object.entries(target.files)) {
  const path = join(repo, target.folder, file)
  const text = emit(spec)
  mkdirSync(dirname(path), { recursive: true })
  if (read(path) !== text) writeFileSync(path, text)
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
