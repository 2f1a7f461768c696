// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import {
  bhyveDomainCapabilities,
  type CapabilityDevice,
  domainCapabilities,
  xenDomainCapabilities,
} from '../src/index.js'

const valuesOf = (device: CapabilityDevice | undefined, name: string) =>
  device?.enums.find((one) => one.name === name)?.values

describe('what guests of bhyve can have', () => {
  const document = (...capabilities: string[]) =>
    bhyveDomainCapabilities({
      emulator: '/usr/sbin/bhyve',
      arch: 'x86_64',
      has: (name) => capabilities.includes(name),
      firmwares: ['/firmware/one.fd'],
    })

  it('tells of no firmware and no screen where the program has neither', () => {
    const { os, devices } = document()
    expect(os).toMatchObject({ supported: true, loader: { supported: false, values: [] } })
    expect([devices?.graphics?.supported, devices?.video?.supported]).toEqual([false, false])
  })

  it('lists firmware that is installed where the program boots from it', () => {
    expect(document('lpc-bootrom').os?.loader).toMatchObject({ supported: true, values: ['/firmware/one.fd'] })
  })

  it('has VNC and its frame buffer as video where the program has one', () => {
    const { devices } = document('lpc-bootrom', 'fbuf')
    expect(valuesOf(devices?.graphics, 'type')).toEqual(['vnc'])
    expect(valuesOf(devices?.video, 'modelType')).toEqual(['gop'])
  })
})

describe('what guests of Xen can have', () => {
  const document = (machine: string) =>
    xenDomainCapabilities({ emulator: '/usr/bin/qemu', arch: 'x86_64', machine, firmwares: ['/boot/hvmloader'] })

  it.each([
    ['xenpv', 512, false, true],
    ['xenpvh', 512, false, false],
    ['xenfv', 128, true, true],
  ])('of %s: %i processors, firmware %s, devices of the host %s', (machine, processors, firmware, hostdevs) => {
    const found = document(machine)
    expect(found.vcpu?.max).toBe(processors)
    expect(found.os?.loader?.supported).toBe(firmware)
    expect(domainCapabilities.print(found).includes('<hostdev ')).toBe(hostdevs)
  })
})
