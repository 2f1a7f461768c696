// SPDX-License-Identifier: GPL-2.0-or-later
// Guests move between hosts through TLS: with the right certificates they arrive, with wrong ones they stay.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection, Domain, MigrateOptions } from '@virt/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { Authority, opensslIsThere } from '../../../../../tools/test/certificates.mjs'
import { diskGuestDisks, diskGuestXml, track } from './disk-guest.js'
import { openFolder } from './guest.js'
import { memoryDisk, memoryGuestXml } from './memory-guest.js'
import { Host } from './two-hosts.js'

const qemu = await ensure('qemu')
const able = qemu.ok && opensslIsThere && process.getuid?.() === 0
if (!able) console.error('SKIPPED: migration through TLS (needs QEMU, openssl, and root for host names)')
const patience = { timeout: 20_000, interval: 20 }

/** Certificates as QEMU wants them. */
function certificates(folder: string, authority: Authority, names: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  copyFileSync(authority.path('cacert.pem'), join(folder, 'ca-cert.pem'))
  for (const side of ['server', 'client'] as const) {
    const { cert, key } = authority.sign(side, {
      subject: `/O=Virt/CN=${side}`,
      ...(side === 'server' ? { names } : {}),
    })
    copyFileSync(cert, join(folder, `${side}-cert.pem`))
    copyFileSync(key, join(folder, `${side}-key.pem`))
    for (const one of ['cert', 'key']) chmodSync(join(folder, `${side}-${one}.pem`), 0o644)
  }
  return folder
}

