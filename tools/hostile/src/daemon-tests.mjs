// SPDX-License-Identifier: GPL-2.0-or-later
// What a daemon must bear. Each test gets the socket's path and the counts, and throws when it was not borne.
import { mutated, oversize, random } from './mutate.mjs'
import { call, keepalive, opening, session } from './packets.mjs'
import { RawSocket } from './raw-socket.mjs'

const packets = session.map(([name, args], serial) => call(name, serial + opening.length, args))
const demand = (truth, complaint) => {
  if (!truth) throw new Error(complaint)
}
const inTurns = async (count, width, work) => {
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

/** By what they do, in the order in which they are done. */
export const daemonTests = {
  async 'packets that are almost right'({ path, counts, seed }) {
    const next = random(seed)
    const each = 100
    const rounds = Math.ceil(counts.mutated / each)
    const stop = call('CONNECT_GET_LIB_VERSION', 0xffffff00, undefined)
    await inTurns(rounds, 4, async () => {
      const client = await RawSocket.session(path)
      client.send(...Array.from({ length: each }, () => mutated(packets[next() % packets.length], next)), stop)
      // It may have been thrown out for what it said, or have closed itself; else its last call is answered.
      const over = await client.until(() => client.closed || client.last?.serial === 0xffffff00)
      client.destroy()
      demand(over, 'a client was neither answered nor thrown out')
    })
    return `${rounds * each} packets`
  },

  async 'packets that are almost right, before saying who it is'({ path, counts, seed }) {
    const next = random(seed + 1)
    const all = opening.map(([name, args], serial) => call(name, serial, args))
    const rounds = Math.ceil(counts.mutated / 50)
    await inTurns(rounds, 4, async () => {
      const client = await RawSocket.open(path)
      client.send(mutated(all[next() % all.length], next), mutated(all[next() % all.length], next), keepalive(1))
      const over = await client.until(() => client.closed || (client.last?.program ?? 0) === 0x6b656570)
      client.destroy()
      demand(over, 'a client was neither answered nor thrown out')
    })
    return `${rounds} connections`
  },

  async 'lengths that no packet may have'({ path, counts, seed }) {
    const next = random(seed + 2)
    let tried = 0
    for (let n = 0; n < counts.oversize; n++)
      for (const packet of oversize(next)) {
        const client = n % 2 ? await RawSocket.session(path) : await RawSocket.open(path)
        client.send(packet)
        demand(await client.until(() => client.closed), `a packet of ${packet.readUInt32BE(0)} bytes was waited for`)
        tried++
      }
    return `${tried} packets`
  },

  async 'packets that never come whole'({ path, counts }) {
    // Each announces as much as is allowed, and sends a part of it.
    const part = Buffer.alloc(counts.part, 0x55)
    part.writeUInt32BE(33554436, 0)
    const clients = []
    for (let n = 0; n < counts.partial; n++) {
      const client = await RawSocket.session(path)
      client.send(part)
      clients.push(client)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (const client of clients) client.destroy()
    return `${clients.length} clients, ${(part.length * clients.length) >> 20} MiB`
  },

  async 'a client that dies at each byte of its calls'({ path, counts }) {
    const whole = Buffer.concat([
      ...opening.map(([name, args], serial) => call(name, serial, args)),
      ...packets.slice(0, counts.dyingCalls),
    ])
    await inTurns(whole.length, 8, async (at) => {
      const client = await RawSocket.open(path)
      client.send(whole.subarray(0, at))
      if (at % 3 === 0) client.socket.end()
      else client.destroy()
      await client.until(() => client.closed)
      client.destroy()
    })
    return `${whole.length} deaths`
  },

  async 'clients that do nothing'({ path, counts, sample }) {
    const idle = []
    for (let n = 0; n < counts.idle; n++) idle.push(n % 2 ? await RawSocket.session(path) : await RawSocket.open(path))
    const grown = await sample()
    for (const client of idle) demand(!client.closed, 'an idle client was thrown out')
    for (const client of idle) client.destroy()
    return `${idle.length} clients, ${grown} MiB more`
  },

  async 'clients that ask and do not read'({ path, counts }) {
    const ask = Buffer.concat(
      Array.from({ length: 200 }, (_, serial) =>
        call(serial % 2 ? 'DOMAIN_GET_XML_DESC' : 'CONNECT_GET_CAPABILITIES', serial + 3, session[7][1]),
      ),
    )
    const slow = []
    for (let n = 0; n < counts.slow; n++) {
      const client = await RawSocket.session(path)
      client.send(packets[13])
      client.socket.pause()
      slow.push(client)
    }
    // Calls and events both pile up for them.
    for (let round = 0; round < 5; round++) for (const client of slow) client.send(ask)
    const busy = await RawSocket.session(path)
    for (let round = 0; round < counts.events; round += 20) {
      const calls = Array.from({ length: 20 }, (_, n) =>
        call(n % 2 ? 'DOMAIN_RESUME' : 'DOMAIN_SUSPEND', busy.frames + n, session[6][1]),
      )
      const before = busy.frames
      busy.send(...calls)
      demand(await busy.until(() => busy.frames >= before + 20), 'a client had to wait for those who do not read')
    }
    busy.destroy()
    for (const client of slow) client.destroy()
    return `${slow.length} clients`
  },
}
