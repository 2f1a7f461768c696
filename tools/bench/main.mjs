// SPDX-License-Identifier: GPL-2.0-or-later
// Measures virtd beside a real libvirtd, and @virt/remote beside libvirt.so: rounds in turn, medians, ratios.
// node tools/bench/main.mjs [--only rpc,bulk.1000] [--rounds N] [--json FILE] [--list]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startLibvirtd, startProgram, startVirtd } from '../../apps/virtd/test/interop/peers.mjs'
import { ensure } from '../setup/system-parts.mjs'
import { RawClient } from './src/raw.mjs'
import { median } from './src/statistics.mjs'
import { workloads } from './src/workloads.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
    list: { type: 'boolean' },
  },
})
const goals = JSON.parse(readFileSync(join(import.meta.dirname, 'goals.json'), 'utf8'))
const wanted = values.only?.split(',')
const chosen = Object.entries(workloads).filter(
  ([name]) => wanted === undefined || wanted.some((one) => name === one || name.startsWith(`${one}.`)),
)
if (values.list) {
  console.log(Object.keys(workloads).join('\n'))
  process.exit(0)
}
const parts = await ensure('bench')
if (!parts.ok) {
  console.log(`SKIPPED: nothing to compare with: ${parts.why}`)
  console.log(`0 passed, 0 failed, ${chosen.length} skipped`)
  process.exit(0)
}

// Node reads all of its certificates before anything else; no daemon here needs any.
delete process.env.NODE_EXTRA_CA_CERTS
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const load = join(folder, 'load')
const starters = {
  libvirt: startLibvirtd,
  virt: startVirtd,
  floor: () => startProgram(join(import.meta.dirname, 'src/floor.mjs')),
}
const shared = {}
const all = {}
let failed = 0

/** A daemon that has answered a first call; `started` is how long that took, in ms. */
async function start(side) {
  const begin = performance.now()
  const daemon = await starters[side]()
  const client = await RawClient.open(daemon.socket)
  await client.call('CONNECT_GET_LIB_VERSION')
  daemon.started = performance.now() - begin
  client.close()
  return daemon
}

async function measure(workload, side) {
  if (workload.alone) return await workload.run({ load, folder, side })
  const on = workload.clients ? 'libvirt' : side
  if (!workload.fresh && shared[on] === undefined) shared[on] = await start(on)
  const daemon = workload.fresh ? await start(on) : shared[on]
  const uri = (file = '/default') => `test+unix://${file}?socket=${daemon.socket}`
  try {
    return await workload.run({ daemon, uri, load, folder, side })
  } finally {
    if (workload.fresh) await daemon.stop()
  }
}

/** Goals are ratios, or one value for us alone. */
function verdictOn(goal, ours, ratio) {
  const figure = goal.alone ? ours : ratio
  const reached = (bound) => (goal.more ? figure >= bound : figure <= bound)
  return reached(goal.goal) ? 'goal' : reached(goal.must) ? 'must' : 'missed'
}

function print(name, figures) {
  for (const figure of Object.keys(figures.virt[0])) {
    const middle = (side) => median(figures[side].map((round) => round[figure]))
    const [ours, theirs] = [middle('virt'), middle('libvirt')]
    const ratio = ours / theirs
    const floor = figures.floor === undefined ? undefined : middle('floor') / theirs
    const goal = goals[`${name} ${figure}`]
    const verdict = goal === undefined ? '' : verdictOn(goal, ours, ratio)
    const column = (value) => value.toPrecision(4).padStart(12)
    console.log(
      `${`${name} ${figure}`.padEnd(30)}${column(theirs)}${column(ours)}${ratio.toFixed(2).padStart(8)}${(floor?.toFixed(2) ?? '').padStart(8)}  ${verdict}`,
    )
    all[`${name} ${figure}`] = { libvirt: theirs, virt: ours, ratio, floor }
  }
}

try {
  execFileSync('gcc', ['-O2', '-o', load, join(import.meta.dirname, 'src/load.c'), '-lvirt', '-lpthread'])
  console.log(
    `${'workload'.padEnd(30)}${'libvirt'.padStart(12)}${'virt'.padStart(12)}${'ratio'.padStart(8)}${'floor'.padStart(8)}`,
  )
  for (const [name, workload] of chosen) {
    const sides = ['libvirt', 'virt', ...(workload.floor ? ['floor'] : [])]
    const figures = Object.fromEntries(sides.map((side) => [side, []]))
    try {
      for (let round = 0; round < Number(values.rounds ?? workload.rounds); round++)
        for (const side of round % 2 ? sides.toReversed() : sides) figures[side].push(await measure(workload, side))
      print(name, figures)
    } catch (error) {
      failed++
      console.log(`FAIL ${name}: ${error.message}`)
    } finally {
      await workload.end?.()
    }
  }
} finally {
  for (const daemon of Object.values(shared)) await daemon.stop()
  rmSync(folder, { recursive: true, force: true })
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, undefined, 2)}\n`)
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
