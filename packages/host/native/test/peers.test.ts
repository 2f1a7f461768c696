// SPDX-License-Identifier: LGPL-2.1-or-later
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeKernel, native } from './kernel.js'

const folder = mkdtempSync(join(tmpdir(), 'native-'))
const path = join(folder, 'socket')
// Paused: Node does not see by itself that the other end has gone.
const server = createServer({ pauseOnConnect: true })
beforeAll(async () => {
  server.listen(path)
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

async function accepted(): Promise<Socket> {
  const [socket] = (await once(server, 'connection')) as [Socket]
  return socket
}

/** A process that connects and stays until its input ends. */
function client(user: { uid?: number; gid?: number } = {}) {
  const code = `require('net').connect(process.argv[1]).resume(); process.stdin.resume().on('end', () => process.exit())`
  return spawn(process.execPath, ['-e', code, path], { stdio: ['pipe', 'inherit', 'inherit'], cwd: '/', ...user })
}

describeKernel('peers', () => {
  it('names the process, user and group at the other end', async () => {
    const child = client()
    const socket = await accepted()
    const peer = native.peers.credentials(socket)
    expect(peer).toMatchObject({ pid: child.pid, uid: process.getuid?.(), gid: process.getgid?.() })
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    expect(peer.startTime).toBe(BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] as string))
    child.stdin.end()
    socket.destroy()
    await once(child, 'close')
  })

  it.skipIf(process.getuid?.() !== 0)('tells a client of another user', async () => {
    const other = createServer()
    other.listen({ path: `\0native-${process.pid}` })
    await once(other, 'listening')
    const code = `require('net').connect('\\0native-${process.pid}').resume().on('close', () => process.exit())`
    const child = spawn(process.execPath, ['-e', code], { stdio: 'inherit', cwd: '/', uid: 65534, gid: 65533 })
    const [socket] = (await once(other, 'connection')) as [Socket]
    expect(native.peers.credentials(socket)).toMatchObject({ pid: child.pid, uid: 65534, gid: 65533 })
    socket.destroy()
    other.close()
    await once(child, 'close')
  })

  it('gives no start time of a process that has ended while its socket is still open here', async () => {
    const child = client()
    const socket = await accepted()
    child.kill('SIGKILL')
    await once(child, 'close')
    const peer = native.peers.credentials(socket)
    expect(peer.pid).toBe(child.pid)
    expect(peer.startTime).toBeUndefined()
    socket.destroy()
  })

  it('holds the peer itself, and learns of its end', async () => {
    const child = client()
    const socket = await accepted()
    const peer = native.peers.process(socket)
    // Before Linux 6.5 nobody can hold it.
    if (peer !== undefined) {
      expect(peer.ended).toBe(false)
      const end = peer.wait()
      child.stdin.end()
      await end
      expect(peer.ended).toBe(true)
      peer.close()
    }
    child.stdin.end()
    socket.destroy()
  })

  it('refuses sockets that are no unix sockets, descriptors that are no sockets, and sockets that are closed', async () => {
    const tcp = createServer().listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const socket = connect((tcp.address() as { port: number }).port, '127.0.0.1')
    await once(socket, 'connect')
    expect(() => native.peers.credentials(socket)).toThrow(
      expect.objectContaining({ code: 'EAFNOSUPPORT', syscall: 'getsockopt', errno: -97 }),
    )
    socket.destroy()
    tcp.close()
    expect(() => native.peers.credentials(socket)).toThrow(expect.objectContaining({ code: 'EBADF' }))
    expect(() => native.peers.credentials(-1)).toThrow(RangeError)
    using loose = native.sockets.open({ type: 'stream' })
    expect(() => native.peers.credentials(loose.fd)).toThrow(expect.objectContaining({ code: 'ENOTCONN' }))
  })
})
