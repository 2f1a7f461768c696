// SPDX-License-Identifier: GPL-2.0-or-later
// A server that knows nothing: it answers the calls of `rpc` by their number, from node:net alone. No daemon in Node
// can be faster than this on the machine that measures, so it says what a ratio is bounded by.
// node floor.mjs SOCKET
import { createServer } from 'node:net'

const header = 28
const word = (n) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n)
  return bytes
}
const domain = Buffer.concat([word(4), Buffer.from('test'), Buffer.alloc(16, 7), word(1)])
const uri = Buffer.from('test:///default\0')
const answers = new Map([
  [16, Buffer.concat([word(1), Buffer.alloc(16), word(2), Buffer.alloc(8)])], // DOMAIN_GET_INFO
  [23, domain], // DOMAIN_LOOKUP_BY_NAME
  [60, word(0)], // CONNECT_SUPPORTS_FEATURE
  [66, Buffer.concat([word(1), word(0)])], // AUTH_LIST: none
  [110, Buffer.concat([word(uri.length - 1), uri])], // CONNECT_GET_URI
  [157, Buffer.alloc(8)], // CONNECT_GET_LIB_VERSION
])
const nothing = Buffer.alloc(0)

function reply(call) {
  const body = answers.get(call.readUInt32BE(12)) ?? nothing
  const packet = Buffer.allocUnsafe(header + body.length)
  packet.writeUInt32BE(packet.length, 0)
  call.copy(packet, 4, 4, 16)
  packet.writeUInt32BE(1, 16)
  call.copy(packet, 20, 20, 24)
  packet.writeUInt32BE(0, 24)
  body.copy(packet, header)
  return packet
}

const server = createServer((socket) => {
  let rest = nothing
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const packets = []
    let at = 0
    while (bytes.length - at >= header) {
      const size = bytes.readUInt32BE(at)
      if (bytes.length - at < size) break
      packets.push(reply(bytes.subarray(at, at + size)))
      at += size
    }
    rest = Buffer.from(bytes.subarray(at))
    socket.write(packets.length === 1 ? packets[0] : Buffer.concat(packets))
  })
})
server.listen(process.argv[2])
