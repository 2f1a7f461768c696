// SPDX-License-Identifier: GPL-2.0-or-later
import { FakeClock } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { Memory } from '../src/memory.js'

const MiB = 1024 * 1024

describe('memory that clients have cost', () => {
  it('is given back a while after they have gone, when it is worth it', () => {
    const clock = new FakeClock()
    let resident = 80 * MiB
    let collected = 0
    const memory = new Memory(
      clock,
      () => resident,
      () => void collected++,
    )
    memory.clients(1)
    memory.clients(0)
    clock.advance(5000)
    expect(collected).toBe(0)
    resident = 300 * MiB
    memory.clients(100)
    clock.advance(60_000)
    memory.clients(50)
    clock.advance(4000)
    memory.clients(0)
    clock.advance(4000)
    expect(collected).toBe(0)
    clock.advance(1000)
    expect(collected).toBe(1)
    clock.advance(60_000)
    expect(collected).toBe(3)
    resident = 100 * MiB
    memory.clients(1)
    memory.clients(0)
    clock.advance(5000)
    expect([collected, clock.timers]).toEqual([3, 0])
  })
})
