// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { Reason, State } from '../../src/domain/states.js'
import { phases } from '../../src/migration/phases.js'
import {
  afterLoss,
  afterRestart,
  afterResume,
  afterStop,
  afterWord,
  type Migrating,
  postcopyFailed,
} from '../../src/migration/reactions.js'
import { checkResumeFlags, resumeRefusal } from '../../src/migration/resume-check.js'

const { paused, running } = Reason
const source: Migrating = {
  side: 'source',
  state: State.paused,
  reason: paused.migrating,
  phase: 'perform3',
  status: 'migrating',
  interrupted: false,
  owned: true,
}
const between: Migrating = {
  ...source,
  reason: paused['post-copy'],
  phase: 'perform3_done',
  status: 'postcopy',
  owned: false,
}
const broken: Migrating = {
  ...between,
  reason: paused['post-copy failed'],
  phase: 'postcopy_failed',
  interrupted: true,
}
const arriving: Migrating = {
  ...between,
  side: 'destination',
  state: State.running,
  reason: running['post-copy'],
  phase: 'finish3',
}

describe('what comes of events', () => {
  it('corrects a stop that turned out to be the beginning of post-copy', () => {
    expect(afterWord(source, 'postcopy-active')).toEqual({ state: 3, reason: 12, tell: [3, 7] })
    expect(afterWord({ ...source, state: State.running }, 'postcopy-active')).toEqual({})
  })

  it('knows of post-copy when the stop comes after it', () => {
    const guest = { ...source, state: State.running, reason: running.booted }
    expect(afterStop(guest)).toMatchObject({ reason: 2, tell: [3, 1] })
    expect(afterStop({ ...guest, status: 'postcopy' })).toMatchObject({ reason: 12, tell: [3, 7] })
    expect(afterStop(source)).toBeUndefined()
  })

  it('marks a broken post-copy once', () => {
    const failed = afterWord(between, 'postcopy-paused')
    expect(failed).toMatchObject({ reason: 13, interrupted: true, phase: 'postcopy_failed', tell: [3, 8] })
    expect(postcopyFailed(broken)).toEqual({})
    // Whoever works on it sets the phase.
    expect(afterWord({ ...between, owned: true }, 'postcopy-paused').phase).toBeUndefined()
    expect(afterWord(arriving, 'postcopy-paused')).toEqual({})
    expect(postcopyFailed(arriving)).toMatchObject({ state: 1, reason: 11, tell: [4, 4] })
    expect(postcopyFailed({ ...arriving, state: State.paused, reason: paused.user })).toEqual({
      interrupted: true,
      tell: [3, 8],
    })
  })

  it('takes the failure back when QEMU recovers', () => {
    expect(afterWord(broken, 'postcopy-recover')).toMatchObject({ reason: 12, interrupted: false, tell: [3, 7] })
    expect(afterWord({ ...arriving, reason: running['post-copy failed'] }, 'postcopy-recover')).toMatchObject({
      reason: 10,
      tell: [4, 3],
    })
    expect(afterWord(between, 'postcopy-recover')).toEqual({})
    expect(afterResume({ ...broken, side: 'destination' })).toMatchObject({ reason: 11 })
  })

  it('ends what nobody works on any more, and nothing else', () => {
    expect(afterWord(broken, 'completed')).toEqual({ finish: true })
    expect(afterWord({ ...broken, owned: true }, 'completed')).toEqual({})
    expect(afterWord(between, 'completed')).toEqual({})
    expect(afterWord(source, 'constructor')).toEqual({})
  })
})

describe('a client that is gone', () => {
  it.each([
    ['begin3', 'drop the job', 'drop the job'],
    ['perform3', 'nothing', 'nothing'],
    ['perform3_done', 'leave paused', 'postcopy failed'],
    ['confirm3', 'nothing', 'nothing'],
    ['prepare', 'destroy', 'destroy'],
    ['finish3', 'nothing', 'nothing'],
    ['postcopy_failed', 'postcopy failed', 'postcopy failed'],
    ['begin_resume', 'postcopy failed', 'postcopy failed'],
    ['perform_resume', 'postcopy failed', 'postcopy failed'],
    ['prepare_resume', 'postcopy failed', 'postcopy failed'],
  ] as const)('in phase %s: %s, in post-copy: %s', (phase, before, after) => {
    expect(afterLoss({ ...source, phase })).toBe(before)
    expect(afterLoss({ ...between, phase })).toBe(after)
  })
})

