// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { describeBoth, describeKernel, native } from './kernel.js'

const folder = mkdtempSync(join(tmpdir(), 'replacing-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'a')
const temporary = `${path}.new`

describeBoth('a file', ({ replacing }) => {
  it('takes the place of another, with its own bits', async () => {
    writeFileSync(path, 'old')
    await replacing.file({ path, temporary, content: Buffer.from('new'), mode: 0o640 })
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder)).toEqual(['a'])
    await replacing.folder(folder)
    for (const broken of ['', 'a\0b']) {
      const content = Buffer.from('')
      await expect(replacing.file({ path: broken, temporary, content, mode: 0o600 })).rejects.toThrow(TypeError)
      await expect(replacing.folder(broken)).rejects.toThrow(TypeError)
    }
  })

  it('takes the place of another where nothing has to last', async () => {
    writeFileSync(path, 'old')
    await replacing.file({ path, temporary, content: Buffer.from('new'), mode: 0o600, volatile: true })
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(folder)).toEqual(['a'])
  })
})

describeKernel('a file that cannot be written', () => {
  it('leaves the old one, and tells which call failed', async () => {
    writeFileSync(path, 'old')
    symlinkSync(join(folder, 'victim'), temporary)
    const content = Buffer.from('new')
    await expect(native.replacing.file({ path, temporary, content, mode: 0o600 })).rejects.toMatchObject({
      code: 'ELOOP',
      syscall: 'open',
    })
    const nowhere = join(folder, 'none', 'a')
    const failure = { code: 'ENOENT', syscall: 'rename' }
    await expect(native.replacing.file({ path: nowhere, temporary, content, mode: 0o600 })).rejects.toMatchObject(
      failure,
    )
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a'])
    await expect(native.replacing.folder(path)).rejects.toMatchObject({ code: 'ENOTDIR', syscall: 'open' })
  })
})
