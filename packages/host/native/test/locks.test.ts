// SPDX-License-Identifier: LGPL-2.1-or-later
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { describeBoth, describeKernel, native } from './kernel.js'

const folder = mkdtempSync(join(tmpdir(), 'native-'))
afterAll(() => rmSync(folder, { recursive: true }))

function withTwo(name: string, test: (one: number, other: number) => void | Promise<void>) {
  return async () => {
    const path = join(folder, name)
    const one = openSync(path, 'w+')
    const other = openSync(path, 'r+')
    try {
      await test(one, other)
    } finally {
      closeSync(one)
      closeSync(other)
    }
  }
}

describeBoth('locks of open files', (native) => {
  it(
    'exclude another open of the same process, until released',
    withTwo('a', (one, other) => {
      const lock = native.locks.tryLock(one)
      expect(lock).toBeDefined()
      expect(native.locks.isLocked(other)).toBe(true)
      expect(native.locks.tryLock(other)).toBeUndefined()
      lock?.release()
      lock?.release()
      expect(native.locks.isLocked(other)).toBe(false)
      expect(native.locks.tryLock(other)).toBeDefined()
    }),
  )

  it(
    'stay when some other descriptor of the file is closed',
    withTwo('b', (one, other) => {
      native.locks.tryLock(one)
      closeSync(openSync(join(folder, 'b'), 'r'))
      expect(native.locks.isLocked(other)).toBe(true)
    }),
  )

  it(
    'are shared when asked so, and hold of the bytes they name only',
    withTwo('c', (one, other) => {
      native.locks.tryLock(one, { kind: 'shared', start: 0, length: 10 })
      expect(native.locks.tryLock(other, { kind: 'shared', start: 5, length: 1 })).toBeDefined()
      expect(native.locks.tryLock(other, { start: 9, length: 1 })).toBeUndefined()
      expect(native.locks.tryLock(other, { start: 10, length: 1 })).toBeDefined()
    }),
  )

  it(
    'are waited for',
    withTwo('d', async (one, other) => {
      const lock = native.locks.tryLock(one)
      const wait = native.locks.lock(other)
      lock?.release()
      using got = await wait
      expect(native.locks.isLocked(one)).toBe(true)
      expect(got).toBeDefined()
    }),
  )

  it(
    'are not waited for longer than was said',
    withTwo('e', async (one, other) => {
      native.locks.tryLock(one)
      await expect(native.locks.lock(other, { timeout: 5 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
      await expect(native.locks.lock(other, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
        'enough',
      )
    }),
  )
})

describeKernel('locks of open files', () => {
  it(
    'need a file that is open for it',
    withTwo('f', () => {
      const read = openSync(join(folder, 'f'), 'r')
      expect(() => native.locks.tryLock(read)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'fcntl' }))
      closeSync(read)
      expect(() => native.locks.tryLock(read, { start: -1 })).toThrow(RangeError)
    }),
  )
})
