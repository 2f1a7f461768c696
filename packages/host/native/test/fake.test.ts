// SPDX-License-Identifier: LGPL-2.1-or-later
import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { fakeNative } from '../src/testing/index.js'

describe('the fake', () => {
  it('has peers as a test wants them, with the start time of its own processes', () => {
    const native = fakeNative()
    expect(() => native.peers.credentials(7)).toThrow(expect.objectContaining({ code: 'ENOTCONN' }))
    const pid = native.kernel.processes.start(42, 99n)
    native.kernel.peerOf = (fd) => ({ uid: 1000 + fd, gid: 5, pid, label: 'unconfined' })
    expect(native.peers.credentials(7)).toEqual({ uid: 1007, gid: 5, pid: 42, startTime: 99n, label: 'unconfined' })
    native.kernel.processes.end(pid)
    expect(native.peers.credentials(7)).not.toHaveProperty('startTime')
    expect(native.peers.process(7)).toBeUndefined()
    expect(native.kernel.openFds()).toBe(0)
  })

  it('takes sockets of Node by their descriptor, as the addon does', async () => {
    const native = fakeNative()
    const seen: number[] = []
    native.kernel.peerOf = (fd) => {
      seen.push(fd)
      return { uid: 0, gid: 0 }
    }
    const server = createServer((socket) => {
      native.peers.credentials(socket)
      socket.destroy()
      server.close()
    })
    await new Promise<void>((resolve) => server.listen(`\0native-fake-${process.pid}`, resolve))
    const client = connect(`\0native-fake-${process.pid}`)
    await new Promise((resolve) => client.resume().on('close', resolve))
    expect(seen).toEqual([expect.any(Number)])
    expect(() => native.peers.credentials(client)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })

  it('has programs that run until a test ends them', async () => {
    const native = fakeNative()
    const child = await native.processes.spawn({
      file: '/usr/bin/guest',
      args: ['-S'],
      uid: 64055,
      limits: { core: 0 },
    })
    expect(native.kernel.processes.spawned).toMatchObject([
      {
        pid: child.pid,
        file: '/usr/bin/guest',
        args: ['/usr/bin/guest', '-S'],
        uid: 64055,
        groups: [],
        limits: [[4, 0n, 0n]],
      },
    ])
    expect(child.ended).toBe(false)
    const ends = [child.wait(), child.wait()]
    child.kill('SIGUSR1')
    native.kernel.processes.end(child.pid, { code: 3 })
    expect(await Promise.all(ends)).toEqual([{ code: 3 }, { code: 3 }])
    expect(() => child.kill()).toThrow(expect.objectContaining({ code: 'ESRCH' }))
    expect(native.kernel.processes.signals).toEqual([{ pid: child.pid, signal: 10 }])
    child.close()
    expect(native.kernel.openFds()).toBe(0)
  })

  it('finds a process again by its start time, and not another one of its number', async () => {
    const native = fakeNative()
    const { processes } = native.kernel
    const pid = processes.start()
    const time = native.processes.startTime(pid)
    using found = native.processes.open(pid, time)
    found.kill('SIGKILL')
    expect(await found.wait()).toEqual({ signal: 'SIGKILL' })
    processes.start(pid)
    expect(() => native.processes.open(pid, time)).toThrow(expect.objectContaining({ code: 'ESRCH' }))
  })

  it('refuses to start a program as a test wants it', async () => {
    const native = fakeNative()
    native.kernel.processes.onSpawn = () => {
      throw Object.assign(new Error('ENOENT: no such file or directory, execve'), { code: 'ENOENT' })
    }
    await expect(native.processes.spawn({ file: '/none' })).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(native.processes.spawn({ file: 'none' })).rejects.toThrow(TypeError)
  })

  it('passes its own descriptors, and keeps what they name open on the way', async () => {
    const native = fakeNative()
    const [one, other] = native.sockets.pair()
    const [kept, passed] = native.sockets.pair()
    await one.send('take this', { fds: [passed.fd] })
    passed.close()
    const message = await other.receive({ maxFds: 1 })
    using again = native.sockets.adopt(message?.fds[0] as number)
    await again.send('hello')
    expect(Buffer.from((await kept.receive())?.bytes ?? []).toString()).toBe('hello')
  })

  it('has terminals that have a size', () => {
    const native = fakeNative()
    using terminal = native.terminals.open({ rows: 2, columns: 3 })
    terminal.resize(4, 5)
    expect(terminal.size).toEqual({ rows: 4, columns: 5 })
    using peer = terminal.openPeer()
    expect(peer.fd).not.toBe(terminal.fd)
  })
})
