// SPDX-License-Identifier: LGPL-2.1-or-later
import { readSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { expect, it } from 'vitest'
import { describeKernel, native } from './kernel.js'

function read(fd: number): string {
  const buffer = Buffer.alloc(100)
  return buffer.toString('utf8', 0, readSync(fd, buffer))
}

describeKernel('terminals', () => {
  it('have two ends, the size that was asked for, and another one later', () => {
    using terminal = native.terminals.open({ rows: 50, columns: 132 })
    expect(terminal.path).toMatch(/^\/dev\/pts\/\d+$/)
    expect(terminal.size).toEqual({ rows: 50, columns: 132 })
    using peer = terminal.openPeer()
    expect(isatty(peer.fd)).toBe(true)
    terminal.resize(10, 20)
    expect(terminal.size).toEqual({ rows: 10, columns: 20 })
  })

  it('treat lines as terminals do, unless raw', () => {
    using cooked = native.terminals.open()
    using cookedPeer = cooked.openPeer()
    writeSync(cookedPeer.fd, 'a\n')
    expect(read(cooked.fd)).toBe('a\r\n')
    using raw = native.terminals.open({ raw: true })
    using rawPeer = raw.openPeer()
    writeSync(rawPeer.fd, 'a\n')
    expect(read(raw.fd)).toBe('a\n')
    writeSync(raw.fd, '\x03')
    expect(read(rawPeer.fd)).toBe('\x03')
  })

  it('refuse sizes that are none', () => {
    expect(() => native.terminals.open({ rows: -1 })).toThrow(RangeError)
    using terminal = native.terminals.open()
    expect(() => terminal.resize(70_000, 1)).toThrow(RangeError)
  })
})
