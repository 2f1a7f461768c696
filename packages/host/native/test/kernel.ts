// SPDX-License-Identifier: LGPL-2.1-or-later
// The addon for tests that ask the real kernel; where it was not built, they say so and are skipped.
import { load, loadFailure, type Native } from '@virt/native'
import { describe } from 'vitest'
import { fakeNative } from '../src/testing/index.js'

const found = load()
if (found === undefined) console.warn(`skipped, tests of the kernel: ${loadFailure()}`)

/** What `describe` is, where the addon is there. */
export const describeKernel: typeof describe.skip = found === undefined ? describe.skip : describe

/** The addon; only within `describeKernel`. */
export const native: Native = found as Native

/** The same tests of the kernel and of the fake: what holds of one holds of the other. */
export function describeBoth(name: string, tests: (native: Native) => void): void {
  describeKernel(name, () => tests(native))
  describe(`${name} of the fake`, () => tests(fakeNative()))
}