describe('a daemon that is started anew', () => {
  it.each([
    ['none', 'drop the job', 'drop the job'],
    ['begin3', 'drop the job', 'drop the job'],
    ['perform2', 'cancel and run again', 'cancel and run again'],
    ['perform3', 'cancel and run again', 'cancel and run again'],
    ['perform3_done', 'leave paused', 'keep'],
    ['confirm3_cancelled', 'run again', 'keep'],
    ['confirm3', 'destroy', 'destroy'],
    ['postcopy_failed', 'keep', 'keep'],
    ['begin_resume', 'keep', 'keep'],
    ['perform_resume', 'keep', 'keep'],
    ['confirm_resume', 'keep', 'keep'],
  ] as const)('at the source in phase %s: %s, in post-copy: %s', (phase, before, after) => {
    expect(afterRestart({ ...source, phase }, 'active')).toBe(before)
    expect(afterRestart({ ...between, phase }, 'postcopy-active')).toBe(after)
  })

  it('knows whether all of a guest has arrived', () => {
    expect(afterRestart({ ...between, phase: 'confirm_resume' }, 'completed')).toBe('destroy')
  })

  it.each([
    ['prepare', 'destroy', 'destroy'],
    ['finish2', 'run again', 'keep'],
    ['finish3', 'destroy', 'keep'],
    ['prepare_resume', 'keep', 'keep'],
    ['finish_resume', 'keep', 'keep'],
  ] as const)('at the destination in phase %s: %s, in post-copy: %s', (phase, before, after) => {
    expect(afterRestart({ ...source, side: 'destination', phase }, 'active')).toBe(before)
    expect(afterRestart({ ...arriving, phase }, 'postcopy-active')).toBe(after)
  })

  it('lets a guest that runs here run', () => {
    for (const phase of ['finish2', 'finish3'] as const)
      expect(afterRestart({ ...arriving, phase, reason: running.migrated }, 'completed')).toBe('drop the job')
  })

  it('has an answer for every phase', () => {
    for (const phase of phases)
      for (const guest of [source, between, arriving]) expect(afterRestart({ ...guest, phase }, 'none')).toBeTruthy()
  })
})

describe('a step of a recovery', () => {
  it.each([
    [0x80001, 'begin', 'argument-unsupported'],
    [0x88001, 'begin', 'argument-unsupported'],
    [0x88001, 'perform', 'argument-unsupported'],
    [0x88101, 'begin', undefined],
    [0x88003, 'perform', undefined],
    [0x88001, 'prepare', undefined],
  ] as const)('with flags %i: %s is %s', (flags, step, code) => {
    if (code === undefined) checkResumeFlags(flags, step)
    else expect(() => checkResumeFlags(flags, step)).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    [undefined, 'begin', /is not being migrated/],
    [arriving, 'begin', /is not being migrated/],
    [{ ...broken, owned: true }, 'begin', /another thread/],
    [{ ...source, owned: false }, 'begin', /not in post-copy phase/],
    [between, 'begin', /has not failed/],
    [{ ...broken, phase: 'begin_resume' }, 'begin', /already in progress/],
    [{ ...broken, phase: 'confirm_resume' }, 'confirm', /already in progress/],
    [broken, 'begin', undefined],
    [{ ...broken, phase: 'perform3_done' }, 'begin', undefined],
    [{ ...broken, phase: 'begin_resume' }, 'perform', undefined],
    [{ ...between, phase: 'perform_resume' }, 'confirm', undefined],
  ] as const)('of %o, %s, is refused with %s', (guest, step, text) => {
    const refusal = resumeRefusal('guest', 'source', guest as Migrating | undefined, step)
    if (text === undefined) expect(refusal).toBeUndefined()
    else expect(refusal).toMatchObject({ code: 'operation-invalid', message: expect.stringMatching(text) })
  })
})
