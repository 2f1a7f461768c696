// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { noKey, type QemuCaps } from '../src/capabilities/caps.js'
import type { Flag } from '../src/capabilities/flags.js'
import { type DomainCapabilitiesHost, domainCapabilitiesOf } from '../src/domain-capabilities/document.js'

const machine = (name: string, alias?: string) => ({
  name,
  alias,
  hotplugCpus: true,
  maxCpus: 288,
  isDefault: false,
  defaultCpu: undefined,
  numaMemSupported: true,
  defaultRamId: undefined,
  deprecated: false,
  acpi: true,
})

function capsWith(arch: string, names: readonly string[], flags: readonly Flag[] = []): QemuCaps {
  const own = { hostCpu: undefined, cpus: [], machines: names.map((name) => machine(name)) }
  return {
    binary: `/usr/bin/qemu-system-${arch}`,
    version: 9_002_000,
    package: '',
    arch,
    flags: new Set(flags),
    accelerators: { kvm: own, tcg: own },
    gic: [{ version: 3, kernel: true, emulated: false }],
    sev: undefined,
    sgx: undefined,
    hyperv: undefined,
    key: noKey,
  }
}

const host: DomainCapabilitiesHost = {
  processor: { arch: 'x86_64', cpu: undefined, addressBits: 46 },
  firmwares: [],
  tpmVersions: ['2.0'],
  kvmMaxCpus: 32,
  sevGuests: undefined,
}

const valuesOf = (
  device: { enums: readonly { name: string; values: readonly string[] }[] } | undefined,
  name: string,
) => device?.enums.find((one) => one.name === name)?.values

describe('domain capabilities', () => {
  it('count processors by the machine, and by what KVM allows', () => {
    const caps = capsWith('x86_64', ['pc-q35-9.2'])
    expect(domainCapabilitiesOf(caps, 'kvm', undefined, host).vcpu?.max).toBe(32)
    expect(domainCapabilitiesOf(caps, 'qemu', undefined, host).vcpu?.max).toBe(288)
  })

  it.each([
    ['x86_64', 'pc-i440fx-9.2', true, true],
    ['x86_64', 'pc-q35-9.2', false, true],
    ['ppc64', 'pseries-9.2', false, false],
  ])('give %s %s its controllers for disks', (arch, name, ide, floppies) => {
    const buses = valuesOf(domainCapabilitiesOf(capsWith(arch, [name]), 'qemu', name, host).devices?.disk, 'bus')
    expect(buses?.includes('ide')).toBe(ide)
    expect(buses?.includes('fdc')).toBe(floppies)
  })

  it('leave out devices of which nothing is there', () => {
    const none = domainCapabilitiesOf(capsWith('x86_64', ['pc-q35-9.2']), 'kvm', undefined, host)
    expect(none.devices?.tpm).toEqual({ supported: false, enums: [] })
    const some = domainCapabilitiesOf(
      capsWith('x86_64', ['pc-q35-9.2'], ['tpm-crb', 'tpm-emulator']),
      'kvm',
      undefined,
      host,
    )
    expect(valuesOf(some.devices?.tpm, 'backendVersion')).toEqual(['2.0'])
    expect(valuesOf(some.devices?.tpm, 'backendModel')).toEqual(['emulator', 'external'])
  })

  it('tell interrupt controllers by who makes them', () => {
    const caps = capsWith('aarch64', ['virt-9.2'])
    expect(valuesOf(domainCapabilitiesOf(caps, 'kvm', undefined, host).features?.gic, 'version')).toEqual(['3'])
    expect(domainCapabilitiesOf(caps, 'qemu', undefined, host).features?.gic?.supported).toBe(false)
  })

  it('offer the host’s processor to guests of its own architecture only', () => {
    const mode = (arch: string, type: string) =>
      domainCapabilitiesOf(capsWith(arch, ['virt']), type, 'virt', host).cpu?.modes[0]?.supported
    expect([mode('x86_64', 'kvm'), mode('i686', 'kvm'), mode('aarch64', 'kvm'), mode('x86_64', 'qemu')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
