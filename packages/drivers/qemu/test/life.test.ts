// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { type Happening, happenings, outcomeOf } from '../src/domain/life.js'
import { Reason, State, stateOfTexts, stateTexts } from '../src/domain/states.js'

const { running, paused, shutdown, shutoff, crashed, pmsuspended } = State
/** What comes of each happening in each state it concerns: the state, its reason, the event. */
const expected: Readonly<
  Record<Happening, readonly [from: readonly number[], to: number, reason: number, event: string]>
> = {
  'stopped by user': [[running, pmsuspended], paused, 1, '3/0'],
  'stopped by itself': [[running], paused, 0, '3/0'],
  'stopped by ioerror': [[running], paused, 5, '3/2'],
  'stopped by watchdog': [[running], paused, 6, '3/3'],
  saving: [[running], paused, 3, '3/0'],
  dumping: [[running], paused, 4, '3/0'],
  migrating: [[running], paused, 2, '3/1'],
  continued: [[paused, pmsuspended, crashed], running, 5, '4/0'],
  'continued by itself': [[paused], running, 5, '4/0'],
  'powered down': [[running, paused, pmsuspended, crashed], shutdown, 0, '6/1'],
  'powered down by host': [[running, paused, pmsuspended, crashed], shutdown, 0, '6/2'],
  'suspended to memory': [[running], pmsuspended, 0, '7/0'],
  'suspended to disk': [[running], pmsuspended, 0, '7/1'],
  'woken up': [[pmsuspended], running, 8, '2/4'],
  panicked: [[running], crashed, 1, '8/0'],
}

describe('a life', () => {
  it.each(happenings)('%s', (happening) => {
    const [from, to, reason, event] = expected[happening]
    for (const state of Object.values(State)) {
      const outcome = outcomeOf(state, happening)
      if (!from.includes(state)) expect(outcome).toBeUndefined()
      else expect({ ...outcome, event: outcome?.event?.join('/') }).toEqual({ state: to, reason, event })
    }
  })

  it('has an end that nothing comes after', () => {
    for (const happening of happenings) expect(outcomeOf(shutoff, happening)).toBeUndefined()
  })
})

describe('states', () => {
  it('have names with every reason', () => {
    const rows: [number, Readonly<Record<string, number>>][] = [
      [State.running, Reason.running],
      [State.paused, Reason.paused],
      [State.shutoff, Reason.shutoff],
      [State.crashed, Reason.crashed],
    ]
    for (const [state, reasons] of rows)
      for (const reason of Object.values(reasons)) {
        const texts = stateTexts(state, reason)
        expect(stateOfTexts(texts.state, texts.reason)).toEqual({ state, reason })
      }
  })

  it('are not taken for others', () => {
    expect(stateOfTexts('running', 'booted')).toEqual({ state: 1, reason: 1 })
    expect(stateOfTexts('running', 'starting up')).toBeUndefined()
    expect(stateOfTexts('dancing', 'booted')).toBeUndefined()
  })
})
