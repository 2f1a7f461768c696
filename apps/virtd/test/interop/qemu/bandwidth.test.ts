// SPDX-License-Identifier: GPL-2.0-or-later
// Limits of guests' interfaces beside a real libvirtd: what the kernel's traffic control would be told by either, which not every kernel can
// do. Both find a program of that name that only writes it down.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, connect, type Domain, type TypedParams } from '@virt/core'
import { remote } from '@virt/remote'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd } from '../peers.mjs'
import { openFolder } from './guest.js'
import { OwnDaemon } from './own-daemon.js'

const parts = await Promise.all(['qemu', 'libvirtd'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok) && process.getuid?.() === 0
if (!ready) console.error('SKIPPED: limits of interfaces compared with libvirtd (needs QEMU, libvirtd and root)')

const mac = '52:54:00:00:00:0e'

function xmlOf(name: string, limits: string, type = 'ethernet', more = "<target dev='bw0'/>"): string {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='${type}'><mac address='${mac}'/>${limits}${more}<model type='virtio'/></interface></devices></domain>`
}

/** A program that writes down what it is told, and fails when it is to. */
class Told {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    const script = `#!/bin/sh
echo "$@" >> '${this.#log}'
if [ -e '${this.#fault}' ] && [ "$1 $2" = "$(cat '${this.#fault}')" ]; then echo 'Error: no such thing.' >&2; exit 2; fi
`
    writeFileSync(join(folder, 'tc'), script, { mode: 0o755 })
    this.take()
  }

  get #log(): string {
    return join(this.folder, 'log')
  }

  get #fault(): string {
    return join(this.folder, 'fails')
  }

  /** @param what the words that it begins with; undefined: nothing fails */
  fail(what: string | undefined): void {
    if (what === undefined) rmSync(this.#fault, { force: true })
    else writeFileSync(this.#fault, what)
  }

  /** What came since this was asked last. */
  take(): string[] {
    const found = (() => {
      try {
        return readFileSync(this.#log, 'utf8')
      } catch {
        return ''
      }
    })()
    writeFileSync(this.#log, '')
    return found.trim().split('\n')
  }
}

const changes = [
  { inboundAverage: 77n },
  { inboundAverage: 77n, outboundAverage: 5n, outboundPeak: 9n, outboundBurst: 3n },
  { inboundAverage: 0n },
  { outboundAverage: 0n },
  { inboundAverage: 3000n },
  { inboundFloor: 10n },
  { inboundPeak: 9n },
  { outboundBurst: 9n },
] as const
const raw = { Average: 'average', Peak: 'peak', Burst: 'burst', Floor: 'floor' } as const

/** Parameters as the client has them: each an unsigned number. */
function paramsOf(change: Readonly<Record<string, bigint>>): TypedParams {
  const names = Object.keys(change).map((key) => {
    const [, direction = '', rate = ''] = /^(inbound|outbound)(\w+)$/.exec(key) ?? []
    return `${direction}.${raw[rate as keyof typeof raw]}`
  })
  return { shape: { names, types: names.map(() => 2) }, values: Object.values(change).map(Number) }
}

async function setLimits(
  conn: Connection,
  domain: Domain,
  change: Readonly<Record<string, bigint>>,
  flags: 1 | 2,
): Promise<void> {
  const dom = { name: domain.name, uuid: domain.uuid, id: domain.id ?? -1 }
  await conn.raw.call('DOMAIN_SET_INTERFACE_PARAMETERS', { dom, device: mac, params: paramsOf(change), flags })
}

async function steps(conn: Connection, told: Told): Promise<unknown[]> {
  const seen: unknown[] = []
  let domain: Domain | undefined
  const limitsOf = async (inactive = false): Promise<string> => {
    // libvirt keeps an element with nothing in it until it reads the definition again.
    const found = /<bandwidth>\s*(<[\s\S]*)<.bandwidth>/.exec((await domain?.xmlDesc({ inactive })) ?? '')?.[1]
    return found?.startsWith('</') === false ? found : 'none'
  }
  const step = async (what: string, make: () => Promise<unknown>, inactive = false): Promise<void> => {
    const answer = await make().then(
      () => 'done',
      ({ number, message }: { number: number; message: string }) => `${number} ${message}`,
    )
    seen.push([what, answer, told.take(), await limitsOf(inactive)])
  }
  const start = async (xml: string): Promise<void> => {
    domain = await conn.domains.create(xml, { paused: true })
  }
  const set = async (change: Readonly<Record<string, bigint>>, flags: 1 | 2): Promise<void> => {
    if (domain !== undefined) await setLimits(conn, domain, change, flags)
  }
  const end = async (): Promise<void> => {
    await domain?.destroy()
    domain = undefined
    // The link is gone by then: whether it is still set free makes no difference.
    told.take()
  }
  const both =
    "<bandwidth><inbound average='100' peak='200' burst='300'/><outbound average='50' burst='60'/></bandwidth>"
  await step('both ways', () => start(xmlOf('bw1', both)))
  for (const change of changes) await step(JSON.stringify(paramsOf(change).shape.names), () => set(change, 1))
  told.fail('qdisc add')
  await step('that fails', () => set({ inboundAverage: 8n }, 1))
  told.fail(undefined)
  await end()
  await step('one way', () => start(xmlOf('bw2', "<bandwidth><outbound average='100'/></bandwidth>")))
  await end()
  await step('not at all', () => start(xmlOf('bw3', '')))
  await step('from then on', () => set({ inboundAverage: 8n }, 1))
  await end()
  await step('not of the host', () => start(xmlOf('bw4', "<bandwidth><inbound average='9'/></bandwidth>", 'user', '')))
  await step('not of the host, then', () => set({ inboundAverage: 8n }, 1))
  await end()
  domain = await conn.domains.define(xmlOf('bw5', both))
  for (const change of changes) await step(JSON.stringify(paramsOf(change).shape.names), () => set(change, 2), true)
  await domain.undefine()
  return seen
}

describe.skipIf(!ready)('limits of an interface', () => {
  it('are what libvirtd makes of them', async () => {
    const folder = openFolder('virtd-bandwidth-')
    const ours = new OwnDaemon('virtd-bandwidth-')
    try {
      const [theirTold, ourTold] = [new Told(join(folder, 'theirs')), new Told(join(folder, 'ours'))]
      const path = (told: Told): string => `${told.folder}:${process.env.PATH}`
      await using theirs = await startLibvirtd({ env: { PATH: path(theirTold) } })
      const conn = await connect(`qemu+unix:///system?socket=${theirs.socket}`, { drivers: [remote()] })
      const expected = await steps(conn, theirTold)
      await conn.close()
      const found = await steps(await ours.start('env', `PATH=${path(ourTold)}`, 'unshare', '-n'), ourTold)
      expect(expected.length).toBe(2 * changes.length + 7)
      expect(found).toEqual(expected)
    } finally {
      await ours.end()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 120_000)

  it('that fail half way leave none of them behind', async () => {
    const folder = openFolder('virtd-bandwidth-')
    const daemon = new OwnDaemon('virtd-bandwidth-')
    try {
      const told = new Told(folder)
      const conn = await daemon.start('env', `PATH=${folder}:${process.env.PATH}`, 'unshare', '-n')
      const domain = await conn.domains.create(xmlOf('bw6', ''), { paused: true })
      told.take()
      told.fail('class add')
      await expect(setLimits(conn, domain, { inboundAverage: 8n }, 1)).rejects.toThrow('no such thing')
      const said = told.take()
      expect(said.slice(-5).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        'qdisc add',
        'class add',
        'qdisc del',
        'qdisc del',
        'qdisc add',
      ])
      expect(said.slice(-3)).toEqual([
        'qdisc del dev bw0 root',
        'qdisc del dev bw0 ingress',
        'qdisc add dev bw0 root handle 0: noqueue',
      ])
      expect(await domain.xmlDesc()).not.toContain('<bandwidth>')
      await domain.destroy()
      await conn.close()
    } finally {
      await daemon.end()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 60_000)
})
