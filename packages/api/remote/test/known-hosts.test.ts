// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { keysOf, verdictOn } from '../src/known-hosts.js'

const type = 'ssh-ed25519'
const keyOf = (fill: number): Buffer =>
  Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type), Buffer.alloc(36, fill)])
const line = (hosts: string, key: Buffer): string => `${hosts} ${type} ${key.toString('base64')}`
const numRuns = process.env.VIRT_LONG === '1' ? 20_000 : 500

it('whatever else a file holds, the line of a host is found, and no other is taken for it', () => {
  const noise = fc.array(fc.string({ unit: fc.constantFrom(...'@|*?!,#[]: \tab=1-ssh\0ä') }), { maxLength: 6 })
  fc.assert(
    fc.property(noise, noise, (before, after) => {
      const own = (text: string): boolean => keysOf(text, 'host', 22).some(({ key }) => key.equals(keyOf(1)))
      expect(own([...before, line('host', keyOf(1)), ...after].join('\n'))).toBe(true)
      expect(own([...before, line('other', keyOf(1)), ...after].join('\n'))).toBe(false)
    }),
    { numRuns },
  )
})

it('a damaged key is never the host’s', () => {
  fc.assert(
    fc.property(fc.nat(keyOf(1).length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = keyOf(1)
      damaged[at] = (damaged[at] as number) ^ flip
      expect(verdictOn(keysOf(line('host', damaged), 'host', 22), keyOf(1))).not.toBe('known')
    }),
    { numRuns },
  )
})

it.each([
  ['host', 'host', 22, true],
  ['host', 'host', 2222, false],
  ['[host]:2222', 'host', 2222, true],
  ['HOST', 'host', 22, true],
  ['*.example', 'a.example', 22, true],
  ['*.example,!b.example', 'b.example', 22, false],
  ['h?st', 'host', 22, true],
  ['a,host', 'host', 22, true],
])('the pattern %s is for %s, port %i: %s', (pattern, host, port, fits) => {
  expect(keysOf(line(pattern, keyOf(1)), host, port)).toHaveLength(fits ? 1 : 0)
})
