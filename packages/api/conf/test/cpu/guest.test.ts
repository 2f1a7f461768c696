// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { cpuModels, type UsableModels } from '../../src/index.js'
import { failure, guestOf, hostOf, policies } from './support.js'

const host = hostOf('Penryn', ['vmx', 'invtsc'], 'Intel')
const models = (...names: string[]): UsableModels => new Map(names.map((name) => [name, {}]))

describe('making a guest definite', () => {
  it('gives a guest the model of the host, and lets it change features', () => {
    const guest = guestOf('', ['disable vmx', 'force svm'], "mode='host-model'")
    const updated = cpuModels.update('x86_64', guest, cpuModels.migratableCopy('x86_64', host))
    expect(updated).toMatchObject({ mode: 'custom', match: 'exact', model: { name: 'Penryn' }, vendor: 'Intel' })
    expect(policies(updated)).toEqual(['disable vmx', 'force svm'])
  })

  it('gives a guest that wants at least a model all that the host has, but no vendor', () => {
    const updated = cpuModels.update('x86_64', guestOf('pentium3', [], "match='minimum'"), host)
    expect(updated).toMatchObject({ match: 'exact', model: { name: 'Penryn', fallback: 'allow' } })
    expect(updated.vendor).toBeUndefined()
    expect(policies(updated)).toEqual(['require vmx', 'require invtsc'])
  })

  it('decides what is optional', () => {
    const guest = guestOf('486', ['optional vmx', 'optional svm', 'forbid aes'])
    expect(policies(cpuModels.update('x86_64', guest, host))).toEqual(['require vmx', 'disable svm', 'forbid aes'])
  })

  it('keeps the vendor text and the fallback that the guest has', () => {
    const guest = guestOf('', [], "mode='host-model'")
    guest.model = { fallback: 'forbid', vendor_id: 'Acme Machine' }
    expect(cpuModels.update('x86_64', guest, host).model).toEqual({
      fallback: 'forbid',
      vendor_id: 'Acme Machine',
      name: 'Penryn',
    })
  })

  it('names features that the model had once', () => {
    expect(policies(cpuModels.update('x86_64', guestOf('Skylake-Client'), undefined))).toEqual(['disable mpx'])
    const named = guestOf('Skylake-Client', ['require mpx'])
    expect(policies(cpuModels.update('x86_64', named, undefined))).toEqual(['require mpx'])
    expect(policies(cpuModels.update('x86_64', guestOf('Skylake-Client'), undefined, 'require'))).toEqual([
      'require mpx',
    ])
  })

  it('needs no host unless something depends on it', () => {
    expect(() => cpuModels.update('x86_64', guestOf('486'), undefined)).not.toThrow()
    expect(failure(() => cpuModels.update('x86_64', guestOf('486', ['optional vmx']), undefined)).message).toBe(
      'unsupported configuration: unknown host CPU model',
    )
  })

  it('leaves guests alone that have what the host has', () => {
    const guest = guestOf('', ['optional vmx'], "mode='host-passthrough'")
    expect(cpuModels.update('x86_64', guest, undefined)).toBe(guest)
  })

  it('keeps the generation of a POWER guest', () => {
    const guest = guestOf('power8', [], "mode='host-model'")
    expect(cpuModels.update('ppc64', guest, undefined)).toBe(guest)
    expect(cpuModels.update('ppc64', guestOf('POWER8', [], "match='minimum'"), undefined).match).toBe('exact')
  })

  it('gives guests of s390 the host with their own features', () => {
    const z15 = guestOf('z15', ['require vx'])
    const guest = guestOf('', ['disable vx', 'require te'], "mode='host-model'")
    const updated = cpuModels.update('s390x', guest, z15)
    expect(updated).toMatchObject({ mode: 'custom', match: 'exact', model: { name: 'z15' } })
    expect(policies(updated)).toEqual(['disable vx', 'require te'])
    expect(failure(() => cpuModels.update('s390x', guestOf('z15', [], "match='minimum'"), z15)).message).toBe(
      'unsupported configuration: match mode minimum not supported',
    )
  })

  it('changes nothing of what it was given', () => {
    const guest = Object.freeze(guestOf('', ['optional vmx'], "mode='host-model'"))
    const before = structuredClone(guest)
    cpuModels.update('x86_64', guest, host)
    expect(guest).toEqual(before)
  })
})

describe('translating', () => {
  it('finds the closest of the models that there are', () => {
    const guest = cpuModels.translate('x86_64', guestOf('Penryn', ['disable ssse3']), models('486', 'Conroe', 'kvm32'))
    expect(guest.model?.name).toBe('Conroe')
    expect(policies(guest)).toContain('disable ssse3')
    expect(policies(guest)).toContain('require sse4.1')
  })

  it('leaves a model that is among them', () => {
    const guest = guestOf('Penryn')
    expect(cpuModels.translate('x86_64', guest, models('Penryn'))).toBe(guest)
    expect(cpuModels.translate('x86_64', guest, undefined)).toBe(guest)
  })

  it('respects that a guest forbids it', () => {
    const guest = { ...guestOf('Penryn'), model: { name: 'Penryn', fallback: 'forbid' as const } }
    expect(failure(() => cpuModels.translate('x86_64', guest, models('486'))).message).toBe(
      'unsupported configuration: CPU model Penryn is not supported by hypervisor',
    )
  })

  it('fails where none fits, or there is nothing to reckon with', () => {
    expect(failure(() => cpuModels.translate('x86_64', guestOf('Penryn'), models('Moon'))).message).toBe(
      'internal error: Cannot find suitable CPU model for given data',
    )
    expect(failure(() => cpuModels.translate('ppc64', guestOf('POWER8'), models('POWER9'))).number).toBe(3)
  })
})

