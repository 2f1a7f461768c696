// SPDX-License-Identifier: GPL-2.0-or-later
// virsh's options of migrations, one by one, between two virtd and between two libvirtd: the same words and codes, states, events, definitions.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from '@virt/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { runProgram } from '../place.mjs'
import { diskGuestDisks, diskGuestXml } from './disk-guest.js'
import { openFolder } from './guest.js'
import { memoryDisk, memoryGuestXml } from './memory-guest.js'
import { libvirtds, type Pair, virtds } from './pairs.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'virsh'].map((part) => ensure(part)))
const able = parts.every(({ ok }) => ok) && process.getuid?.() === 0
if (!able) console.error("SKIPPED: virsh's options of migrations (needs QEMU, libvirtd, and root for host names)")
const patience = { timeout: 30_000, interval: 20 }

/** One command line. */
interface Line {
  readonly words: readonly string[]
  /** What moves: a guest that writes to its memory, one with disks of its own, or one that does not run. */
  readonly guest?: 'disks' | 'off'
  /** It is to be defined beforehand. */
  readonly defined?: boolean
  /** Not LIVE and UNSAFE. */
  readonly bare?: boolean
  /** Commands while its memory is sent, slowly. */
  readonly meanwhile?: readonly (readonly string[])[]
  /** Commands afterwards, to the source or `there`. */
  readonly after?: readonly (readonly string[])[]
}

const line = (words: string, more: Omit<Line, 'words'> = {}): Line => ({
  words: words.split(' ').filter((word) => word !== ''),
  ...more,
})
const each = (text: string): string[][] => text.split(', ').map((words) => words.split(' '))