describe.skipIf(!able)('a guest that moves through TLS', () => {
  const folder = openFolder('virtd-tls-')
  chmodSync(folder, 0o777)
  const [here, there, stranger] = able
    ? [new Host('calais'), new Host('dover'), new Host('odessa')]
    : ([] as unknown as [Host, Host, Host])
  let source: Connection
  let destination: Connection
  let guest: Domain
  let serial: string
  let number = 0

  beforeAll(async () => {
    const own = new Authority(join(folder, 'own'))
    const other = new Authority(join(folder, 'other'), 'Other CA')
    const names = 'DNS:dover.example,IP:127.0.0.1'
    const rows = [
      [here, certificates(join(folder, 'pki-here'), own, names), ''],
      [there, certificates(join(folder, 'pki-there'), own, names), ''],
      [stranger, certificates(join(folder, 'pki-stranger'), other, names), 'migrate_tls_force = 1\n'],
    ] as const
    for (const [host, dir, more] of rows)
      writeFileSync(
        join(host.root, 'etc/libvirt/qemu.conf'),
        `user = "root"\ngroup = "root"\nmigrate_tls_x509_cert_dir = "${dir}"\n${more}`,
      )
    ;[source, destination] = await Promise.all([here.start(), there.start(), stranger.start()])
  }, 90_000)
  afterEach(async () => {
    for (const connection of [source, destination])
      for (const domain of await connection.domains.all()) await domain.destroy().catch(() => {})
  })
  afterAll(async () => {
    await Promise.all([here?.end(), there?.end(), stranger?.end()])
    rmSync(folder, { recursive: true, force: true })
  })

  const said = (): string => (existsSync(serial) ? readFileSync(serial, 'utf8') : '')
  const begin = async (): Promise<void> => {
    const name = `tls${number++}`
    serial = join(folder, name)
    guest = await source.domains.create(memoryGuestXml(name, memoryDisk(folder), serial))
    await expect.poll(said, patience).toMatch(/^\.\.\./)
  }
  const goesOn = async (): Promise<void> => {
    const before = said().length
    await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
    expect(said()).toMatch(/^\.+$/)
  }
  const ask = async (domain: Domain, execute: string, args?: object): Promise<unknown> =>
    JSON.parse(await domain.qemuMonitorCommand(JSON.stringify({ execute, arguments: args }))).return
  /** Objects with certificates, and what parameters say of them. */
  const traces = async (domain: Domain): Promise<unknown> => {
    const objects = (await ask(domain, 'qom-list', { path: '/objects' })) as { name: string }[]
    const parameters = (await ask(domain, 'query-migrate-parameters')) as Record<string, unknown>
    return [
      objects.map(({ name }) => name).filter((name) => name.includes('migrate')),
      parameters['tls-creds'],
      parameters['tls-hostname'],
    ]
  }
  const options = (more: MigrateOptions = {}): MigrateOptions => ({
    live: true,
    unsafe: true,
    tls: true,
    uri: 'tcp://127.0.0.1',
    ...more,
  })

  const ways: readonly (readonly [string, () => MigrateOptions])[] = [
    ['by a connection of the daemon', () => ({})],
    ['by connections of QEMU', () => ({ parallel: true, parallelConnections: 2 })],
    ['in post-copy', () => ({ postcopy: true })],
    ['to a name that is in the certificate', () => ({ tlsDestination: 'dover.example' })],
    ['by a socket', () => ({ uri: `unix://${join(folder, 'tls.sock')}`, tlsDestination: 'dover.example' })],
  ]
  it.each(ways)(
    'arrives %s',
    async (_name, more) => {
      await begin()
      const moved = await guest.migrate(destination, options(more()))
      expect((await moved.state()).state).toBe('running')
      await goesOn()
      expect(await traces(moved)).toEqual([[], '', ''])
    },
    60_000,
  )

  it('has certificates while it moves', async () => {
    await begin()
    const iteration = new Promise<void>((resolve) => source.once('migrationIteration', () => resolve()))
    await source.subscribed('migrationIteration')
    const job = guest.migrate(destination, options({ bandwidth: 1 }))
    await Promise.race([iteration, job])
    expect(await traces(guest)).toEqual([['objlibvirt_migrate_tls0'], 'objlibvirt_migrate_tls0', '127.0.0.1'])
    await guest.abortJob()
    await expect(Promise.resolve(job)).rejects.toMatchObject({ code: 'operation-aborted' })
    expect(await traces(guest)).toEqual([[], '', ''])
    await goesOn()
  }, 90_000)

  it('comes with its disks', async () => {
    const place = { here: join(folder, 'disks-here'), there: join(folder, 'disks-there') }
    for (const one of Object.values(place)) mkdirSync(one)
    const disks = diskGuestDisks(place.here, 8)
    serial = join(folder, 'tls-disks')
    guest = await source.domains.create(diskGuestXml({ name: 'disks', ...disks, serial }))
    await expect.poll(said, patience).toMatch(/^\.\.\./)
    const xml = (await guest.xmlDesc({ migratable: true })).replaceAll(place.here, place.there)
    const moved = await guest.migrate(destination, options({ unsafe: false, nonSharedDisk: true, xml }))
    await goesOn()
    await moved.suspend()
    const rest = (at: string): Buffer => readFileSync(join(at, 'data.img')).subarray(track)
    expect(rest(place.there).equals(rest(place.here))).toBe(true)
  }, 60_000)

  const refusals: readonly (readonly [
    why: string,
    more: () => MigrateOptions,
    to: () => Connection,
    error: { readonly code: string; readonly message: string },
  ])[] = [
    [
      'the destination has certificates of another authority',
      () => ({}),
      () => stranger.connection as Connection,
      { code: 'operation-failed', message: 'ertificate' },
    ],
    [
      'the certificate is of another host',
      () => ({ tlsDestination: 'elsewhere.example' }),
      () => destination,
      { code: 'operation-failed', message: 'elsewhere.example' },
    ],
    [
      'nobody says whose certificate it has to be',
      () => ({ uri: `unix://${join(folder, 'refused.sock')}` }),
      () => destination,
      {
        code: 'operation-unsupported',
        message: 'Explicit destination hostname is required for TLS migration over UNIX',
      },
    ],
    [
      'the destination wants TLS, and there is to be none',
      () => ({ tls: false }),
      () => stranger.connection as Connection,
      { code: 'operation-invalid', message: 'this libvirtd instance allows migration only with VIR_MIGRATE_TLS flag' },
    ],
  ]
  it.each(refusals)(
    'stays when %s',
    async (_why, more, to, { code, message }) => {
      await begin()
      const error: unknown = await Promise.resolve(guest.migrate(to(), options(more()))).catch((one: unknown) => one)
      expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
      expect((await guest.state()).state).toBe('running')
      expect(await traces(guest)).toEqual([[], '', ''])
      await goesOn()
      expect(there.guests().length + stranger.guests().length).toBe(0)
      await guest.migrate(destination, options())
      await goesOn()
    },
    60_000,
  )
})
