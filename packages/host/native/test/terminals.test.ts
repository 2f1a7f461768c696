// SPDX-License-Identifier: LGPL-2.1-or-later
import { readSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { expect, it } from 'vitest'
import { describeKernel, native } from './kernel.js'

function read(fd: number): string {
  const buffer = Buffer.alloc(100)
  return buffer.toString('utf8', 0, readSync(fd, buffer))
}

/** What has come, if anything has; then whoever writes gets a turn. */
async function readSome(fd: number): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve))
  try {
    return readSync(fd, Buffer.alloc(4096))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  }
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

  it('are attached to by name: bytes come, wait for room, and end with the other end', async () => {
    const terminal = native.terminals.open({ raw: true })
    using line = native.terminals.attach(terminal.path)
    const come = line.read()
    writeSync(terminal.fd, 'login: ')
    expect(Buffer.from((await come) ?? []).toString()).toBe('login: ')
    const sent = line.write(Buffer.alloc(100_000, 'x'))
    let got = 0
    using other = native.terminals.attach('/dev/null')
    expect(await other.read()).toBeUndefined()
    while (got < 100_000) got += await readSome(terminal.fd)
    await sent
    const stopped = line.read(10, { signal: AbortSignal.abort(new Error('enough')) })
    await expect(stopped).rejects.toThrow('enough')
    terminal.close()
    expect(await line.read()).toBeUndefined()
  })

  it('refuse sizes that are none', () => {
    expect(() => native.terminals.open({ rows: -1 })).toThrow(RangeError)
    using terminal = native.terminals.open()
    expect(() => terminal.resize(70_000, 1)).toThrow(RangeError)
  })
})
