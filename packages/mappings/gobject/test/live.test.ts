// SPDX-License-Identifier: LGPL-2.1-or-later
import { type Connection as Api, connect, VirtError } from '@virt/core'
import { test as testDriver } from '@virt/test'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as gobject from '../src/index.js'
import { Config, Connection, type Domain, DomainState, Manager } from '../src/index.js'
import { symbols } from './symbols.js'

const xml = (name: string, extra = ''): string =>
  `<domain type='test'><name>${name}</name>${extra}<memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`
const turns = async (n = 4): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve))
}

let conn: Connection
let other: Api
const driver = testDriver()

beforeEach(async () => {
  conn = new Connection('test:///default', { drivers: [driver] })
  await conn.open()
  other = await connect('test:///default', { drivers: [driver] })
})
afterEach(async () => {
  for (const domain of await other.domains.all())
    if (domain.name !== 'test') {
      await domain.destroy().catch(() => {})
      await domain.undefine().catch(() => {})
    }
  await conn.close()
  await other.close()
})

describe('every symbol of libvirt-gobject', () => {
  const camel = (text: string): string => text.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase())
  for (const [name, list] of Object.entries(symbols))
    it(`is there: ${name}`, () => {
      const cls = (gobject as unknown as Record<string, { prototype: object; signals: Record<string, unknown> }>)[name]
      if (cls === undefined) throw new Error(`there is no class ${name}`)
      for (const word of list.split(/\s+/)) {
        const [c = '', here = camel(c)] = word.replace(/^[=!]/, '').split(':')
        if (word.startsWith('!')) expect(cls.signals, `${name}::${c}`).toHaveProperty([c])
        else if (word.startsWith('=')) continue
        else
          expect(
            typeof Object.getOwnPropertyDescriptor(chain(cls.prototype, here), here)?.value,
            `${name}.${here}`,
          ).toBe('function')
      }
    })
  /** Where in the chain of prototypes a member is. */
  function chain(from: object, member: string): object {
    for (let at: object | null = from; at !== null; at = Object.getPrototypeOf(at))
      if (Object.hasOwn(at, member)) return at
    return from
  }

  it('that is a property has a value', async () => {
    await Promise.all([
      conn.fetchDomains(),
      conn.fetchNetworks(),
      conn.fetchStoragePools(),
      conn.fetchInterfaces(),
      conn.fetchNodeDevices(),
    ])
    const [domain] = conn.domains
    const objects: Record<string, object | undefined> = {
      Connection: conn,
      Domain: domain,
      DomainDisk: (await (domain as Domain).getDevices())[0],
      Network: conn.networks[0],
      StoragePool: conn.storagePools[0],
      Interface: conn.interfaces[0],
      NodeDevice: conn.nodeDevices[0],
    }
    for (const [name, object] of Object.entries(objects))
      for (const word of (symbols[name] as string).split(/\s+/).filter((one) => one.startsWith('='))) {
        const [c = '', here = camel(c)] = word.slice(1).split(':')
        expect((object as Record<string, unknown>)[here], `${name}.${here}`).toBeDefined()
      }
  })
})

