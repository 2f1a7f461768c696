// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { cpuModels } from '../../src/index.js'
import { failure, guestOf, hostOf } from './support.js'

const { compare } = cpuModels
const host = hostOf('Penryn', ['vmx', 'dca'], 'Intel')

describe('comparing x86', () => {
  // What a host of Penryn with vmx and dca says to each.
  it.each([
    ['the same features', guestOf('Penryn', ['require vmx', 'require dca']), 'identical'],
    ['fewer features', guestOf('Penryn'), 'superset'],
    ['a smaller model', guestOf('qemu32'), 'superset'],
    ['a larger model', guestOf('Nehalem'), 'incompatible'],
    [
      'a larger model with what is too much disabled',
      guestOf('Nehalem', ['disable popcnt', 'disable sse4.2']),
      'superset',
    ],
    [
      'a larger model with what is too much optional',
      guestOf('Nehalem', ['optional popcnt', 'optional sse4.2']),
      'superset',
    ],
    ['a larger model with what is too much forced', guestOf('Nehalem', ['force popcnt', 'force sse4.2']), 'superset'],
    ['a missing required feature', guestOf('Penryn', ['require popcnt']), 'incompatible'],
    ['a missing forced feature', guestOf('Penryn', ['force popcnt']), 'superset'],
    ['a forbidden feature that is there', guestOf('Penryn', ['forbid vmx']), 'incompatible'],
    ['a forbidden feature that is not there', guestOf('Penryn', ['forbid popcnt']), 'superset'],
    ['strictly less', guestOf('Penryn', [], "match='strict'"), 'incompatible'],
    ['strictly the same', guestOf('Penryn', ['require vmx', 'require dca'], "match='strict'"), 'identical'],
    [
      'strictly the same, part of it optional',
      guestOf('Penryn', ['optional vmx', 'require dca'], "match='strict'"),
      'identical',
    ],
    ['another host', hostOf('Conroe', [], 'Intel'), 'superset'],
    ['a host of another vendor', hostOf('phenom', [], 'AMD'), 'incompatible'],
    ['a host of another architecture', hostOf('POWER8', [], undefined, 'ppc64'), 'incompatible'],
  ] as const)('finds %s', (_what, cpu, verdict) => {
    expect(compare('x86_64', host, cpu)).toBe(verdict)
  })

  it('asks for the vendor that a guest names', () => {
    const guest = { ...guestOf('qemu32'), vendor: 'Intel' }
    expect(compare('x86_64', host, guest)).toBe('superset')
    expect(compare('x86_64', hostOf('Penryn'), guest)).toBe('incompatible')
  })

  it.each([
    [guestOf('Penryn', ['forbid vmx', 'forbid dca']), 'Host CPU provides forbidden features: vmx, dca'],
    [guestOf('Nehalem'), 'Host CPU does not provide required features: sse4.2, popcnt'],
    [guestOf('Penryn', [], "match='strict'"), 'Host CPU does not strictly match guest CPU: Extra features: vmx, dca'],
    [hostOf('phenom', [], 'AMD'), 'host CPU vendor does not match required CPU vendor AMD'],
    [hostOf('POWER8', [], undefined, 'ppc64'), 'CPU arch ppc64 does not match host arch'],
  ])('says why when asked to fail (%#)', (cpu, why) => {
    expect(failure(() => compare('x86_64', host, cpu, { failIncompatible: true }))).toEqual({
      number: 91,
      message: `the CPU is incompatible with host CPU: ${why}`,
    })
  })

  it('holds nothing compatible with a host that is not known', () => {
    expect(compare('x86_64', undefined, guestOf('486'))).toBe('incompatible')
    expect(failure(() => compare('x86_64', undefined, guestOf('486'), { failIncompatible: true })).message).toMatch(
      /unknown host CPU$/,
    )
  })

  it('does not know every name', () => {
    expect(failure(() => compare('x86_64', host, guestOf('Moon'))).message).toBe(
      'internal error: Unknown CPU model Moon',
    )
    expect(failure(() => compare('x86_64', host, guestOf('486', ['optional moon']))).message).toBe(
      'internal error: Unknown CPU feature moon',
    )
  })
})

describe('comparing POWER', () => {
  const power8 = hostOf('POWER8', [], 'IBM', 'ppc64')

  it.each([
    ['its own model', guestOf('POWER8'), 'identical'],
    ['an old name of it', guestOf('POWER8_v1.0'), 'identical'],
    ['another model', guestOf('POWER7'), 'incompatible'],
    ['an earlier generation', guestOf('power7', [], "mode='host-model'"), 'identical'],
    ['its own generation', guestOf('power8', [], "mode='host-model'"), 'identical'],
    ['a later generation', guestOf('power9', [], "mode='host-model'"), 'incompatible'],
    ['no generation', guestOf('', [], "mode='host-model'"), 'identical'],
    ['itself', guestOf('', [], "mode='host-passthrough'"), 'identical'],
    ['another host', hostOf('POWER9', [], 'IBM', 'ppc64'), 'incompatible'],
  ] as const)('finds %s', (_what, cpu, verdict) => {
    expect(compare('ppc64', power8, cpu)).toBe(verdict)
  })

  it('knows which generations there are', () => {
    const guest = (model: string) => guestOf(model, [], "mode='host-model'")
    expect(failure(() => compare('ppc64', power8, guest('power5'))).message).toBe(
      'internal error: Unknown compatibility mode power5',
    )
    expect(
      failure(() => compare('ppc64', hostOf('POWERPC_e6500', [], undefined, 'ppc64'), guest('power8'))).message,
    ).toBe('internal error: Host CPU does not support compatibility modes')
  })
})

describe('comparing others', () => {
  it('leaves guests to the hypervisor', () => {
    for (const arch of ['aarch64', 's390x', 'riscv64', 'loongarch64'])
      expect(compare(arch, undefined, guestOf('anything'))).toBe('identical')
  })

  it('compares hosts of ARM by name', () => {
    const [a, b] = [hostOf('cortex-a57', [], 'ARM', 'aarch64'), hostOf('cortex-a53', [], 'ARM', 'aarch64')]
    expect(compare('aarch64', a, a)).toBe('identical')
    expect(compare('aarch64', a, b)).toBe('incompatible')
  })

  it('refuses architectures without models', () => {
    expect(failure(() => compare('sparc', undefined, guestOf('x'))).number).toBe(3)
  })
})

describe('features that a host must not have', () => {
  it('are looked for by name', () => {
    const guest = guestOf('486', ['forbid vmx', 'forbid svm'])
    expect(() => cpuModels.checkForbidden(guest, hostOf('486'))).not.toThrow()
    expect(() => cpuModels.checkForbidden(guest, guestOf('486', ['disable vmx']))).not.toThrow()
    expect(failure(() => cpuModels.checkForbidden(guest, hostOf('486', ['vmx']))).message).toMatch(
      /Host CPU provides forbidden feature 'vmx'$/,
    )
  })
})