/** Those that every run goes through. */
const few: readonly Line[] = [
  line('--verbose'),
  line('--p2p'),
  line('--persistent --undefinesource', { defined: true }),
  line('--dname OTHER --xml TITLED'),
  line('--suspend'),
  // The guest runs on, as nothing is sent.
  line('--persistent --persistent-xml BROKEN', { after: each('domstate --reason') }),
  line('--copy-storage-all --xml THERE', { guest: 'disks', bare: true }),
  line('--offline --persistent', { guest: 'off', bare: true }),
  line('--offline --persistent', { bare: true }),
  line('--offline --persistent --undefinesource', { bare: true, defined: true }),
  line('--bandwidth 1', {
    meanwhile: each(
      'migrate-setmaxdowntime 123, migrate-getmaxdowntime, migrate-getspeed, migrate-compcache --size 8388608, migrate-compcache, domjobabort --postcopy, migrate-postcopy, domstate --reason, migrate GUEST nowhere, suspend, domstate --reason, domjobabort',
    ),
    after: each('domjobinfo, domstate --reason, migrate-getspeed, domjobabort'),
  }),
]
const more: readonly Line[] = [
  line('--bandwidth 8 --timeout 4'),
  line('--bandwidth 2 --postcopy --timeout 4 --timeout-postcopy --postcopy-bandwidth 64'),
  line(''),
  line('', { bare: true }),
  line('--live', { bare: true }),
  line('--direct'),
  line('--tunnelled'),
  line('--p2p --tunnelled'),
  line('--p2p --tunnelled --listen-address 127.0.0.1'),
  line('--p2p --dname OTHER'),
  line('--p2p --persistent --undefinesource', { defined: true }),
  line('--p2p --postcopy --postcopy-after-precopy'),
  line('--persistent', { defined: true, after: each('domstate --reason, dominfo, undefine, there dominfo') }),
  line('--undefinesource', { defined: true }),
  line('--undefinesource'),
  line('--persistent --persistent-xml TITLED', { defined: true }),
  line('--persistent-xml TITLED', { defined: true }),
  line('--xml TITLED'),
  line('--xml BIGGER'),
  line('--xml /nonexistent'),
  line('--dname OTHER', { defined: true }),
  line('--change-protection'),
  line('--compressed'),
  line('--compressed --comp-methods xbzrle --comp-xbzrle-cache 16777216'),
  line('--comp-methods mt --comp-mt-level 3 --comp-mt-threads 2 --comp-mt-dthreads 2'),
  line('--comp-methods mt,xbzrle'),
  line('--comp-methods nothing'),
  line('--comp-mt-level 3'),
  line('--comp-xbzrle-cache 16777216'),
  line('--auto-converge --auto-converge-initial 30 --auto-converge-increment 20'),
  line('--auto-converge-initial 30'),
  line('--parallel'),
  line('--parallel --parallel-connections 3'),
  line('--parallel-connections 3'),
  line('--parallel --zerocopy'),
  line('--zerocopy'),
  line('--bandwidth 100'),
  line('--bandwidth 99999999999999'),
  line('--bandwidth -1'),
  line('--postcopy-bandwidth 9 --postcopy'),
  line('--postcopy'),
  line('--postcopy --postcopy-after-precopy'),
  line('--postcopy-after-precopy'),
  line('--postcopy-resume'),
  line('--postcopy --postcopy-resume'),
  line('--timeout 1'),
  line('--timeout 0'),
  line('--timeout x'),
  line('--timeout-suspend'),
  line('--timeout-postcopy'),
  line('--timeout 1 --timeout-postcopy'),
  line('--timeout 1 --timeout-postcopy --timeout-suspend --postcopy'),
  line('--timeout 60 --timeout-suspend'),
  line('--bandwidth 8 --timeout 4 --timeout-suspend'),
  line('--abort-on-error'),
  line('--rdma-pin-all'),
  line('--migrateuri rdma://127.0.0.1'),
  line('--migrateuri tcp://127.0.0.1'),
  line('--migrateuri tcp:127.0.0.1'),
  line('--migrateuri tcp://127.0.0.1:49480'),
  line('--migrateuri unix://FOLDER/guest.sock'),
  line('--migrateuri nothing://127.0.0.1'),
  line('--migrateuri tcp://nowhere.invalid'),
  line('--listen-address 127.0.0.1'),
  line('--listen-address ::1 --migrateuri tcp://[::1]'),
  line('--listen-address 192.0.2.1'),
  line('--graphicsuri spice://127.0.0.1:5999'),
  line('--graphicsuri rdp://127.0.0.1:5999'),
  line('--tls'),
  line('--tls-destination here'),
  line('--tls --tls-destination here'),
  line('--copy-storage-all --xml THERE --disks-port 49490', { guest: 'disks', bare: true }),
  line('--copy-storage-all --xml THERE --disks-uri tcp://127.0.0.1:49491', { guest: 'disks', bare: true }),
  line('--copy-storage-all --xml THERE --disks-uri unix://FOLDER/disks.sock --migrateuri unix://FOLDER/guest.sock', {
    guest: 'disks',
    bare: true,
  }),
  line('--copy-storage-all --xml THERE --disks-uri nothing://FOLDER/disks.sock', { guest: 'disks', bare: true }),
  line('--copy-storage-inc --xml THERE', { guest: 'disks', bare: true }),
  line('--copy-storage-all --copy-storage-inc', { guest: 'disks' }),
  line('--copy-storage-all --migrate-disks hda,hdb --xml THERE', { guest: 'disks', bare: true }),
  line('--copy-storage-all --migrate-disks hdz', { guest: 'disks' }),
  line('--copy-storage-all --migrate-disks hda --xml THERE', { guest: 'disks', bare: true }),
  line('--copy-storage-all --copy-storage-synchronous-writes --xml THERE', { guest: 'disks', bare: true }),
  line('--copy-storage-synchronous-writes', { guest: 'disks' }),
  line('--copy-storage-all --p2p --xml THERE', { guest: 'disks', bare: true }),
  line('--offline', { guest: 'off', bare: true }),
  line('--live', { guest: 'off', bare: true }),
  line('--offline --persistent --undefinesource', { guest: 'off', bare: true }),
  line('--offline --persistent --copy-storage-all', { guest: 'off', bare: true }),
  line('--offline --persistent --p2p', { guest: 'off', bare: true }),
  line('--offline --persistent --dname OTHER', { guest: 'off', bare: true }),
  line('--offline --persistent --live', { guest: 'off', bare: true }),
  // For half a minute it waits for its turn.
  line('--bandwidth 1', { meanwhile: each('suspend, resume, domjobabort') }),
  line('--bandwidth 1 --postcopy', {
    meanwhile: each('migrate-getspeed --postcopy, domjobabort --postcopy, migrate-setspeed 2 --postcopy, domjobabort'),
  }),
  line('--bandwidth 1 --p2p', { meanwhile: each('migrate-setspeed 2, migrate-getspeed, domjobabort') }),
  line('--bandwidth 1 --change-protection', {
    meanwhile: each('migrate-setmaxdowntime 5000, undefine, domjobabort'),
  }),
]
const lines = process.env.VIRT_LONG === '1' ? [...few, ...more] : few

