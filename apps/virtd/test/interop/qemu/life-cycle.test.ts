// SPDX-License-Identifier: GPL-2.0-or-later
// One life of a guest, by virtd and by a real libvirtd, with the same QEMU: the same events in the same order, the same states, the
// same errors.
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { type Connection, connect, type Domain, isVirtError } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { bootDisk, guestXml, openFolder } from './guest.js'

const qemu = await ensure('qemu')
const libvirtd = await ensure('libvirtd')
if (!qemu.ok) console.error(`SKIPPED: guests of real QEMU`)
if (!libvirtd.ok) console.error(`SKIPPED: lives of guests compared with libvirtd's`)
const folder = openFolder('virtd-life-')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What happened, in its order: events, and what calls answered. */
class Journal {
  readonly lines: string[] = []
  readonly #conn: Connection
  #waiting: (() => void) | undefined

  constructor(conn: Connection) {
    this.#conn = conn
    conn.on('lifecycle', (domain, { type, detail }) => this.#event(domain, `${type} ${detail}`))
    conn.on('agentLifecycle', (domain, { state, reason }) => this.#event(domain, `agent ${state} ${reason}`))
    conn.on('reboot', (domain) => this.#event(domain, 'reboot'))
  }

  #event(domain: Domain, what: string): void {
    const line = `  ${domain.name} (${(domain.id ?? -1) < 0 ? 'no id' : 'an id'}): ${what}`
    // How often a machine is reset on its way up is a matter of the moment.
    if (this.lines.at(-1) !== line) this.lines.push(line)
    this.#waiting?.()
  }

  /** A call, and afterwards the state. @param event one that has to have come before the journal goes on */
  async step(name: string, domain: Domain | undefined, call: () => Promise<unknown>, event?: string): Promise<void> {
    const from = this.lines.push(name) - 1
    let answer = 'done'
    try {
      await call()
    } catch (error) {
      if (!isVirtError(error)) throw error
      answer = `${error.number} ${error.domain} ${error.message}`
    }
    if (event !== undefined) await this.#until(() => this.lines.slice(from).some((line) => line.includes(event)))
    const state = await domain?.state().catch((error: Error) => error.message)
    this.lines.push(`  ${answer}, ${typeof state === 'object' ? `${state.state}/${state.reason}` : state}`)
  }

  async #until(holds: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(20_000)
    while (!holds()) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting = resolve
        late.addEventListener('abort', () => reject(new Error(`nothing more came:\n${this.lines.join('\n')}`)), {
          once: true,
        })
      })
    }
    await this.#conn.domains.activeCount()
  }
}

/** Waits until a console has said something. */
async function heard(console: Duplex, text: string): Promise<void> {
  let all = ''
  for (;;) {
    const chunk = console.read() as Buffer | null
    if (chunk !== null) all += chunk.toString()
    if (all.includes(text)) return
    if (chunk === null) await once(console, 'readable', { signal: AbortSignal.timeout(20_000) })
  }
}

async function said(console: Duplex, text: string, answer?: string): Promise<void> {
  console.write(text)
  if (answer !== undefined) await heard(console, answer)
}

async function lives(socket: string): Promise<string[]> {
  const conn = await connect(`qemu+unix:///system?socket=${socket}`, { drivers: [remote()] })
  try {
    const journal = new Journal(conn)
    const agent = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    const xml = guestXml({ disk: bootDisk(folder), devices: agent })
    let guest: Domain | undefined
    await journal.step(
      'define',
      undefined,
      async () => {
        guest = await conn.domains.define(xml)
      },
      'added',
    )
    const domain = guest as Domain
    const step = (name: string, call: () => Promise<unknown>, event?: string): Promise<void> =>
      journal.step(name, domain, call, event)
    await step('define again', () => conn.domains.define(xml), 'updated')
    for (const name of ['suspend', 'resume', 'shutdown', 'reset', 'destroy'] as const)
      await step(`${name} while off`, () => domain[name]())
    await step('reboot while off', () => domain.reboot())
    await step('start', () => domain.create(), 'started booted')
    await step('start again', () => domain.create())
    await step('create the same', () => conn.domains.create(xml))
    await step('resume while running', () => domain.resume())
    await step('suspend', () => domain.suspend(), 'suspended')
    await step('suspend again', () => domain.suspend())
    await step('resume', () => domain.resume(), 'resumed')
    await step('shrink', () => domain.setMemory(16_384n))
    await step('grow beyond its most', () => domain.setMemory(999_999n))
    await step('change its most', () => domain.setMaxMemory(999_999n))
    await step('have less the next time', () => domain.setMemory(8192n, { config: true }))
    await step('shut down by an agent that is not there', () => domain.shutdown({ guestAgent: true }))
    await step('drop the definition', () => domain.undefine(), 'undefined')
    await step('drop it again', () => domain.undefine())
    await step('define it while it runs', () => conn.domains.define(xml), 'defined')
    await step('destroy', () => domain.destroy(), 'stopped')
    await step('destroy again', () => domain.destroy())
    await step('start paused', () => domain.create({ paused: true }), 'suspended')
    await step('let it go', () => domain.resume(), 'resumed')
    await step('end gently', () => domain.destroy({ graceful: true }), 'stopped')
    await step('start once more', () => domain.create(), 'started booted')
    const console = await domain.openConsole()
    await step('hear it', () => heard(console, '!'))
    await step('be given back what is said', () => said(console, 'x', 'x'))
    await step('have it reset itself', () => said(console, 'r', '!'), 'reboot')
    await step('ask it to start again', () => domain.reboot({ acpiPowerBtn: true }))
    await step('which it does by switching itself off', () => said(console, 'q', '!'))
    await step('have it switch itself off', () => said(console, 'q'), 'stopped')
    console.destroy()
    await step('start by itself', () => domain.setAutostart(true))
    await step('drop', () => domain.undefine(), 'undefined')
    await step('look for it', () => conn.domains.byName('guest'))
    return journal.lines
  } finally {
    await conn.close()
  }
}

describe.skipIf(!qemu.ok || !libvirtd.ok)('the life of a guest', () => {
  it('is the same as with libvirtd', async () => {
    const logs: string[][] = []
    for (const start of [() => startLibvirtd(), () => startVirtd()]) {
      await using daemon = await start()
      logs.push(await lives(daemon.socket))
    }
    const [theirs, ours] = logs
    expect(ours).toEqual(theirs)
  })
})
