// SPDX-License-Identifier: GPL-2.0-or-later
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { takeLock } from '../src/lock.js'

const linux = process.platform === 'linux'
let run: string
beforeEach(() => {
  run = join(mkdtempSync(join(tmpdir(), 'virtd-lock-')), 'run/libvirt')
  mkdirSync(run, { recursive: true })
})
afterEach(() => rmSync(join(run, '../..'), { recursive: true, force: true }))

describe.skipIf(!linux)('the lock of a folder', () => {
  let other: ChildProcess
  beforeAll(() => {
    other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  })
  afterAll(() => void other.kill())
  const held = (name: string): string => {
    const file = join(run, name)
    writeFileSync(file, `${other.pid}\n`)
    return file
  }

  it('holds the pid of its owner, and leaves nothing behind', () => {
    const lock = takeLock(run)
    expect(readFileSync(join(run, 'virtd.pid'), 'utf8')).toBe(`${process.pid}\n`)
    expect(readdirSync(run)).toEqual(['virtd.pid'])
    lock[Symbol.dispose]()
    expect(readdirSync(run)).toEqual([])
  })

  it.each(['virtd.pid', 'libvirtd.pid', 'virtqemud.pid', '../libvirtd.pid'])(
    'is refused while %s has an owner',
    (name) => {
      const file = held(name)
      const before = readdirSync(run)
      expect(() => takeLock(run)).toThrow(`Failed to acquire pid file '${file}': process ${other.pid} has it`)
      expect(readdirSync(run)).toEqual(before)
    },
  )

  it('does not mind what keeps no state', () => {
    held('virtlogd.pid')
    held('virtlockd.pid')
    takeLock(run)[Symbol.dispose]()
  })

  it('is taken from one that is gone, or whose pid is another program’s by now', () => {
    for (const text of ['4194304\n', 'nonsense', '', '1\n']) {
      writeFileSync(join(run, 'virtd.pid'), text)
      takeLock(run)[Symbol.dispose]()
    }
    utimesSync(held('virtd.pid'), 1, 1)
    takeLock(run)[Symbol.dispose]()
    expect(readdirSync(run)).toEqual([])
  })

  it('is not given back by one who has lost it', () => {
    const lock = takeLock(run)
    held('virtd.pid')
    lock[Symbol.dispose]()
    expect(readdirSync(run)).toEqual(['virtd.pid'])
  })
})
