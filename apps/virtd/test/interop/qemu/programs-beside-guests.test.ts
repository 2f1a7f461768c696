// SPDX-License-Identifier: GPL-2.0-or-later
// Programs beside guests: Debian's swtpm, virtiofsd and passt, with a QEMU that takes what they give it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startVirtd } from '../peers.mjs'
import { bootDisk, guestXml, openFolder } from './guest.js'

const qemu = await ensure('qemu')
const helpers = await ensure('helpers')
if (!qemu.ok || !helpers.ok) console.error('SKIPPED: programs beside guests')
const folder = openFolder('virtd-helpers-')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Processes of a program that were told of a path. */
function processesOf(program: string, path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
        return words[0]?.endsWith(program) === true && words.some((word) => word.includes(path))
      } catch {
        return false
      }
    })
}

async function session(run: (conn: Connection, root: string) => Promise<void>): Promise<void> {
  await using daemon = await startVirtd()
  const conn = await connect(`qemu+unix:///system?socket=${daemon.socket}`, { drivers: [remote()] })
  try {
    await run(conn, daemon.root)
  } finally {
    await conn.close()
  }
}

const uuid = 'f1f2f3f4-0000-4000-8000-00000000a001'
const define = (devices: string, more = ''): string =>
  guestXml({ name: 'beside', uuid, disk: bootDisk(folder), devices }).replace('<features>', `${more}<features>`)

describe.skipIf(!qemu.ok || !helpers.ok)('a program beside a guest', () => {
  it('is a TPM, whose state outlasts runs, but not the definition', async () => {
    await session(async (conn, root) => {
      const guest = await conn.domains.define(
        define(`<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>`),
      )
      const state = join(root, 'var/lib/libvirt/swtpm', uuid, 'tpm2')
      await guest.create()
      expect(processesOf('swtpm', state)).toHaveLength(1)
      const made = statSync(join(state, 'tpm2-00.permall')).ino
      await guest.destroy()
      expect(processesOf('swtpm', state)).toEqual([])
      expect(existsSync(state)).toBe(true)
      await guest.create()
      expect(processesOf('swtpm', state)).toHaveLength(1)
      expect(made).toBeGreaterThan(0)
      await guest.destroy()
      await guest.undefine()
      expect(existsSync(state)).toBe(false)
    })
  }, 60_000)

  it('serves a folder', async () => {
    await session(async (conn) => {
      const shared = join(folder, 'shared')
      mkdirSync(shared, { recursive: true })
      const memory = `<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>`
      const fs = `<filesystem type='mount'><driver type='virtiofs'/><binary><sandbox mode='chroot'/></binary><source dir='${shared}'/><target dir='tag'/></filesystem>`
      const guest = await conn.domains.create(define(fs, memory))
      expect(processesOf('virtiofsd', shared).length).toBeGreaterThan(0)
      await guest.destroy()
      expect(processesOf('virtiofsd', shared)).toEqual([])
    })
  }, 60_000)

  it('is the network of a guest', async () => {
    await session(async (conn, root) => {
      const net = `<interface type='user'><mac address='52:54:00:00:00:01'/><backend type='passt'/><model type='virtio'/></interface>`
      const guest = await conn.domains.create(define(net))
      expect(processesOf('passt', root).length + processesOf('passt.avx2', root).length).toBeGreaterThan(0)
      await guest.destroy()
      expect(processesOf('passt', root).length + processesOf('passt.avx2', root).length).toBe(0)
    })
  }, 60_000)

  it('leaves nothing when the guest cannot start', async () => {
    await session(async (conn, root) => {
      const tpm = `<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>`
      const guest = await conn.domains.define(define(`${tpm}<serial type='file'><source path='/proc/none'/></serial>`))
      await expect(guest.create()).rejects.toMatchObject({ message: expect.any(String) })
      expect(processesOf('swtpm', root)).toEqual([])
    })
  }, 60_000)
})
