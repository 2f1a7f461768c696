// SPDX-License-Identifier: GPL-2.0-or-later
// The differential of administration: each line by real virt-admin on a real libvirtd and on virtd, in the same order on
// both; same output, same exit status.
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { startLibvirtd, startVirtd } from './peers.mjs'
import { runProgram } from './place.mjs'

/** What may differ, and why. */
const free = [
  // When somebody connected, and by which process.
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4}/g, 'TIME'],
  [/(unix_process_id: )\d+/g, '$1PID'],
  // virt-admin itself is a client, whose number tells how many there were.
  [/^ \d+( +unix +TIME)$/gm, ' ID$1'],
  // A thread of libvirtd's may still be at the call before.
  [/(freeWorkers +: )[34]$/gm, '$1FREE'],
  // The level: Debian 12's daemon is 9.0, virtd is 11.3.
  [/(Running against daemon: ).*/g, '$1LEVEL'],
  // The order of servers is that of a hash with a seed.
  [/^ 0 {4}admin\n 1 {4}libvirtd$/gm, ' 0    libvirtd\n 1    admin'],
  // Each daemon has a folder of its own.
  [/libvirtd\+unix:\/\/\/system\?socket=\S+/g, 'URI'],
  [/\/tmp\/(?:libvirtd|virtd)-\w+/g, 'FOLDER'],
]
const normal = (text) => free.reduce((t, [pattern, by]) => t.replace(pattern, by), text)

/** In this order; `@` is the daemon's folder. */
const lines = `
  srv-list
  server-list
  srv-threadpool-info libvirtd
  srv-threadpool-info admin
  server-threadpool-info libvirtd
  srv-threadpool-info nosuch
  srv-threadpool-info
  srv-threadpool-set libvirtd --min-workers 6 --max-workers 30 --priority-workers 7
  srv-threadpool-info libvirtd
  srv-threadpool-set libvirtd 2 8 1
  srv-threadpool-info libvirtd
  srv-threadpool-set libvirtd --min-workers 40
  srv-threadpool-set libvirtd --min-workers 40 --max-workers 20
  srv-threadpool-set libvirtd --max-workers 1
  srv-threadpool-set libvirtd --max-workers 0
  srv-threadpool-set libvirtd --min-workers 0 --max-workers 0
  srv-threadpool-set libvirtd
  srv-threadpool-set libvirtd --max-workers -1
  srv-threadpool-set admin --priority-workers 3
  srv-threadpool-info admin
  srv-threadpool-set nosuch --max-workers 9
  server-threadpool-set libvirtd --min-workers 5 --max-workers 20 --priority-workers 5
  srv-clients-list libvirtd
  srv-clients-list admin
  srv-clients-list nosuch
  client-list libvirtd
  client-info libvirtd 1
  client-info libvirtd 2
  client-info libvirtd 3
  client-info admin 9999
  client-info libvirtd abc
  client-info libvirtd
  client-info nosuch 1
  srv-clients-info libvirtd
  srv-clients-info admin
  srv-clients-info nosuch
  server-clients-info libvirtd
  srv-clients-set libvirtd --max-clients 100 --max-unauth-clients 10
  srv-clients-info libvirtd
  srv-clients-set libvirtd --max-clients 5 --max-unauth-clients 10
  srv-clients-set libvirtd --max-clients 5
  srv-clients-set libvirtd --max-unauth-clients 500
  srv-clients-set libvirtd --max-clients 0
  srv-clients-set libvirtd
  srv-clients-set nosuch --max-clients 5
  server-clients-set libvirtd 5000 20
  srv-clients-info libvirtd
  client-disconnect libvirtd 1
  srv-clients-list libvirtd
  client-disconnect libvirtd 1
  client-disconnect libvirtd 99
  client-disconnect nosuch 1
  client-disconnect libvirtd
  daemon-log-filters
  daemon-log-filters "1:qemu 3:rpc"
  daemon-log-filters
  daemon-log-filters bogus
  daemon-log-filters 9:qemu
  daemon-log-filters 1:+qemu
  daemon-log-filters
  daemon-log-filters "2:a*b 4:util.object"
  daemon-log-filters
  daemon-log-filters ""
  daemon-log-filters
  daemon-log-outputs
  daemon-log-outputs "1:file:@/x.log 3:stderr"
  daemon-log-outputs
  daemon-log-outputs bogus
  daemon-log-outputs 1:file
  daemon-log-outputs 1:stderr:x
  daemon-log-outputs 7:stderr
  daemon-log-outputs 1:nosuch
  daemon-log-outputs 1:syslog
  daemon-log-outputs 1:file:@/nosuch/folder/x.log
  daemon-log-outputs
  daemon-log-outputs ""
  daemon-log-outputs
  daemon-timeout --timeout 0
  daemon-timeout 100
  daemon-timeout 0
  daemon-timeout --timeout -1
  daemon-timeout
  server-update-tls libvirtd
  srv-update-tls libvirtd
  srv-update-tls admin
  srv-update-tls nosuch
  uri
  version
  connect
  connect nosuch:///system
  connect; uri
  srv-list; srv-clients-info libvirtd
  pwd
  cd /; pwd
  echo a b
  help
  help srv-list
  help monitor
  quit
  exit
  bogus
`
  .trim()
  .split('\n')
  .map((line) => line.trim())

