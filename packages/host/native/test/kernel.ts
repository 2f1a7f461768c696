// SPDX-License-Identifier: LGPL-2.1-or-later
// The addon for tests that ask the real kernel; where it was not built, they say so and are skipped.
import { readFileSync } from 'node:fs'
import { load, loadFailure, type Native } from '@virt/native'
import { describe } from 'vitest'
import { fakeNative } from '../src/testing/index.js'

const found = load()
if (found === undefined) console.warn(`skipped, tests of the kernel: ${loadFailure()}`)

/** What `describe` is, where the addon is there. */
export const describeKernel: typeof describe.skip = found === undefined ? describe.skip : describe

/** The addon; only within `describeKernel`. */
export const native: Native = found as Native

/** Of the capabilities that containers often keep from root: those the tests need (8 setpcap, 12 net_admin, 21 sys_admin). */
function privileged(): boolean {
  if (process.getuid?.() !== 0) return false
  const mask = BigInt(`0x${/^CapEff:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0}`)
  return [8n, 12n, 21n].every((bit) => (mask >> bit) & 1n)
}

const allowed = found !== undefined && privileged()
if (found !== undefined && !allowed) console.warn('skipped, tests that need root with all capabilities')

/** What `describe` is, for root. */
export const describeRoot: typeof describe.skip = allowed ? describe : describe.skip

/** The same tests of the kernel and of the fake: what holds of one holds of the other. */
export function describeBoth(name: string, tests: (native: Native) => void): void {
  describeKernel(name, () => tests(native))
  describe(`${name} of the fake`, () => tests(fakeNative()))
}