describe.skipIf(!able)("virsh's options of migrations", () => {
  const folder = openFolder('virtd-virsh-')
  chmodSync(folder, 0o777)
  const pairs: Pair[] = []
  const told = new Map<Connection, (readonly [guest: string, what: string])[]>()
  let number = 0

  beforeAll(async () => {
    pairs.push(...(await Promise.all([virtds(), libvirtds()])))
    for (const conn of pairs.flatMap(({ source, destination }) => [source, destination])) {
      const events: [string, string][] = []
      told.set(conn, events)
      conn.on('lifecycle', ({ name }, { type, detail }) => events.push([name, `${type} ${detail}`]))
      await conn.subscribed('lifecycle')
    }
  }, 120_000)
  afterAll(async () => {
    for (const pair of pairs) await pair.end()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What another run would have otherwise. */
  const cleaned = (text: string, name: string): string =>
    text
      .replaceAll(name, 'GUEST')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replaceAll(/\S*\/tmp\/[\w./-]+/g, 'PATH')
      .replaceAll(/(gamma|delta|alpha|beta)(\.test)?/g, 'HOST')
      .replaceAll(/\rMigration: \[ *\d+(\.\d+)? %\]/g, '')
      .replaceAll(/4\d{4}\b/g, 'PORT')
      .replaceAll(/process \d+/g, 'process PID')
      .replaceAll(/^Id: .*$/gm, '')
      .replaceAll(/^(CPU time|Used memory|Id): .*$/gm, '')
      .trim()

  const stateOf = async (conn: Connection, name: string): Promise<unknown> => {
    const domain = await conn.domains.find({ name })
    if (domain === undefined) return undefined
    const { state, reason } = await domain.state()
    const titles = [await domain.xmlDesc(), await domain.xmlDesc({ inactive: true })]
    return [state, reason, await domain.isPersistent(), ...titles.map((xml) => /<title>.*<\/title>/.exec(xml)?.[0])]
  }

  /** All that comes of a line. */
  const follow = async (pair: Pair, { words, guest, defined, bare, meanwhile, after = [] }: Line): Promise<unknown> => {
    const name = `v${String(number++).padStart(3, '0')}`
    const own = join(folder, name)
    for (const one of ['here', 'there']) mkdirSync(join(own, one), { recursive: true, mode: 0o777 })
    const serial = join(own, 'serial')
    const said = (): string => (existsSync(serial) ? readFileSync(serial, 'utf8') : '')
    const disks = guest === 'disks' ? diskGuestDisks(join(own, 'here'), 2) : undefined
    for (const path of Object.values(disks ?? {}))
      writeFileSync(path.replace('/here/', '/there/'), Buffer.alloc(statSync(path).size))
    const xml =
      disks === undefined ? memoryGuestXml(name, memoryDisk(own), serial) : diskGuestXml({ name, ...disks, serial })
    const { source, destination } = pair
    const domain = defined || guest === 'off' ? await source.domains.define(xml) : await source.domains.create(xml)
    if (defined) await domain.create()
    if (guest !== 'off') {
      await expect.poll(said, patience).toMatch(/^\.\./)
      if (meanwhile === undefined) await domain.migrateSetMaxDowntime(2000)
    }
    const text = await domain.xmlDesc({ migratable: true })
    const files: Readonly<Record<string, string>> = {
      THERE: text.replaceAll(`${own}/here`, `${own}/there`),
      TITLED: text.replace('</name>', '</name><title>another</title>'),
      BROKEN: text.replace("unit='KiB'>65536</memory>", "unit='furlong'>65536</memory>"),
      BIGGER: text.replace("unit='KiB'>65536</memory>", "unit='KiB'>98304</memory>"),
    }
    for (const [file, content] of Object.entries(files)) writeFileSync(join(own, file), content)
    const placed = (word: string): string => {
      if (files[word] !== undefined) return join(own, word)
      return word.replace('FOLDER', own).replace('GUEST', name).replace('OTHER', `${name}x`)
    }
    const virsh = async (end: 0 | 1, words: readonly string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await runProgram('virsh', ['-q', '-c', pair.uris[end], ...words], {
        timeout: 60_000,
      })
      return [words[0], code, cleaned(stdout, name), cleaned(stderr, name)]
    }
    const command = async ([first = '', ...rest]: readonly string[]): Promise<unknown> =>
      first === 'there'
        ? await virsh(1, [rest[0] ?? '', name, ...rest.slice(1)])
        : await virsh(0, rest[0] === 'GUEST' ? [first, ...rest.map(placed)] : [first, name, ...rest])
    const begun = new Promise<void>((resolve) => source.once('migrationIteration', () => resolve()))
    await source.subscribed('migrationIteration')
    const most = bare ? [] : ['--live', '--unsafe']
    const over = virsh(0, ['migrate', ...most, name, pair.uris[1], ...words.map(placed)])
    const during: unknown[] = []
    if (meanwhile !== undefined) {
      await Promise.race([begun, over])
      for (const one of meanwhile) during.push(await command(one))
    }
    const answer = await over
    const later: unknown[] = []
    for (const one of after) later.push(await command(one))
    const names = [name, `${name}x`]
    const states = await Promise.all([source, destination].flatMap((conn) => names.map((one) => stateOf(conn, one))))
    const of = (conn: Connection): string[] => {
      const events = told.get(conn) ?? []
      const mine = events.filter(([one]) => names.includes(one)).map(([, what]) => what)
      events.length = 0
      return mine
    }
    const events = { here: of(source), there: of(destination) }
    for (const conn of [source, destination])
      for (const left of await conn.domains.all()) {
        await left.destroy().catch(() => {})
        await left.undefine().catch(() => {})
      }
    return { answer, during, later, states, ...events }
  }

  it.each(lines)(
    '%o',
    async (one) => {
      const [ours, theirs] = await Promise.all(pairs.map((pair) => follow(pair, one)))
      expect(ours).toEqual(theirs)
    },
    120_000,
  )
})
