// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ObjectLog } from '../src/object-log.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the log of an object', () => {
  it('is read from where somebody was', async () => {
    const log = new ObjectLog(join(folder, 'qemu/web.log'))
    await log.append('old\n')
    const at = await log.size()
    await log.append('new\n')
    expect(await log.read(at)).toBe('new\n')
    expect(await log.read(0, 3)).toBe('ew\n')
    expect(await new ObjectLog(join(folder, 'none')).read(0)).toBe('')
  })

  it('rotates under a writer that does not know it, and keeps so many', async () => {
    const log = new ObjectLog(join(folder, 'web.log'), { size: 10, backups: 2 })
    const writer = await log.open()
    try {
      for (const text of ['first file\n', 'second file\n', 'third file\n']) {
        await writer.write(text)
        await log.rotate()
      }
      await writer.write('now\n')
      await log.rotate()
    } finally {
      await writer.close()
    }
    expect(readFileSync(log.path, 'utf8')).toBe('now\n')
    expect(readFileSync(`${log.path}.0`, 'utf8')).toBe('third file\n')
    expect(readFileSync(`${log.path}.1`, 'utf8')).toBe('second file\n')
    expect(readdirSync(folder)).toHaveLength(3)
    // Whoever had read further than the file now goes gets all of it.
    expect(await log.read(100)).toBe('now\n')
    await log.remove()
    expect(readdirSync(folder)).toEqual([])
  })
})
