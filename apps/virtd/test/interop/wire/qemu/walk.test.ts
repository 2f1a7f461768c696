// SPDX-License-Identifier: GPL-2.0-or-later
// virtd beside a real libvirtd, on hosts that are alike: every call of the QEMU driver, with good and bad values of every argument and every
// flag, on guests in every state. VIRT_PEER_ROOT names another root with libvirt 11.3 and its QEMU. VIRT_WIRE narrows it to calls whose name
// matches, VIRT_WIRE_SCENE to states.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { here, placeAt } from '../../place.mjs'
import { text } from '../compare.js'
import { scenes } from './guests.js'
import { startHost, type WireHost } from './hosts.js'
import { callsOf, compared } from './values.js'
import { type Hosts, Walk } from './walk.js'

const root = process.env.VIRT_PEER_ROOT
const built = existsSync(new URL('../../../../dist/main.cjs', import.meta.url))
const narrowed = new RegExp(process.env.VIRT_WIRE ?? '.')
const inScenes = new RegExp(process.env.VIRT_WIRE_SCENE ?? '.')
const report = process.env.VIRT_WIRE_REPORT

describe.skipIf(root === undefined || !built)('calls of QEMU beside libvirtd', () => {
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

  for (const scene of scenes.filter(({ name }) => inScenes.test(name)))
    it(scene.name, { timeout: 3_600_000 }, async () => {
      const all: string[] = []
      const counts = { calls: 0, equal: 0 }
      const walk = await Walk.open(scene, hosts)
      try {
        all.push(...walk.baseline.map((line) => `1 times, as [${scene.name}] BEGINNING\n  ${line}`))
        if (report !== undefined) appendFileSync(report, all.map((line) => `${line}\n`).join(''))
        for (const procedure of compared) {
          if (!narrowed.test(procedure.name) || !scene.only.test(procedure.name)) continue
          /** Each difference once, with the calls that lead to it. */
          const found = new Map<string, string[]>()
          walk.unanswered = 0
          for (const call of callsOf(procedure, scene)) {
            const lines = await walk.compare(call)
            // parity ends where a libvirtd never answers; that takes long to find out.
            if (walk.unanswered > 3) break
            counts.calls++
            if (lines.length === 0) counts.equal++
            const told = `[${scene.name}] ${call.name} ${text(call.args).slice(0, 300)}`
            for (const line of lines) found.set(line, [...(found.get(line) ?? []), told])
          }
          const told = [...found].map(([line, calls]) => `${calls.length} times, as ${calls[0]}\n  ${line}`)
          if (report !== undefined && told.length > 0) appendFileSync(report, `${told.join('\n')}\n`)
          all.push(...told)
        }
      } finally {
        await walk.close()
      }
      const sum = `${scene.name}: ${counts.calls} calls, ${counts.equal} equal, ${all.length} differences`
      console.info(sum)
      if (report !== undefined) appendFileSync(report, `== ${sum}\n`)
      expect(all.slice(0, 5)).toEqual([])
    })
})
