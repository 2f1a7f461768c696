// SPDX-License-Identifier: LGPL-2.1-or-later
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogKeeper } from '../src/log-keeper.js'
import { ObjectLog } from '../src/object-log.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('a keeper of logs', () => {
  it('makes a file smaller while somebody writes to it', async () => {
    const log = new ObjectLog(join(folder, 'web.log'), { size: 100, backups: 1 })
    const writer = await log.open()
    using keeper = new LogKeeper((_log, error) => {
      throw error
    })
    try {
      keeper.keep(log)
      await writer.write('x'.repeat(150))
      await vi.waitFor(() => expect(statSync(log.path).size).toBe(0))
      await writer.write('now\n')
      expect(readFileSync(log.path, 'utf8')).toBe('now\n')
      expect(readFileSync(`${log.path}.0`, 'utf8')).toBe('x'.repeat(150))
      expect(existsSync(`${log.path}.1`)).toBe(false)
    } finally {
      await writer.close()
    }
  })

  it('tells of a file that is not there', () => {
    const failed = vi.fn()
    using keeper = new LogKeeper(failed)
    keeper.keep(new ObjectLog(join(folder, 'none')))
    expect(failed).toHaveBeenCalledOnce()
  })
})
