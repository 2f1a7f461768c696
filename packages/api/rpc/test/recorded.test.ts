// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { type Frame, FrameParser, keepFrame } from '../src/index.js'
import { readPacket, writePacket } from '../src/testing/index.js'
import { packetsOf, recorded } from './recorded.js'

describe.skipIf(recorded.length === 0)('recorded packets', () => {
  it.each(recorded)('decode and encode byte for byte: %s', (name) => {
    let known = 0
    for (const packet of packetsOf(name)) {
      if (packet.malformed) continue
      const frames: Frame[] = []
      new FrameParser().push(Buffer.from(packet.hex, 'hex'), (f) => frames.push(keepFrame(f)))
      expect(frames, `packet ${packet.seq}`).toHaveLength(1)
      const read = readPacket(frames[0] as Frame)
      known++
      expect(writePacket(read).toString('hex'), `packet ${packet.seq}`).toBe(packet.hex)
    }
    expect(known).toBeGreaterThan(0)
  })

  it.each(recorded)('arrive whole however the bytes are cut: %s', (name) => {
    const packets = packetsOf(name).filter((p) => p.hex.length < 20_000 && !p.malformed)
    for (const dir of ['c2s', 's2c']) {
      const mine = packets.filter((p) => p.dir === dir)
      const bytes = Buffer.concat(mine.map((p) => Buffer.from(p.hex, 'hex')))
      for (const size of [1, 3, 27, 29, 4096]) {
        const parser = new FrameParser()
        const lengths: number[] = []
        for (let at = 0; at < bytes.length; at += size)
          parser.push(bytes.subarray(at, at + size), (f) => lengths.push(f.end - f.start + 28))
        expect(lengths).toEqual(mine.map((p) => p.hex.length / 2))
        expect(parser.held).toBe(0)
      }
    }
  })
})