/** Runs every line on both daemons. @returns counts, and what differed */
export async function administration({ only, say = console.log } = {}) {
  const result = { passed: 0, failed: 0, skipped: 0, differences: [] }
  if (process.getuid?.() !== 0) {
    say('SKIPPED virt-admin: a real libvirtd needs root')
    return { ...result, skipped: lines.length }
  }
  const [real, ours] = await Promise.all([startLibvirtd(), startVirtd()])
  try {
    const sides = [
      { daemon: real, admin: join(real.root, 'libvirt-admin-sock') },
      { daemon: ours, admin: join(ours.root, 'run/libvirt/libvirt-admin-sock') },
    ]
    for (const { daemon } of sides) await clientsOf(daemon)
    for (const line of lines.filter((text) => only === undefined || text.includes(only))) {
      const [here, there] = await Promise.all(sides.map(({ daemon, admin }) => atRest(line, daemon.root, admin)))
      const why = compare(here, there)
      if (why === undefined) result.passed++
      else {
        result.failed++
        result.differences.push({ name: line, here, there })
        say(`FAIL virt-admin ${line}: ${why}`)
      }
    }
    for (const command of await commands())
      if (!lines.some((line) => line.split(/; ?/).some((part) => part.split(' ')[0] === command))) {
        result.failed++
        say(`FAIL virt-admin: no line has the command ${command}`)
      }
  } finally {
    await Promise.all([real.stop(), ours.stop()])
  }
  return result
}

/** Two clients that stay, one after the other: numbers 1 and 2 are theirs on a daemon that is new. */
async function clientsOf(daemon) {
  await connect(`test+unix:///default?socket=${daemon.socket}`, { drivers: [remote({ keepAlive: false })] })
  const readOnly = { readOnly: true, drivers: [remote({ keepAlive: false })] }
  await connect(`test+unix:///default?socket=${daemon.readOnlySocket}`, readOnly)
}

/** Answers of a daemon whose threads have come back from the call before; of one that stays busy the last. */
async function atRest(line, folder, admin) {
  for (let tries = 0; ; tries++) {
    const answer = await run(line, folder, admin)
    const count = (name) => Number(new RegExp(`^${name} +: (\\d+)$`, 'm').exec(answer.stdout)?.[1])
    if (!line.includes('threadpool-info') || !(count('freeWorkers') < count('nWorkers')) || tries === 20) return answer
    await setTimeout(100)
  }
}

function run(line, folder, admin) {
  const words = line.includes(';')
    ? [line]
    : [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)
  const args = words.map((word) => word.replaceAll('@/', `${folder}/`))
  return runProgram('virt-admin', ['-c', `libvirtd+unix:///system?socket=${admin}`, ...args])
}

/** Names of all commands that virt-admin has here. */
async function commands() {
  const { stdout } = await runProgram('virt-admin', ['help'])
  return [...stdout.matchAll(/^ {4}(\S+) {2,}/gm)].map(([, name]) => name)
}

function compare(here, there) {
  if (here.code !== there.code) return `exit status ${there.code}, expected ${here.code}: ${JSON.stringify(there)}`
  for (const stream of ['stdout', 'stderr']) {
    const [expected, got] = [normal(here[stream]).split('\n'), normal(there[stream]).split('\n')]
    const at = expected.findIndex((text, i) => text !== got[i])
    if (at >= 0 || expected.length !== got.length)
      return `${stream} line ${at + 1}: got ${JSON.stringify(got[at])}, expected ${JSON.stringify(expected[at])}`
  }
  return undefined
}
