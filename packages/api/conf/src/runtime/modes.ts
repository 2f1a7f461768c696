// SPDX-License-Identifier: LGPL-2.1-or-later
// Modes of reading and printing, and how a field's `when` becomes a bit test.

const modeNames = [
  'inactive',
  'secure',
  'migratable',
  'updateCpu',
  'status',
  'actualNet',
  'pciOrigStates',
  'clockAdjust',
  'volumeTranslated',
  'abiUpdate',
  'abiUpdateMigration',
  'skipSeclabel',
  'allowPostParseFail',
  'skipValidate',
  'validate',
  'internal',
  'redefine',
  'noDomain',
  'size',
  'create',
] as const

/** A named mode. */
export type ModeName = (typeof modeNames)[number]

/** Bit of each mode in a mode set. */
export const modeBits: Readonly<Record<ModeName, number>> = Object.fromEntries(
  modeNames.map((name, index) => [name, 1 << index]),
) as Record<ModeName, number>

/** A mode, its negation, or `live`, which is not `inactive`. */
export type Mode = ModeName | `!${ModeName}` | 'live'

/** Modes that are on: `{ inactive: true, secure: true }`. */
export type Modes = { readonly [name in ModeName]?: boolean | undefined }

/** Bits of a set of modes. */
export function bitsOf(modes: Modes): number {
  let bits = 0
  for (const name in modes) if (modes[name as ModeName]) bits |= modeBits[name as ModeName]
  return bits
}

/** `(bits & mask) === want` says whether all the modes hold. */
export interface ModeTest {
  mask: number
  want: number
}

export function modeTest(modes: readonly Mode[]): ModeTest {
  let mask = 0
  let want = 0
  for (const mode of modes) {
    if (mode === 'live') mask |= modeBits.inactive
    else if (mode.startsWith('!')) mask |= modeBits[mode.slice(1) as ModeName]
    else {
      mask |= modeBits[mode as ModeName]
      want |= modeBits[mode as ModeName]
    }
  }
  return { mask, want }
}
