// SPDX-License-Identifier: GPL-2.0-or-later
// Packets that are almost right. The same seed makes the same packets.

/** Numbers from 0 to 2^32 - 1, the same ones for a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** Values that lengths, counts and numbers break at. */
const edges = [
  0, 1, 3, 4, 16, 27, 28, 255, 256, 65535, 65536, 262120, 4194303, 4194304, 4194305, 33554408, 33554436, 33554437,
  0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
]

const headerSize = 28

/** What may happen to a packet. Each gets the packet and `next`, and answers a packet whose length word may be wrong. */
const changes = [
  // A bit.
  (packet, next) => {
    const at = 4 + (next() % (packet.length - 4))
    packet[at] ^= 1 << (next() & 7)
    return packet
  },
  // A word: lengths, counts, flags.
  (packet, next) => {
    packet.writeUInt32BE(edges[next() % edges.length], 4 + 4 * (next() % ((packet.length - 4) >> 2)))
    return packet
  },
  // A field of the header but for the program, without which nobody looks at the rest.
  (packet, next) => {
    packet.writeUInt32BE(edges[next() % edges.length], 8 + 4 * (next() % 5))
    return packet
  },
  // Another procedure's arguments.
  (packet, next) => {
    packet.writeUInt32BE(1 + (next() % 460), 12)
    return packet
  },
  // An end too early, the length word knowing it.
  (packet, next) => sized(packet.subarray(0, headerSize + (next() % (packet.length - headerSize + 1)))),
  // More than there should be.
  (packet, next) => sized(Buffer.concat([packet, Buffer.alloc(4 * (1 + (next() % 64)), next() & 255)])),
  // A stretch of noise.
  (packet, next) => {
    if (packet.length === headerSize) return packet
    const from = headerSize + (next() % (packet.length - headerSize))
    for (let at = from; at < Math.min(packet.length, from + 16); at++) packet[at] = next() & 255
    return packet
  },
]

function sized(packet) {
  const own = Buffer.from(packet)
  own.writeUInt32BE(own.length, 0)
  return own
}

/** One to three changes of a packet; its length word stays right, so that what follows is found. */
export function mutated(packet, next) {
  let out = Buffer.from(packet)
  for (let n = 1 + (next() % 3); n > 0; n--) out = changes[next() % changes.length](out, next)
  out.writeUInt32BE(out.length, 0)
  return out
}

/** Length words that no packet may have, and what little comes after them. */
export function* oversize(next) {
  for (const length of [0, 1, 3, 4, 27, 33554437, 0x7fffffff, 0x80000000, 0xffffffff]) {
    const packet = Buffer.alloc(headerSize + (next() % 64), next() & 255)
    packet.writeUInt32BE(length, 0)
    yield packet
  }
}
