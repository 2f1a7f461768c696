// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { namesOf, sizeOf, x86Map } from '../../src/cpu/x86/map.js'
import { knownFeature, knownModel } from '../../src/cpu/x86/wanted.js'
import { cpuModels } from '../../src/index.js'

describe('table of x86', () => {
  it('has every feature at a bit of its own', () => {
    const { features } = x86Map()
    expect(new Set(features.map(({ set }) => set)).size).toBe(features.length)
    const places = features.map(({ word, bit }) => `${word.kind} ${word.leaf} ${word.sub} ${word.register} ${bit}`)
    expect(new Set(places).size).toBe(features.length)
    expect(features.every(({ bit }) => bit >= 0 && bit < 32)).toBe(true)
  })

  it('knows where well-known bits are', () => {
    const at = (name: string) => {
      const { word, bit } = knownFeature(name)
      return [word.kind, word.leaf, word.sub, word.register, bit]
    }
    expect(at('vmx')).toEqual(['cpuid', 1, 0, 'ecx', 5])
    expect(at('lm')).toEqual(['cpuid', 0x80000001, 0, 'edx', 29])
    expect(at('xsaves')).toEqual(['cpuid', 0xd, 1, 'eax', 3])
    expect(at('rdctl-no')).toEqual(['msr', 0x10a, 0, 'eax', 0])
    expect(at('vmx-true-ctls')).toEqual(['msr', 0x480, 0, 'edx', 23])
  })

  it('builds models out of others', () => {
    const model = (name: string) => knownModel(name)
    expect(namesOf(model('pentium3').features & ~model('pentium2').features)).toEqual(['sse'])
    expect(namesOf(model('Haswell').features & ~model('Haswell-noTSX').features)).toEqual(['hle', 'rtm'])
    expect(sizeOf(model('486').features)).toBe(3)
  })

  it('keeps what a model had once, and what it was told of later, apart', () => {
    const skylake = knownModel('Skylake-Client')
    expect(namesOf(skylake.removed)).toEqual(['mpx'])
    expect(namesOf(skylake.added)).toContain('vmx-ept')
    expect(namesOf(skylake.features)).not.toContain('mpx')
    expect(namesOf(skylake.features)).not.toContain('vmx-ept')
  })

  it('lets versions be what their models are', () => {
    const model = knownModel('Skylake-Client')
    const version = knownModel('Skylake-Client-v1')
    expect(version.features).toBe(model.features)
    expect(version.signatures).toEqual(model.signatures)
    expect(version.removed).toBe(model.removed)
    expect([...version.decode]).toEqual(['host'])
    expect(cpuModels.canonicalOf('x86_64', 'Skylake-Client')).toBe('Skylake-Client-v1')
    expect(cpuModels.canonicalOf('x86_64', 'Skylake-Client-v1')).toBeUndefined()
  })

  it('names only features and vendors that there are', () => {
    const { models, feature, vendorTexts, aliases } = x86Map()
    for (const { vendor } of models) if (vendor !== undefined) expect(vendorTexts.has(vendor)).toBe(true)
    for (const names of Object.values(aliases))
      expect(Object.values(names).filter((name) => !feature.has(name))).toEqual([])
  })
})

describe('names of models', () => {
  it('come in the order of the table', () => {
    expect(cpuModels.modelNames('x86_64')?.slice(0, 3)).toEqual(['486', '486-v1', 'pentium'])
    expect(cpuModels.modelNames('i686')).toEqual(cpuModels.modelNames('x86_64'))
    expect(cpuModels.modelNames('ppc64le')).toContain('POWER10')
  })

  it('are not limited where only the hypervisor knows them', () => {
    for (const arch of ['aarch64', 's390x', 'riscv64', 'loongarch64'])
      expect(cpuModels.modelNames(arch)).toBeUndefined()
  })

  it('fail for architectures that nothing is known of', () => {
    expect(() => cpuModels.modelNames('sparc')).toThrow("'sparc' architecture is not supported by CPU driver")
    expect(() => cpuModels.modelNames('moon')).toThrow('undefined hardware architecture')
  })
})
