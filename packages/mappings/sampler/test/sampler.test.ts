// SPDX-License-Identifier: LGPL-2.1-or-later
import { type Connection, connect, type DriverFactory, VirtError } from '@virt/core'
import { test as testDriver } from '@virt/test'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Guest, Sampler } from '../src/index.js'

const minimal = (name: string, devices = ''): string =>
  `<domain type='test'><name>${name}</name><title>the ${name}</title><memory unit='MiB'>64</memory><vcpu>2</vcpu>
   <os><type>hvm</type></os><devices>${devices}</devices></domain>`
const disk = (dev: string): string => `<disk type='file'><source file='/i/${dev}'/><target dev='${dev}'/></disk>`

let conn: Connection
let sampler: Sampler
const log: string[] = []
const driver = testDriver()

/** Resolves when the condition holds after an event of the sampler. */
function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (holds()) resolve()
      else setImmediate(look)
    }
    look()
  })
}

beforeEach(async () => {
  log.length = 0
  conn = await connect('test:///default', { drivers: [driver] })
  sampler = new Sampler({ open: (signal) => connect('test:///default', { drivers: [driver], signal }) })
  sampler.on('link', ({ state }) => log.push(state))
  sampler.start()
  await until(() => sampler.link.state === 'connected' && named('test')?.disks.length === 1)
})
afterEach(async () => {
  for (const domain of await conn.domains.all())
    if (domain.name !== 'test') {
      await domain.destroy().catch(() => {})
      await domain.undefine().catch(() => {})
    }
  await sampler.close()
  await conn.close()
})

const named = (name: string): Guest | undefined => [...sampler.guests.values()].find((guest) => guest.name === name)

