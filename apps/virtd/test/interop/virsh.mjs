// SPDX-License-Identifier: GPL-2.0-or-later
// The differential: each line by real virsh on its in-process driver, and on a daemon; same output, same exit status.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startLibvirtd, startVirtd } from './peers.mjs'
import { here as thisMachine } from './place.mjs'
import { levelDifference } from './virsh-differences.mjs'
import { files, lines, readOnlyLines } from './virsh-lines.mjs'
import { oddFiles } from './virsh-odd-files.mjs'
import { oddLines } from './virsh-odd-lines.mjs'

/** What may differ between two runs of the same thing: times, made-up identities, the URI itself. */
const free = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?([+-]\d{4})?/g, 'TIME'],
  [/(CPU time:\s+)[\d.]+s/g, '$1TIME'],
  [/(Time:\s+)\d+/g, '$1TIME'],
  [/cpu(\.\w+)?=\d{9,}/g, 'cpu$1=TIME'],
  // The test driver reckons its figures of traffic from the time of day.
  [/ ((?:rd|wr|rx|tx)_\w+|errs) \d{9,}/g, ' $1 TIME'],
  [/(\.time=|\.wait=|\.delay=)\d+/g, '$1TIME'],
  [/creationTime>\d+/g, 'creationTime>TIME'],
  [/(domainsnapshot-|Domain (?:snapshot|checkpoint) )\d{10}/g, '$1TIME'],
  // A snapshot without a name is called after the second it was made in.
  [/^( ?)\d{10}(?= {2,}TIME|$)/gm, '$1TIME'],
  [/scratch-(?:here|there)-\d+/g, 'SCRATCH'],
  // What the library writes to its log.
  [/^TIME: \d+: (info|warning) : .*\n/gm, ''],
  [/(number of [\w ]+:\s+|bytes [\w]+:\s+|error count:\s+)\d{9,}/g, '$1TIME'],
  [/test\+unix:\/\/\/default\?socket=[^\s'"]+/g, 'test:///default'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uuid) => (known.has(uuid) ? uuid : 'UUID')],
  [/(Generated|Using|Running|Compiled).*(library|API|hypervisor|against).*\n/g, ''],
]
const known = new Set([
  '6695eb01-f6a4-8304-79aa-97f2502e193f',
  'dd8fe884-6c02-601e-7551-cca97df1c5df',
  'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
  '00000000-0000-0000-0000-000000000000',
  '11111111-2222-3333-4444-555555555555',
])

const normal = (text) => free.reduce((t, [pattern, by]) => t.replace(pattern, by), text)

/** Runs every line on both sides. @returns counts, and what differed */
export async function differential({ peer = 'virtd', place = thisMachine, only, say = console.log } = {}) {
  const level = place.level()
  const scratch = place.scratch('virsh-lines-')
  // Daemons of this machine write where programs of another root say.
  mkdirSync(place.seen(scratch), { recursive: true })
  for (const [name, text] of Object.entries({ ...files, ...oddFiles }))
    for (const folder of [scratch, place.seen(scratch)]) writeFileSync(join(folder, name), text)
  const start = peer === 'virtd' ? startVirtd : startLibvirtd
  const result = { passed: 0, failed: 0, skipped: 0, differences: [] }
  const work = [
    ...[...lines, ...oddLines].map((line) => ({ line, readOnly: false })),
    ...readOnlyLines.map((line) => ({ line, readOnly: true })),
  ].filter(({ line }) => only === undefined || line.includes(only))
  let next = 0
  const worker = async () => {
    for (let job = work[next++]; job !== undefined; job = work[next++]) {
      const id = next
      // A file to write is each side's own.
      const script = (side) =>
        job.line.replace(/@(\w+)/g, (_, name) =>
          place.seen(join(scratch, name === 'scratch' ? `scratch-${side}-${id}` : name)),
        )
      const options = job.readOnly ? ['-r'] : []
      // test:///default is one instance per process, so each line has a daemon of its own.
      const daemon = await start({ place })
      try {
        const [here, there] = await Promise.all([
          inProcess(place, [...options, '-c', 'test:///default', script('here')]),
          place.run('virsh', [
            ...options,
            '-c',
            `test+unix:///default?socket=${place.seen(job.readOnly ? daemon.readOnlySocket : daemon.socket)}`,
            script('there'),
          ]),
        ])
        const name = `${job.readOnly ? '-r ' : ''}${job.line}`
        const why = compare(here, there)
        if (why === undefined) result.passed++
        else if (levelDifference(job.line, level) !== undefined) result.passed++
        else {
          result.failed++
          result.differences.push({ name, here, there })
          say(`FAIL virsh ${name}: ${why}`)
        }
      } finally {
        await daemon.stop()
      }
    }
  }
  await Promise.all(Array.from({ length: peer === 'virtd' ? 3 : 1 }, worker))
  for (const folder of [scratch, place.seen(scratch)]) rmSync(folder, { recursive: true, force: true })
  return result
}

/** Virsh on its own driver: 9.0 now and then hangs in a managed save for good, which says nothing of the daemon. */
async function inProcess(place, args, tries = 6) {
  const result = await place.run('virsh', args, { timeout: 8000 })
  return result.code === 'SIGKILL' && tries > 1 ? inProcess(place, args, tries - 1) : result
}

function compare(here, there) {
  if (here.code !== there.code)
    return `exit status ${there.code}, expected ${here.code}: ${JSON.stringify(normal(there.stderr))} / ${JSON.stringify(normal(here.stderr))}`
  for (const stream of ['stdout', 'stderr']) {
    const [a, b] = [normal(here[stream]), normal(there[stream])]
    if (a === b) continue
    const [expected, got] = [a.split('\n'), b.split('\n')]
    const at = expected.findIndex((text, i) => text !== got[i])
    return `${stream} line ${at + 1}: got ${JSON.stringify(got[at])}, expected ${JSON.stringify(expected[at])}`
  }
  return undefined
}
