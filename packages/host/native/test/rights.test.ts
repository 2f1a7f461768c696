// SPDX-License-Identifier: LGPL-2.1-or-later
// Rights that are given up, in a process of its own: it does not get them back.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { load } from '../src/index.js'
import { fakeNative } from '../src/testing/index.js'

const native = load()
const chown = 1n << 0n
const mine = BigInt(`0x${/^CapEff:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`)
const able = native !== undefined && (mine & chown) !== 0n
if (!able) console.warn('SKIPPED: rights that are given up (needs @virt/native and CAP_CHOWN)')

it('are called by their names', () => {
  expect(() => fakeNative().rights.limit(['everything' as never])).toThrow(TypeError)
})

it.skipIf(!able)('are gone, for programs that are started then as well', () => {
  const addon = join(import.meta.dirname, `../prebuilds/linux-${process.arch}/@virt+native.glibc.node`)
  const script = `
    const module = { exports: {} }
    process.dlopen(module, ${JSON.stringify(addon)})
    module.exports.limitRights(1n, true)
    const { execFileSync } = require('node:child_process')
    console.log(require('node:fs').readFileSync('/proc/self/status', 'utf8'), execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  const all = (name: string): string[] =>
    [...stdout.matchAll(new RegExp(`^${name}:\\t(\\w+)$`, 'gm'))].map(([, v]) => v as string)
  expect([stderr, all('CapBnd').map(Number), all('NoNewPrivs')]).toEqual(['', [1, 1], ['1', '1']])
  expect([...all('CapEff'), ...all('CapPrm')].map(Number)).toEqual([1, 1, 1, 1])
})
