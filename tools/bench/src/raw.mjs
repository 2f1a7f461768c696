// SPDX-License-Identifier: GPL-2.0-or-later
// A client on the bare socket, for what libvirt.so cannot do: many calls in flight, and event fan-out from one thread.
import { connect } from 'node:net'
import { FrameParser, FrameStatus, FrameType, FrameWriter, Program, payloadOf, procedures, remote } from '@virt/rpc'

const numbers = new Map(procedures('remote').map((p) => [p.name, p.number]))

/** One connection that is open on `test:///default`. */
export class RawClient {
  #socket
  #serial = 0
  #waiting = new Map()
  /** Called for each event message. */
  onEvent = () => {}

  static async open(path) {
    const client = new RawClient()
    const socket = connect(path)
    client.#socket = socket
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const parser = new FrameParser()
    socket.on('data', (chunk) => parser.push(chunk, (frame) => client.#receive(frame)))
    await client.call('AUTH_LIST')
    await client.call('CONNECT_OPEN', (w) => remote.encodeConnectOpenArgs(w, { name: 'test:///default', flags: 0 }))
    return client
  }

  /** Makes a call; `encode` writes its arguments. Resolves with the reader of the reply. */
  call(name, encode = () => {}) {
    const writer = new FrameWriter(256)
    const serial = this.#serial++
    writer.begin(Program.remote, numbers.get(name), FrameType.call, serial, FrameStatus.ok)
    encode(writer)
    writer.end()
    return new Promise((resolve, reject) => {
      this.#waiting.set(serial, { resolve, reject, name })
      this.#socket.write(writer.take())
    })
  }

  #receive(frame) {
    if (frame.type === FrameType.message) return this.onEvent(performance.now())
    const { resolve, reject, name } = this.#waiting.get(frame.serial)
    this.#waiting.delete(frame.serial)
    if (frame.status === FrameStatus.ok) resolve(payloadOf(frame))
    else reject(new Error(`${name} failed`))
  }

  close() {
    this.#socket.destroy()
  }
}

/** The domain `test`, as its procedures want it. */
export async function testDomain(client) {
  const reply = await client.call('DOMAIN_LOOKUP_BY_NAME', (w) =>
    remote.encodeDomainLookupByNameArgs(w, { name: 'test' }),
  )
  const { dom } = remote.decodeDomainLookupByNameRet(reply)
  return (w) => remote.encodeDomainGetInfoArgs(w, { dom })
}
