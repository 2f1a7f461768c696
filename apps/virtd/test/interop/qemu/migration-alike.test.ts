// SPDX-License-Identifier: GPL-2.0-or-later
// What two virtd tell of a migration, to their clients and to each other, is what two libvirtd tell: figures, and cookies.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, Domain, MigrateOptions } from '@virt/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { diskGuestDisks, diskGuestXml } from './disk-guest.js'
import { openFolder } from './guest.js'
import { memoryDisk, memoryGuestXml } from './memory-guest.js'
import { libvirtds, type Pair, virtds } from './pairs.js'

const parts = [await ensure('qemu'), await ensure('libvirtd')]
const able = parts.every(({ ok }) => ok) && process.getuid?.() === 0
if (!able) console.error('SKIPPED: migration beside that of libvirtd (needs QEMU, libvirtd, and root for host names)')
const patience = { timeout: 30_000, interval: 20 }

type Figures = Readonly<Record<string, bigint | number>>

/** One way to migrate. */
interface Way {
  readonly options?: MigrateOptions
  /** Its disks go along. */
  readonly copies?: boolean
  /** One of them has a note of what was written since a backup. */
  readonly noted?: boolean
  readonly change?: (xml: string) => string
  /** Done while its memory is sent. */
  readonly meanwhile?: (guest: Domain) => Promise<void>
}

interface Stats {
  readonly type: string
  readonly params: Figures
}

/** What daemons tell of one migration. */
interface Told {
  readonly during: Stats
  /** At its end, to whoever listens. */
  readonly event: Stats
  /** Over there: to look at, to take, and when it was taken. */
  readonly completed: Stats
  readonly taken: Stats
  readonly nothing: Stats
  /** Here. */
  readonly left: Stats
  /** What each cookie has. */
  readonly cookies: readonly string[]
}

/** Figures that are there only once there is something to count. */
const rates: ReadonlySet<string> = new Set([
  ...['memoryBps', 'diskBps', 'autoConvergeThrottle'],
  // Not those that are shorter than the way between the hosts.
  ...['timeElapsedNet', 'downtimeNet'],
])
/** Unknown to the older ones. */
const newer: ReadonlySet<string> = new Set(['postcopy-preempt', 'switchover-ack'])

/** The elements of a cookie but figures, and what lists in it name. */
function outline(step: string, cookie: string): string {
  const own = cookie
    .replace(/<domain .*<\/domain>/s, '<domain/>')
    .replace(/<cpu .*<\/cpu>/s, (cpu) => cpu.replaceAll(/\s+/g, ' '))
  const lines = own.split('\n').map((line) => line.trim())
  const kept = lines.flatMap((line) => {
    const [, named] = /^<(?:cap|feature) name='([^']*)'/.exec(line) ?? []
    if (named !== undefined) return newer.has(named) ? [] : [line]
    if (/^<(name|uuid|hostname|hostuuid|started|stopped|sent|delta)>/.test(line))
      return [/<(\w+)>/.exec(line)?.[1] ?? '']
    return /^<\/|^<(\w+)>\d+<|^$/.test(line) ? [] : [line.replace(/port='\d+'/g, '')]
  })
  return `${step}: ${kept.join(' ')}`
}

