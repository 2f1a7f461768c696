// SPDX-License-Identifier: GPL-2.0-or-later
// A guest of real QEMU: what SNMP tells of it is what virsh tells.
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../tools/setup/system-parts.mjs'
import { Master, run, Stage, startAgent, startDaemon, until } from './peers.js'

const parts = [await ensure('snmp'), await ensure('qemu')]
for (const part of parts) if ('why' in part) console.error(`SKIPPED: guests of QEMU by SNMP: ${part.why}`)

const uuid = 'f1f2f3f4-0000-4000-8000-00000000aa01'
const index = [...Buffer.from(uuid.replaceAll('-', ''), 'hex')].join('.')
const old = '1.3.6.1.4.1.36957.1.1.1'
const ext = '1.3.6.1.4.1.8072.9999.9999.36957.1.2'

describe.skipIf(parts.some(({ ok }) => !ok))('a guest of QEMU', () => {
  const stage = new Stage()
  let master: Master
  let uri: string
  const virsh = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await run('virsh', ['-c', uri, ...args])
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const get = async (oid: string): Promise<string> => (await master.snmp('snmpget', [oid], ['-Oqv'])).stdout.trim()
  /** Figures of `virsh domstats`, by name. */
  const stats = async (): Promise<Map<string, string>> =>
    new Map(
      (await virsh('domstats', 'guest')).split('\n').flatMap((line) => {
        const [, name, value] = /^ {2}(\S+?)=(.*)$/.exec(line) ?? []
        return name === undefined ? [] : [[name, value as string] as const]
      }),
    )

  beforeAll(async () => {
    const daemon = await startDaemon(stage)
    uri = `qemu+unix:///system?socket=${daemon.socket}`
    // A boot sector that reads the disk again and again: `mov ax,0x0201; mov cx,2; mov dx,0x80; mov bx,0x8000; int 0x13; jmp`.
    const disk = Buffer.alloc(1024 * 1024)
    disk.write('31c08ec0b80102b90200ba8000bb0080cd13ebef', 'hex')
    disk.writeUInt16LE(0xaa55, 510)
    writeFileSync(stage.path('disk.img'), disk)
    const xml = `<domain type='qemu'><name>guest</name><uuid>${uuid}</uuid><title>reads</title><memory unit='MiB'>64</memory><vcpu>2</vcpu>
      <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
      <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${stage.path('disk.img')}'/><target dev='hda' bus='ide'/></disk>
      </devices></domain>`
    await virsh('define', stage.write('guest.xml', xml))
    await virsh('start', 'guest')
    master = await Master.start(stage)
    startAgent(stage, ['--uri', uri, '--agentx', master.agentx])
    await until('the agent serves the guest', async () => (await get(`${ext}.3.1.2.${index}.1`)) === '"hda"', 30_000)
  })
  afterAll(async () => {
    await virsh('destroy', 'guest').catch(() => {})
    await stage[Symbol.asyncDispose]()
  })

  it('has the same facts', async () => {
    const known = await stats()
    expect(await get(`${old}.2.${index}`)).toBe('"guest"')
    expect(await get(`${old}.3.${index}`)).toBe('1')
    expect(await get(`${old}.4.${index}`)).toBe(known.get('vcpu.current'))
    expect(await get(`${old}.5.${index}`)).toBe(String(Number(known.get('balloon.current')) / 1024))
    expect(await get(`${ext}.1.1.4.${index}`)).toBe('"reads"')
    expect(await get(`${ext}.1.1.13.${index}`)).toBe(known.get('balloon.maximum'))
    expect(await get(`${ext}.3.1.3.${index}.1`)).toBe(`"${stage.path('disk.img')}"`)
    expect(await get(`${ext}.3.1.6.${index}.1`)).toBe(String(1024 * 1024))
  })

  it('has figures that lie between those of virsh before and after', async () => {
    const oids: Readonly<Record<string, string>> = {
      'cpu.time': `${ext}.1.1.15.${index}`,
      'block.0.rd.reqs': `${ext}.3.1.9.${index}.1`,
      'block.0.rd.bytes': `${ext}.3.1.10.${index}.1`,
      'vcpu.0.time': `${ext}.2.1.3.${index}.0`,
    }
    const before = await stats()
    // Figures are five seconds old at the most.
    await new Promise((resolve) => setTimeout(resolve, 5500))
    await get(oids['cpu.time'] as string)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const told = new Map<string, bigint>()
    for (const [name, oid] of Object.entries(oids)) told.set(name, BigInt(await get(oid)))
    const after = await stats()
    for (const [name, value] of told) {
      expect(value, name).toBeGreaterThanOrEqual(BigInt(before.get(name) ?? 0))
      expect(value, name).toBeLessThanOrEqual(BigInt(after.get(name) ?? 0))
    }
    expect(told.get('block.0.rd.reqs')).toBeGreaterThan(0n)
  })

  it('stops, and says so', async () => {
    await virsh('suspend', 'guest')
    await until('it is paused', async () => (await get(`${old}.3.${index}`)) === '3', 4000)
    await virsh('destroy', 'guest')
    await until('it is off', async () => (await get(`${ext}.1.1.5.${index}`)) === '5', 4000)
    expect(await get(`${ext}.1.1.2.${index}`)).toBe('-1')
  })
})
