// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silent } from '@virt/core'
import { expect, it } from 'vitest'
import { autostart, firstStart } from '../src/autostart.js'
import { FakeClock, settle } from './fake-clock.js'

it('is the first start once in the life of a run folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'run-'))
  try {
    expect([await firstStart(folder), await firstStart(folder)]).toEqual([true, false])
    await expect(firstStart(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('starts one after the other with a pause, whatever becomes of each', async () => {
  const clock = new FakeClock()
  const errors: string[] = []
  const started: string[] = []
  const done = autostart(['a', 'b', 'c'], {
    clock,
    delay: 100,
    log: { ...silent, error: (text) => errors.push(text) },
    nameOf: (name) => name,
    async start(name) {
      if (name === 'b') throw new Error('no disk')
      started.push(name)
    },
  })
  await settle()
  expect(started).toEqual(['a'])
  await clock.pass(100)
  expect(errors).toEqual(['b was not started: no disk'])
  await clock.pass(100)
  await done
  expect(started).toEqual(['a', 'c'])
})