describe.skipIf(!able)('a migration between two virtd, as one between two libvirtd', () => {
  const folder = openFolder('virtd-alike-')
  chmodSync(folder, 0o777)
  const pairs: Pair[] = []
  let number = 0
  beforeAll(async () => {
    pairs.push(...(await Promise.all([virtds(), libvirtds()])))
    for (const pair of pairs) for (const one of [pair.source, pair.destination]) record(one)
  }, 120_000)
  afterAll(async () => {
    for (const pair of pairs) await pair.end()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Cookies of the calls that a client makes. */
  const cookies: string[] = []
  const record = (connection: Connection): void => {
    const invoke = connection.invoke.bind(connection)
    connection.invoke = async (info, options, run) => {
      const answer = await invoke(info, options, run)
      const [, step] = /^domainMigrate(Begin|Prepare|Perform|Finish)3Params$/.exec(info.name) ?? []
      if (step !== undefined) {
        const cookie = answer instanceof Uint8Array ? answer : (answer as { cookieOut: Uint8Array }).cookieOut
        cookies.push(outline(step, Buffer.from(cookie).subarray(0, -1).toString()))
      }
      return answer
    }
  }

  /** Migrates, and looks. */
  const observe = async (
    { source, destination }: Pair,
    { options, copies, noted, meanwhile, change = (xml) => xml }: Way,
  ): Promise<Told> => {
    cookies.length = 0
    const name = `like${number++}`
    const [serial, place] = [join(folder, name), join(folder, `${name}.d`)]
    for (const one of ['here', 'there']) mkdirSync(join(place, one), { recursive: true, mode: 0o777 })
    const said = (): string => (existsSync(serial) ? readFileSync(serial, 'utf8') : '')
    let disks = diskGuestDisks(join(place, 'here'), 8)
    for (const path of Object.values(disks))
      writeFileSync(path.replace('/here/', '/there/'), Buffer.alloc(statSync(path).size))
    if (noted)
      for (const one of ['here', 'there']) {
        const [raw, data] = [join(place, one, 'data.img'), join(place, one, 'data.qcow2')]
        execFileSync('qemu-img', ['convert', '-O', 'qcow2', raw, data])
        chmodSync(data, 0o666)
        if (one === 'here') execFileSync('qemu-img', ['bitmap', '--add', data, 'since'])
        disks = { ...disks, data: join(place, 'here', 'data.qcow2') }
      }
    const format = noted ? 'qcow2' : 'raw'
    const xml = copies
      ? diskGuestXml({ name, ...disks, format, serial })
      : memoryGuestXml(name, memoryDisk(folder), serial)
    const guest = await source.domains.define(change(xml))
    await guest.create()
    await expect.poll(said, patience).toMatch(/^\.\.\./)
    await guest.migrateSetMaxDowntime(1000)
    const event = new Promise<Figures>((resolve) =>
      source.once('jobCompleted', (_domain, { params }) => resolve(params as Figures)),
    )
    const iteration = new Promise<void>((resolve) => source.once('migrationIteration', () => resolve()))
    await Promise.all([source.subscribed('jobCompleted'), source.subscribed('migrationIteration')])
    const there = (await guest.xmlDesc({ migratable: true })).replaceAll(join(place, 'here'), join(place, 'there'))
    const job = guest.migrate(destination, {
      live: true,
      unsafe: true,
      uri: 'tcp://127.0.0.1',
      bandwidth: 4,
      ...(copies ? { xml: there } : {}),
      ...options,
    })
    await Promise.race([iteration, job])
    const during = await guest.jobStats()
    await meanwhile?.(guest)
    await guest.migrateSetMaxSpeed(1000)
    const moved = await job
    const told = {
      during,
      event: { type: 'event', params: await event },
      completed: await moved.jobStats({ completed: true, keepCompleted: true }),
      taken: await moved.jobStats({ completed: true }),
      nothing: await moved.jobStats({ completed: true }),
      left: await guest.jobStats({ completed: true, keepCompleted: true }),
      cookies: [...cookies],
    }
    await moved.destroy()
    await moved.undefine().catch(() => {})
    await guest.undefine()
    return told as unknown as Told
  }

  /** What there is in it whoever tells it. */
  const shape = ({ type, params }: Stats): unknown => [type, Object.keys(params).filter((name) => !rates.has(name))]

  /** That figures fit together. */
  const plausible = ({ params }: Stats): void => {
    const at = (name: string): bigint => BigInt(params[name] ?? 0n)
    expect(at('memoryTotal')).toBeGreaterThan(32n << 20n)
    expect(at('memoryPageSize')).toBe(4096n)
    for (const part of ['Total', 'Processed', 'Remaining'])
      expect(at(`data${part}`)).toBe(at(`memory${part}`) + at(`disk${part}`))
    expect(at('memoryNormalBytes')).toBe(at('memoryNormal') * 4096n)
    expect(at('timeElapsed')).toBeGreaterThan(at('setupTime'))
    for (const time of ['timeElapsed', 'downtime'])
      if (params[`${time}Net`] !== undefined) expect(at(`${time}Net`)).toBeLessThan(at(time))
  }

  const devices = (more: string) => (xml: string) => xml.replace('</devices>', `${more}</devices>`)
  const processors = (vcpus: string, cpu: string) => (xml: string) =>
    xml.replace('<os>', `${vcpus}<os>`).replace('<devices>', `${cpu}<devices>`)
  const hotplug =
    "<vcpu current='1'>2</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu id='1' enabled='no' hotpluggable='yes'/></vcpus>"
  const cells = "<maxMemory slots='4' unit='MiB'>256</maxMemory>"
  const spice = "<graphics type='spice' autoport='yes' listen='127.0.0.1'/><video><model type='qxl'/></video>"
  const few: Readonly<Record<string, Way>> = {
    'in post-copy': {
      // As fast as it can be all of it is there before it is asked for.
      options: { postcopy: true, postcopyBandwidth: 16 },
      meanwhile: async (guest) => await guest.migrateStartPostCopy(),
    },
    'with its disks': { options: { nonSharedDisk: true, bandwidth: 8 }, copies: true },
    'with all that a cookie has of it': {
      options: { persistDest: true, compressed: true },
      change: (xml) =>
        devices(spice)(
          processors(
            cells,
            "<cpu mode='custom' match='exact'><model>qemu64</model><feature policy='disable' name='svm'/><numa><cell id='0' cpus='0' memory='65536'/></numa></cpu>",
          )(xml),
        ),
    },
  }
  const more: typeof few = {
    'as it is': {},
    'with its disks, and notes of what has changed': {
      options: { nonSharedDisk: true, bandwidth: 8 },
      copies: true,
      noted: true,
    },
    'slowed down': { options: { autoConverge: true }, meanwhile: async () => await sleep(3000) },
    'over several connections': { options: { parallel: true, parallelConnections: 2 } },
    'standing still': { options: { live: false } },
    'with processors to come': { change: processors(hotplug, '') },
    "with what is the host's": {
      change: (xml) =>
        devices("<graphics type='vnc' autoport='yes' listen='0.0.0.0'/>")(
          processors('', "<cpu mode='host-model'/>")(xml),
        ),
    },
  }
  const ways = { ...few, ...(process.env.VIRT_LONG === '1' ? more : {}) }
  it.each(Object.entries(ways))(
    '%s',
    async (_name, way) => {
      const [ours, theirs] = [await observe(pairs[0] as Pair, way), await observe(pairs[1] as Pair, way)]
      expect(ours.cookies).toEqual(theirs.cookies)
      for (const when of ['during', 'event', 'completed', 'taken', 'nothing', 'left'] as const) {
        expect([when, shape(ours[when])]).toEqual([when, shape(theirs[when])])
        if (when === 'event')
          for (const told of [ours, theirs]) expect(told.event.params.memoryProcessed).toBeGreaterThan(0n)
        for (const told of [ours, theirs]) if ('memoryTotal' in told[when].params) plausible(told[when])
        for (const name of ['operation', 'memoryTotal', 'compressionCache'])
          expect(ours[when].params[name]).toBe(theirs[when].params[name])
      }
    },
    120_000,
  )
})
