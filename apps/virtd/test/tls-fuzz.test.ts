// SPDX-License-Identifier: GPL-2.0-or-later
// TLS that is almost right, at both ends: none lets anybody in, each attempt ends, and whoever comes next is served.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { isVirtError, type Logger, connect as open } from '@virt/core'
import { remote } from '@virt/remote'
import { TlsGate } from '@virt/server'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authority, opensslIsThere, pkiFolder } from '../../../tools/test/certificates.mjs'

const runs = process.env.VIRT_LONG === '1' ? 5000 : 200
const folder = mkdtempSync(join(tmpdir(), 'virt-tls-fuzz-'))
const quiet = { info() {}, warn() {}, debug() {}, error() {} } as unknown as Logger
let server: Server
let hello: Buffer
/** How the newest connection went. */
let went: Promise<'in' | 'out'>
let arrived: () => void = () => {}

const listening = (made: Server): Promise<number> =>
  new Promise((resolve) => made.listen(0, '127.0.0.1', () => resolve((made.address() as AddressInfo).port)))
const portOf = (): number => (server.address() as AddressInfo).port

beforeAll(async () => {
  if (!opensslIsThere) return
  const ca = new Authority(join(folder, 'ca'))
  const { cert, key } = ca.sign('server', { names: 'DNS:localhost' })
  pkiFolder(join(folder, 'pki'), { ca: ca.path('cacert.pem'), client: ca.sign('client') })
  const material = { ca: readFileSync(ca.path('cacert.pem')), cert: readFileSync(cert), key: readFileSync(key) }
  const gate = new TlsGate({ material: material as never, verify: false }, quiet)
  // As the daemon has its port.
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {})
    went = gate.accept(socket, new AbortController().signal).then(
      ({ socket: secure }) => {
        secure.on('error', () => {}).end()
        return 'in'
      },
      () => 'out',
    )
    arrived()
  })
  await listening(server)
  // What a client begins with.
  const recorder = createServer()
  const recorded = new Promise<Buffer>((resolve) =>
    recorder.once('connection', (socket) => socket.once('data', resolve).on('error', () => {})),
  )
  const client = connectTls({ port: await listening(recorder), host: '127.0.0.1', servername: 'localhost' })
  client.on('error', () => {})
  hello = await recorded
  client.destroy()
  recorder.close()
}, 30_000)
afterAll(() => {
  server?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Sends bytes and hangs up. */
async function send(bytes: Uint8Array): Promise<'in' | 'out'> {
  const there = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const socket = connect(portOf(), '127.0.0.1')
  socket.on('error', () => {}).resume()
  socket.end(bytes)
  await there
  const end = await went
  socket.destroy()
  return end
}

/** Something wrong in what one end says: bytes from a place on are others, fewer or more, and then it hangs up. */
interface Flaw {
  /** Where, of all that it says. */
  readonly at: number
  readonly instead: Uint8Array
  /** How many of its own bytes are left out for them. */
  readonly skip: number
}
const flaw: fc.Arbitrary<Flaw> = fc.record({
  at: fc.nat(1500),
  instead: fc.uint8Array({ maxLength: 40 }),
  skip: fc.nat(40),
})

/** A way between two ends on which one of them is garbled. @returns its port, and what ends it */
async function garbling(whose: 'client' | 'server', { at, instead, skip }: Flaw): Promise<[number, () => void]> {
  const sockets: Socket[] = []
  const way = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = connect({ port: portOf(), host: '127.0.0.1', allowHalfOpen: true })
    sockets.push(client, daemon)
    const [from, to] = whose === 'client' ? [client, daemon] : [daemon, client]
    for (const socket of sockets) socket.on('error', () => {})
    to.pipe(from)
    let passed = 0
    from.on('data', (chunk: Buffer) => {
      const start = at - passed
      passed += chunk.length
      if (start >= chunk.length) to.write(chunk)
      else if (start >= 0)
        to.end(Buffer.concat([chunk.subarray(0, start), instead, chunk.subarray(start + skip)]), () => from.unpipe(to))
    })
    from.on('end', () => to.end())
  })
  return [
    await listening(way),
    () => {
      way.close()
      for (const socket of sockets) socket.destroy()
    },
  ]
}

/** How our client fares at a port. Nobody answers calls there, so that it comes out with an error in any case. */
async function outcome(port: number): Promise<string> {
  const uri = `test+tls://localhost:${port}/default?pkipath=${join(folder, 'pki')}`
  try {
    await using _conn = await open(uri, { drivers: [remote()], timeout: 5000 })
    return 'open'
  } catch (error) {
    return isVirtError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}

/** What it says of a daemon that hangs up after the handshake. */
const hungUp = 'connection-lost: End of file while reading data: Input/output error'

describe.skipIf(!opensslIsThere)('TLS that is almost right', { timeout: runs > 1000 ? 600_000 : 60_000 }, () => {
  it('harms no daemon and lets nobody in where it is the beginning', async () => {
    const change = fc.tuple(fc.nat(hello.length - 1), fc.integer({ min: 0, max: 255 }))
    const tail = fc.uint8Array({ maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(hello.length), tail, async (changes, cut, more) => {
        const bytes = Buffer.from(hello)
        for (const [at, value] of changes) bytes[at] = value
        expect(await send(Buffer.concat([bytes.subarray(0, cut), more]))).toBe('out')
        expect(await send(Buffer.concat([bytes, more]))).toBe('out')
      }),
      { numRuns: runs },
    )
    await next()
  })

  it('harms no daemon where it is any record of a client', async () => {
    await fc.assert(
      fc.asyncProperty(flaw, async (wrong) => {
        const there = new Promise<void>((resolve) => {
          arrived = resolve
        })
        const [port, stop] = await garbling('client', wrong)
        const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
        client.on('error', () => {}).resume()
        await there
        // What says nothing new, and what comes after the handshake, may let them in.
        expect(['in', 'out']).toContain(await went)
        client.destroy()
        stop()
      }),
      { numRuns: runs },
    )
    await next()
  })

  it('ends each attempt of a client with an error', async () => {
    expect(await outcome(portOf())).toBe(hungUp)
    const ends = new Set<string>()
    await fc.assert(
      fc.asyncProperty(flaw, async (wrong) => {
        const [port, stop] = await garbling('server', wrong)
        const end = await outcome(port)
        ends.add(end)
        // Neither is it in, nor does it wait until it is out of time.
        expect(end).toMatch(/^(auth-failed|connection-lost|system-error|rpc): /)
        stop()
      }),
      { numRuns: runs },
    )
    // They did not all fail at the same place.
    expect(ends.size).toBeGreaterThan(3)
    expect(await outcome(portOf())).toBe(hungUp)
  })
})

/** Whoever comes now is served. */
async function next(): Promise<void> {
  const good = connectTls({ port: portOf(), host: '127.0.0.1', rejectUnauthorized: false })
  expect(await new Promise((resolve, reject) => good.once('data', resolve).once('error', reject))).toEqual(Buffer.of(1))
  good.destroy()
}
