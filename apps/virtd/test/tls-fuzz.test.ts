// SPDX-License-Identifier: GPL-2.0-or-later
// Handshakes that are almost right: none lets anybody in, each is answered, and whoever comes next is served.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { Logger } from '@virt/core'
import { TlsGate } from '@virt/server'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Authority, opensslIsThere } from '../../../tools/test/certificates.mjs'

const runs = process.env.VIRT_LONG === '1' ? 20_000 : 300
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
  const material = { ca: readFileSync(ca.path('cacert.pem')), cert: readFileSync(cert), key: readFileSync(key) }
  const gate = new TlsGate({ material: material as never, verify: false }, quiet)
  server = createServer((socket) => {
    socket.on('error', () => {})
    went = gate.accept(socket, new AbortController().signal).then(
      ({ socket: secure }) => {
        secure.on('error', () => {})
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

it.skipIf(!opensslIsThere)(
  'mutated handshakes and records let nobody in, and harm nobody',
  { timeout: 600_000 },
  async () => {
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
    const good = connectTls({ port: portOf(), host: '127.0.0.1', rejectUnauthorized: false })
    expect(await new Promise((resolve, reject) => good.once('data', resolve).once('error', reject))).toEqual(
      Buffer.of(1),
    )
    good.destroy()
  },
)
