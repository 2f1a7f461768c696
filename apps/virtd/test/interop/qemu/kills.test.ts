// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon is killed at any moment while ten guests are started and stopped: none is lost, none is there twice, nothing stays behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { endGuests, guestsBelow } from '../guests.mjs'
import { guestXml, openFolder } from './guest.js'

const qemu = await ensure('qemu')
if (!qemu.ok) console.error('SKIPPED: ten guests under a daemon that is killed')
const program = join(import.meta.dirname, '../../../dist/main.cjs')
const superuser = process.getuid?.() === 0
const long = process.env.VIRT_LONG === '1'
const kills = long ? 100 : 4
/** The same seed makes the same choices; `VIRT_SEED` repeats a run. */
const seed = Number(process.env.VIRT_SEED ?? 20_251)
const names = Array.from({ length: 10 }, (_, i) => `guest${i}`)
/** Milliseconds from the start of a daemon until a guest that runs has answered. */
const patience = 2000

/** Numbers from 0 to below 1. */
function numbers(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const root = openFolder('virtd-kills-')
const socket = join(root, 'run/libvirt/libvirt-sock')
let child: ChildProcess | undefined

/** Processes of guests, by name of the guest. */
function processes(): string[] {
  return guestsBelow(root)
    .flatMap(({ words }) => /guest=(guest\d+),/.exec(words.join(' '))?.[1] ?? [])
    .sort()
}

async function start(): Promise<{ conn: Connection; since: number }> {
  const since = performance.now()
  child = spawn(process.execPath, [program, '--root', root], { stdio: ['ignore', 'ignore', 'ignore'] })
  rmSync(socket, { force: true })
  for (;;) {
    const reached = await new Promise<boolean>((resolve) => {
      const attempt = connectSocket(socket)
      attempt.once('connect', () => resolve(attempt.destroy() !== undefined))
      attempt.once('error', () => resolve(false))
    })
    if (reached) break
    if (performance.now() - since > 20_000) throw new Error('the daemon does not answer')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return { conn: await connect(`qemu+unix:///system?socket=${socket}`, { drivers: [remote()] }), since }
}

async function kill(): Promise<void> {
  child?.kill('SIGKILL')
  if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

afterAll(async () => {
  await kill()
  await endGuests(guestsBelow(root).map(({ pid }) => pid))
  rmSync(root, { recursive: true, force: true })
})

/** What is on disk of guests that run, by name. */
const statuses = (): string[] =>
  readdirSync(join(root, 'run/libvirt/qemu'))
    .filter((name) => name.endsWith('.xml'))
    .map((name) => name.slice(0, -4))
    .sort()
/** Control groups of guests, by name; there are none where groups are not to be had. */
const groups = (): string[] => {
  const hash = createHash('sha256').update(join(root, 'run/libvirt/qemu')).digest('hex').slice(0, 8)
  const found = readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.libvirt-qemu') && path.includes(hash))
    .flatMap((path) => /(guest\d+)\.libvirt-qemu$/.exec(path)?.[1] ?? [])
  return [...new Set(found)].sort()
}
const folders = (): string[] =>
  readdirSync(join(root, 'var/lib/libvirt/qemu'))
    .flatMap((name) => /^domain-\d+-(.*)$/.exec(name)?.[1] ?? [])
    .sort()

describe.skipIf(!qemu.ok)('ten guests', () => {
  it(
    `outlive ${kills} daemons that are killed (seed ${seed})`,
    async () => {
      const random = numbers(seed)
      const times: number[] = []
      let { conn } = await start()
      for (const [i, name] of names.entries()) {
        const disk = join(root, `${name}.img`)
        writeFileSync(disk, Buffer.alloc(65_536))
        if (superuser) chownSync(disk, 1234, 1235)
        await conn.domains.define(guestXml({ name, uuid: `f1f2f3f4-0000-4000-8000-0000000000${10 + i}`, disk }))
      }
      for (let round = 0; round < kills; round++) {
        // Each is started when it is off, and stopped when it runs; who is under way is left alone.
        const known = new Map<string, 'running' | 'shutoff'>()
        const work = names
          .filter(() => random() < 0.6)
          .map(async (name) => {
            const guest = await conn.domains.byName(name)
            const runs = (await guest.state()).state === 'running'
            await (runs ? guest.destroy() : guest.create())
            known.set(name, runs ? 'shutoff' : 'running')
          })
        const done = Promise.allSettled(work)
        await new Promise((resolve) => setTimeout(resolve, random() * 1500))
        await kill()
        await done
        const next = await start()
        conn = next.conn
        const all = await conn.domains.all()
        expect(all.map(({ name }) => name).sort()).toEqual(names)
        const running: string[] = []
        for (const guest of all) {
          const { state } = await guest.state()
          expect(['running', 'shutoff']).toContain(state)
          if (state === 'running') running.push(guest.name)
          // What was answered holds.
          if (known.has(guest.name)) expect([guest.name, state]).toEqual([guest.name, known.get(guest.name)])
        }
        if (running[0] !== undefined) {
          await (await conn.domains.byName(running[0])).memoryStats()
          times.push(performance.now() - next.since)
        }
        running.sort()
        expect(processes()).toEqual(running)
        expect(statuses()).toEqual(running)
        expect(folders()).toEqual(running)
        const given = names.filter((name) => statSync(join(root, `${name}.img`)).uid !== 1234)
        if (superuser) expect(given).toEqual(running)
        expect(groups().filter((name) => !running.includes(name))).toEqual([])
      }
      times.sort((a, b) => a - b)
      console.log(`answered after ${times[times.length >> 1]?.toFixed()} ms, at worst ${times.at(-1)?.toFixed()} ms`)
      // The worst says what else the machine had to do.
      if (long) expect(times[times.length >> 1]).toBeLessThan(patience)
      for (const guest of await conn.domains.all()) {
        if (await guest.isActive()) await guest.destroy()
        await guest.undefine()
      }
      expect([processes(), statuses(), folders(), groups()]).toEqual([[], [], [], []])
      await conn.close()
    },
    long ? 900_000 : 120_000,
  )
})
