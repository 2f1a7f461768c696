// SPDX-License-Identifier: GPL-2.0-or-later
// virsh beside itself: each command about guests, with each of its options, said to a libvirtd and to virtd on hosts that are alike, with a
// guest that is shut off and one that runs. VIRT_PEER_ROOT names another root with libvirt 11.3 and its QEMU; VIRT_WIRE narrows it.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { here, placeAt } from '../../place.mjs'
import { richGuest } from './guests.js'
import { startHost, type WireHost } from './hosts.js'
import { freeTexts } from './masks.js'
import { type Line, linesOf } from './virsh-commands.js'

const root = process.env.VIRT_PEER_ROOT
const built = existsSync(new URL('../../../../dist/main.cjs', import.meta.url))
if (root === undefined)
  console.warn('SKIPPED: commands of virsh beside a libvirtd of 11.3 (VIRT_PEER_ROOT names a root that has one)')
const narrowed = new RegExp(process.env.VIRT_WIRE ?? '.')
const report = process.env.VIRT_WIRE_REPORT

/** What no two runs have in common. */
const free: readonly (readonly [RegExp, string])[] = [
  ...freeTexts.map(([pattern, by]) => [pattern, by] as const),
  [/\d+(?=[.,]\d+s?\b)[.,]\d+ ?s?/g, 'N'],
  [/(time|Time|rd_|wr_|rx_|tx_|flush_)([\w .:]*?) +\d+/g, '$1$2 N'],
  [/^(Id: +|actual|rss|last_update|stat\w*|available|unused|usable) *\d+/gm, '$1 N'],
  [/ *\r[^\n]*/g, ''],
  [/\b\d{4}-\d\d-\d\d[ T][\d:.]+\S*/g, 'TIME'],
  [/^ *\d+( +rich +)/gm, ' N$1'],
  [/"(\w*id|seconds|microseconds)":"?[\w-]+"?/g, '"$1":N'],
]

describe.skipIf(root === undefined || !built)('virsh beside libvirtd', () => {
  const place = root === undefined ? here : placeAt(root)
  let hosts: readonly [WireHost, WireHost]
  beforeAll(async () => {
    hosts = await Promise.all([startHost('libvirtd', place), startHost('virtd', place)])
    if (report !== undefined) writeFileSync(report, '')
  })
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()))
  })

  /** What virsh says on both hosts, and how it ends. */
  async function both(words: string): Promise<string[]> {
    return await Promise.all(
      hosts.map(async ({ socket }) => {
        const uri = `qemu+unix:///system?socket=${place.seen(socket)}`
        const { stdout, stderr, code } = await place.run('virsh', ['-c', uri, words], { timeout: 60_000 })
        const said = `${stdout}${stderr}${code}`.replaceAll(place.seen(socket), 'SOCKET')
        return free.reduce((so, [pattern, by]) => so.replace(pattern, by), said)
      }),
    )
  }

  const state = 'domstate rich --reason; dumpxml rich --security-info; dumpxml rich --inactive; dominfo rich'
  for (const running of [false, true])
    it(running ? 'on a guest that runs' : 'on a guest that is off', { timeout: 3_600_000 }, async () => {
      const begin = async (): Promise<string> => {
        for (const { files } of hosts) writeFileSync(join(files, 'rich.xml'), richGuest())
        const clear = 'destroy rich; undefine rich --managed-save --nvram --snapshots-metadata --checkpoints-metadata'
        await both(clear)
        for (const host of hosts) await define(host)
        if (running) await both('start rich')
        return (await both(state)).join('\n---\n')
      }
      // A client of another root sees the files of hosts elsewhere.
      const define = async ({ socket, files }: WireHost): Promise<void> => {
        const uri = `qemu+unix:///system?socket=${place.seen(socket)}`
        await place.run('virsh', ['-c', uri, 'define', place.seen(join(files, 'rich.xml'))])
      }
      let still = await begin()
      const found: string[] = []
      let count = 0
      for await (const { words } of linesOf(place, narrowed) as AsyncIterable<Line>) {
        const said = words.replaceAll('GUEST', 'rich')
        const [theirs, ours] = await both(said)
        const after = await both(state)
        count++
        if (theirs !== ours) found.push(`${said}\n  libvirtd ${theirs}\n  virtd    ${ours}`)
        else if (after[0] !== after[1] && after.join('\n---\n') !== still)
          found.push(`${said}: documents\n  libvirtd ${after[0]}\n  virtd    ${after[1]}`)
        if (after.join('\n---\n') !== still) still = await begin()
      }
      console.info(`virsh ${running ? 'on' : 'off'}: ${count} commands, ${count - found.length} equal`)
      if (report !== undefined)
        appendFileSync(report, `== ${running}: ${count}, ${count - found.length} equal\n${found.join('\n')}\n`)
      expect(found).toEqual([])
    })
})
