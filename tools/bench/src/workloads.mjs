// SPDX-License-Identifier: GPL-2.0-or-later
// What is measured. A workload gets `{ daemon, uri, load, folder }` and answers figures: `{ name: number }`.
// Each round has a fresh process of its own as the client; `fresh` workloads get a fresh daemon too.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { domainOf, longDomain } from './document.mjs'
import { endMigrations, migrate } from './migrate.mjs'
import { cpuOf, jsonOf, rssOf } from './processes.mjs'
import { RawClient, testDomain } from './raw.mjs'
import { median } from './statistics.mjs'

const loops = join(import.meta.dirname, 'client-loops.mjs')
const seconds = '0.7'

/** A load of libvirt.so, and the daemon's CPU time per call in us. */
const calls =
  (work, connections, threads) =>
  async ({ daemon, uri, load }) => {
    const before = cpuOf(daemon.pid)
    const { p50, rate, calls: count } = await jsonOf(load, [uri(), work, seconds, `${connections}`, `${threads}`])
    return { p50, rate, cpu: ((cpuOf(daemon.pid) - before) / count) * 1e6 }
  }

async function pipelined({ daemon }) {
  const client = await RawClient.open(daemon.socket)
  const encode = await testDomain(client)
  let done = 0
  const before = cpuOf(daemon.pid)
  const begin = performance.now()
  const caller = async () => {
    while (performance.now() < begin + 700) {
      await client.call('DOMAIN_GET_INFO', encode)
      done++
    }
  }
  await Promise.all(Array.from({ length: 16 }, caller))
  const elapsed = performance.now() - begin
  client.close()
  return { rate: (done / elapsed) * 1000, cpu: ((cpuOf(daemon.pid) - before) / done) * 1e6 }
}

async function latency({ uri, load }) {
  const { p50 } = await jsonOf(load, [uri(), 'event', '0', '1', '1'])
  return { p50 }
}

const fanOut =
  (count) =>
  async ({ daemon }) => {
    const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open(daemon.socket)))
    await Promise.all(clients.map((client) => client.call('CONNECT_DOMAIN_EVENT_REGISTER')))
    const trigger = await RawClient.open(daemon.socket)
    const encode = await testDomain(trigger)
    const last = []
    for (let i = 0; i < 50; i++) {
      const all = Promise.all(
        clients.map(
          (client) =>
            new Promise((resolve) => {
              client.onEvent = resolve
            }),
        ),
      )
      const start = performance.now()
      const call = trigger.call(i % 2 ? 'DOMAIN_RESUME' : 'DOMAIN_SUSPEND', encode)
      last.push(Math.max(...(await all)) - start)
      await call
    }
    for (const client of [...clients, trigger]) client.close()
    return { last: median(last) * 1000 }
  }

/** A node file with that many domains. */
function nodeFile(folder, count) {
  const path = join(folder, `domains-${count}.xml`)
  const domains = Array.from({ length: count }, (_, i) => domainOf(i))
  writeFileSync(path, `<node>\n${domains.join('')}</node>\n`)
  return path
}
const bulk =
  (count) =>
  async ({ uri, load, folder }) =>
    await jsonOf(load, [uri(nodeFile(folder, count)), 'bulk', '0', '1', '1'])

const memory =
  (count) =>
  async ({ daemon, uri, load, folder }) => {
    const idle = rssOf(daemon.pid)
    await jsonOf(load, [uri(nodeFile(folder, count)), 'bulk', '0', '1', '1'])
    const rss = rssOf(daemon.pid)
    return { rss, each: (rss - idle) / count }
  }

/** The document of 300 lines, defined and described by libvirt's test driver, read and printed by `@virt/conf`. */
async function documents({ load, folder, side }) {
  const file = join(folder, 'document')
  writeFileSync(file, longDomain(0))
  const { cpu } = await (side === 'libvirt'
    ? jsonOf(load, ['test:///default', 'document', '2', '1', '1', file])
    : jsonOf(process.execPath, [join(import.meta.dirname, 'documents.mjs'), file, '2']))
  return { cpu, rate: 1e6 / cpu }
}

async function define({ daemon, uri, load, folder }) {
  const file = join(folder, 'documents')
  writeFileSync(file, Array.from({ length: 1000 }, (_, i) => `${domainOf(i)}\0`).join(''))
  const before = cpuOf(daemon.pid)
  const rates = await jsonOf(load, [uri(), 'define', '0', '1', '1', file])
  return { ...rates, cpu: ((cpuOf(daemon.pid) - before) / 3000) * 1e6 }
}

/** The same loop by libvirt.so and by `@virt/remote`, on a real libvirtd: two clients instead of two daemons. */
const client =
  (work, connections, callers, file) =>
  async ({ uri, load, folder, side }) => {
    const args = [
      uri(file === undefined ? undefined : nodeFile(folder, file)),
      work,
      seconds,
      `${connections}`,
      `${callers}`,
    ]
    const figures = side === 'libvirt' ? await jsonOf(load, args) : await jsonOf(process.execPath, [loops, ...args])
    delete figures.calls
    return figures
  }

/** By `group.name`: how to measure, how many rounds are worth something, and whether [the floor](floor.mjs) can be measured too. */
export const workloads = {
  'rpc.seq': { run: calls('info', 1, 1), rounds: 5, floor: true },
  'rpc.8conn': { run: calls('info', 8, 8), rounds: 3, floor: true },
  'rpc.64conn': { run: calls('info', 64, 64), rounds: 3, floor: true },
  'rpc.1conn_8threads': { run: calls('info', 1, 8), rounds: 3 },
  'rpc.connect': { run: calls('connect', 1, 1), rounds: 3 },
  'rpc.pipe16': { run: pipelined, rounds: 3 },
  'events.latency': { run: latency, rounds: 3 },
  'events.fanout_200': { run: fanOut(200), rounds: 3 },
  'bulk.1000': { run: bulk(1000), rounds: 3, fresh: true },
  'bulk.10000': { run: bulk(10_000), rounds: 1, fresh: true },
  'define.test': { run: define, rounds: 3, fresh: true },
  'mem.idle': { run: ({ daemon }) => ({ rss: rssOf(daemon.pid) }), rounds: 3, fresh: true },
  'mem.domains_10000': { run: memory(10_000), rounds: 1, fresh: true },
  'migrate.managed': { run: migrate, end: endMigrations, rounds: 12, alone: true },
  'documents.300_lines': { run: documents, rounds: 5, alone: true },
  'cold.start': { run: ({ daemon }) => ({ first_answer: daemon.started }), rounds: 4, fresh: true },
  'client.version': { run: client('version', 1, 1), rounds: 3, clients: true },
  'client.info': { run: client('info', 1, 1), rounds: 3, clients: true },
  'client.shared': { run: client('info', 1, 8), rounds: 3, clients: true },
  'client.many': { run: client('info', 64, 64), rounds: 3, clients: true },
  'client.connect': { run: client('connect', 1, 1), rounds: 3, clients: true },
  'client.event': { run: client('event', 1, 1), rounds: 3, clients: true },
  'client.bulk_1000': { run: client('bulk', 1, 1, 1000), rounds: 2, clients: true },
}
