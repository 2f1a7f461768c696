// SPDX-License-Identifier: GPL-2.0-or-later
import { FakeClock } from '@virt/rpc/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { Idle } from '../src/idle.js'

describe('a daemon that is to end when nobody is there', () => {
  let clock: FakeClock
  let ends: number
  let busy: boolean
  let idle: Idle
  const [api, admin] = [{}, {}]
  beforeEach(() => {
    clock = new FakeClock()
    ends = 0
    busy = false
    idle = new Idle(
      clock,
      () => busy,
      () => void ends++,
    )
  })

  it('never does so before it was told how long', () => {
    clock.advance(1e12)
    expect(ends).toBe(0)
  })

  it('ends after that time', () => {
    idle.seconds = 10
    clock.advance(9_999)
    expect(ends).toBe(0)
    clock.advance(1)
    expect(ends).toBe(1)
  })

  it('waits while anybody of any server is there, and then anew', () => {
    idle.clients(api, 1)
    idle.seconds = 10
    idle.clients(admin, 1)
    idle.clients(api, 0)
    clock.advance(20_000)
    expect(ends).toBe(0)
    idle.clients(admin, 0)
    clock.advance(9_999)
    idle.clients(api, 2)
    idle.clients(api, 0)
    clock.advance(9_999)
    expect(ends).toBe(0)
    clock.advance(1)
    expect(ends).toBe(1)
  })

  it('waits as long again while something goes on', () => {
    idle.seconds = 10
    busy = true
    clock.advance(15_000)
    expect(ends).toBe(0)
    busy = false
    clock.advance(5_000)
    expect(ends).toBe(1)
  })

  it('forgets it when told so', () => {
    idle.seconds = 10
    idle.seconds = 0
    clock.advance(20_000)
    expect(ends).toBe(0)
  })

  it('can wait longer than a timer of Node', () => {
    idle.seconds = 4_294_967_295
    clock.advance(0x7fff_ffff)
    expect(ends).toBe(0)
    clock.advance(4_294_967_295_000 - 0x7fff_ffff)
    expect(ends).toBe(1)
  })
})
