// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { cpuModels, qemuModels } from '../../src/index.js'

describe('names of features', () => {
  it.each([
    ['tsc_adjust', 'tsc-adjust'],
    ['lahf_lm', 'lahf-lm'],
    ['ds_cpl', 'ds-cpl'],
    ['fxsr_opt', 'fxsr-opt'],
    ['pclmuldq', 'pclmulqdq'],
    ['avx512f', 'avx512f'],
    ['md-clear', 'md-clear'],
  ])('are %s for libvirt and %s for QEMU', (ours, theirs) => {
    expect(qemuModels.featureToQemu('x86_64', ours)).toBe(theirs)
    expect(qemuModels.featureFromQemu('x86_64', theirs)).toBe(ours)
  })

  it('are the same on other architectures, and where nobody knows them', () => {
    expect(qemuModels.featureFromQemu('s390x', 'lahf-lm')).toBe('lahf-lm')
    expect(qemuModels.featureToQemu('s390x', 'lahf_lm')).toBe('lahf_lm')
    expect(qemuModels.featureFromQemu('x86_64', 'moon-dust')).toBe('moon-dust')
  })
})

const propertiesOf = (values: Record<string, unknown>) =>
  Object.entries(values).map(([name, value]) => ({ name, value, migratable: name !== 'invtsc' }))

describe('a model that QEMU describes', () => {
  const values = {
    fpu: true,
    'lahf-lm': true,
    invtsc: true,
    vme: false,
    level: 13,
    family: 21n,
    model: 16,
    stepping: 1,
  }
  const properties = propertiesOf(values)

  it('has its features and its signature', () => {
    const data = qemuModels.dataOfQemuModel([...properties, { name: 'vendor', value: 'AuthenticAMD' }])
    for (const name of ['fpu', 'lahf_lm', 'invtsc']) expect(cpuModels.dataHas(data, name)).toBe(true)
    expect(cpuModels.dataHas(data, 'vme')).toBe(false)
    expect(cpuModels.signatureOf(data)).toEqual({ packed: 0x610f01, family: 21, model: 16, stepping: 1 })
  })

  it('is told without what cannot migrate', () => {
    expect(cpuModels.dataHas(qemuModels.dataOfQemuModel(properties, { migratable: true }), 'invtsc')).toBe(false)
  })

  it('has a vendor of twelve letters', () => {
    expect(() => qemuModels.dataOfQemuModel(propertiesOf({ vendor: 'Acme' }))).toThrow(
      "Invalid CPU vendor string 'Acme'",
    )
  })
})

const definition = (name: string, blockers?: readonly string[], deprecated = false) => ({
  name,
  usable: blockers && blockers.length === 0,
  blockers: blockers ?? [],
  deprecated,
})

describe("the host's model", () => {
  const host = { model: 'base', properties: propertiesOf({ fpu: true, pse: true, vme: true, aes: true, invtsc: true }) }

  it('is one of those that QEMU can run, without what blocks it', () => {
    const guest = qemuModels.hostModelOf('x86_64', host, [definition('486', ['vme']), definition('base', [])])
    expect(guest?.model?.name).toBe('486')
    expect(guest?.features).toEqual([
      { name: 'aes', policy: 'require' },
      { name: 'invtsc', policy: 'require' },
      { name: 'vme', policy: 'disable' },
    ])
  })

  it('may be asked for as it can migrate', () => {
    const guest = qemuModels.hostModelOf('x86_64', host, undefined, { migratable: true })
    expect(guest?.features.map(({ name }) => name)).toEqual(['aes'])
  })

  it('is what QEMU calls it on s390', () => {
    const z = { model: 'gen16a-base', properties: propertiesOf({ aen: true, vx: false, invtsc: true, static: 'yes' }) }
    expect(qemuModels.hostModelOf('s390x', z, undefined, { migratable: true })).toMatchObject({
      model: { name: 'gen16a-base' },
      features: [
        { name: 'aen', policy: 'require' },
        { name: 'vx', policy: 'disable' },
      ],
    })
  })

  it('is not known of others', () => {
    expect(qemuModels.hostModelOf('aarch64', host, undefined)).toBeUndefined()
  })
})

describe('the table of models', () => {
  const definitions = [
    definition('host', []),
    definition('Penryn', ['pclmulqdq', 'lahf-lm', 'lahf-lm'], true),
    definition('486', []),
    definition('base'),
    definition('Conroe'),
  ]

  it('has those that both know, by name, with what stands against them', () => {
    expect(qemuModels.modelTable('x86_64', definitions)).toEqual([
      { name: '486', usable: 'yes', blockers: [], deprecated: false, vendor: undefined, canonical: '486-v1' },
      { name: 'Conroe', usable: 'unknown', blockers: [], deprecated: false, vendor: 'Intel', canonical: 'Conroe-v1' },
      {
        name: 'Penryn',
        usable: 'no',
        blockers: ['lahf_lm', 'pclmuldq'],
        deprecated: true,
        vendor: 'Intel',
        canonical: 'Penryn-v1',
      },
    ])
  })

  it('has all where only the hypervisor knows them, and none where nothing can be done', () => {
    const names = (arch: string) => qemuModels.modelTable(arch, definitions).map(({ name }) => name)
    expect(names('aarch64')).toEqual(['486', 'Conroe', 'Penryn', 'base'])
    expect(names('sparc')).toEqual([])
  })

  it('has the names of POWER in capitals', () => {
    const [model] = qemuModels.modelTable('ppc64', [definition('power9'), definition('970')])
    expect(model).toMatchObject({ name: 'POWER9', vendor: 'IBM' })
  })
})
