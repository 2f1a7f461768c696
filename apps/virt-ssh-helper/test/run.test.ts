// SPDX-License-Identifier: GPL-2.0-or-later
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../src/run.js'

const none = (): PassThrough => new PassThrough()

describe('arguments', () => {
  it.each([
    [[], /^usage: /],
    [['a', 'b'], /^usage: /],
    [['--foo'], /^option parsing failed: Unknown option --foo$/],
    [['qemu:///%zz'], /^virt-ssh-helper: cannot parse 'qemu:\/\/\/%zz': internal error: Unable to parse URI/],
    [['qemu+ssh:///system'], /^virt-ssh-helper: unexpected URI transport 'qemu\+ssh:\/\/\/system'$/],
    [['qemu://host/system'], /^virt-ssh-helper: unexpected URI transport 'qemu:\/\/host\/system'$/],
  ])('%j are refused', async (args, message) => {
    await expect(run(args, none(), none())).rejects.toThrow(message)
  })

  it.each([
    ['-h', /^usage/],
    ['--version', /^virt-ssh-helper /],
  ])('%s tells', async (arg, said) => {
    expect(await run([arg], none(), none())).toMatch(said)
  })
})

describe('the way to a daemon', () => {
  let home: string
  let server: Server
  let arrived: Socket[]
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'virt-helper-'))
    const folder = join(home, 'run/libvirt')
    mkdirSync(folder, { recursive: true })
    arrived = []
    server = createServer({ allowHalfOpen: true }, (socket) => arrived.push(socket))
    await new Promise<void>((resolve) => server.listen(join(folder, 'libvirt-sock'), resolve))
  })
  afterEach(() => {
    server.close()
    rmSync(home, { recursive: true, force: true })
  })

  it('copies both ways until the daemon has said all', async () => {
    const place = { uid: 1000, env: { XDG_RUNTIME_DIR: join(home, 'run') }, exists: () => false }
    const input = none()
    const output = none()
    const done = run(['test:///default?socket=/ignored'], input, output, place)
    await expect.poll(() => arrived.length).toBe(1)
    const [socket] = arrived as [Socket]
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    const ended = new Promise((resolve) => socket.once('end', resolve))
    input.write('question ')
    input.end('and end')
    await ended
    expect(heard).toBe('question and end')
    socket.end('a'.repeat(1_000_000))
    const told = text(output)
    await done
    output.end()
    expect(await told).toHaveLength(1_000_000)
  })
})