describe('a running guest', () => {
  const data = (cpu: Parameters<typeof cpuModels.encode>[1]) => cpuModels.encode('x86_64', cpu).require

  it('has what the hypervisor has made of it', () => {
    const wanted = guestOf('pentium3', ['require vmx'])
    const live = cpuModels.updateLive(
      'x86_64',
      wanted,
      data(guestOf('pentium3', ['require aes'])),
      data(guestOf('486')),
    )
    expect(policies(live).sort()).toEqual(
      ['disable fpu', 'disable pse', 'disable vme', 'disable vmx', 'require aes'].sort(),
    )
  })

  it('may not differ when the check is full', () => {
    const wanted = guestOf('pentium3', ['require vmx'], "check='full'")
    expect(
      failure(() => cpuModels.updateLive('x86_64', wanted, data(guestOf('pentium3', ['require aes'])), undefined)),
    ).toEqual({
      number: 9,
      message: "operation failed: guest CPU doesn't match specification: extra features: aes, missing features: vmx",
    })
    const same = cpuModels.updateLive('x86_64', wanted, data(wanted), undefined)
    expect(policies(same)).toEqual(['require vmx'])
  })

  it('may have unknown bits withheld only when the check is not full', () => {
    const wanted = guestOf('486', [], "check='full'")
    const unknown = { kind: 'x86' as const, cpuid: [{ leaf: 0x99, sub: 0, eax: 1, ebx: 0, ecx: 0, edx: 0 }], msr: [] }
    expect(failure(() => cpuModels.updateLive('x86_64', wanted, data(wanted), unknown)).message).toBe(
      "operation failed: guest CPU doesn't match specification",
    )
  })

  it('is only asked of those that have a model, or a full check', () => {
    const passed = guestOf('', [], "mode='host-passthrough'")
    expect(cpuModels.updateLive('x86_64', passed, undefined, undefined)).toBeUndefined()
    expect(cpuModels.updateLive('s390x', guestOf('z15'), undefined, undefined)).toBeUndefined()
    const full = guestOf('', ['disable vmx'], "mode='host-passthrough' check='full'")
    expect(policies(cpuModels.updateLive('x86_64', full, data(guestOf('486')), undefined))).toEqual(['disable vmx'])
    expect(
      failure(() => cpuModels.updateLive('x86_64', full, data(guestOf('486', ['require vmx'])), undefined)).message,
    ).toMatch(/extra features: vmx$/)
  })

  it('does not take along features that its model was told of later', () => {
    const live = guestOf('Penryn', ['require vmx', 'require vmx-hlt-exit', 'require vmx-io-exit'])
    const asked = guestOf('Penryn', ['require vmx-io-exit'])
    expect(policies(cpuModels.withoutAdded('x86_64', live, asked))).toEqual(['require vmx', 'require vmx-io-exit'])
    expect(policies(cpuModels.withoutAdded('x86_64', live, undefined))).toEqual(['require vmx'])
  })
})

describe('features', () => {
  it('are all named, in order, when expanded', () => {
    const expanded = cpuModels.expandFeatures('x86_64', guestOf('486', ['disable pse', 'force aes', 'require vmx']))
    expect(policies(expanded)).toEqual(['require fpu', 'disable pse', 'require vme', 'require vmx'])
    const own = cpuModels.expandFeatures('x86_64', hostOf('486', ['aes']))
    expect(own.features).toEqual([{ name: 'aes' }, { name: 'fpu' }, { name: 'pse' }, { name: 'vme' }])
  })

  it('that a guest gets depend on its mode', () => {
    const of = (guest: Parameters<typeof cpuModels.effectiveFeatures>[1]) =>
      cpuModels.effectiveFeatures('x86_64', guest, hostOf('486', ['aes', 'vmx']))
    expect(of(guestOf('', ['disable vmx'], "mode='host-passthrough'"))).toEqual(['aes', 'fpu', 'pse', 'vme'])
    expect(of(guestOf('', ['disable aes'], "mode='host-model'"))).toEqual(['fpu', 'pse', 'vme', 'vmx'])
    expect(of(guestOf('486', ['force svm', 'disable pse', 'optional vmx']))).toEqual(['fpu', 'svm', 'vme', 'vmx'])
  })

  it('are checked by name', () => {
    expect(() => cpuModels.validateFeatures('x86_64', guestOf('486', ['require vmx']))).not.toThrow()
    for (const arch of ['x86_64', 'aarch64'])
      expect(failure(() => cpuModels.validateFeatures(arch, guestOf('x', ['require moon']))).message).toBe(
        'unsupported configuration: unknown CPU feature: moon',
      )
    expect(failure(() => cpuModels.validateFeatures('s390x', guestOf('z15', ['optional vx']))).message).toBe(
      "unsupported configuration: only cpu feature policies 'require' and 'disable' are supported for vx",
    )
  })

  it('are had or not', () => {
    expect(cpuModels.hasFeature('x86_64', host, 'vmx')).toBe(true)
    expect(cpuModels.hasFeature('x86_64', guestOf('486', ['disable pse']), 'pse')).toBe(false)
    expect(failure(() => cpuModels.hasFeature('x86_64', host, 'moon')).message).toBe(
      'internal error: unknown CPU feature moon',
    )
    expect(failure(() => cpuModels.hasFeature('ppc64', host, 'x')).number).toBe(3)
  })
})
