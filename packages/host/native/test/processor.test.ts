// SPDX-License-Identifier: LGPL-2.1-or-later
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { load } from '../src/index.js'
import { fakeNative } from '../src/testing/index.js'

const native = load()
const x86 = process.arch === 'x64' || process.arch === 'ia32'

function lineOf(name: string): string | undefined {
  return new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]
}

describe.skipIf(native === undefined || !x86)('the processor', () => {
  it('says who made it, as the kernel has it', () => {
    const { ebx = 0, ecx = 0, edx = 0 } = native?.processor.cpuid(0) ?? {}
    const name = Buffer.alloc(12)
    for (const [i, part] of [ebx, edx, ecx].entries()) name.writeUInt32LE(part, 4 * i)
    expect(name.toString()).toBe(lineOf('vendor_id'))
  })

  it('answers by subleaf', () => {
    const eax = native?.processor.cpuid(1)?.eax ?? 0
    expect(eax & 0xf).toBe(Number(lineOf('stepping')))
    expect(native?.processor.cpuid(0xd, 1)).not.toEqual(native?.processor.cpuid(0xd, 0))
  })

  it('refuses numbers that are no leaves', () => {
    for (const leaf of [-1, 0.5, 2 ** 32]) expect(() => native?.processor.cpuid(leaf)).toThrow(RangeError)
  })

  it('says that there is no KVM where there is none', async () => {
    await expect(native?.processor.kvmRegisters([0x10a], '/nonexistent')).rejects.toMatchObject({
      code: 'ENOENT',
      path: '/nonexistent',
    })
    await expect(native?.processor.kvmCounter('/dev/null')).rejects.toMatchObject({ code: 'ENOTTY' })
    expect(await native?.processor.kvmRegisters([0x10a], '/dev/null')).toEqual([undefined])
  })
})

describe('the processor of the fake', () => {
  it('says nothing', async () => {
    const { processor } = fakeNative()
    expect(processor.cpuid(0)).toBeUndefined()
    await expect(processor.kvmCounter()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
