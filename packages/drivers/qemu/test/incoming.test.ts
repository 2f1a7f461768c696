// SPDX-License-Identifier: LGPL-2.1-or-later
import { expect, it } from 'vitest'
import type { Flag } from '../src/capabilities/flags.js'
import { takeFrom } from '../src/process/incoming.js'
import { runningGuest } from './guest.js'

it.each<[string, Flag[], object]>([
  ['ends with a guest that does not come', [], { uri: 'fd:migrate' }],
  ['stays to say why', ['migrate-incoming.exit-on-error'], { uri: 'fd:migrate', 'exit-on-error': false }],
])('a QEMU %s', async (_what, flags, expected) => {
  const { run, far } = await runningGuest()
  const asked: unknown[] = []
  far.onLine = (line) => {
    const { id, ...rest } = JSON.parse(line) as { id: string }
    asked.push(rest)
    far.write(`${JSON.stringify({ id, return: {} })}\r\n`)
  }
  const caps = { ...run.facts.caps, flags: new Set(flags) }
  await takeFrom({ ...run, facts: { ...run.facts, caps } }, 'fd:migrate')
  expect(asked).toEqual([{ execute: 'migrate-incoming', arguments: expected }])
})
