// SPDX-License-Identifier: GPL-2.0-or-later
// virtd beside a real libvirtd of its own level: every call of the test driver, byte by byte. By hand: it needs another root
// with libvirt 11.3 (VIRT_PEER_ROOT, as debootstrap makes it). VIRT_WIRE narrows it to calls whose name matches.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { FrameStatus, FrameType } from '@virt/rpc'
import { type Packet, readPacket } from '@virt/rpc/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { here, placeAt } from '../place.mjs'
import { callPacket, type Value } from './call.js'
import { callsOf, compared, probesAfter, type Scene, type Step, scenes } from './cases.js'
import { Comparison, plain, text } from './compare.js'
import { type Arrived, WireSocket } from './socket.js'

const root = process.env.VIRT_PEER_ROOT
const built = existsSync(new URL('../../../dist/main.cjs', import.meta.url))
if (root === undefined)
  console.warn('SKIPPED: calls beside a libvirtd of 11.3 (VIRT_PEER_ROOT names a root that has one)')
const narrowed = new RegExp(process.env.VIRT_WIRE ?? '.')
const report = process.env.VIRT_WIRE_REPORT

/** One connection to each of the two. */
class Pair {
  readonly comparison = new Comparison()
  readonly #theirs: WireSocket
  readonly #ours: WireSocket
  #serial = 0

  private constructor(theirs: WireSocket, ours: WireSocket) {
    this.#theirs = theirs
    this.#ours = ours
  }

  static async open(theirs: string, ours: string): Promise<Pair> {
    return new Pair(await WireSocket.open(theirs), await WireSocket.open(ours))
  }