describe('a sampler', () => {
  it('reads what there is', async () => {
    expect(named('test')).toMatchObject({
      id: 1,
      state: 1,
      persistent: true,
      autostart: false,
      vcpus: { current: 2 },
      memory: { current: 2097152n, maximum: 8388608n },
      disks: [{ number: 1, target: 'vda', source: '/guest/diskimage1', device: 'disk', readOnly: false }],
      interfaces: [{ number: 1, target: 'testnet0', kind: 'network', source: 'default', mac: 'aa:bb:cc:dd:ee:ff' }],
    })
    await until(() => sampler.pools.size === 1)
    expect([...sampler.pools.values()]).toMatchObject([{ name: 'default-pool', kind: 'dir', state: 2, volumes: [] }])
    expect([...sampler.networks.values()]).toMatchObject([
      { name: 'default', active: true, bridge: 'virbr0', forward: 'nat', persistent: true },
    ])
    expect(sampler.host).toMatchObject({ driver: 'TEST', cpuModel: 'i686', cpus: 16, cells: [{ id: 0 }, { id: 1 }] })
  })

  it('follows a guest through its life by events alone', async () => {
    const told: string[] = []
    sampler.on('guestAdded', (guest) => told.push(`+${guest.name}`))
    sampler.on('guestRemoved', (guest) => told.push(`-${guest.name}`))
    sampler.on('guest', (guest, event) => told.push(`${event.type}:${event.detail} ${guest.state}/${guest.reason}`))
    const domain = await conn.domains.define(minimal('web', disk('vda')))
    const running = await domain.create()
    await running.suspend()
    await running.resume()
    await running.destroy()
    await until(() => told.length === 6)
    expect(told).toEqual([
      '+web',
      'defined:added 5/0',
      'started:booted 1/1',
      'suspended:paused 3/1',
      'resumed:unpaused 1/5',
      'stopped:destroyed 5/2',
    ])
    await until(() => named('web')?.title === 'the web')
    await domain.undefine()
    await until(() => named('web') === undefined)
    expect(told.slice(6)).toEqual(['undefined:removed 5/2', '-web'])
  })

  it('forgets a transient guest when it stops', async () => {
    const domain = await conn.domains.create(minimal('fleeting'))
    await until(() => named('fleeting') !== undefined)
    expect(named('fleeting')).toMatchObject({ persistent: false, state: 1, id: domain.id })
    await domain.destroy()
    await until(() => named('fleeting') === undefined)
  })

  it('keeps the numbers of disks while others come and go', async () => {
    const domain = await conn.domains.define(minimal('web', disk('vda') + disk('vdb')))
    await until(() => named('web')?.disks.length === 2)
    await conn.domains.define(
      minimal('web', disk('vdb') + disk('vdc')).replace('<name>', `<uuid>${domain.uuid}</uuid><name>`),
    )
    await until(() => named('web')?.disks.some(({ target }) => target === 'vdc') === true)
    expect(named('web')?.disks.map(({ number, target }) => [number, target])).toEqual([
      [2, 'vdb'],
      [3, 'vdc'],
    ])
  })

  it('reads figures once, however many ask', async () => {
    let refreshes = 0
    sampler.on('refreshed', () => refreshes++)
    await Promise.all(Array.from({ length: 5 }, () => sampler.fresh({ maxAge: 0 })))
    expect(refreshes).toBe(1)
    await sampler.fresh({ maxAge: 60_000 })
    expect(refreshes).toBe(1)
  })

  it('tells who starts by himself, who is saved, and of snapshots', async () => {
    const domain = await conn.domains.byName('test')
    await domain.setAutostart(true)
    await domain.createSnapshot('<domainsnapshot><name>s1</name></domainsnapshot>')
    await sampler.fresh({ maxAge: 0 })
    await sampler.survey()
    expect(named('test')).toMatchObject({
      autostart: true,
      snapshots: [{ number: 1, name: 's1', current: true, state: 'running' }],
    })
    await (await domain.snapshotByName('s1')).delete()
    await domain.setAutostart(false)
    await sampler.survey()
    expect(named('test')?.snapshots).toEqual([])
  })

  it('reads jobs where the driver knows of them, and again until they end', async () => {
    let left = 2n
    const busy: DriverFactory = (services) => {
      const inner = driver(services)
      return {
        ...inner,
        supports: { ...inner.supports, domainGetJobInfo: {} },
        open: async (call, uri, flags) => {
          const session = await inner.open(call, uri, flags)
          if (session === 'declined') return session
          const none = { timeElapsed: 5n, timeRemaining: 0n, memTotal: 0n, memProcessed: 0n, memRemaining: 0n }
          const rest = { fileTotal: 0n, fileProcessed: 0n, fileRemaining: 0n }
          session.domainGetJobInfo = () => ({
            ...none,
            ...rest,
            type: left > 0n ? 2 : 0,
            dataTotal: 2n,
            dataProcessed: 2n - left,
            dataRemaining: left--,
          })
          return session
        },
      }
    }
    const other = new Sampler({ open: (signal) => connect('test:///default', { drivers: [busy], signal }) })
    const surveyed = new Promise((resolve) => other.once('surveyed', () => resolve(undefined)))
    other.start()
    await surveyed
    const [guest] = other.guests.values()
    expect(guest?.job).toMatchObject({ kind: 2, dataTotal: 2n, dataRemaining: 2n })
    await other.fresh({ maxAge: 0 })
    expect(guest?.job).toMatchObject({ kind: 2, dataProcessed: 1n })
    await other.fresh({ maxAge: 0 })
    expect(guest?.job).toMatchObject({ kind: 0, dataTotal: 0n })
    await other.close()
  })

  it('comes back after the connection was lost, and reads everything anew', async () => {
    const opened: Connection[] = []
    const other = new Sampler({
      maxDelay: 1,
      open: async (signal) => {
        if (opened.length === 1) {
          opened.push(conn)
          throw new VirtError('nobody there', { code: 'no-connect' })
        }
        const made = await connect('test:///default', { drivers: [driver], signal })
        opened.push(made)
        return made
      },
    })
    const states: string[] = []
    other.on('link', ({ state, reason }) => states.push(`${state} ${reason}`))
    other.start()
    await until(() => other.link.state === 'connected')
    await conn.domains.define(minimal('meanwhile'))
    await opened[0]?.close()
    await until(() => opened.length === 3 && other.link.state === 'connected')
    expect([...other.guests.values()].map(({ name }) => name).sort()).toEqual(['meanwhile', 'test'])
    expect(states).toEqual([
      'connecting not started',
      'connected ',
      'disconnected the connection ended: client',
      'connecting the connection ended: client',
      'disconnected nobody there',
      'connecting nobody there',
      'connected ',
    ])
    await other.close()
  })
})
