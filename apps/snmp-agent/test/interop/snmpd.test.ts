// SPDX-License-Identifier: GPL-2.0-or-later
// The agent beside a real snmpd, over virtd with the test driver; changes are made by real virsh.
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../tools/setup/system-parts.mjs'
import { Master, run, Stage, startAgent, startDaemon, until } from './peers.js'

const parts = await ensure('snmp')
if ('why' in parts) console.error(`SKIPPED: snmp: ${parts.why}`)

const old = '.1.3.6.1.4.1.36957'
const ext = '.1.3.6.1.4.1.8072.9999.9999.36957'
const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f'
const index = [...Buffer.from(uuid.replaceAll('-', ''), 'hex')].join('.')

describe.skipIf(!parts.ok)('beside snmpd', () => {
  let stage: Stage
  let master: Master
  let agent: ChildProcess
  let daemon: Awaited<ReturnType<typeof startDaemon>>
  let uri: string

  const virsh = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await run('virsh', ['-c', uri, ...args])
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const get = async (oid: string): Promise<string> => (await master.snmp('snmpget', [oid], ['-Oqv'])).stdout.trim()
  const set = (...args: string[]) => master.snmp('snmpset', args)
  const traps = (): string[] =>
    stage
      .read('trap.log')
      .split('\n')
      .filter((line) => line.includes('snmpTrapOID') || line.includes('.1.3.6.1.6.3.1.1.4.1.0'))
  const served = async (): Promise<boolean> => (await get(`${old}.1.1.1.3.${index}`)) === '1'

  beforeAll(async () => {
    stage = new Stage()
    daemon = await startDaemon(stage)
    uri = `test+unix:///default?socket=${daemon.socket}`
    master = await Master.start(stage)
    agent = startAgent(stage, ['--uri', uri, '--agentx', master.agentx, '--writable'])
    await until('the agent serves', served)
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('serves the table of LIBVIRT-MIB as virsh knows it', async () => {
    const { stdout } = await master.snmp('snmpwalk', [old])
    const info = await virsh('dominfo', 'test')
    const kib = (name: string): number => Number(new RegExp(`${name}: +(\\d+) KiB`).exec(info)?.[1])
    const rows = stdout.trim().split('\n')
    const cell = (column: number): string | undefined =>
      rows.find((row) => row.startsWith(`${old}.1.1.1.${column}.${index} = `))?.split(' = ')[1]
    expect(rows).toHaveLength(7)
    expect(cell(2)).toBe('STRING: "test"')
    expect(cell(3)).toBe('INTEGER: 1')
    expect(cell(4)).toBe(`Gauge32: ${/CPU\(s\): +(\d+)/.exec(info)?.[1]}`)
    expect(cell(5)).toBe(`Gauge32: ${kib('Used memory') / 1024}`)
    expect(cell(6)).toBe(`Gauge32: ${kib('Max memory') / 1024}`)
    expect(cell(7)).toMatch(/^Counter64: \d+$/)
    expect(cell(9)).toBe('INTEGER: 1')
  })

  it('shows every object of both modules by its name and type', async () => {
    await virsh('snapshot-create-as', 'test', 'before')
    await virsh('vol-create-as', 'default-pool', 'v1', '1M')
    await virsh('pool-refresh', 'default-pool').catch(() => {})
    const mibs = stage.path('mibs')
    mkdirSync(mibs)
    const root = join(import.meta.dirname, '../../../..')
    cpSync(join(root, 'packages/mappings/snmp/mibs'), mibs, { recursive: true })
    cpSync('/usr/share/snmp/mibs/NET-SNMP-MIB.txt', join(mibs, 'NET-SNMP-MIB.txt'))
    for (const name of ['SMI', 'TC', 'CONF'])
      cpSync(join(root, `node_modules/net-snmp/lib/mibs/SNMPv2-${name}.mib`), join(mibs, `SNMPv2-${name}`))
    const table = await run('snmptable', [
      '-M',
      mibs,
      '-m',
      'LIBVIRT-MIB',
      '-CB',
      '-Ci',
      '-v2c',
      '-c',
      'public',
      `127.0.0.1:${master.port}`,
      'LIBVIRT-MIB::libvirtGuestTable',
    ])
    expect(table.stdout).toMatch(/SNMP table: LIBVIRT-MIB::libvirtGuestTable/)
    expect(table.stdout).toMatch(/"test"\s+running\s+2\s+2048/)
    const walk = await run('snmpbulkwalk', [
      '-M',
      mibs,
      '-m',
      'VIRT-EXT-MIB',
      '-v2c',
      '-c',
      'public',
      `127.0.0.1:${master.port}`,
      ext,
    ])
    expect(walk.stdout).not.toMatch(/Wrong Type|No Such/)
    const named = (name: string): string | undefined =>
      new RegExp(`VIRT-EXT-MIB::${name}\\S* = (.*)`).exec(walk.stdout)?.[1]
    expect(named('virtHostDriver')).toBe('STRING: TEST')
    expect(named('virtAgentConnState')).toBe('INTEGER: connected(1)')
    expect(named('virtGuestState')).toBe('INTEGER: running(1)')
    expect(named('virtGuestPersistent')).toBe('INTEGER: true(1)')
    expect(named('virtDiskTarget')).toBe('STRING: vda')
    expect(named('virtIfMac')).toBe('STRING: aa:bb:cc:dd:ee:ff')
    expect(named('virtPoolName')).toBe('STRING: default-pool')
    expect(named('virtNetBridge')).toBe('STRING: virbr0')
    expect(named('virtNumaCpus')).toMatch(/^Gauge32: \d+$/)
  })

  it('has both modules clean under smilint -l 4', async () => {
    const mibs = stage.path('lint')
    mkdirSync(mibs)
    const root = join(import.meta.dirname, '../../../..')
    cpSync('/usr/share/snmp/mibs/NET-SNMP-MIB.txt', join(mibs, 'NET-SNMP-MIB'))
    for (const name of ['SMI', 'TC', 'CONF'])
      cpSync(join(root, `node_modules/net-snmp/lib/mibs/SNMPv2-${name}.mib`), join(mibs, `SNMPv2-${name}`))
    for (const name of ['LIBVIRT-MIB', 'VIRT-EXT-MIB'])
      cpSync(join(root, `packages/mappings/snmp/mibs/${name}.txt`), join(mibs, name))
    const { stdout, stderr, code } = await run('smilint', ['-l', '4', 'LIBVIRT-MIB', 'VIRT-EXT-MIB'], {
      env: { SMIPATH: mibs },
    })
    expect({ said: stdout + stderr, code }).toEqual({ said: '', code: 0 })
  })

  it('pauses, resumes, ends and starts by SET, and refuses the rest', async () => {
    const state = `${old}.1.1.1.3.${index}`
    const row = `${old}.1.1.1.9.${index}`
    const becomes = (wanted: string) =>
      until(`the guest is ${wanted}`, async () => (await virsh('domstate', 'test')).trim() === wanted)
    expect((await set(state, 'i', '3')).code).toBe(0)
    await becomes('paused')
    expect((await set(state, 'i', '5')).stderr).toMatch(/inconsistentValue/)
    expect((await set(state, 'i', '9')).stderr).toMatch(/wrongValue/)
    expect((await set(state, 's', 'x')).stderr).toMatch(/wrongType/)
    expect((await set(`${old}.1.1.1.2.${index}`, 's', 'new')).stderr).toMatch(/notWritable/)
    expect((await set(`${old}.1.1.1.9.1.2.3`, 'i', '4')).stderr).toMatch(/noCreation/)
    expect((await set(state, 'i', '1')).code).toBe(0)
    await becomes('running')
    expect((await set(row, 'i', '5')).stderr).toMatch(/wrongValue/)
    expect((await set(row, 'i', '6')).code).toBe(0)
    await becomes('shut off')
    expect((await set(row, 'i', '6')).stderr).toMatch(/commitFailed/)
    expect((await set(row, 'i', '4')).code).toBe(0)
    await becomes('running')
    expect((await set(`${ext}.1.2.1.1.8.${index}`, 'i', '1')).code).toBe(0)
    expect(await virsh('dominfo', 'test')).toMatch(/Autostart: +enable/)
    expect((await set(`${ext}.1.2.1.1.8.${index}`, 'i', '2')).code).toBe(0)
  })

  it('sends each change as traps whose variables name the row', async () => {
    const before = traps().length
    await virsh('suspend', 'test')
    await until('two traps', () => traps().length >= before + 2)
    await virsh('resume', 'test')
    await until('four traps', () => traps().length >= before + 4)
    const [first = ''] = traps().slice(before)
    const at = (column: number): string => `${old}.1.1.1.${column}.${index} = `
    const order = [
      `.1.3.6.1.2.1.1.3.0 = `,
      `.1.3.6.1.6.3.1.1.4.1.0 = OID: ${old}.0.1`,
      `${at(2)}STRING: "test"`,
      `${at(1)}Hex-STRING: 66 95 EB 01`,
      `${at(3)}INTEGER: 3`,
      `${at(9)}INTEGER: 1`,
    ]
    const places = order.map((text) => first.indexOf(text))
    expect(
      places.every((place) => place >= 0),
      first,
    ).toBe(true)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('is read by v3', async () => {
    const { stdout } = await run('snmpget', [
      '-v3',
      '-u',
      'tester',
      '-l',
      'authPriv',
      '-a',
      'SHA-256',
      '-A',
      'authpassphrase',
      '-x',
      'AES',
      '-X',
      'privpassphrase',
      '-m',
      '',
      `127.0.0.1:${master.port}`,
      `${old}.1.1.1.3.${index}`,
    ])
    expect(stdout).toMatch(/INTEGER: 1/)
  })

  it('survives restarts of snmpd and a killed daemon without being restarted', async () => {
    await stage.end(master.snmpd as ChildProcess, 'SIGKILL')
    await master.startSnmpd()
    await until('it serves the new snmpd', served, 4000)
    await stage.end(daemon.child, 'SIGKILL')
    await until('it says that the daemon is gone', async () => (await get(`${ext}.1.1.12.0`)) !== '1', 4000)
    expect(['2', '3']).toContain(await get(`${ext}.1.1.12.0`))
    daemon = await startDaemon(stage)
    await until('it is back', async () => (await get(`${ext}.1.1.12.0`)) === '1' && (await served()), 4000)
    expect(agent.exitCode).toBeNull()
  })

  it('serves six walkers while guests come and go', async () => {
    for (let i = 0; i < 30; i++) {
      const file = stage.write(
        'guest.xml',
        `<domain type='test'><name>g${i}</name><memory>1024</memory><os><type>hvm</type></os></domain>`,
      )
      await virsh('define', file)
    }
    let walking = true
    const changes = (async () => {
      while (walking) {
        await virsh('start', 'g1')
        await virsh('destroy', 'g1')
      }
    })()
    const walks = await Promise.all(Array.from({ length: 6 }, () => master.snmp('snmpbulkwalk', [old], ['-Cr25'])))
    walking = false
    await changes
    for (const { stdout, stderr, code } of walks) {
      expect(code, stderr).toBe(0)
      expect(stdout.trim().split('\n').length).toBeGreaterThanOrEqual(7 * 31)
    }
  })

  it('registers over TCP too, and says good-bye', async () => {
    await stage.end(agent)
    await until('nobody serves', async () => (await get(`${old}.1.1.1.3.${index}`)).startsWith('No Such'), 8000)
    agent = startAgent(stage, ['--uri', uri, '--agentx', `tcp:127.0.0.1:${master.tcpPort}`])
    await until('it serves', served)
    expect((await set(`${old}.1.1.1.3.${index}`, 'i', '3')).stderr).toMatch(/notWritable/)
  })
})
