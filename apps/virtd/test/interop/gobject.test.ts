// SPDX-License-Identifier: GPL-2.0-or-later
// Objects and signals through virtd, and through a real libvirtd, while real virsh makes the changes: the same log.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection, type Domain } from '@virt/gobject'
import { remote } from '@virt/remote'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from './peers.mjs'
import { runProgram } from './place.mjs'

const libvirtd = await ensure('libvirtd')
if (!libvirtd.ok) console.error('SKIPPED: objects through libvirtd: it is not there')
const folder = mkdtempSync(join(tmpdir(), 'gobject-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const guest = file('g.xml', "<domain type='test'><name>g</name><memory>1024</memory><os><type>hvm</type></os></domain>")
const titled = (uuid: string): string =>
  file(
    't.xml',
    `<domain type='test'><name>g</name><uuid>${uuid}</uuid><title>t</title><memory>1024</memory><os><type>hvm</type></os></domain>`,
  )
const network = file('n.xml', '<network><name>n</name></network>')

/** One scenario, by virsh; what the objects tell of it. */
async function logOf(socket: string): Promise<string[]> {
  const uri = `test+unix:///default?socket=${socket}`
  const virsh = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await runProgram('virsh', ['-c', uri, ...args])
    if (code !== 0) throw new Error(stderr)
    return stdout.trim()
  }
  const conn = new Connection(uri, { drivers: [remote()] })
  const log: string[] = []
  await conn.open()
  await conn.fetchDomains()
  await conn.fetchNetworks()
  const watch = (domain: Domain): void => {
    for (const name of ['started', 'stopped', 'suspended', 'resumed', 'updated'] as const)
      domain.connect(name, () => log.push(`${domain.name} ${name} state=${domain.state}`))
    domain.connect('started::booted', () => log.push('booted'))
    domain.connect('stopped::destroyed', () => log.push('destroyed'))
    domain.connect('notify::id', () => log.push(`${domain.name} id ${domain.id < 0 ? 'none' : 'some'}`))
  }
  conn.connect('domain-added', (_self, domain) => {
    log.push(`+${domain.name}`)
    watch(domain)
  })
  conn.connect('domain-removed', (_self, domain) => log.push(`-${domain.name}`))
  conn.connect('network-added', (_self, item) => log.push(`+net ${item.name}`))
  conn.connect('network-removed', (_self, item) => log.push(`-net ${item.name}`))
  for (const domain of conn.domains) watch(domain)
  await virsh('define', guest)
  await virsh('start', 'g')
  await virsh('suspend', 'g')
  await virsh('resume', 'g')
  await virsh('define', titled(await virsh('domuuid', 'g')))
  await virsh('destroy', 'g')
  await virsh('undefine', 'g')
  await virsh('create', guest)
  await virsh('destroy', 'g')
  await virsh('net-define', network)
  await virsh('net-undefine', 'n')
  const end = Date.now() + 5000
  while (!log.includes('-net n') && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  await conn.close()
  return log
}

const expected = [
  '+g',
  'g id some',
  'g started state=1',
  'booted',
  'g suspended state=3',
  'g resumed state=1',
  'g updated state=1',
  'g id none',
  'g stopped state=5',
  'destroyed',
  '-g',
  '+g',
  'g started state=1',
  'booted',
  'g id none',
  'g stopped state=5',
  'destroyed',
  '-g',
  '+net n',
  '-net n',
]

describe('objects and signals', () => {
  it('follow what virsh does on virtd', async () => {
    const daemon = await startVirtd()
    try {
      expect(await logOf(daemon.socket)).toEqual(expected)
    } finally {
      await daemon.stop()
    }
  })

  it('lose and double nothing with many guests and many changes', async () => {
    const [guests, changes] = process.env.VIRT_LONG === '1' ? [10_000, 20_000] : [300, 1200]
    const daemon = await startVirtd()
    try {
      const uri = `test+unix:///default?socket=${daemon.socket}`
      const [watcher, maker] = [
        new Connection(uri, { drivers: [remote()] }),
        new Connection(uri, { drivers: [remote()] }),
      ]
      await Promise.all([watcher.open(), maker.open()])
      const added: string[] = []
      watcher.connect('domain-added', (_self, domain) => added.push(domain.name))
      const made: Domain[] = []
      for (let from = 0; from < guests; from += 50)
        made.push(
          ...(await Promise.all(
            Array.from({ length: Math.min(50, guests - from) }, (_, i) =>
              maker.createDomain(
                `<domain type='test'><name>m${from + i}</name><memory>1024</memory><os><type>hvm</type></os></domain>`,
              ),
            ),
          )),
        )
      await watcher.fetchDomains()
      const seen = new Map<string, string>()
      let signals = 0
      let wrong = 0
      for (const domain of watcher.domains)
        for (const name of ['suspended', 'resumed'] as const)
          domain.connect(name, () => {
            signals++
            // Each guest is suspended and resumed in turn: the same twice is one doubled, or the other lost.
            if (seen.get(domain.uuid) === name) wrong++
            seen.set(domain.uuid, name)
          })
      globalThis.gc?.()
      const heap = process.memoryUsage().heapUsed
      const begin = performance.now()
      for (let done = 0; done < changes; done += 100) {
        const some = Array.from({ length: 50 }, (_, i) => made[(done / 2 + i) % guests] as Domain)
        await Promise.all(some.map((domain) => domain.suspend()))
        await Promise.all(some.map((domain) => domain.resume()))
      }
      const rate = changes / ((performance.now() - begin) / 1000)
      const end = Date.now() + 20_000
      while (signals < changes && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
      globalThis.gc?.()
      const growth = (process.memoryUsage().heapUsed - heap) / 2 ** 20
      console.log(
        `figure objects: ${guests} guests, ${Math.round(rate)} changes/s, heap grew by ${growth.toFixed(1)} MiB`,
      )
      expect({ signals, wrong, added: new Set(added).size, twice: added.length }).toEqual({
        signals: changes,
        wrong: 0,
        // And the one that is there from the beginning.
        added: guests + 1,
        twice: guests + 1,
      })
      await Promise.all([watcher.close(), maker.close()])
    } finally {
      await daemon.stop()
    }
  })

  it.skipIf(!libvirtd.ok)('follow what virsh does on libvirtd', async () => {
    const daemon = await startLibvirtd()
    try {
      expect(await logOf(daemon.socket)).toEqual(expected)
    } finally {
      await daemon.stop()
    }
  })
})