  /** Says the same to both. @returns what differed in the answers, as a line; `hung` when libvirtd has not answered */
  async say({ name, args }: Step): Promise<string | undefined> {
    const serial = this.#serial++
    const packet = callPacket(name, args, serial)
    this.#theirs.send(packet)
    this.#ours.send(this.comparison.renamed(packet))
    const reply = (frame: { type: number; serial: number }): boolean =>
      frame.serial === serial && frame.type === FrameType.reply
    const [was, is] = await Promise.all([this.#theirs.take(reply, 3000), this.#ours.take(reply, 3000)])
    return was === undefined ? 'hung' : this.#differ(was, is)
  }

  /** What differs in the events that both have told of so far. */
  events(): string[] {
    const told = (socket: WireSocket): Arrived[] => socket.left.filter(({ frame }) => frame.type === FrameType.message)
    const [theirs, ours] = [told(this.#theirs), told(this.#ours)]
    return Array.from({ length: Math.max(theirs.length, ours.length) }, (_, i) =>
      this.#differ(theirs[i], ours[i]),
    ).flatMap((line) => (line === undefined ? [] : [line]))
  }

  #differ(was: Arrived | undefined, is: Arrived | undefined): string | undefined {
    if (was === undefined && is === undefined) return undefined
    if (was !== undefined && is?.bytes.equals(was.bytes)) return undefined
    const [a, b] = [was, is].map((one) => (one === undefined ? undefined : readPacket(one.frame)))
    if (a !== undefined && b !== undefined && (this.comparison.alike(a, b) || excused(a, b))) return undefined
    const show = (p: typeof a): string => (p === undefined ? 'nothing' : `${p.status} ${text(plain(p.body))}`)
    return `${(a ?? b)?.of?.name}\n  libvirtd ${show(a)}\n  virtd    ${show(b)}`
  }

  close(): void {
    this.#theirs.close()
    this.#ours.close()
  }
}

const noDomain = 42

/** Differences that are meant. */
function excused(theirs: Packet, ours: Packet): boolean {
  // differs: the gate looks for the domain first of all; some functions of libvirt's driver do it late, or never.
  const { number } = (ours.body ?? {}) as { number?: number }
  if (ours.status === FrameStatus.error) return number === noDomain && theirs.type === ours.type
  // differs: filters hold for a bare count of pools, too.
  if (theirs.of?.name === 'CONNECT_LIST_ALL_STORAGE_POOLS' && isCount(theirs) && isCount(ours)) return true
  const extra = extras[ours.of?.name ?? '']
  const [was, is] = [theirs, ours].map(({ body }) => (body as { xml?: string } | undefined)?.xml)
  return extra !== undefined && was !== undefined && was.replace(extra, '') === is
}

const isCount = ({ body }: Packet): boolean => (body as { pools?: unknown[] } | undefined)?.pools?.length === 0

/** What libvirt's test driver shows in documents and ours does not. */
const extras: Readonly<Record<string, RegExp>> = {
  // differs: an alias that no user chose is no part of a definition, a transient guest's either.
  DOMAIN_GET_XML_DESC: /\n *<alias name='(?!ua-)[^']*'\/>/g,
  // differs: passwords are for those who ask for them, and may.
  DOMAIN_SAVE_IMAGE_GET_XML_DESC: / passwd='[^']*'/g,
}

const opening: readonly Step[] = [
  { name: 'CONNECT_OPEN', args: { name: 'test:///default', flags: 0 } },
  ...[0, 1, 5, 16, 18, 22, 23].map((eventID) => ({
    name: 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY',
    args: { eventID, dom: null },
  })),
  { name: 'CONNECT_NETWORK_EVENT_REGISTER_ANY', args: { eventID: 0, net: null } },
  { name: 'CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY', args: { eventID: 0, pool: null } },
  { name: 'CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY', args: { eventID: 1, pool: null } },
  { name: 'CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY', args: { eventID: 0, dev: null } },
]

describe.skipIf(root === undefined || !built)('calls beside libvirtd of the same level', () => {
  const place = root === undefined ? here : placeAt(root)
  let theirs: Awaited<ReturnType<typeof startLibvirtd>>
  let ours: Awaited<ReturnType<typeof startVirtd>>
  beforeAll(async () => {
    theirs = await startLibvirtd({ place })
    ours = await startVirtd({ place })
    if (report !== undefined) writeFileSync(report, '')
  })
  afterAll(async () => {
    await theirs?.stop()
    await ours?.stop()
  })

  /** Some calls end a real libvirtd; the next ones need another. */
  async function open(): Promise<Pair> {
    try {
      return await Pair.open(theirs.socket, ours.socket)
    } catch {
      await theirs.stop()
      theirs = await startLibvirtd({ place })
      return await Pair.open(theirs.socket, ours.socket)
    }
  }

  async function once(scene: Scene, call: Step): Promise<string[] | 'hung'> {
    const pair = await open()
    const found: string[] = []
    try {
      for (const one of [...opening, ...scene.steps, call, ...probesAfter(call.name, scene)]) {
        const line = await pair.say(one)
        if (line === 'hung') return 'hung'
        if (line !== undefined) found.push(line)
      }
      found.push(...pair.events())
      await pair.say({ name: 'CONNECT_CLOSE', args: {} })
    } finally {
      pair.close()
    }
    return found
  }

  /** What differs; looked at again, since a libvirtd may not have forgotten the connection before. */
  async function differences(scene: Scene, call: Step): Promise<string[]> {
    const first = await once(scene, call)
    const second = first.length === 0 || first === 'hung' ? first : await once(scene, call)
    if (second !== 'hung') return second
    // parity ends where a libvirtd dies or never answers.
    await theirs.stop()
    theirs = await startLibvirtd({ place })
    return []
  }

  const short = (args: Value): string => text(args).slice(0, 600)
  for (const procedure of compared.filter(({ name }) => narrowed.test(name)))
    it(procedure.name, { timeout: 600_000 }, async () => {
      /** Each difference once, with the calls that lead to it. */
      const found = new Map<string, string[]>()
      for (const scene of scenes) {
        if (!scene.only.test(procedure.name)) continue
        for (const call of callsOf(procedure, scene))
          for (const line of await differences(scene, call))
            found.set(line, [...(found.get(line) ?? []), `[${scene.name}] ${procedure.name} ${short(call.args)}`])
      }
      const all = [...found].map(([line, calls]) => `${calls.length} times, as ${calls[0]}\n  ${line}`)
      if (report !== undefined && all.length > 0) appendFileSync(report, `${all.join('\n')}\n`)
      expect(all.slice(0, 5)).toEqual([])
    })
})