describe('a connection', () => {
  it('has one object for each guest, whichever way it came', async () => {
    await conn.fetchDomains()
    const domain = conn.findDomainByName('test') as Domain
    expect(domain).toMatchObject({ id: 1, state: DomainState.running, persistent: true, autostart: false })
    expect(conn.getDomain(domain.uuid)).toBe(domain)
    await conn.fetchDomains()
    expect(conn.findDomainById(1)).toBe(domain)
    const defined = await conn.defineDomain(xml('web'))
    await turns()
    expect(conn.findDomainByName('web')).toBe(defined)
    expect(conn.domains).toHaveLength(2)
  })

  it('tells of guests that come and go, and each of its life', async () => {
    const told: string[] = []
    conn.connect('domain-added', (_self, domain) => {
      told.push(`+${domain.name}`)
      domain.subscribe((name, ...args) => told.push(`${domain.name} ${name} ${args.join(' ')}`.trim()))
      domain.connect('stopped::destroyed', () => told.push('destroyed'))
      domain.connect('stopped::shutdown', () => told.push('never'))
    })
    conn.connect('domain-removed', (_self, domain) => told.push(`-${domain.name}`))
    const domain = await other.domains.define(xml('web'))
    const running = await domain.create()
    await running.suspend()
    await running.resume()
    await running.destroy()
    await domain.undefine()
    await turns()
    const ids = told.filter((line) => !line.includes('notify'))
    expect(ids).toEqual(['+web', 'web started', 'web suspended', 'web resumed', 'web stopped', 'destroyed', '-web'])
    const states = told.filter((line) => line === 'web notify state')
    expect(states).toHaveLength(4)
  })

  it('drops a transient guest when it stops', async () => {
    const told: string[] = []
    conn.connect('domain-added', (_self, d) => told.push(`+${d.name} ${d.persistent}`))
    conn.connect('domain-removed', (_self, d) => told.push(`-${d.name}`))
    const domain = await conn.createDomain(xml('fleeting'))
    await domain.stop()
    await turns()
    expect(told).toEqual(['+fleeting false', '-fleeting'])
  })

  it('keeps its objects over a reconnect, and tells of the difference', async () => {
    await conn.fetchDomains()
    const domain = conn.findDomainByName('test') as Domain
    const told: string[] = []
    conn.subscribe((name, arg) => told.push(`${name} ${(arg as Domain)?.name ?? arg ?? ''}`.trim()))
    await conn.close()
    expect(conn.isOpen).toBe(false)
    await other.domains.define(xml('meanwhile'))
    await (await other.domains.byName('test')).suspend()
    await conn.open()
    expect(conn.findDomainByName('test')).toBe(domain)
    expect(domain.state).toBe(DomainState.paused)
    expect(told).toEqual([
      'notify isOpen',
      'connection-closed client',
      'domain-added meanwhile',
      'notify isOpen',
      'connection-opened',
    ])
    await domain.resume()
  })

  it('has collections that are filled when they are iterated, and observed', async () => {
    const names: string[] = []
    for await (const network of conn.live.networks) names.push(network.name)
    expect(names).toEqual(['default'])
    const network = conn.findNetworkByName('default')
    const told: string[] = []
    network?.subscribe((name, arg) => told.push(`${name} ${arg ?? ''}`.trim()))
    const handle = await other.networks.byName('default')
    await handle.destroy()
    await handle.create()
    await turns()
    expect(told).toEqual(['notify active', 'stopped', 'notify active', 'started'])
    conn.live.networks.connect('added', (_self, item) => told.push(`+${item.name}`))
    const more = await other.networks.define('<network><name>n1</name></network>')
    await turns()
    await more.undefine()
    await turns()
    expect(told.slice(4)).toEqual(['+n1'])
    expect(conn.networks).toHaveLength(1)
  })

  it('says what is wrong when it is not open', async () => {
    await conn.close()
    expect(() => conn.native).toThrow(/is not open/)
    await conn.open()
    await expect(conn.open()).rejects.toThrow(/is open/)
  })
})

describe('a guest', () => {
  it('is changed by its document, but not into another one', async () => {
    const domain = await conn.defineDomain(xml('web'))
    const config = await domain.getConfig()
    config.doc.title = 'the web'
    await domain.setConfig(config)
    expect((await domain.getConfig()).doc.title).toBe('the web')
    config.doc.uuid = '11111111-2222-3333-4444-555555555555'
    await expect(domain.setConfig(config)).rejects.toBeInstanceOf(VirtError)
    expect((await other.domains.all()).map(({ name }) => name).sort()).toEqual(['test', 'web'])
  })

  it('has snapshots, one object for each name', async () => {
    const domain = await conn.defineDomain(xml('web'))
    const snapshot = await domain.createSnapshot('<domainsnapshot><name>s1</name></domainsnapshot>')
    await domain.fetchSnapshots()
    expect(domain.snapshots).toEqual([snapshot])
    expect(await domain.getHasCurrentSnapshot()).toBe(true)
    expect(await snapshot.getIsCurrent()).toBe(true)
    await snapshot.delete()
    expect(domain.snapshots).toEqual([])
  })

  it('has devices with their figures', async () => {
    await conn.fetchDomains()
    const [disk, port] = await (conn.domains[0] as Domain).getDevices()
    expect(disk).toBeInstanceOf(gobject.DomainDisk)
    expect((await (disk as gobject.DomainDisk).getStats()).rdBytes).toBeTypeOf('bigint')
    expect((await (port as gobject.DomainInterface).getStats()).rxBytes).toBeTypeOf('bigint')
  })

  it('tells of its info when it was asked', async () => {
    await conn.fetchDomains()
    const domain = conn.domains[0] as Domain
    const told: string[] = []
    domain.connect('notify::info', () => told.push('info'))
    expect(await domain.getInfo()).toMatchObject({ state: DomainState.running, nrVirtCpu: 2, memory: 2097152n })
    expect(told).toEqual(['info'])
  })
})

