// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { sizeOf } from '../src/index.js'

describe('a size', () => {
  it.each([
    ['4 GiB', 'KiB', 4194304n],
    ['4G', 'KiB', 4194304n],
    ['4gb', 'Bytes', 4000000000n],
    ['1.5 GiB', 'MiB', 1536n],
    ['512', 'KiB', 512n],
    ['1 B', 'KiB', 1n],
    ['1025 bytes', 'KiB', 2n],
    ['0 GiB', 'KiB', 0n],
    ['16 EiB', 'Bytes', 2n ** 64n],
    [7, 'KiB', 7n],
    [7n, 'MiB', 7n],
  ] as const)('%s in %s is %s', (size, unit, expected) => {
    expect(sizeOf(size, unit)).toBe(expected)
  })

  it.each(['', 'GiB', '4 XiB', '-1 GiB', '1e3', '4 GiBs', '1..5 G', 1.5])('is refused: %s', (size) => {
    expect(() => sizeOf(size, 'KiB')).toThrow(/is no size/)
  })
})
