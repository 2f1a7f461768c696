// SPDX-License-Identifier: LGPL-2.1-or-later
import { beforeAll, describe, expect, it } from 'vitest'
import { State } from '../../src/domain/states.js'
import { isFailedPostcopy } from '../../src/migration/postcopy.js'
import { first, next, type World } from './model.js'

/** All that can come to be, and what nothing follows. */
function explore(): { readonly all: World[]; readonly ends: World[] } {
  const seen = new Map<string, World>()
  const ends: World[] = []
  const todo: World[] = [first]
  for (let world = todo.pop(); world !== undefined; world = todo.pop()) {
    const key = JSON.stringify(world)
    if (seen.has(key)) continue
    seen.set(key, world)
    const followers = [...next(world)]
    if (followers.length === 0) ends.push(world)
    todo.push(...followers)
  }
  return { all: [...seen.values()], ends }
}

describe('post-copy, whatever comes in whichever order', () => {
  let all: World[]
  let ends: World[]
  beforeAll(() => {
    ;({ all, ends } = explore())
  })

  it('has many orders', () => {
    expect(all.length).toBeGreaterThan(300)
    expect(all.some(({ step, resumesLeft }) => step === 'over' && resumesLeft === 0)).toBe(true)
  })

  it('never takes a recovery for failed that nothing has cut, nor for done before both ends are connected', () => {
    expect(all.flatMap(({ complaint }) => complaint ?? [])).toEqual([])
  })

  it('never has the guest run twice', () => {
    expect(all.filter(({ qemu }) => qemu.source.running && qemu.destination.running)).toEqual([])
  })

  it('ends with the guest on one side, or with both sides saying that it is broken', () => {
    const bad = ends.filter(({ daemon, qemu, step }) => {
      const { source, destination } = daemon
      const moved = step === 'over' && source.state === State.shutoff && destination.state === State.running
      const broken =
        isFailedPostcopy(source, source.interrupted) && isFailedPostcopy(destination, destination.interrupted)
      const alone = source.state === State.shutoff && destination.state === State.running && qemu.destination.running
      // A way that breaks before anything runs over there: QEMU does not take the guest back, and nobody says that it runs.
      const lost = isFailedPostcopy(source) && destination.state === State.shutoff && !qemu.destination.running
      return !(moved || broken || alone || lost)
    })
    expect(bad.slice(0, 3)).toEqual([])
  })

  it('goes on with a recovery from every broken state', () => {
    const stuck = ends.filter(
      ({ step, resumesLeft, qemu }) => step === 'idle' && resumesLeft > 0 && qemu.source.word === 'postcopy-paused',
    )
    expect(stuck.slice(0, 3)).toEqual([])
  })
})
