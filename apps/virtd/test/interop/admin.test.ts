// SPDX-License-Identifier: GPL-2.0-or-later
// The client of administration at a real libvirtd and at virtd.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { type Admin, openAdmin, remote } from '@virt/remote'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLibvirtd, startVirtd } from './peers.mjs'

const root = process.getuid?.() === 0
const real = root && existsSync('/usr/sbin/libvirtd')
if (!real) console.warn('SKIPPED: administration of a real libvirtd (needs root and the package libvirt-daemon)')
const ours = existsSync(new URL('../../dist/main.cjs', import.meta.url))

const peers = [
  { name: 'virtd', start: startVirtd, socket: 'run/libvirt/libvirt-admin-sock', skip: !ours, level: 11_003_000n },
  { name: 'libvirtd', start: startLibvirtd, socket: 'libvirt-admin-sock', skip: !real, level: 9_000_000n },
]
for (const { name, start, socket, skip, level } of peers) {
  describe.skipIf(skip)(`administration of ${name}`, () => {
    let daemon: Awaited<ReturnType<typeof start>>
    let admin: Admin
    let conn: Connection
    beforeAll(async () => {
      daemon = await start()
      conn = await connect(`test+unix:///default?socket=${daemon.socket}`, { drivers: [remote({ keepAlive: false })] })
      admin = await openAdmin(`libvirtd+unix:///system?socket=${join(daemon.root, socket)}`)
    }, 30_000)
    afterAll(async () => {
      await admin?.close()
      await conn?.close()
      await daemon?.stop()
    })

    it('tells level and servers', async () => {
      expect(await admin.libVersion()).toBe(level)
      expect((await admin.servers()).map((s) => s.name).sort()).toEqual(['admin', 'libvirtd'])
      await expect(admin.server('nosuch')).rejects.toMatchObject({
        code: 'no-server',
        domain: 7,
        message: "Server not found: No server named 'nosuch'",
      })
    })

    it('tells who is connected', async () => {
      const server = await admin.server('libvirtd')
      const [client] = await server.clients()
      expect(client?.transport).toBe('unix')
      expect(Math.abs((client?.since.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(await client?.info()).toEqual({
        readOnly: false,
        unixUserId: 0,
        unixUserName: 'root',
        unixGroupId: 0,
        unixGroupName: 'root',
        processId: process.pid,
      })
      const { params } = await admin.call('CLIENT_GET_INFO', {
        clnt: { srv: { name: 'libvirtd' }, id: client?.id ?? 0n, timestamp: 0n, transport: 0 },
        flags: 0,
      })
      expect(params.shape).toEqual({
        names: ['readonly', 'unix_user_id', 'unix_user_name', 'unix_group_id', 'unix_group_name', 'unix_process_id'],
        types: [6, 1, 7, 1, 7, 1],
      })
    })

    it('keeps limits', async () => {
      const server = await admin.server('libvirtd')
      expect(await server.clientLimits()).toEqual({
        maxClients: 5000,
        clients: 1,
        maxUnauthenticated: 20,
        unauthenticated: 0,
      })
      await server.setClientLimits({ maxClients: 50 })
      expect(await server.clientLimits()).toMatchObject({ maxClients: 50, maxUnauthenticated: 20 })
      await expect(server.setClientLimits({ maxClients: 19 })).rejects.toMatchObject({
        code: 'invalid-arg',
        domain: 7,
        message: expect.stringContaining('The overall maximum number of clients waiting for authentication'),
      })
      await server.setThreadPool({ minWorkers: 7, priorityWorkers: 2 })
      // libvirtd counts the workers that live: of five for urgent calls, three have yet to wake up and end.
      await expect
        .poll(() => server.threadPool(), { timeout: 10_000 })
        .toMatchObject({ minWorkers: 7, maxWorkers: 20, priorityWorkers: 2 })
    })

    it('refuses parameters that it does not know, of another type, and twice', async () => {
      const set = (names: string[], types: number[]) =>
        admin.call('SERVER_SET_CLIENT_LIMITS', {
          srv: { name: 'libvirtd' },
          params: { shape: { names, types: types as never }, values: names.map(() => 30) },
          flags: 0,
        })
      const failures: unknown[] = []
      for (const [names, types] of [
        [['nclients'], [2]],
        [['nclients_max'], [1]],
        [
          ['nclients_max', 'nclients_max'],
          [2, 2],
        ],
      ] as const)
        await set([...names], [...types]).catch((e: { number: number; domain: number; message: string }) =>
          failures.push([e.number, e.domain, e.message]),
        )
      expect(failures).toEqual([
        [74, 0, "argument unsupported: parameter 'nclients' not supported"],
        [8, 0, "invalid argument: invalid type 'int' for parameter 'nclients_max', expected 'uint'"],
        [8, 0, "invalid argument: parameter 'nclients_max' occurs multiple times"],
      ])
    })

    it('refuses flags', async () => {
      const srv = { name: 'libvirtd' }
      for (const [fn, call] of [
        ['adminDispatchConnectOpen', () => admin.call('CONNECT_OPEN', { flags: 4 })],
        ['adminConnectListServers', () => admin.call('CONNECT_LIST_SERVERS', { needResults: 1, flags: 4 })],
        ['adminServerGetThreadPoolParameters', () => admin.call('SERVER_GET_THREADPOOL_PARAMETERS', { srv, flags: 4 })],
        ['adminServerUpdateTlsFiles', () => admin.call('SERVER_UPDATE_TLS_FILES', { srv, flags: 4 })],
        ['adminConnectSetLoggingFilters', () => admin.call('CONNECT_SET_LOGGING_FILTERS', { filters: 'x', flags: 4 })],
      ] as const)
        await expect(call()).rejects.toMatchObject({
          number: 8,
          domain: 62,
          message: `unsupported flags (0x4) in function ${fn}`,
          str2: 'flags',
        })
    })

    it('changes the log', async () => {
      await admin.setLogFilters('1:qemu 2:rpc')
      expect(await admin.logFilters()).toBe('1:*qemu* 2:*rpc*')
      await expect(admin.setLogFilters('x')).rejects.toMatchObject({
        code: 'invalid-arg',
        domain: 0,
        message: "invalid argument: Malformed format for filter 'x'",
      })
      await admin.setLogFilters('')
      expect(await admin.logFilters()).toBe('')
      const file = join(daemon.root, 'other.log')
      await admin.setLogOutputs(`1:file:${file}`)
      expect(await admin.logOutputs()).toBe(`1:file:${file}`)
      expect(existsSync(file)).toBe(true)
    })

    it('has no keys to read again', async () => {
      await expect((await admin.server('libvirtd')).updateTlsFiles()).rejects.toMatchObject({
        code: 'internal-error',
        message: 'internal error: no tls service found, unable to update tls files',
      })
    })

    it('disconnects a client', async () => {
      const server = await admin.server('libvirtd')
      const gone = new Promise((resolve) => conn.on('close', resolve))
      const [client] = await server.clients()
      await client?.disconnect()
      await gone
      await expect(server.client(client?.id ?? 0n)).rejects.toMatchObject({ code: 'no-client', domain: 7 })
    })

    it('is told apart from what it is not', async () => {
      await expect(
        connect(`test+unix:///default?socket=${join(daemon.root, socket)}`, { drivers: [remote()] }),
      ).rejects.toMatchObject({ code: 'rpc', message: 'Cannot find program 536903814 version 1' })
      await expect(openAdmin(`libvirtd+unix:///system?socket=${daemon.socket}`)).rejects.toMatchObject({
        code: 'rpc',
        message: 'Cannot find program 110102160 version 1',
      })
    })
  })
}
