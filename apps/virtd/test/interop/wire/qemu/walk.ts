// SPDX-License-Identifier: GPL-2.0-or-later
// Calls one after the other on guests that are in one state again before each.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Scene, Step } from '../cases.js'
import { dom, no } from '../documents.js'
import { id, step } from './guests.js'
import { putFiles, type WireHost } from './hosts.js'
import { hungUp, Pair, type Said } from './pair.js'

/** Events of guests, by their numbers. */
const events = Array.from({ length: 27 }, (_, eventID) => eventID)
const opening: readonly Step[] = [
  step('CONNECT_OPEN', { name: 'qemu:///system', flags: 0 }),
  ...events.map((eventID) => step('CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY', { eventID, dom: null })),
]

/** What ends everything that any call of the walk may have left. */
const clearing: readonly Step[] = [
  dom('rich', id.rich),
  dom('plain', id.plain),
  dom('new', id.other),
  dom('rich', no),
].flatMap((one) => [
  step('DOMAIN_DESTROY', { dom: one }),
  step('DOMAIN_UNDEFINE_FLAGS', { dom: one, flags: 1 | 2 | 4 | 16 }),
])

/** What is asked after a call, to see what it has done. */
const probes = (scene: Scene): readonly Step[] => [
  step('CONNECT_LIST_ALL_DOMAINS', { need_results: 1, flags: 0 }),
  step('DOMAIN_GET_XML_DESC', { dom: scene.dom, flags: 1 }),
  step('DOMAIN_GET_XML_DESC', { dom: scene.dom, flags: 3 }),
  step('DOMAIN_GET_STATE', { dom: scene.dom, flags: 0 }),
  step('DOMAIN_GET_AUTOSTART', { dom: scene.dom }),
  step('DOMAIN_GET_AUTOSTART_ONCE', { dom: scene.dom }),
  step('DOMAIN_HAS_MANAGED_SAVE_IMAGE', { dom: scene.dom, flags: 0 }),
  step('DOMAIN_IS_PERSISTENT', { dom: scene.dom }),
  step('DOMAIN_IS_UPDATED', { dom: scene.dom }),
]

/** Calls that write files. */
const writes = /SAVE|DUMP|RESTORE/

/** The two hosts; a daemon that has died is started anew. */
export interface Hosts {
  readonly theirs: WireHost
  readonly ours: WireHost
  again(which: 'theirs' | 'ours'): Promise<void>
}

/** A connection to each of two hosts, with a state of guests. */
export class Walk {
  readonly #scene: Scene
  readonly #hosts: Hosts
  #pair: Pair
  /** What the probes say in the state. */
  #still: readonly Said[] = []
  /** Calls without an answer. */
  unanswered = 0

  private constructor(scene: Scene, hosts: Hosts, pair: Pair) {
    this.#scene = scene
    this.#hosts = hosts
    this.#pair = pair
  }

  static async open(scene: Scene, hosts: Hosts): Promise<Walk> {
    const walk = new Walk(scene, hosts, await Pair.open(hosts.theirs.socket, hosts.ours.socket))
    await walk.#pair.say(opening)
    await walk.#begin(true)
    return walk
  }

  /** What differs before any call. */
  get baseline(): string[] {
    return this.#still.flatMap(differ)
  }

  /** Makes the call of both. @returns what differed: in the answer, in events, in what there is afterwards */
  async compare(call: Step): Promise<string[]> {
    const [answer] = (await this.#pair.say([call])) as [Said]
    if (answer.theirs === hungUp || answer.ours === hungUp) return await this.#recover(answer)
    const after = await this.#pair.say(probes(this.#scene), true)
    const [was, is] = await this.#pair.events()
    // What differs before any call is told once, at the beginning.
    const moved = after.filter(
      ({ theirs, ours }, i) => theirs !== this.#still[i]?.theirs || ours !== this.#still[i]?.ours,
    )
    const found = [answer, ...moved].flatMap(differ)
    for (let i = 0; i < Math.max(was.length, is.length); i++)
      found.push(...differ({ theirs: `event ${was[i] ?? 'none'}`, ours: `event ${is[i] ?? 'none'}` }))
    // What is listened to then is another.
    if (/EVENT_\w*REGISTER/.test(call.name)) {
      await this.#reopen()
      return found
    }
    const written = writes.test(call.name) && !/^\w+ error/.test(answer.theirs)
    if (written || was.length + is.length > 0 || moved.length > 0) await this.#begin(written)
    return found
  }

  /** parity ends where a libvirtd dies or never answers. */
  async #recover(answer: Said): Promise<string[]> {
    this.unanswered++
    this.#pair.close()
    const found = answer.ours === hungUp ? differ(answer) : []
    if (answer.theirs === hungUp) await this.#hosts.again('theirs')
    if (answer.ours === hungUp) await this.#hosts.again('ours')
    await this.#reopen()
    return found
  }

  async #reopen(): Promise<void> {
    this.#pair.close()
    this.#pair = await Pair.open(this.#hosts.theirs.socket, this.#hosts.ours.socket)
    await this.#pair.say(opening)
    await this.#begin(true)
  }

  async #begin(files: boolean): Promise<void> {
    await this.#pair.say(clearing)
    if (files)
      for (const { files } of [this.#hosts.theirs, this.#hosts.ours]) {
        for (const one of readdirSync(files)) rmSync(join(files, one), { recursive: true })
        putFiles(files)
      }
    for (const said of await this.#pair.say(this.#scene.steps))
      for (const one of [said.theirs, said.ours])
        if (/^\w+ error/.test(one)) throw new Error(`no scene ${this.#scene.name}: ${said.theirs} ${said.ours}`)
    await this.#pair.events(300)
    this.#still = await this.#pair.say(probes(this.#scene), true)
  }

  async close(): Promise<void> {
    await this.#pair.say(clearing)
    this.#pair.close()
  }
}

/** Two texts that are not alike, from where they begin to differ. */
function differ({ theirs, ours }: Said): string[] {
  if (theirs === ours) return []
  let at = 0
  while (theirs[at] === ours[at]) at++
  const from = theirs.length < 700 && ours.length < 700 ? 0 : Math.max(0, at - 200)
  const part = (said: string): string => said.slice(from, from + 700).replaceAll('\n', '\\n')
  const head = from === 0 ? '' : `${theirs.split(' ')[0]} … `
  return [`libvirtd ${head}${part(theirs)}\n  virtd    ${head}${part(ours)}`]
}
