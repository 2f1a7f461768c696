// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { FdPassing } from '../src/index.js'
import { describeKernel, native } from './kernel.js'

const folder = mkdtempSync(join(tmpdir(), 'passing-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
/** Two sockets of Node's that are connected with each other. */
async function pair(options: { paused?: boolean } = {}): Promise<[Socket, Socket]> {
  const path = join(folder, `socket-${count++}`)
  const accepted = new Promise<Socket>((resolve) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: options.paused ?? false }, (socket) => {
      server.close()
      resolve(socket)
    }).listen(path)
  })
  const client = connect(path)
  return [client, await accepted]
}

function fileWith(text: string): number {
  const path = join(folder, `file-${text}`)
  writeFileSync(path, text)
  return openSync(path, 'r')
}

function contentOf(fd: number): string {
  const buffer = Buffer.alloc(100)
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, 100, 0))
}

const openFds = (): number => readdirSync('/proc/self/fd').length

/** Waits until so many bytes were read from a stream. */
function bytes(socket: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0)
    socket.on('data', function take(chunk: Buffer) {
      got = Buffer.concat([got, chunk])
      if (got.length < size) return
      socket.off('data', take)
      resolve(got)
    })
  })
}

describeKernel('descriptors over a socket of Node’s', () => {
  it('come behind what was written before them, one for each byte', async () => {
    const [one, other] = await pair()
    const here = native.sockets.passing(one)
    const there = native.sockets.passing(other)
    const before = Buffer.alloc(3_000_000, 'x')
    const read = bytes(other, before.length + 2)
    one.write(before)
    const files = [fileWith('a'), fileWith('b')]
    await here.send(files)
    expect((await read).subarray(-3)).toEqual(Buffer.from('x\0\0'))
    expect(there.take(9).map(contentOf)).toEqual(['a', 'b'])
    one.destroy()
    other.destroy()
  })

  it('may come the other way while bytes go', async () => {
    const [one, other] = await pair({ paused: true })
    const here = native.sockets.passing(one)
    const there: FdPassing = native.sockets.passing(other)
    const read = bytes(one, 1)
    await there.send([fileWith('c')])
    await read
    expect(here.take(1).map(contentOf)).toEqual(['c'])
    const more = bytes(other, 5)
    one.write('after')
    other.resume()
    expect(String(await more)).toBe('after')
    one.destroy()
    other.destroy()
  })

  it('leave the stream as it is: pauses hold, its end is told', async () => {
    const [one, other] = await pair()
    native.sockets.passing(other)
    other.pause()
    let got = 0
    other.on('data', (chunk: Buffer) => {
      got += chunk.length
    })
    other.pause()
    const size = 20_000_000
    const drained = new Promise<void>((resolve) => one.write(Buffer.alloc(size), () => resolve()))
    await new Promise((resolve) => setImmediate(resolve))
    expect(one.writableLength).toBeGreaterThan(0)
    const ended = new Promise((resolve) => other.once('end', resolve))
    one.end()
    other.resume()
    await drained
    await ended
    expect(got).toBe(size)
    other.destroy()
  })

  it('that nobody takes are closed with the socket', async () => {
    const [one, other] = await pair()
    const here = native.sockets.passing(one)
    const there = native.sockets.passing(other)
    const file = fileWith('d')
    const before = openFds()
    const read = bytes(other, 3)
    await here.send([file, file, file])
    await read
    expect(there.held).toBe(3)
    expect(openFds()).toBe(before + 3)
    const closed = new Promise((resolve) => other.once('close', resolve))
    other.destroy()
    await closed
    expect(there.held).toBe(0)
    expect(openFds()).toBeLessThan(before)
    one.destroy()
    await expect(here.send([file])).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('are not read when too many wait, until some are taken', async () => {
    const [one, other] = await pair()
    const here = native.sockets.passing(one)
    const there = native.sockets.passing(other)
    const read = bytes(other, 64)
    const file = fileWith('e')
    await here.send(Array.from({ length: 100 }, () => file))
    await read
    expect(there.held).toBe(64)
    const rest = bytes(other, 36)
    expect(there.take(40).map(contentOf)).toEqual(Array.from({ length: 40 }, () => 'e'))
    await rest
    expect(there.held).toBe(60)
    one.destroy()
    other.destroy()
  })

  it('can be doubled', () => {
    const fd = fileWith('same')
    const copy = native.sockets.duplicate(fd)
    native.sockets.closeFd(fd)
    expect(contentOf(copy)).toBe('same')
    native.sockets.closeFd(copy)
    expect(() => native.sockets.duplicate(copy)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })
})
