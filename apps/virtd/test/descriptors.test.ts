// SPDX-License-Identifier: GPL-2.0-or-later
// Descriptors with calls and answers, over a unix socket: our client and our server.
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, connect, type Driver, DriverSet, families } from '@virt/core'
import { load, loadFailure } from '@virt/native'
import { remote } from '@virt/remote'
import { Server } from '@virt/server'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'

const native = load()
if (native === undefined) console.warn(`SKIPPED: descriptors: ${loadFailure()}`)
const folder = mkdtempSync(join(tmpdir(), 'virt-fds-'))
afterAll(() => rmSync(folder, { recursive: true }))

const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f'
const name = 'guest'
let count = 0
function fileWith(text: string): number {
  const path = join(folder, `file-${count++}`)
  writeFileSync(path, text)
  return openSync(path, 'r')
}
function contentOf(fd: number): string {
  const buffer = Buffer.alloc(4096)
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0))
}
const openFds = (): number => readdirSync('/proc/self/fd').length

const supports = {
  domainOpenGraphics: { flags: 0, fn: 'fdsOpenGraphics' },
  domainOpenGraphicsFD: { flags: 0, fn: 'fdsOpenGraphicsFD' },
  domainQemuMonitorCommandWithFiles: { flags: 0, fn: 'fdsCommand' },
  domainLookupByName: { flags: 0, fn: 'fdsLookupByName' },
}

/** A driver that tells what it was given: the texts of files. */
function teller(seen: string[], answer: { fds: () => readonly number[] }): Driver {
  return {
    name: 'fds',
    spi: 1,
    schemes: ['fds'],
    families,
    supports,
    accepts: (uri) => uri.scheme === 'fds',
    open: () => ({
      supports,
      domainLookupByName: () => ({ name, uuid, id: 1 }),
      async domainOpenGraphics(_call, _dom, idx, _flags, fds) {
        // Descriptors are there for as long as the call lasts.
        await new Promise((resolve) => setImmediate(resolve))
        seen.push(`${idx}: ${fds.map(contentOf).join(' ')}`)
        if (idx === 9) throw new Error('no such screen')
      },
      domainOpenGraphicsFD: () => ({ fds: answer.fds() }),
      domainQemuMonitorCommandWithFiles: (_call, _dom, cmd, _flags, fds) => ({
        fds: [...answer.fds(), ...answer.fds()],
        result: `${cmd} ${fds.map(contentOf).join(' ')}`,
      }),
      close() {},
    }),
  }
}

describe.skipIf(native === undefined)('descriptors', () => {
  const path = join(folder, 'sock')
  const seen: string[] = []
  const answer = { fds: (): readonly number[] => [fileWith('screen')] }
  let net: NetServer
  let server: Server
  let conn: Connection
  let passing = true

  beforeEach(async () => {
    passing = true
    seen.length = 0
    server = new Server({ drivers: new DriverSet([teller(seen, answer)]) })
    net = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      server.accept(socket, { descriptors: () => (passing ? native?.sockets.passing(socket) : undefined) }),
    )
    await new Promise<void>((resolve) => net.listen(path, resolve))
    conn = await connect(`fds+unix:///system?socket=${path}`, { drivers: [remote()] })
  })
  afterEach(async () => {
    await conn.close()
    net.close()
    await server.close()
  })

  it('go with a call, and stay the caller’s', async () => {
    const dom = await conn.domains.byName(name)
    const fds = [fileWith('one'), fileWith('two')]
    await dom.openGraphics(3, fds)
    expect(seen).toEqual(['3: one two'])
    expect(fds.map(contentOf)).toEqual(['one', 'two'])
    fds.forEach(closeSync)
  })

  it('come with an answer, and are the caller’s', async () => {
    const dom = await conn.domains.byName(name)
    const { fds } = await dom.openGraphicsFd(0)
    expect(fds.map(contentOf)).toEqual(['screen'])
    fds.forEach(closeSync)
  })

  it('go both ways, many at once, among other calls', async () => {
    const dom = await conn.domains.byName(name)
    const before = openFds()
    const long = 'x'.repeat(1_000_000)
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const fd = fileWith(`file ${i}`)
        const [answered, found] = await Promise.all([
          dom.qemuMonitorCommandWithFiles(i % 10 === 0 ? long : `command ${i}`, [fd]),
          conn.domains.byName(name),
        ])
        closeSync(fd)
        const texts = answered.fds.map(contentOf)
        answered.fds.forEach(closeSync)
        return { result: answered.result, texts, found: found.name }
      }),
    )
    answers.forEach((answered, i) => {
      expect(answered).toEqual({
        result: `${i % 10 === 0 ? long : `command ${i}`} file ${i}`,
        texts: ['screen', 'screen'],
        found: name,
      })
    })
    expect(openFds()).toBeLessThanOrEqual(before + 2)
  })

  it('are closed where a call fails', async () => {
    const dom = await conn.domains.byName(name)
    const fd = fileWith('bad')
    await dom.openGraphics(1, [fd])
    const before = openFds()
    await expect(dom.openGraphics(9, [fd])).rejects.toThrow(/no such screen/)
    await expect(dom.openGraphics(1, [fd], { flags: 64 })).rejects.toMatchObject({ code: 'invalid-arg' })
    expect(openFds()).toBe(before)
    closeSync(fd)
  })

  it('that come after the caller has given up are closed', async () => {
    const dom = await conn.domains.byName(name)
    ;(await dom.openGraphicsFd(0)).fds.forEach(closeSync)
    const before = openFds()
    const stop = new AbortController()
    const given = dom.openGraphicsFd(0, { signal: stop.signal })
    stop.abort()
    await expect(given).rejects.toMatchObject({ code: 'aborted' })
    await conn.domains.byName(name)
    expect(openFds()).toBe(before)
  })

  it('are refused where the connection carries none', async () => {
    passing = false
    const dom = await conn.domains.byName(name)
    const refused = {
      code: 'argument-unsupported',
      message: 'argument unsupported: fd passing is not supported by this connection',
    }
    await expect(dom.openGraphicsFd(0)).rejects.toMatchObject(refused)
    await expect(dom.openGraphics(0, [0])).rejects.toMatchObject(refused)
  })

  it('are refused when there are more than the protocol allows', async () => {
    const dom = await conn.domains.byName(name)
    const fd = fileWith('many')
    const most = Array.from({ length: 32 }, () => fd)
    await dom.openGraphics(0, most)
    expect(seen).toEqual([`0: ${most.map(() => 'many').join(' ')}`])
    await expect(dom.openGraphics(0, [...most, fd])).rejects.toThrow(/Too many FDs to send 33, expected 32 maximum/)
    closeSync(fd)
  })
})
