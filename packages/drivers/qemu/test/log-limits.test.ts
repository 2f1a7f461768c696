// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readLogLimits } from '../src/host/log-limits.js'

const folder = mkdtempSync(join(tmpdir(), 'qemu-limits-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('how much is kept of logs', () => {
  it.each<[string, string, number, number]>([
    ['', 'logd', 2_097_152, 3],
    ['max_size = 4096\nmax_backups = 1\n', 'logd', 4096, 1],
    ['max_size = 0\n', 'logd', Number.POSITIVE_INFINITY, 3],
    ['max_size = 4096\n', 'file', Number.POSITIVE_INFINITY, 3],
  ])('%j with %s', async (text, handler, size, backups) => {
    writeFileSync(join(folder, 'virtlogd.conf'), text)
    expect(await readLogLimits(folder, handler)).toEqual({ size, backups })
  })

  it('is what is usual without a file, and a fault of the file is told', async () => {
    expect(await readLogLimits(join(folder, 'none'), 'logd')).toEqual({ size: 2_097_152, backups: 3 })
    writeFileSync(join(folder, 'virtlogd.conf'), 'max_size = "much"\n')
    await expect(readLogLimits(folder, 'logd')).rejects.toThrow(/max_size/)
  })
})
