// SPDX-License-Identifier: LGPL-2.1-or-later
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { load } from '../src/index.js'

const native = load()

describe.skipIf(native === undefined)('memory', () => {
  it('is given back to the kernel', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const resident = (): number => process.memoryUsage.rss()
    // Small pieces come from the allocator's heap. Every hundredth stays, so that the heap cannot simply end earlier.
    let pieces = Array.from({ length: 30_000 }, (_, i) => Buffer.allocUnsafeSlow(6000).fill(i & 0xff))
    const full = resident()
    pieces = pieces.filter((_, i) => i % 100 === 0)
    let left = resident()
    for (let round = 0; round < 50 && left > full - 80 * 2 ** 20; round++) {
      collect()
      await new Promise((resolve) => setImmediate(resolve))
      expect(typeof (await native?.memory.trim())).toBe('boolean')
      left = resident()
    }
    expect(full - left).toBeGreaterThan(80 * 2 ** 20)
    expect(pieces).toHaveLength(300)
  })
})
