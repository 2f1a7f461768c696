// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from '@virt/native'
import { fakeNative } from '@virt/native/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { FileInUse, FileOwners } from '../src/security/file-owners.js'

const folder = mkdtempSync(join(tmpdir(), 'owners-'))
afterAll(() => rmSync(folder, { recursive: true }))

const real = load()
const root = process.getuid?.() === 0
if (real === undefined || !root) console.warn('skipped, owners of files: it needs root and @virt/native')

let count = 0
function newFile(): string {
  const path = join(folder, `file${count++}`)
  writeFileSync(path, 'data')
  return path
}

const ownerOf = (path: string): string => `${statSync(path).uid}:${statSync(path).gid}`
const name = (what: string): string => `trusted.libvirt.security.${what}`
const guest = { uid: 64_055, gid: 64_056 }

describe.skipIf(!root).each([
  ['of the kernel', real ?? fakeNative()],
  ['of the fake', fakeNative()],
])('owners, with attributes %s', (_, native) => {
  const owners = (bootTime: number, remember = true): FileOwners => new FileOwners({ native, remember, bootTime })

  it('are noted as libvirt does, and given back', async () => {
    const path = newFile()
    const now = owners(1000)
    await now.give(path, { uid: 7, gid: 8 }, false)
    await now.give(path, guest)
    expect(ownerOf(path)).toBe('64055:64056')
    expect(await native.attributes.get(path, name('dac'))).toBe('+7:+8')
    expect(await native.attributes.get(path, name('ref_dac'))).toBe('1')
    expect(await native.attributes.get(path, name('timestamp_dac'))).toBe('1000')
    await now.giveBack(path)
    expect(ownerOf(path)).toBe('7:8')
    for (const what of ['dac', 'ref_dac', 'timestamp_dac'])
      expect(await native.attributes.get(path, name(what))).toBeUndefined()
  })

  it('come back with the last who has the file', async () => {
    const path = newFile()
    const now = owners(1000)
    await now.give(path, guest)
    await now.give(path, guest)
    await now.giveBack(path)
    expect(ownerOf(path)).toBe('64055:64056')
    await now.giveBack(path)
    expect(ownerOf(path)).toBe('0:0')
  })

  it('are known to be given or not', async () => {
    const path = newFile()
    const now = owners(1000)
    expect(await now.isGiven(path, guest)).toBe(false)
    expect(await now.isGiven(`${path}.gone`, guest)).toBe(false)
    await now.give(path, { uid: 5, gid: 6 })
    expect(await now.isGiven(path, guest)).toBe(true)
    await now.giveBack(path)
    expect(await now.isGiven(path, guest)).toBe(false)
    await now.give(path, guest, false)
    expect(await now.isGiven(path, guest)).toBe(true)
  })

  it('do not take a file from somebody else', async () => {
    const path = newFile()
    const now = owners(1000)
    await now.give(path, guest)
    await expect(now.give(path, { uid: 1, gid: 1 })).rejects.toThrow(FileInUse)
    expect(ownerOf(path)).toBe('64055:64056')
    expect(await native.attributes.get(path, name('ref_dac'))).toBe('1')
    await now.giveBack(path)
    expect(ownerOf(path)).toBe('0:0')
  })

  it('of before the machine was started count no more', async () => {
    const path = newFile()
    await owners(1000).give(path, guest)
    await owners(5000).give(path, { uid: 9, gid: 9 })
    expect(await native.attributes.get(path, name('dac'))).toBe('+64055:+64056')
    await owners(5001).giveBack(path)
    expect(ownerOf(path)).toBe('64055:64056')
  })

  it('are not noted where nobody wants it', async () => {
    const path = newFile()
    const plain = owners(1000, false)
    await plain.give(path, guest)
    expect(await native.attributes.get(path, name('dac'))).toBeUndefined()
    await plain.giveBack(path)
    expect(ownerOf(path)).toBe('0:0')
    await expect(plain.give(join(folder, 'none'), guest)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
