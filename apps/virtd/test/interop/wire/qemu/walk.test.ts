// SPDX-License-Identifier: GPL-2.0-or-later
// virtd beside a real libvirtd, on hosts that are alike: calls of the QEMU driver, with good and bad values of every argument and every flag,
// on guests in every state. A part of it with the libvirtd that is installed; all of it by hand, with VIRT_PEER_ROOT naming another root that
// has libvirt 11.3 and its QEMU. VIRT_WIRE narrows it to calls whose name matches, VIRT_WIRE_SCENE to states; VIRT_WIRE_REPORT names a file.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../../tools/setup/system-parts.mjs'
import { here, placeAt } from '../../place.mjs'
import { text } from '../compare.js'
import { scenes } from './guests.js'
import { startHost, type WireHost } from './hosts.js'
import { reasonOf } from './meant.js'
import { callsOf, compared } from './values.js'
import { type Hosts, Walk } from './walk.js'

const root = process.env.VIRT_PEER_ROOT
const parts = await Promise.all((root === undefined ? ['qemu', 'libvirtd'] : ['qemu']).map((part) => ensure(part)))
const built = existsSync(new URL('../../../../dist/main.cjs', import.meta.url))
const ready = built && process.getuid?.() === 0 && parts.every(({ ok }) => ok)
if (!ready) console.error('SKIPPED: calls of QEMU compared with libvirtd, which needs root, QEMU and libvirtd')
else if (root === undefined)
  console.warn('SKIPPED: most calls of QEMU beside libvirtd of 11.3 (VIRT_PEER_ROOT names a root that has one)')

/** Calls that an older libvirtd answers no otherwise, and that take no time. */
const few =
  /^DOMAIN_(GET_(STATE|INFO|AUTOSTART|METADATA|MAX_MEMORY|SCHEDULER_TYPE|CONTROL_INFO|VCPUS_FLAGS|EMULATOR_PIN_INFO|OS_TYPE)|LOOKUP_\w+|PIN_EMULATOR|PIN_VCPU_FLAGS|SET_AUTOSTART|SUSPEND|RESUME|RESET|ABORT_JOB|IS_\w+|MEMORY_STATS|INJECT_NMI|FSTRIM|SEND_KEY)$/
const narrowed = new RegExp(process.env.VIRT_WIRE ?? (root === undefined ? few : '.'))
const inScenes = new RegExp(process.env.VIRT_WIRE_SCENE ?? (root === undefined ? '^off$' : '.'))
const report = process.env.VIRT_WIRE_REPORT

describe.skipIf(!ready)('calls of QEMU beside libvirtd', () => {
  const place = root === undefined ? here : placeAt(root)
  let theirs: WireHost
  let ours: WireHost
  const hosts: Hosts = {
    get theirs() {
      return theirs
    },
    get ours() {
      return ours
    },
    async again(which) {
      await hosts[which].stop()
      if (which === 'theirs') theirs = await startHost('libvirtd', place)
      else ours = await startHost('virtd', place)
    },
  }
  beforeAll(async () => {
    ;[theirs, ours] = await Promise.all([startHost('libvirtd', place), startHost('virtd', place)])
    if (report !== undefined) writeFileSync(report, '')
  })
  afterAll(async () => {
    await theirs?.stop()
    await ours?.stop()
  })

  const note = (lines: readonly string[]): void => {
    if (report !== undefined) appendFileSync(report, lines.map((line) => `${line}\n`).join(''))
  }

  for (const scene of scenes.filter(({ name }) => inScenes.test(name)))
    it(scene.name, { timeout: 3_600_000 }, async () => {
      const all: string[] = []
      const counts = { calls: 0, equal: 0, known: 0 }
      const walk = await Walk.open(scene, hosts)
      try {
        const before = walk.baseline.filter((line) => reasonOf('BEGINNING', line, root === undefined) === undefined)
        all.push(...before.map((line) => `1 times, as [${scene.name}] BEGINNING\n  ${line}`))
        note(all)
        for (const procedure of compared) {
          if (!narrowed.test(procedure.name) || !scene.only.test(procedure.name)) continue
          /** Each difference once, with the calls that lead to it. */
          const found = new Map<string, string[]>()
          walk.unanswered = 0
          for (const call of callsOf(procedure, scene)) {
            const lines = await walk.compare(call)
            // parity ends where a libvirtd never answers; that takes long to find out.
            if (walk.unanswered > 3) break
            const called = `${call.name} ${text(call.args)}`
            const unknown = lines.filter((line) => reasonOf(called, line, root === undefined) === undefined)
            counts.calls++
            if (lines.length === 0) counts.equal++
            else if (unknown.length === 0) counts.known++
            const told = `[${scene.name}] ${called.slice(0, 300)}`
            for (const line of unknown) found.set(line, [...(found.get(line) ?? []), told])
          }
          const told = [...found].map(([line, calls]) => `${calls.length} times, as ${calls[0]}\n  ${line}`)
          note(told)
          all.push(...told)
        }
      } finally {
        await walk.close()
      }
      const sum = `${scene.name}: ${counts.calls} calls, ${counts.equal} equal, ${counts.known} known, ${all.length} differences`
      console.info(sum)
      note([`== ${sum}`])
      expect(all.slice(0, 5)).toEqual([])
    })
})
