// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that do not come to life, in one run with virtd and a real libvirtd with the same QEMU: no program, no image, no room, no right,
// busy ports, words that QEMU does not know, images that are broken. The same errors, events, states and logs, and nothing left behind.
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { linesOnHost } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error(`SKIPPED: guests that die at start compared with libvirtd's`)

type Answer = Record<string, unknown> & { readonly left?: Record<string, unknown> }
type Answers = Map<string, Answer>

async function attempts(which: 'libvirtd' | 'virtd'): Promise<Answers> {
  return new Map(await linesOnHost<[string, Answer]>(which, 'deaths.py', 'dies-'))
}

/** What libvirt 11.3 answers otherwise than the 9.0 that is installed; or which words of its own helpers it has, and we have no such helpers. */
const others: Readonly<Record<string, readonly string[]>> = {
  // It says where it has looked for a file that its QEMU should have written.
  'emulator: quiet': ['define', 'transient'],
  // It may find that nobody listens before it finds that nobody is there.
  'emulator: says nothing': ['start', 'transient', 'again'],
  'emulator: is killed': ['start', 'transient', 'again'],
  'managed image: nonsense': ['start', 'active', 'saved', 'file', 'state', 'events'],
  'image: format': ['restore', 'document'],
  'managed image: format': ['start'],
  'image: broken document': ['restore', 'document'],
  'managed image: broken document': ['start'],
  // The whole command of a child that could not write.
  'full: states': ['start', 'transient'],
}

/** @param theirs groups of a real libvirtd's guests go when they go */
function compared(answers: Answers, theirs: boolean): Record<string, unknown> {
  const entries = [...answers].map(([name, { left, ...answer }]) => {
    for (const field of others[name] ?? []) delete answer[field]
    const { groups, ...rest } = left ?? {}
    return [name, { ...answer, left: theirs || groups === undefined ? rest : left }]
  })
  return Object.fromEntries(entries)
}

describe.skipIf(!ready)('a guest that does not come to life', () => {
  it('fails as with libvirtd, and leaves nothing behind', async () => {
    const [theirs, ours] = await Promise.all([attempts('libvirtd'), attempts('virtd')])
    expect(theirs.size).toBeGreaterThan(80)
    expect(compared(ours, false)).toEqual(compared(theirs, true))
    const ended = '1/10 internal error: it ended'
    expect(ours.get('emulator: says nothing')).toMatchObject({ start: ended, transient: ended, again: true })
    expect(ours.get('emulator: is killed')).toMatchObject({ start: ended, transient: ended, again: true })
    expect(ours.get('managed image: nonsense')).toMatchObject({ start: 'no error', active: 1, file: false })
    expect(ours.get('full: states')?.start).toMatch(/: No space left on device$/)
    expect(ours.get('full: images')).toMatchObject({
      save: expect.stringMatching(/: No space left on device$/) as string,
      memory: expect.stringMatching(/: No space left on device$/) as string,
    })
  }, 240_000)
})
