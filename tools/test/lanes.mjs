// SPDX-License-Identifier: GPL-2.0-or-later
// Every lane of the tests: what it runs, what it needs, how its output is counted.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../setup/run.mjs'

const shared = process.env.VIRT_SHARED ?? join(repo, '../shared')
const corpus = join(shared, 'corpus')
const noCorpus = existsSync(corpus) ? undefined : `no conformance corpus at ${corpus} (VIRT_SHARED names its folder)`
const long = process.env.VIRT_LONG === '1'
const node = process.execPath
const minutes = (n) => n * 60_000

/** Runs one project of vitest.config.ts. */
function vitest(project) {
  const file = `.test/${project}.json`
  return {
    command: [
      'npx',
      'vitest',
      'run',
      '--project',
      project,
      '--passWithNoTests',
      '--reporter=json',
      `--outputFile=${file}`,
    ],
    count: 'vitest',
    file,
  }
}

/**
 * `group` is what the lane is also called by: `node tools/test/run.mjs lint`.
 * `count` says how its result is read: `exit` is one test that passed or failed, `vitest` its JSON, `line` the last
 * line of the form `N passed, N failed[, N skipped]`.
 * `needs` is why it cannot run here; `parts` (see setup/system-parts.mjs) must be there, `wants` may: their tests skip
 * by themselves. `long` lanes run with VIRT_LONG=1 only. `figures` lanes print lines to keep in docs/figures.md.
 */
export const lanes = [
  {
    name: 'format',
    group: 'lint',
    command: ['npx', 'biome', 'ci', '--error-on-warnings', '--colors=off', '--reporter=summary', '.'],
    count: 'exit',
    timeout: minutes(3),
  },
  { name: 'types', group: 'lint', command: ['npx', 'tsc', '-p', 'tsconfig.json'], count: 'exit', timeout: minutes(5) },
  { name: 'promises', group: 'lint', command: ['npx', 'eslint', '.'], count: 'exit', timeout: minutes(6) },
  {
    name: 'floors',
    group: 'lint',
    command: ['npx', 'depcruise', '--config', 'tools/lint/depcruise.config.mjs', 'packages', 'apps'],
    count: 'exit',
    timeout: minutes(5),
  },
  {
    name: 'unused',
    group: 'lint',
    command: ['npx', 'knip', '--no-gitignore', '--no-config-hints'],
    count: 'exit',
    timeout: minutes(5),
  },
  { name: 'workspace', group: 'lint', command: ['npx', 'sherif'], count: 'exit', timeout: minutes(1) },
  { name: 'house rules', group: 'lint', command: [node, 'tools/lint/main.mjs'], count: 'line', timeout: minutes(2) },
  { name: 'examples', group: 'lint', command: [node, 'tools/docs/examples.mjs'], count: 'line', timeout: minutes(3) },
  { name: 'unit', group: 'unit', ...vitest('unit'), wants: ['polkit'], timeout: minutes(20) },
  {
    name: 'conformance',
    group: 'conformance',
    command: [node, 'tools/conformance/green.mjs', '--corpus', corpus],
    count: 'line',
    needs: noCorpus,
    timeout: minutes(20),
  },
  {
    name: 'clients',
    group: 'interop',
    command: [node, 'apps/virtd/test/interop/run.mjs'],
    count: 'line',
    parts: ['virsh'],
    wants: ['libvirtd', 'python', 'bindings', 'clients'],
    timeout: minutes(20),
  },
  {
    name: 'interop',
    group: 'interop',
    ...vitest('interop'),
    parts: ['virsh'],
    wants: ['libvirtd', 'python', 'bindings', 'clients', 'ways', 'polkit', 'snmp', 'metrics', 'qemu', 'helpers'],
    timeout: minutes(20),
  },
  {
    name: 'hostile',
    group: 'hostile',
    // Peers that break the rules, on both sides; full counts with VIRT_LONG=1.
    command: [node, 'tools/hostile/main.mjs'],
    count: 'line',
    needs: process.platform === 'linux' ? undefined : 'it reads /proc',
    figures: long,
    timeout: minutes(30),
  },
  {
    name: 'publish',
    group: 'publish',
    command: [node, 'tools/publish-check/main.mjs'],
    count: 'line',
    timeout: minutes(8),
  },
  {
    name: 'bench',
    group: 'bench',
    // Whether everything can be measured; the figures of a busy machine say nothing.
    command: [node, 'tools/bench/main.mjs', ...(long ? [] : ['--only', 'rpc.seq,rpc.pipe16,events', '--rounds', '1'])],
    count: 'line',
    wants: ['bench'],
    figures: long,
    timeout: minutes(40),
  },
  {
    name: 'snmp speed',
    group: 'bench',
    command: [node, 'tools/bench/snmp.mjs'],
    count: 'line',
    wants: ['snmp'],
    long: true,
    figures: true,
    timeout: minutes(10),
  },
].filter((lane) => lane.command[0] !== node || existsSync(join(repo, lane.command[1])))
