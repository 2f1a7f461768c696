// SPDX-License-Identifier: LGPL-2.1-or-later
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { describeBoth, describeKernel, native } from './kernel.js'

const folder = mkdtempSync(join(tmpdir(), 'native-'))
afterAll(() => rmSync(folder, { recursive: true }))
const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

function fileWith(text: string): number {
  const path = join(folder, `file-${text}`)
  writeFileSync(path, text)
  return openSync(path, 'r')
}

function contentOf(fd: number): string {
  const buffer = Buffer.alloc(100)
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, 100, 0))
}

describeBoth('unix sockets', (native) => {
  it('are cut to the size that is asked for, which is told', async () => {
    const [one, other] = native.sockets.pair('datagram')
    await one.send('0123456789')
    expect(await other.receive({ size: 4 })).toMatchObject({
      truncated: true,
      bytes: new Uint8Array(Buffer.from('0123')),
    })
    one.close()
    other.close()
  })

  it('wait while the receiver is full, and arrive in order', async () => {
    const [one, other] = native.sockets.pair('datagram')
    const count = 800
    const sent = Promise.all(Array.from({ length: count }, (_, i) => one.send(`${i}`)))
    for (let i = 0; i < count; i++) expect(textOf((await other.receive())?.bytes)).toBe(`${i}`)
    await sent
    one.close()
    other.close()
  })

  it('listen for clients before anybody accepts them', async () => {
    const path = join(folder, 'listens')
    const listener = native.sockets.open({ type: 'stream', bind: path, listen: 1 })
    const client = native.sockets.open({ type: 'stream', connect: path })
    await client.send('greetings')
    for (const socket of [client, listener]) socket.close()
    expect(() => native.sockets.open({ type: 'stream', listen: 1 })).toThrow(/invalid argument/i)
    expect(() => native.sockets.open({ type: 'stream', listen: 0 })).toThrow(RangeError)
  })

  it('close descriptors that nobody asked for', async () => {
    const [one, other] = native.sockets.pair()
    const [kept, passed] = native.sockets.pair()
    await one.send('x', { fds: [passed.fd] })
    passed.close()
    expect(await other.receive()).toMatchObject({ fds: [], truncated: true })
    // The last descriptor of the passed end is gone, which its other end learns.
    expect(await kept.receive()).toBeUndefined()
    for (const socket of [one, other, kept]) socket.close()
  })

  it('send more than the socket holds as it is read', async () => {
    const [one, other] = native.sockets.pair()
    const data = Buffer.alloc(3_000_000, 'virt')
    const sent = one.send(data).then(() => one.close())
    const parts: Uint8Array[] = []
    for (;;) {
      const message = await other.receive({ size: 100_000 })
      if (message === undefined) break
      parts.push(message.bytes)
    }
    await sent
    expect(Buffer.concat(parts).equals(data)).toBe(true)
    other.close()
  })

  it('end a wait by its signal or by being closed', async () => {
    const [one, other] = native.sockets.pair()
    await expect(one.receive({ signal: AbortSignal.timeout(5) })).rejects.toMatchObject({ name: 'TimeoutError' })
    const waits = Promise.all([
      expect(one.receive()).rejects.toMatchObject({ code: 'EBADF' }),
      expect(one.receive()).rejects.toMatchObject({ code: 'EBADF' }),
    ])
    one.close()
    await waits
    await expect(one.send('x')).rejects.toMatchObject({ code: 'EBADF' })
    await expect(other.send('x')).rejects.toMatchObject({ code: 'EPIPE' })
    other.close()
    other.close()
  })
})

describeKernel('unix datagrams', () => {
  it('go to a path, and tell where they are from', async () => {
    const path = join(folder, 'notify')
    using service = native.sockets.open({ bind: path })
    using named = native.sockets.open({ bind: join(folder, 'sender') })
    await named.send('READY=1\nSTATUS=all is well', { path })
    const message = await service.receive()
    expect(textOf(message?.bytes)).toBe('READY=1\nSTATUS=all is well')
    expect(message).toMatchObject({ path: join(folder, 'sender'), fds: [], truncated: false })
  })

  it('go to abstract names, empty ones and ones with descriptors too', async () => {
    const path = `\0native-datagram-${process.pid}`
    using service = native.sockets.open({ bind: path })
    using client = native.sockets.open({ connect: path })
    const file = fileWith('kept')
    await client.send('FDSTORE=1', { fds: [file] })
    await client.send('')
    closeSync(file)
    const message = await service.receive({ maxFds: 4 })
    expect(textOf(message?.bytes)).toBe('FDSTORE=1')
    expect(message?.fds).toHaveLength(1)
    expect(contentOf(message?.fds[0] as number)).toBe('kept')
    native.sockets.closeFd(message?.fds[0] as number)
    expect(message).not.toHaveProperty('path')
    expect((await service.receive())?.bytes).toHaveLength(0)
  })

  it('refuse paths that are not there or too long, as Node would say it', async () => {
    using socket = native.sockets.open()
    await expect(socket.send('x', { path: join(folder, 'none') })).rejects.toMatchObject({
      code: 'ENOENT',
      syscall: 'sendmsg',
      path: join(folder, 'none'),
      message: `ENOENT: no such file or directory, sendmsg '${join(folder, 'none')}'`,
    })
    await expect(socket.send('x', { path: 'p'.repeat(108) })).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
    expect(() => native.sockets.open({ bind: join(folder, 'no/folder') })).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'bind' }),
    )
  })
})

describeKernel('unix streams', () => {
  it('carry descriptors with the bytes they were sent with', async () => {
    const [one, other] = native.sockets.pair()
    const files = ['a', 'b', 'c'].map(fileWith)
    await one.send('three', { fds: files })
    files.forEach(closeSync)
    const message = await other.receive({ maxFds: 3 })
    expect(textOf(message?.bytes)).toBe('three')
    expect(message?.fds.map(contentOf)).toEqual(['a', 'b', 'c'])
    message?.fds.forEach(native.sockets.closeFd)
    one.close()
    expect(await other.receive()).toBeUndefined()
    other.close()
  })

  it('refuse what the kernel could not take', async () => {
    const [one, other] = native.sockets.pair()
    await expect(one.send('', { fds: [other.fd] })).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(one.send('x', { fds: Array(254).fill(other.fd) })).rejects.toThrow(RangeError)
    await expect(one.send('x', { fds: [999_999] })).rejects.toMatchObject({ code: 'EBADF', syscall: 'sendmsg' })
    expect(() => native.sockets.adopt(-1)).toThrow(RangeError)
    one.close()
    other.close()
  })
})
