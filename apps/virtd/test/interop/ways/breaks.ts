// SPDX-License-Identifier: GPL-2.0-or-later
// Daemons that stop in the middle: a proxy that lets so many packets of theirs through, and TLS servers that go no further.
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'

/** What it does then: says nothing any more, or hangs up. */
export type Break = 'hang' | 'cut'

/** A peer that breaks. */
export interface Breaking {
  readonly port: number
  stop(): void
}

async function listening(server: Server, sockets: Set<Socket>): Promise<Breaking> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Lets through so many packets that a daemon says over TCP. */
export function breaksAfter(port: number, packets: number, how: Break): Promise<Breaking> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = connect(port, '127.0.0.1')
    sockets.add(daemon)
    daemon.on('error', () => client.destroy())
    client.on('data', (chunk: Buffer) => daemon.write(chunk))
    client.on('close', () => daemon.destroy())
    let left = packets
    let rest = Buffer.alloc(0)
    // A client that is hung up on without having said anything could not know it from one that nobody let in.
    const stop = (): void => void (how === 'cut' && client.end())
    if (left === 0) client.once('data', stop)
    daemon.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (left > 0 && rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
        const size = rest.readUInt32BE(0)
        client.write(rest.subarray(0, size))
        rest = rest.subarray(size)
        if (--left === 0) stop()
      }
    })
  })
  return listening(server, sockets)
}

/** How far a TLS server goes: it does not begin, it says nothing when it has begun, or not the byte that it has to. */
export type TlsStop = 'before the handshake' | 'before the byte' | 'with another byte'

/** A TLS server that stops. @param folder of its certificates */
export function tlsStops(folder: string, at: TlsStop, how: Break): Promise<Breaking> {
  const sockets = new Set<Socket>()
  const file = (name: string): Buffer => readFileSync(join(folder, `${name}.pem`))
  const over = (socket: Socket | TLSSocket): void => {
    socket.on('error', () => {})
    socket.resume()
    if (how === 'cut') socket.end()
  }
  if (at === 'before the handshake')
    return listening(
      createServer({ allowHalfOpen: true }, (socket) => void socket.once('data', () => over(socket))),
      sockets,
    )
  const server = createTlsServer(
    {
      ca: file('cacert'),
      cert: file('servercert'),
      key: file('serverkey'),
      requestCert: true,
      rejectUnauthorized: false,
      allowHalfOpen: true,
      // With TLS 1.3 tickets follow, which libvirt's client before 11 takes for the byte that has not come.
      maxVersion: 'TLSv1.2',
    },
    (socket) => {
      if (at === 'with another byte') socket.write(Uint8Array.of(0))
      over(socket)
    },
  )
  server.on('tlsClientError', () => {})
  return listening(server, sockets)
}
