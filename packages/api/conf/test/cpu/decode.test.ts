// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { x86Map } from '../../src/cpu/x86/map.js'
import { type CpuData, cpuModels, parseCpuData, printCpuData, qemuModels, type UsableModels } from '../../src/index.js'
import { failure, guestOf, hostOf, policies } from './support.js'

const features = () => x86Map().features.map(({ name }) => name)
const someFeatures = fc.subarray(features())
const someModel = fc.constantFrom(...x86Map().models.map(({ name }) => name))

/** Data of a processor with all features of a model, more of them, and perhaps fewer. */
function dataOf(model: string, more: readonly string[] = [], less: readonly string[] = []): CpuData {
  const has = new Set(cpuModels.effectiveFeatures('x86_64', guestOf(model), undefined))
  for (const name of more) has.add(name)
  for (const name of less) has.delete(name)
  return [...has].reduce((data, name) => cpuModels.dataWith(data, name), {
    kind: 'x86',
    cpuid: [],
    msr: [],
  } as CpuData)
}

/** Data of a processor that QEMU describes. */
function fromQemu(values: Record<string, unknown>): CpuData {
  return qemuModels.dataOfQemuModel(Object.entries(values).map(([name, value]) => ({ name, value })))
}

describe('data', () => {
  const text = `<cpudata arch='x86'>
  <cpuid eax_in='0x00000001' ecx_in='0x00000000' eax='0x000906e9' ebx='0x00000000' ecx='0x00000020' edx='0x00000000'/>
  <cpuid eax_in='0x0000000d' ecx_in='0x00000001' eax='0x0000000f' ebx='0x00000000' ecx='0x00000000' edx='0x00000000'/>
  <msr index='0x10a' eax='0x00000001' edx='0x00000000'/>
</cpudata>
`

  it('is read and printed', () => {
    const data = parseCpuData(text)
    expect(printCpuData(data)).toBe(text)
    expect(cpuModels.dataHas(data, 'vmx')).toBe(true)
    expect(cpuModels.dataHas(data, 'rdctl-no')).toBe(true)
    expect(cpuModels.dataHas(data, 'aes')).toBe(false)
    expect(cpuModels.signatureOf(data)).toEqual({ packed: 0x906e9, family: 6, model: 158, stepping: 9 })
  })

  it('is the same in any order, and whatever is zero is not printed', () => {
    const lines = text.split('\n')
    const other = parseCpuData([lines[0], lines[3], "<cpuid eax_in='2'/>", lines[2], lines[1], lines[4]].join('\n'))
    expect(printCpuData(other)).toBe(text)
    expect(cpuModels.identicalData(parseCpuData(text), parseCpuData(text))).toBe(true)
    expect(cpuModels.identicalData(parseCpuData(text), cpuModels.dataWith(parseCpuData(text), 'aes'))).toBe(false)
  })

  it.each([
    ["<cpudata><cpuid eax_in='1'/></cpudata>", 'missing CPU data architecture'],
    ["<cpudata arch='moon'/>", "CPU driver 'moon' does not exist"],
    ["<cpudata arch='x86'/>", 'no x86 CPU data found'],
    ["<cpudata arch='x86'><cpuid eax_in='1'/><cpuid/></cpudata>", 'Invalid cpuid[1]'],
    ["<cpudata arch='x86'><cpuid eax_in='1' eax='x'/></cpudata>", 'Invalid cpuid[0]'],
    ["<cpudata arch='x86'><msr index='0x1ffffffff' eax='0' edx='0'/></cpudata>", 'Invalid msr[0]'],
  ])('is refused: %s', (bad, why) => {
    expect(failure(() => parseCpuData(bad)).message).toBe(`internal error: ${why}`)
  })

  it('comes back from its text (property)', () => {
    fc.assert(
      fc.property(someModel, someFeatures, (model, more) => {
        const data = dataOf(model, more)
        expect(cpuModels.identicalData(parseCpuData(printCpuData(data)), data)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('takes features of the hypervisor, and none that nobody knows', () => {
    const data = cpuModels.dataWith(dataOf('486'), 'hv-vapic')
    expect(cpuModels.dataHas(data, 'hv-relaxed')).toBe(true)
    expect(cpuModels.dataHas(data, 'hv-runtime')).toBe(false)
    expect(cpuModels.dataWith(data, 'moon')).toBe(data)
    expect(failure(() => cpuModels.dataHas(data, 'moon')).message).toBe('internal error: unknown CPU feature moon')
  })
})

describe('decoding', () => {
  it('gives back all features and no others (property)', () => {
    const all = (cpu: ReturnType<typeof guestOf>) => cpuModels.effectiveFeatures('x86_64', cpu, undefined)
    fc.assert(
      fc.property(someModel, someFeatures, someFeatures, (model, more, less) => {
        const data = dataOf(model, more, less)
        const has = features().filter((name) => cpuModels.dataHas(data, name))
        expect(all(cpuModels.decode(data))).toEqual(has.sort())
      }),
      { numRuns: 40 },
    )
  })

  it('never says of a host that it lacks something', () => {
    const host = cpuModels.decode(dataOf('Haswell', ['vmx'], ['hle', 'smep']), { hostArch: 'x86_64' })
    expect(host.arch).toBe('x86_64')
    expect(cpuModels.hasFeature('x86_64', host, 'smep')).toBe(false)
    expect(cpuModels.hasFeature('x86_64', host, 'rtm')).toBe(true)
  })

  it('finds a model by its signature where features would choose another', () => {
    const withSignature = (packed: number) =>
      cpuModels.decode({
        ...(dataOf('Broadwell') as Extract<CpuData, { kind: 'x86' }>),
        cpuid: (dataOf('Broadwell') as Extract<CpuData, { kind: 'x86' }>).cpuid.map((leaf) =>
          leaf.leaf === 1 ? { ...leaf, eax: packed } : leaf,
        ),
      }).model?.name
    expect(withSignature(0)).toBe('Broadwell')
    // 6/94 is a Skylake client, 6/61 a Broadwell.
    expect(withSignature(0x506e3)).toBe('Skylake-Client')
    expect(withSignature(0x306d4)).toBe('Broadwell')
  })

  it('passes over vendors that it cannot be', () => {
    const data = fromQemu({ vendor: 'AuthenticAMD', fpu: true, pse: true, lm: true, mmx: true })
    const { vendor, model } = cpuModels.decode(data)
    expect(vendor).toBe('AMD')
    expect([undefined, 'AMD']).toContain(cpuModels.vendorOf('x86_64', model?.name ?? ''))
  })

  it('takes only what the hypervisor has, and disables what blocks it', () => {
    const models: UsableModels = new Map([['Penryn', { blockers: ['ssse3', 'moon'] }]])
    const guest = cpuModels.decode(dataOf('Nehalem'), { models })
    expect(guest.model?.name).toBe('Penryn')
    expect(policies(guest)).toEqual(['require sse4.2', 'require popcnt', 'disable ssse3'])
  })

  it('does not believe in TSX where it is broken', () => {
    const data = (stepping: number) =>
      fromQemu({
        vendor: 'GenuineIntel',
        family: 6,
        model: 63,
        stepping,
        hle: true,
        rtm: true,
        fpu: true,
      })
    const has = (stepping: number) =>
      cpuModels.effectiveFeatures('x86_64', cpuModels.decode(data(stepping)), undefined).includes('hle')
    expect([2, 4].map(has)).toEqual([false, true])
  })

  it('finds generations of POWER by their version', () => {
    const pvr = (value: number): CpuData => ({ kind: 'ppc64', pvr: [{ value, mask: 0xffffffff }] })
    expect(cpuModels.decode(pvr(0x004e1202))).toMatchObject({ model: { name: 'POWER9' }, vendor: 'IBM' })
    expect(failure(() => cpuModels.decode(pvr(0x123))).message).toBe(
      'operation failed: Cannot find CPU model with PVR 0x00000123',
    )
    expect(failure(() => cpuModels.decode(pvr(0x004e1202), { models: new Map() })).message).toBe(
      'unsupported configuration: CPU model POWER9 is not supported by hypervisor',
    )
  })

  it('finds parts of ARM', () => {
    const part = (vendor: number, number: number): CpuData => ({ kind: 'arm', vendor, part: number, features: ['fp'] })
    expect(cpuModels.decode(part(0x48, 0xd01), { hostArch: 'aarch64' })).toEqual({
      arch: 'aarch64',
      model: 'Kunpeng-920',
      vendor: 'HiSilicon',
      features: [{ name: 'fp' }],
    })
    expect(failure(() => cpuModels.decode(part(0x41, 0xfff))).message).toBe(
      'operation failed: Cannot find CPU model with PVR 0xfff',
    )
    expect(failure(() => cpuModels.decode(part(0x3, 0xd01))).message).toBe(
      'operation failed: Cannot find CPU vendor with vendor id 0x03',
    )
  })
})

describe('encoding', () => {
  it('sorts features by policy', () => {
    const data = cpuModels.encode('x86_64', {
      ...guestOf('486', ['force aes', 'disable vmx', 'forbid svm']),
      vendor: 'Intel',
    })
    expect(cpuModels.dataHas(data.force, 'aes')).toBe(true)
    expect(cpuModels.dataHas(data.disable, 'vmx')).toBe(true)
    expect(cpuModels.dataHas(data.forbid, 'svm')).toBe(true)
    expect(cpuModels.dataHas(data.require, 'fpu')).toBe(true)
    expect(data.optional.cpuid).toEqual([])
    expect(cpuModels.decode({ ...data.require, cpuid: [...data.require.cpuid, ...data.vendor.cpuid] }).vendor).toBe(
      'Intel',
    )
  })

  it('needs a model, a vendor that is known, and x86', () => {
    expect(failure(() => cpuModels.encode('x86_64', guestOf(''))).number).toBe(8)
    expect(failure(() => cpuModels.encode('x86_64', { ...guestOf('486'), vendor: 'Acme' })).message).toBe(
      'operation failed: CPU vendor Acme not found',
    )
    expect(failure(() => cpuModels.encode('ppc64', guestOf('POWER8'))).number).toBe(3)
  })
})

describe('the baseline', () => {
  const { baseline } = cpuModels

  it('runs on all hosts (property)', () => {
    const someHost = fc.tuple(someModel, fc.subarray(features(), { maxLength: 12 })).map(([m, f]) => hostOf(m, f))
    fc.assert(
      fc.property(fc.array(someHost, { minLength: 1, maxLength: 3 }), (hosts) => {
        let found: ReturnType<typeof baseline>
        try {
          found = baseline(undefined, hosts)
        } catch (error) {
          // Vendors that do not match; anything else would be a fault.
          expect((error as { number: number }).number).toBe(9)
          return
        }
        for (const host of hosts)
          expect(cpuModels.compare('x86_64', host, { ...found, features: found.features })).not.toBe('incompatible')
      }),
      { numRuns: 40 },
    )
  })

  it('is the model that all have, and no other', () => {
    const found = baseline(undefined, [hostOf('Penryn', ['vmx', 'aes'], 'Intel'), hostOf('Penryn', ['aes'], 'Intel')])
    expect(found).toMatchObject({ model: { name: 'Penryn', fallback: 'forbid' }, vendor: 'Intel' })
    expect(policies(found)).toEqual(['require aes'])
  })

  it('is limited to features and models that are allowed, and to what can migrate', () => {
    const hosts = [hostOf('Penryn', ['vmx', 'invtsc'], 'Intel')]
    expect(policies(baseline(undefined, hosts, { migratable: true }))).toEqual(['require vmx'])
    const limited = baseline(undefined, hosts, { features: ['fpu', 'pse', 'vmx', 'moon'] })
    expect(cpuModels.effectiveFeatures('x86_64', limited, undefined)).toEqual(['fpu', 'pse', 'vmx'])
    expect(baseline(undefined, hosts, { models: new Map([['Conroe', {}]]) }).model).toEqual({
      name: 'Conroe',
      fallback: 'allow',
    })
  })

  it('does not say a vendor that not all say', () => {
    expect(baseline(undefined, [hostOf('Penryn', [], 'Intel'), hostOf('Penryn')]).vendor).toBeUndefined()
  })

  it('fails where there is none', () => {
    const message = (...hosts: Parameters<typeof baseline>[1]) => failure(() => baseline(undefined, hosts)).message
    expect(message()).toBe('invalid argument: no CPUs given')
    expect(message(guestOf(''))).toBe('invalid argument: no CPU model specified at index 0')
    expect(message(hostOf('Penryn', [], 'Acme'))).toBe('operation failed: Unknown CPU vendor Acme')
    expect(message(hostOf('Penryn', [], 'Intel'), hostOf('phenom', [], 'AMD'))).toBe(
      'operation failed: CPU vendors do not match',
    )
    expect(message(hostOf('486'), hostOf('Penryn', [], 'AMD'))).toBe(
      'operation failed: CPU vendor Intel of model Penryn differs from vendor AMD',
    )
    expect(message(hostOf('POWER8', [], 'IBM', 'ppc64'), hostOf('POWER9', [], 'IBM', 'ppc64'))).toBe(
      'operation failed: CPUs are incompatible',
    )
    expect(message(hostOf('z15', [], undefined, 's390x'))).toMatch(/cannot compute baseline CPU of s390x architecture$/)
  })
})
