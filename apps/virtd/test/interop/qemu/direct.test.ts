// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that share a link of the host's with it, in all modes, beside a real libvirtd: each daemon has a network namespace of its own,
// where that link is one end of a pair.
import { type Connection, connect, type Domain } from '@virt/core'
import { remote } from '@virt/remote'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd } from '../peers.mjs'
import { runProgram } from '../place.mjs'
import { OwnDaemon } from './own-daemon.js'

const parts = await Promise.all(['qemu', 'libvirtd'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok) && process.getuid?.() === 0
if (!ready) console.error('SKIPPED: macvtaps compared with libvirtd (needs QEMU, libvirtd and root)')
const patience = { timeout: 20_000, interval: 50 }

const modes = ['vepa', 'bridge', 'private', 'passthrough'] as const
const guestMac = '52:54:00:00:00:0d'

function xmlOf(name: string, source: string, more = ''): string {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='network'/></os><features><acpi/></features><devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='direct'><mac address='${guestMac}'/><source ${source}/>${more}<model type='virtio'/></interface>
    </devices></domain>`
}

/** What there is to see of a link. */
interface Seen {
  readonly up: boolean
  readonly mac: string
  readonly below?: string
  readonly mode?: string
}

/** A daemon, and the links where it is. */
class Place {
  readonly conn: Connection
  readonly #pid: number

  constructor(conn: Connection, pid: number) {
    this.conn = conn
    this.#pid = pid
  }

  async #ip(...words: string[]): Promise<string> {
    const { stdout, stderr, code } = await runProgram('nsenter', ['-t', String(this.#pid), '-n', 'ip', ...words])
    if (code !== 0) throw new Error(stderr)
    return stdout
  }

  /** The link that guests share. */
  async pair(): Promise<void> {
    await this.#ip('link', 'add', 'shared', 'address', '02:00:00:00:00:01', 'type', 'veth', 'peer', 'name', 'far')
    await this.#ip('link', 'set', 'far', 'up')
  }

  async link(name: string): Promise<Seen | undefined> {
    const rows = JSON.parse(await this.#ip('-j', '-d', 'link', 'show')) as {
      ifname: string
      link?: string
      address: string
      flags: string[]
      linkinfo?: { info_data?: { mode?: string } }
    }[]
    const found = rows.find(({ ifname }) => ifname === name)
    if (found === undefined) return undefined
    const mode = found.linkinfo?.info_data?.mode
    return {
      up: found.flags.includes('UP'),
      mac: found.address,
      ...(name === 'shared' ? {} : { below: found.link ?? '' }),
      ...(mode === undefined ? {} : { mode }),
    }
  }

  /** Packets that have come out at the other end. */
  async arrived(): Promise<number> {
    const [row] = JSON.parse(await this.#ip('-j', '-s', 'link', 'show', 'far')) as {
      stats64: { rx: { packets: number } }
    }[]
    return row?.stats64.rx.packets ?? 0
  }

  async refusal(xml: string): Promise<unknown> {
    try {
      const domain = await this.conn.domains.create(xml)
      await domain.destroy()
      return 'started'
    } catch (error) {
      const { number, message } = error as { number: number; message: string }
      return [number, message]
    }
  }
}

async function lived(place: Place, mode: (typeof modes)[number]): Promise<unknown[]> {
  const seen: unknown[] = []
  let domain: Domain | undefined
  let name = ''
  const look = async (what: string): Promise<void> => {
    seen.push([what, await place.link(name), await place.link('shared')])
  }
  const until = async (up: boolean): Promise<void> =>
    await expect.poll(async () => (await place.link(name))?.up, patience).toBe(up)
  try {
    domain = await place.conn.domains.create(xmlOf(`direct-${mode}`, `dev='shared' mode='${mode}'`), { paused: true })
    name = /<target dev='(macvtap\d+)'\/>/.exec(await domain.xmlDesc())?.[1] ?? ''
    expect(name).not.toBe('')
    expect(await domain.xmlDesc({ inactive: true })).not.toContain('<target')
    await look('paused')
    await domain.resume()
    await until(true)
    await look('running')
    // Its card looks for a server to boot from.
    const before = await place.arrived()
    await expect.poll(() => place.arrived(), patience).toBeGreaterThan(before)
    await expect.poll(async () => (await domain?.interfaceStats(name))?.txPackets, patience).toBeGreaterThan(0n)
    await domain.suspend()
    await until(false)
    await look('suspended')
    await domain.resume()
    await until(true)
    await domain.destroy()
    domain = undefined
    await expect.poll(() => place.link(name), patience).toBeUndefined()
    await look('gone')
  } finally {
    await domain?.destroy().catch(() => {})
  }
  return seen
}

const refused: readonly (readonly [string, string])[] = [
  ['no such link', xmlOf('none', "dev='nothing' mode='bridge'")],
  ['in a mode that there is not', xmlOf('odd', "dev='shared' mode='other'")],
  ['of no link', xmlOf('no', "mode='bridge'")],
  ['with a filter', xmlOf('filter', "dev='shared'", "<filterref filter='clean-traffic'/>")],
  ['of a size', xmlOf('mtu', "dev='shared'", "<mtu size='1400'/>")],
]

/** libvirt takes the link of that name away. */
const twice = xmlOf('twice', "dev='shared' mode='bridge'", "<target dev='far'/>")

describe.skipIf(!ready)('a guest on a link of the host', () => {
  it('is heard there while it runs, and leaves nothing behind, as with libvirtd', async () => {
    const found: unknown[][] = []
    for (const which of ['libvirtd', 'virtd'] as const) {
      const theirs = which === 'libvirtd' ? await startLibvirtd() : undefined
      const ours = which === 'virtd' ? new OwnDaemon('virtd-direct-') : undefined
      try {
        const conn =
          theirs === undefined
            ? await ours?.start('unshare', '-n')
            : await connect(`qemu+unix:///system?socket=${theirs.socket}`, { drivers: [remote()] })
        const pid = theirs?.pid ?? ours?.pid
        if (conn === undefined || pid === undefined) throw new Error('no daemon')
        const place = new Place(conn, pid)
        await place.pair()
        const steps: unknown[] = []
        for (const mode of modes) steps.push([mode, ...(await lived(place, mode))])
        for (const [what, xml] of refused) steps.push([what, await place.refusal(xml)])
        steps.push(['left', await place.link('shared'), await place.link('macvtap0')])
        steps.push(['a link of a name that there is', await place.refusal(twice)])
        if (ours !== undefined) expect(await place.link('far')).toMatchObject({ up: true })
        found.push(steps)
        await conn.close()
      } finally {
        await theirs?.stop()
        await ours?.end()
      }
    }
    const [expected = [], got] = found
    expect(expected.length).toBe(modes.length + refused.length + 2)
    expect(got).toEqual(expected)
  }, 240_000)

  it('has it alone: a second one is refused, and the host has its own address afterwards', async () => {
    const daemon = new OwnDaemon('virtd-direct-')
    try {
      const conn = await daemon.start('unshare', '-n')
      const place = new Place(conn, daemon.pid ?? 0)
      await place.pair()
      const alone = "dev='shared' mode='passthrough'"
      const first = await conn.domains.create(xmlOf('first', alone), { paused: true })
      const second = xmlOf('second', alone).replace(guestMac, '52:54:00:00:00:0e')
      expect(await place.refusal(second)).toEqual([38, expect.stringContaining('error creating macvtap interface')])
      expect((await place.link('shared'))?.mac).toBe(guestMac)
      expect((await place.link('macvtap0'))?.mac).toBe(guestMac)
      await first.destroy()
      await expect.poll(() => place.link('macvtap0'), patience).toBeUndefined()
      await expect.poll(async () => (await place.link('shared'))?.mac, patience).toBe('02:00:00:00:00:01')
      await conn.close()
    } finally {
      await daemon.end()
    }
  }, 60_000)

  it('is taken off it by a daemon that finds it ended', async () => {
    const daemon = new OwnDaemon('virtd-direct-')
    try {
      const conn = await daemon.start('unshare', '-n')
      const space = daemon.pid ?? 0
      const place = new Place(conn, space)
      await place.pair()
      await conn.domains.create(xmlOf('left', "dev='shared' mode='passthrough'"))
      expect((await place.link('shared'))?.mac).toBe(guestMac)
      const [guest = 0] = daemon.guests()
      // The namespace lives as long as somebody is in it.
      const holder = `/proc/${space}/ns/net`
      const kept = await runProgram('sh', ['-c', `nsenter --net=${holder} sh -c 'sleep 300 >/dev/null 2>&1 & echo $!'`])
      const sleeper = Number(kept.stdout)
      try {
        await daemon.kill()
        process.kill(guest, 'SIGKILL')
        const again = await daemon.start('nsenter', '-t', String(sleeper), '-n')
        const then = new Place(again, sleeper)
        await expect.poll(() => then.link('macvtap0'), patience).toBeUndefined()
        expect((await then.link('shared'))?.mac).toBe('02:00:00:00:00:01')
        await again.close()
      } finally {
        process.kill(sleeper, 'SIGKILL')
      }
    } finally {
      await daemon.end()
    }
  }, 120_000)
})
