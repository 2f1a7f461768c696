// SPDX-License-Identifier: GPL-2.0-or-later
// Daemons that no client should meet. Each listens on a socket of its own, named after what it does.
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { FakePeer, later } from '@virt/rpc/testing'
import { mutated, oversize, random } from './mutate.mjs'
import { dom, lifecycle, reply } from './packets.mjs'

const params = { shape: { names: ['state.state', 'net.0.name'], types: [1, 7] }, values: [1, 'vnet0'] }
const answers = {
  CONNECT_GET_HOSTNAME: () => ({ hostname: 'somewhere' }),
  CONNECT_GET_LIB_VERSION: () => ({ libVer: 11003000n }),
  CONNECT_GET_CAPABILITIES: () => ({ capabilities: '<capabilities/>' }),
  CONNECT_LIST_ALL_DOMAINS: () => ({ domains: [dom, dom], ret: 2 }),
  CONNECT_GET_ALL_DOMAIN_STATS: () => ({ retStats: [{ dom, params }] }),
  DOMAIN_LOOKUP_BY_NAME: () => ({ dom }),
  DOMAIN_GET_INFO: () => ({ state: 1, maxMem: 1n, memory: 1n, nrVirtCpu: 1, cpuTime: 1n }),
  DOMAIN_GET_XML_DESC: () => ({ xml: '<domain/>' }),
  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: () => ({ callbackID: 0 }),
  CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY: () => undefined,
  STORAGE_VOL_LOOKUP_BY_PATH: () => ({ vol: { pool: 'p', name: 'v', key: 'k' } }),
  STORAGE_VOL_DOWNLOAD: () => undefined,
}

/** The daemon's end, whose output goes through `change`: bytes in, bytes or nothing out. */
function changing(socket, change) {
  const duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      const out = change(chunk)
      if (out !== undefined && !socket.destroyed) socket.write(out)
      done()
    },
  })
  socket.on('data', (chunk) => duplex.push(chunk))
  socket.on('error', () => {})
  socket.on('close', () => duplex.destroy())
  return duplex
}

/** Kinds of daemons: `(socket, next, number)`; `number` counts the connections to this one. */
const kinds = {
  /** Opens as it should, then answers almost right. */
  mutating(socket, next) {
    let packets = 0
    new FakePeer(
      changing(socket, (chunk) => {
        packets++
        if (packets < 6) return chunk
        return next() % 4 === 0 ? chunk : mutated(chunk, next)
      }),
      answers,
    )
  },
  /** Almost right from the first packet on. */
  mutatingEarly(socket, next) {
    new FakePeer(
      changing(socket, (chunk) => (next() % 3 ? chunk : mutated(chunk, next))),
      answers,
    )
  },
  oversize(socket, next, number) {
    const lengths = [...oversize(next)]
    let packets = 0
    new FakePeer(
      changing(socket, (chunk) => (++packets < 6 ? chunk : lengths[number % lengths.length])),
      answers,
    )
  },
  /** Says as many bytes as the connection's number, and is gone. */
  dying(socket, _next, number) {
    let left = number
    new FakePeer(
      changing(socket, (chunk) => {
        const part = chunk.subarray(0, left)
        left -= part.length
        if (left === 0) {
          if (number % 2) socket.end(part)
          else socket.write(part, () => socket.destroy())
          return undefined
        }
        return part
      }),
      answers,
    )
  },
  /** Answers what opens a connection, and nothing else. */
  silent(socket) {
    const silence = Object.fromEntries(Object.keys(answers).map((name) => [name, () => later]))
    new FakePeer(
      changing(socket, (chunk) => chunk),
      silence,
    )
  },
  /** A byte at a time. */
  dribbling(socket) {
    new FakePeer(
      changing(socket, (chunk) => {
        for (const byte of chunk) socket.write(Buffer.of(byte))
        return undefined
      }),
      answers,
    )
  },
  /** Tells without end of events, of calls that nobody made, of a stream's bytes. */
  flooding(socket) {
    const event = lifecycle()
    const events = Buffer.concat(Array.from({ length: 500 }, () => event))
    const strangers = Buffer.concat(
      Array.from({ length: 500 }, (_, n) => reply('CONNECT_GET_HOSTNAME', 1_000_000 + n, { hostname: 'x' })),
    )
    const flood = (bytes) => {
      const pour = () => {
        while (!socket.destroyed && socket.write(bytes));
      }
      socket.on('drain', pour)
      setImmediate(pour)
    }
    new FakePeer(
      changing(socket, (chunk) => chunk),
      {
        ...answers,
        CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: (_args, call) => {
          call.reply({ callbackID: 0 })
          flood(events)
          return later
        },
        CONNECT_GET_HOSTNAME: (_args, call) => {
          call.reply({ hostname: 'x' })
          flood(strangers)
          return later
        },
        STORAGE_VOL_DOWNLOAD: (_args, call) => {
          call.reply()
          call.data(Buffer.alloc(262120))
          const { frame } = call
          const packet = Buffer.alloc(28 + 262120)
          for (const [at, word] of [packet.length, frame.program, 1, frame.procedure, 3, frame.serial, 2].entries())
            packet.writeUInt32BE(word, at * 4)
          flood(packet)
          return later
        },
      },
    )
  },
}

/** Starts them all below a folder. @returns what stops them */
export async function hostileDaemons(folder, seed) {
  const sockets = new Set()
  const servers = await Promise.all(
    Object.entries(kinds).map(([name, serve], kind) => {
      const next = random(seed + kind)
      let number = 0
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
        serve(socket, next, number++)
      })
      return new Promise((resolve) => server.listen(join(folder, name), () => resolve(server)))
    }),
  )
  return () => {
    for (const socket of sockets) socket.destroy()
    for (const server of servers) server.close()
  }
}