describe('a stream', () => {
  it('is connected by a call, once', async () => {
    await conn.fetchDomains()
    const stream = conn.newStream()
    const [domain] = conn.domains
    expect(await domain?.screenshot(stream)).toBe('image/png')
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).subarray(1, 4).toString()).toBe('PNG')
    await expect(domain?.screenshot(stream)).rejects.toThrow(/in use/)
  })
})

describe('pools and others', () => {
  it('are followed like guests', async () => {
    await conn.fetchStoragePools()
    const pool = conn.findStoragePoolByName('default-pool')
    if (pool === undefined) throw new Error('no pool')
    expect(pool.active).toBe(true)
    const volume = await pool.createVolume('<volume><name>v1</name><capacity unit="M">1</capacity></volume>')
    expect(pool.getVolume('v1')).toBe(volume)
    expect(await volume.getPath()).toBe('/default-pool/v1')
    await pool.fetchVolumes()
    expect(pool.volumes).toEqual([volume])
    await volume.delete()
    expect(pool.volumes).toEqual([])
    await pool.stop()
    await turns()
    expect(pool.active).toBe(false)
    await pool.start()
  })

  it('know the host', async () => {
    expect(await conn.getHypervisorName()).toBe('TEST')
    expect((await conn.getNodeInfo()).cpus).toBe(16)
    expect((await conn.getCapabilities()).name).toBe('capabilities')
    await conn.fetchInterfaces()
    expect(conn.findInterfaceByMac('AA:BB:CC:DD:EE:FF')?.name).toBe('eth1')
  })

  it('stand together in a manager', () => {
    const manager = new Manager()
    const told: string[] = []
    manager.connect('connection-added', (_self, c) => told.push(`+${c.uri}`))
    manager.connect('connection-removed', (_self, c) => told.push(`-${c.uri}`))
    manager.addConnection(conn)
    manager.addConnection(conn)
    expect(manager.findConnectionByUri('test:///default')).toBe(conn)
    manager.removeConnection(conn)
    expect(told).toEqual(['+test:///default', '-test:///default'])
  })
})

describe('a document', () => {
  it('keeps what it does not know, as long as nothing is changed', () => {
    const text =
      "<domain type='test'><!-- mine --><name>a</name><unknown x='1'/><memory>1</memory><os><type>hvm</type></os></domain>"
    const config = Config.fromXml('domain', text)
    expect(config.toXml()).toBe(text)
    config.doc.title = 't'
    expect(config.toXml()).toMatch(/<title>t<\/title>/)
  })
})

describe('many', () => {
  it('neither lose nor double a signal', async () => {
    const count = process.env.VIRT_LONG === '1' ? 2000 : 200
    const seen = new Map<string, number>()
    conn.connect('domain-added', (_self, domain) => {
      domain.connect('started', () => seen.set(domain.name, (seen.get(domain.name) ?? 0) + 1))
    })
    for (let i = 0; i < count; i++) {
      const domain = await other.domains.define(xml(`m${i}`))
      await domain.create()
    }
    await turns(20)
    expect(seen.size).toBe(count)
    expect([...seen.values()].every((n) => n === 1)).toBe(true)
  })
})
