// SPDX-License-Identifier: LGPL-2.1-or-later

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dirsBelow } from '@virt/core'
import { afterAll, describe, expect, it } from 'vitest'
import { runName, shortName } from '../src/command/short-name.js'
import { driverPaths } from '../src/host/paths.js'
import { Ports } from '../src/host/ports.js'
import { commandSettings, readSettings } from '../src/host/settings.js'

const folder = mkdtempSync(join(tmpdir(), 'qemu-host-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('paths', () => {
  it('are libvirt’s', () => {
    const paths = driverPaths('system', dirsBelow('/'))
    expect(paths).toMatchObject({
      config: '/etc/libvirt/qemu',
      autostart: '/etc/libvirt/qemu/autostart',
      run: '/run/libvirt/qemu',
      lib: '/var/lib/libvirt/qemu',
      log: '/var/log/libvirt/qemu',
    })
  })

  it.each([
    ['web', 'web'],
    ['a-guest-with-a-very-long-name', 'a-guest-with-a-very-'],
    ['ääääääääääää', 'ääääääääää'],
    // The tenth letter would be cut in half.
    ['aääääääääää', 'aäääääääää'],
  ])('have short names of guests in them: %s', (name, short) => {
    expect(shortName(name)).toBe(short)
    expect(runName(3, name)).toBe(`3-${short}`)
  })
})

describe('settings', () => {
  const read = (text: string) => {
    const settings = join(folder, 'qemu.conf')
    writeFileSync(settings, text)
    return readSettings({ settings })
  }

  it('are what nobody set without a file', async () => {
    const settings = await readSettings({ settings: join(folder, 'none.conf') })
    expect(settings).toMatchObject({
      vnc_listen: '127.0.0.1',
      vnc_tls: false,
      auto_start_delay: 0,
      log_timestamp: true,
    })
  })

  it('are read, others are left alone', async () => {
    const settings = await read('vnc_listen = "0.0.0.0"\nvnc_tls = 1\nseccomp_sandbox = 0\nnobody_knows = 1\n')
    const paths = driverPaths('system', dirsBelow('/'))
    expect(settings.vnc_listen).toBe('0.0.0.0')
    expect(commandSettings(settings, paths)).toMatchObject({
      vncTls: true,
      seccompSandbox: 'off',
      memoryBackingDir: '/var/lib/libvirt/qemu/ram',
    })
  })

  it('take other addresses of this machine for migration', async () => {
    const settings = await read('migration_host = "127.0.0.3"\nmigration_address = "[fe80::1]"\n')
    expect(settings).toMatchObject({ migration_host: '127.0.0.3', migration_address: 'fe80::1' })
  })

  it.each([
    ['vnc_tls = "yes"', /vnc_tls/],
    ['auto_start_delay = -1', /auto_start_delay/],
    ['remote_display_port_min = 80', /remote_display_port_min/],
    ['migration_port_min = 0', /qemu\.conf: migration_port_min: port must be greater than 0$/],
    ['migration_port_max = 3', /migration_port_max: port must be between the minimal port 49152 and 65535$/],
    ['migration_port_min = 70000', /migration_port_max: port must be between the minimal port 70000 and 65535$/],
    ['migration_host = "[::1]"', /^configuration file syntax error: migration_host must not be .* local machine: ::1$/],
    ['migration_host = "localhostx"', /migration_host must not be the address of the local machine: localhostx$/],
    [
      'migration_address = "127.0.0.1"',
      /migration_address must not be the address of the local machine: 127\.0\.0\.1$/,
    ],
  ])('are refused by name: %s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message)
  })
})

describe('ports', () => {
  it('are each for one guest, and free again afterwards', async () => {
    const server = createServer()
    const taken = await new Promise<number>((resolve) => {
      server.listen(0, '0.0.0.0', () => resolve((server.address() as { port: number }).port))
    })
    const ports = new Ports('display', taken, taken + 40)
    const [first, second] = await Promise.all([ports.take(), ports.take()])
    expect(new Set([taken, first, second]).size).toBe(3)
    ports.give(first)
    expect(await ports.take()).toBe(first)
    server.close()
  })

  it('run out', async () => {
    const ports = new Ports('display', 5900, 5901)
    ports.hold(5900)
    ports.hold(5901)
    await expect(ports.take()).rejects.toThrow(/Unable to find an unused port/)
  })
})
