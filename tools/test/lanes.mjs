// SPDX-License-Identifier: GPL-2.0-or-later
// Every lane of the tests: what it runs, what it needs, how its output is counted.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../setup/prepare.mjs'

const shared = process.env.VIRT_SHARED ?? join(repo, '../shared')
export const haveShared = existsSync(join(shared, 'corpus/index.json'))
const node = process.execPath

/**
 * `count` says how the lane's result is read: `exit` is one test that passed or failed, `vitest` its JSON,
 * `line` the last line of the form `N passed, N failed[, N skipped]`.
 */
export const lanes = [
  { name: 'format and lint', command: ['npx', 'biome', 'ci', '.'], count: 'exit' },
  { name: 'house rules', command: [node, 'tools/lint/main.mjs'], count: 'line' },
  {
    name: 'unit',
    command: ['npx', 'vitest', 'run', '--reporter=json', '--outputFile=.test/unit.json', '--silent'],
    count: 'vitest',
    file: '.test/unit.json',
  },
  {
    name: 'conformance',
    command: [node, 'tools/conformance/green.mjs', '--corpus', join(shared, 'corpus')],
    count: 'line',
    needs: haveShared ? undefined : '../shared is not here',
  },
  { name: 'interop', command: [node, 'tools/interop/run.mjs'], count: 'line', parts: ['virsh', 'python'] },
].filter((lane) => lane.command[0] !== node || existsSync(join(repo, lane.command[1])))
