// SPDX-License-Identifier: GPL-2.0-or-later
// Guests move between two hosts in all the ways there are to ask for it.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Connection, Domain, MigrateOptions } from '@virt/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { openFolder } from './guest.js'
import { memoryDisk, memoryGuestXml } from './memory-guest.js'
import { Host } from './two-hosts.js'

const qemu = await ensure('qemu')
const able = qemu.ok && process.getuid?.() === 0
if (!able) console.error('SKIPPED: ways of migration (needs QEMU, and root for host names)')
const patience = { timeout: 20_000, interval: 20 }

describe.skipIf(!able)('a guest that moves', () => {
  const [here, there] = able ? [new Host('west'), new Host('east')] : ([] as unknown as [Host, Host])
  const folder = openFolder('virtd-ways-')
  // Guests' processes make sockets there.
  chmodSync(folder, 0o777)
  let source: Connection
  let destination: Connection
  let number = 0
  let xml: string
  let guest: Domain
  let serial: string

  beforeAll(async () => {
    ;[source, destination] = await Promise.all([here.start(), there.start()])
  }, 60_000)
  afterEach(async () => {
    for (const connection of [source, destination])
      for (const domain of await connection.domains.all()) {
        await domain.destroy().catch(() => {})
        await domain.undefine().catch(() => {})
      }
  })
  afterAll(async () => {
    await Promise.all([here?.end(), there?.end()])
    rmSync(folder, { recursive: true, force: true })
  })

  const said = (): string => (existsSync(serial) ? readFileSync(serial, 'utf8') : '')
  /** A guest that has begun to look at its memory. */
  const begin = async (persistent = false): Promise<void> => {
    const name = `ways${number++}`
    serial = join(folder, name)
    xml = memoryGuestXml(name, memoryDisk(folder), serial)
    guest = persistent ? await source.domains.define(xml) : await source.domains.create(xml)
    if (persistent) await guest.create()
    await expect.poll(said, patience).toMatch(/^\.\.\./)
  }
  const options = (more: MigrateOptions = {}): MigrateOptions => ({
    live: true,
    unsafe: true,
    uri: 'tcp://127.0.0.1',
    ...more,
  })
  const goesOn = async (): Promise<void> => {
    const before = said().length
    await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
    expect(said()).toMatch(/^\.+$/)
  }
  const ask = async (domain: Domain, execute: string): Promise<unknown> =>
    JSON.parse(await domain.qemuMonitorCommand(JSON.stringify({ execute }))).return
  /** Looks at a migration while it goes on. */
  const during = async (more: MigrateOptions, look: () => Promise<void>): Promise<Domain> => {
    const iteration = new Promise<void>((resolve) => source.once('migrationIteration', () => resolve()))
    await source.subscribed('migrationIteration')
    const job = guest.migrate(destination, options({ bandwidth: 1, ...more }))
    await Promise.race([iteration, job])
    await look()
    await guest.migrateSetMaxSpeed(1000)
    return await job
  }
  const switchedOn = async (domain: Domain): Promise<string[]> =>
    ((await ask(domain, 'query-migrate-capabilities')) as { capability: string; state: boolean }[])
      .filter(({ state }) => state)
      .map(({ capability }) => capability)
      .sort()

  const ways: readonly (readonly [string, MigrateOptions, on: readonly string[], parameters: object])[] = [
    ['', {}, ['events', 'pause-before-switchover', 'return-path'], {}],
    [
      'over three connections',
      { parallel: true, parallelConnections: 3 },
      ['events', 'multifd', 'pause-before-switchover', 'return-path'],
      { 'multifd-channels': 3 },
    ],
    [
      'over connections that are compressed',
      { parallel: true, compressed: true, compression: ['zlib'], compressionZlibLevel: 3 },
      ['events', 'multifd', 'pause-before-switchover', 'return-path'],
      { 'multifd-compression': 'zlib' },
    ],
    [
      'over connections that are compressed otherwise',
      { parallel: true, compressed: true, compression: ['zstd'], compressionZstdLevel: 3 },
      ['events', 'multifd', 'pause-before-switchover', 'return-path'],
      { 'multifd-compression': 'zstd' },
    ],
    [
      'with what changed only',
      { compressed: true, compression: ['xbzrle'], compressionXbzrleCache: '32 MiB' },
      ['events', 'pause-before-switchover', 'return-path', 'xbzrle'],
      { 'xbzrle-cache-size': 32 << 20 },
    ],
    [
      'slowed down',
      { autoConverge: true, autoConvergeInitial: 30, autoConvergeIncrement: 5 },
      ['auto-converge', 'events', 'pause-before-switchover', 'return-path'],
      { 'cpu-throttle-initial': 30, 'cpu-throttle-increment': 5 },
    ],
    [
      'unless an image fails',
      { abortOnError: true, changeProtection: true },
      ['events', 'pause-before-switchover', 'return-path'],
      {},
    ],
  ]
  it.each(ways)(
    'arrives %s',
    async (_name, more, on, parameters) => {
      await begin()
      const before = await ask(guest, 'query-migrate-parameters')
      expect(before).not.toMatchObject({ ...parameters, none: 0 })
      const moved = await during(more, async () => {
        expect(await switchedOn(guest)).toEqual(on)
        expect(await ask(guest, 'query-migrate-parameters')).toMatchObject({ ...parameters, 'max-bandwidth': 1 << 20 })
      })
      expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
      await goesOn()
      // Nothing of how it came keeps it from leaving otherwise.
      expect(await switchedOn(moved)).toEqual(['events'])
      const {
        'tls-creds': _creds,
        'tls-hostname': _name2,
        ...after
      } = (await ask(moved, 'query-migrate-parameters')) as Record<string, unknown>
      expect(before).toMatchObject(after)
    },
    60_000,
  )

  it.each([
    ['by a socket', {}],
    ['by a socket that QEMU connects to', { parallel: true }],
    ['by a socket in post-copy', { postcopy: true }],
  ] as const)(
    'arrives %s',
    async (_name, more) => {
      await begin()
      const path = join(folder, `${guest.name}.sock`)
      const moved = await guest.migrate(destination, options({ uri: `unix://${path}`, ...more }))
      expect((await moved.state()).state).toBe('running')
      await goesOn()
    },
    60_000,
  )

  it('arrives over connections that copy nothing, or stays where its memory may not be held', async () => {
    await begin()
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const [, most = '0'] = /^Max locked memory\s+\w+\s+(\w+)/m.exec(limits) ?? []
    const [, powers = '0'] = /^CapEff:\s+(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    // CAP_SYS_RESOURCE
    const may = most === 'unlimited' || Number(most) >= 64 << 20 || (BigInt(`0x${powers}`) >> 24n) % 2n === 1n
    const more = { parallel: true, zerocopy: true } as const
    if (may) {
      const on = ['events', 'multifd', 'pause-before-switchover', 'return-path', 'zero-copy-send']
      await during(more, async () => expect(await switchedOn(guest)).toEqual(on))
    } else {
      const refused = expect.objectContaining({
        code: 'system-error',
        message: expect.stringMatching(/^cannot limit locked memory of process \d+ to 67108864/),
      })
      await expect(Promise.resolve(guest.migrate(destination, options(more)))).rejects.toEqual(refused)
      expect(await switchedOn(guest)).toEqual(['events'])
    }
    await goesOn()
  }, 60_000)

  it('does not leave by RDMA without a limit to what it may lock', async () => {
    await begin()
    const message = 'cannot start RDMA migration with no memory hard limit set'
    const job = Promise.resolve(guest.migrate(destination, options({ uri: 'rdma://127.0.0.1' })))
    await expect(job).rejects.toMatchObject({ code: 'operation-invalid', message: expect.stringContaining(message) })
    expect(await destination.domains.all()).toEqual([])
    await goesOn()
  }, 60_000)

  it('arrives compressed by threads', async () => {
    await begin()
    // It writes faster than QEMU compresses, and never would be small enough for a shorter stop.
    await guest.migrateSetMaxDowntime(60_000)
    const mt = { compressed: true, compression: ['mt'], compressionMtLevel: 2, compressionMtThreads: 2 } as const
    const moved = await during(mt, async () => {
      expect(await switchedOn(guest)).toEqual(['compress', 'events', 'pause-before-switchover', 'return-path'])
      const parameters = await ask(guest, 'query-migrate-parameters')
      expect(parameters).toMatchObject({ 'compress-level': 2, 'compress-threads': 2 })
    })
    expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
    await goesOn()
  }, 60_000)

  it('arrives by the older form of a URI', async () => {
    await begin()
    await guest.migrate(destination, options({ uri: 'tcp:127.0.0.1', live: false }))
    await goesOn()
  }, 60_000)

  it('arrives under another name, as another document has it', async () => {
    await begin()
    const [name, title] = [`${guest.name}-there`, 'moved']
    const changed = (await guest.xmlDesc({ migratable: true })).replace('</name>', `</name><title>${title}</title>`)
    const moved = await guest.migrate(destination, options({ name, xml: changed }))
    expect(moved.name).toBe(name)
    expect(await moved.xmlDesc()).toContain(`<title>${title}</title>`)
    await goesOn()
    expect(there.told(name)).toEqual(['started migrated', 'resumed migrated'])
  }, 60_000)

  describe('to a host with a script of its own', () => {
    const script = (): string => join(there.root, 'etc/libvirt/hooks/qemu')
    const write = (change: string): void => {
      mkdirSync(dirname(script()), { recursive: true })
      writeFileSync(script(), `#!/bin/sh\n[ "$2" != migrate ] || sed '${change}'\n`, { mode: 0o755 })
    }
    afterEach(() => rmSync(script(), { force: true }))

    it('is what that makes of it', async () => {
      await begin()
      write('s#</uuid>#</uuid><title>by a script</title>#')
      const moved = await guest.migrate(destination, options())
      expect(await moved.xmlDesc()).toContain('<title>by a script</title>')
      await goesOn()
    }, 60_000)

    it('stays when it would see a difference', async () => {
      await begin()
      write('s#>65536</memory>#>131072</memory>#')
      const job = Promise.resolve(guest.migrate(destination, options()))
      const message = 'Target domain max memory 131072 does not match source 65536'
      await expect(job).rejects.toMatchObject({
        code: 'config-unsupported',
        message: expect.stringContaining(message),
      })
      expect(await destination.domains.all()).toEqual([])
      await goesOn()
    }, 60_000)
  })

  it('waits where it arrives', async () => {
    await begin()
    const moved = await guest.migrate(destination, options({ paused: true }))
    expect(await moved.state()).toEqual({ state: 'paused', reason: 'user' })
    await moved.resume()
    await goesOn()
  }, 60_000)

  it('that stands still arrives standing still', async () => {
    await begin()
    await guest.suspend()
    const moved = await guest.migrate(destination, options())
    expect(await moved.state()).toEqual({ state: 'paused', reason: 'user' })
    await moved.resume()
    await goesOn()
  }, 60_000)

  describe('by a client of protocol 2', () => {
    const nothing = new Uint8Array(0)
    const [persist, undefine, paused, unsafe] = [8, 16, 32, 512]
    /** What clients did before protocol 3: no cookies, and the source is not told how it went. */
    const send = async (more: number, uriIn: string, dname?: string): Promise<string> => {
      const flags = BigInt(1 | unsafe | more)
      const domXml = await guest.xmlDesc({ secure: true, migratable: true })
      const asked = { uriIn, flags, dname, resource: 0n, domXml }
      const { uriOut, cookie } = await destination.raw.call('DOMAIN_MIGRATE_PREPARE2', asked)
      expect(cookie).toHaveLength(0)
      const uri = uriOut ?? uriIn
      const dom = { name: guest.name, uuid: guest.uuid, id: guest.id ?? -1 }
      const sent = source.raw.call('DOMAIN_MIGRATE_PERFORM', { dom, cookie, uri, flags, dname, resource: 0n })
      const retcode = await sent.then(
        () => 0,
        () => 1,
      )
      const finished = { dname: dname ?? guest.name, cookie, uri, flags, retcode }
      const found = destination.raw.call('DOMAIN_MIGRATE_FINISH2', finished)
      await sent
      return (await found).ddom.name
    }

    it('arrives', async () => {
      await begin()
      expect(await source.raw.call('CONNECT_SUPPORTS_FEATURE', { feature: 3 })).toEqual({ supported: 1 })
      const name = `${guest.name}-there`
      expect(await send(0, 'tcp://127.0.0.1', name)).toBe(name)
      const moved = await destination.domains.byName(name)
      expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
      expect(await source.domains.all()).toEqual([])
      await expect.poll(() => here.told(guest.name), patience).toContain('stopped migrated')
      await goesOn()
    })

    it('arrives at a stand with its definition', async () => {
      await begin(true)
      await send(persist | undefine | paused, 'tcp://127.0.0.1')
      const moved = await destination.domains.byName(guest.name)
      expect(await moved.state()).toEqual({ state: 'paused', reason: 'user' })
      expect(await moved.isPersistent()).toBe(true)
      expect(await source.domains.all()).toEqual([])
      await moved.resume()
      await goesOn()
    })

    it('arrives also where its definition can neither be kept nor forgotten', async () => {
      await begin(true)
      const files = [here, there].map(({ root }) => join(root, `etc/libvirt/qemu/${guest.name}.xml`))
      for (const file of files) {
        rmSync(file, { force: true })
        mkdirSync(join(file, 'occupied'), { recursive: true })
      }
      try {
        await send(persist | undefine, 'tcp://127.0.0.1')
        const moved = await destination.domains.byName(guest.name)
        expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
        expect(await moved.isPersistent()).toBe(false)
        expect(await guest.state()).toEqual({ state: 'shutoff', reason: 'migrated' })
        await goesOn()
      } finally {
        for (const file of files) rmSync(file, { recursive: true })
      }
    })

    it('stays when it cannot be sent', async () => {
      await begin()
      const flags = BigInt(1 | unsafe)
      const dom = { name: guest.name, uuid: guest.uuid, id: guest.id ?? -1 }
      const uri = 'tcp://127.0.0.1:1'
      const sent = source.raw.call('DOMAIN_MIGRATE_PERFORM', {
        dom,
        cookie: nothing,
        uri,
        flags,
        dname: undefined,
        resource: 0n,
      })
      await expect(sent).rejects.toMatchObject({ code: 'system-error' })
      await goesOn()
      expect(await guest.jobInfo()).toMatchObject({ type: 'none' })
    })

    it('does not leave in post-copy, of which the other end would not be told', async () => {
      await begin()
      const flags = BigInt(1 | unsafe | 32768)
      const dom = { name: guest.name, uuid: guest.uuid, id: guest.id ?? -1 }
      const asked = { dom, cookie: nothing, uri: 'tcp://127.0.0.1:1', flags, dname: undefined, resource: 0n }
      await expect(source.raw.call('DOMAIN_MIGRATE_PERFORM', asked)).rejects.toMatchObject({
        code: 'operation-invalid',
      })
      await goesOn()
    })
  })

  describe('and its definition', () => {
    it('stays where it was', async () => {
      await begin(true)
      const moved = await guest.migrate(destination, options())
      expect(await moved.isPersistent()).toBe(false)
      expect(await guest.state()).toEqual({ state: 'shutoff', reason: 'migrated' })
      expect(await guest.isPersistent()).toBe(true)
    }, 60_000)

    it('goes along', async () => {
      await begin(true)
      const moved = await guest.migrate(destination, options({ persistDest: true, undefineSource: true }))
      expect(await moved.isPersistent()).toBe(true)
      expect(await source.domains.all()).toEqual([])
      await goesOn()
      await moved.destroy()
      expect(await moved.xmlDesc({ inactive: true })).toBe(await moved.xmlDesc())
      await moved.create()
      await goesOn().catch(() => {})
      expect((await moved.state()).state).toBe('running')
      expect(there.told(guest.name)).toEqual(
        expect.arrayContaining(['started migrated', 'defined added', 'resumed migrated']),
      )
    }, 60_000)

    it('is another one there', async () => {
      await begin(true)
      const persistentXml = xml.replace('</name>', '</name><title>kept</title>')
      const moved = await guest.migrate(destination, options({ persistDest: true, persistentXml }))
      expect(await moved.xmlDesc()).not.toContain('<title>')
      expect(await moved.xmlDesc({ inactive: true })).toContain('<title>kept</title>')
      expect(await guest.isPersistent()).toBe(true)
    }, 60_000)

    it.each([false, true])(
      'moves without it, undefined here: %s',
      async (undefineSource) => {
        const name = `offline${number++}`
        guest = await source.domains.define(memoryGuestXml(name, memoryDisk(folder), join(folder, name)))
        const moved = await guest.migrate(destination, { offline: true, persistDest: true, undefineSource })
        expect(await moved.state()).toMatchObject({ state: 'shutoff' })
        expect(await moved.isPersistent()).toBe(true)
        // What every machine of the kind has does not travel, and stands elsewhere afterwards.
        const lines = (text: string): string[] => text.split('\n').sort()
        expect(lines(await moved.xmlDesc({ inactive: true }))).toEqual(
          lines(undefineSource ? await moved.xmlDesc() : await guest.xmlDesc({ inactive: true })),
        )
        expect((await source.domains.all()).length).toBe(undefineSource ? 0 : 1)
        expect(there.told(name)).toEqual(['defined added'])
        expect(here.told(name)).toEqual(['defined added'])
      },
      60_000,
    )
  })

  describe('and is told to stay', () => {
    const stays: readonly (readonly [string, (stop: AbortController) => Promise<void> | void, string])[] = [
      ['by a signal', (stop) => stop.abort(), 'operation-aborted'],
      ['by its job', async () => await guest.abortJob(), 'operation-aborted'],
    ]
    it.each(stays)(
      '%s',
      async (_name, end, code) => {
        await begin()
        const before = [await ask(guest, 'query-migrate-parameters'), await switchedOn(guest)]
        const stop = new AbortController()
        const over = during({ signal: stop.signal }, async () => await end(stop)).catch((error: unknown) => error)
        expect(await over).toMatchObject({ code })
        await expect.poll(() => guest.jobInfo(), patience).toMatchObject({ type: 'none' })
        expect(await guest.state()).toEqual({ state: 'running', reason: expect.any(String) })
        expect([await ask(guest, 'query-migrate-parameters'), await switchedOn(guest)]).toEqual([
          expect.objectContaining(before[0] as object),
          before[1],
        ])
        await expect.poll(() => there.guests(), patience).toEqual([])
        await goesOn()
        await guest.migrate(destination, options())
        await goesOn()
      },
      60_000,
    )

    it('before it begins', async () => {
      await begin()
      const job = guest.migrate(destination, options({ signal: AbortSignal.abort(new Error('no')) }))
      await expect(Promise.resolve(job)).rejects.toMatchObject({ name: 'VirtError', code: 'aborted' })
      expect(await guest.jobInfo()).toMatchObject({ type: 'none' })
    }, 60_000)
  })

  it('is watched until it has arrived', async () => {
    await begin()
    // It writes faster than a busy machine sends.
    await guest.migrateSetMaxDowntime(5000)
    const job = guest.migrate(destination, options({ bandwidth: 2 }))
    const remaining: bigint[] = []
    for await (const { memoryRemaining } of job.progress({ interval: 50 })) {
      // Nothing is sent while the other host gets ready.
      if (memoryRemaining !== 0n) remaining.push(memoryRemaining as bigint)
      if (remaining.length === 5) await guest.migrateSetMaxSpeed(1000)
    }
    expect(remaining.length).toBeGreaterThanOrEqual(5)
    expect((await (await job).state()).state).toBe('running')
  }, 60_000)

  it('is counted on both sides', async () => {
    await begin()
    const iterations: number[] = []
    source.on('migrationIteration', (_domain, { iteration }) => iterations.push(iteration))
    const completed = new Promise<object>((resolve) =>
      source.once('jobCompleted', (_domain, { params }) => resolve(params)),
    )
    await source.subscribed('jobCompleted')
    await guest.migrateSetMaxDowntime(123)
    expect(await guest.migrateMaxDowntime()).toBe(123n)
    const moved = await during({}, async () => {
      const { type, params } = await guest.jobStats()
      expect(type).toBe('unbounded')
      expect(params).toMatchObject({ operation: 5, memoryTotal: expect.any(BigInt) })
    })
    expect(iterations.length).toBeGreaterThan(0)
    expect(await completed).toMatchObject({ operation: 5, downtime: expect.any(BigInt) })
    const done = await moved.jobStats({ completed: true })
    expect(done.type).toBe('completed')
    expect(done.params).toMatchObject({ operation: 4, memoryTotal: expect.any(BigInt), downtime: expect.any(BigInt) })
    expect(await moved.jobStats({ completed: true })).toMatchObject({ type: 'none' })
  }, 90_000)
})
