// SPDX-License-Identifier: GPL-2.0-or-later
import { describe, expect, it } from 'vitest'
import { count } from '../count.mjs'

const line = { count: 'line' }
const exit = { count: 'exit' }

describe('counting a lane', () => {
  it('takes the last line of figures', () => {
    const output = 'a: 3 passed, 0 failed\nb: 1 passed, 2 failed\ntotal: 4 passed, 2 failed, 5 skipped\n'
    expect(count(line, output, false)).toMatchObject({ passed: 4, failed: 2, skipped: 5 })
  })

  it('counts a program that ends badly although it says that nothing failed', () => {
    expect(count(line, '4 passed, 0 failed\n', false)).toMatchObject({ passed: 4, failed: 1 })
  })

  it('counts a program without figures as one failure', () => {
    expect(count(line, 'oh\n', true)).toMatchObject({ passed: 0, failed: 1 })
  })

  it('counts an exit code as one test', () => {
    expect(count(exit, '', true)).toMatchObject({ passed: 1, failed: 0 })
    expect(count(exit, '', false)).toMatchObject({ passed: 0, failed: 1 })
  })

  it('counts vitest without a report as one failure', () => {
    const lane = { count: 'vitest', file: '.test/there-is-no-such-report.json' }
    expect(count(lane, 'crashed', true)).toMatchObject({ passed: 0, failed: 1 })
  })

  it('shows what was skipped', () => {
    expect(count(line, 'skipped x: no y\n1 passed, 0 failed, 1 skipped\n', true).notes).toEqual(['skipped x: no y'])
  })
})
