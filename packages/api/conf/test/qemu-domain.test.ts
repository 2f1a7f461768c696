// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { domain, parseDevice, qemuDomainHooks } from '../src/index.js'
import { qemuHost } from './qemu-host.js'

const flags = new Set(
  'kvm tcg qemu-xhci pcie-root-port pcie-pci-bridge lsi rtl8139 cirrus-vga VGA piix3-usb-uhci vnc ich9-ahci i8042 pci-bridge'.split(
    ' ',
  ),
)
const machine = { maxCpus: 255, hotplugCpus: true, isDefault: false, numaMemory: false, deprecated: false }

const host = qemuHost({
  version: 9_000_000,
  has: (flag) => flags.has(flag),
  machines: () => [
    { ...machine, name: 'pc-i440fx-9.0', alias: 'pc', defaultCpu: 'qemu64', acpi: true },
    { ...machine, name: 'pc-q35-9.0', alias: 'q35', defaultCpu: 'qemu64', acpi: true },
  ],
})
const hooks = qemuDomainHooks(host)
const define = (inside: string, machineType = 'pc') =>
  domain.parse(
    `<domain type='kvm'><name>a</name><memory>1048576</memory>
     <os><type arch='x86_64' machine='${machineType}'>hvm</type></os>${inside}</domain>`,
    { inactive: true, hooks },
  )

const letters = 'abcdefghijklmnopqrstuvwxyz'
const disk = (_: unknown, i: number): string =>
  `<disk type='file'><source file='/${i}'/><target dev='vd${i < 26 ? '' : letters[Math.floor(i / 26) - 1]}${letters[i % 26]}' bus='virtio'/></disk>`

describe('a definition of a QEMU guest', () => {
  it('gets emulator, full machine name, processor and the devices of the machine', () => {
    const read = define('')
    expect(read.devices?.emulator).toBe('/usr/bin/qemu-system-x86_64')
    expect(read.os?.type?.machine).toBe('pc-i440fx-9.0')
    expect(read.cpu).toMatchObject({ mode: 'custom', check: 'none', model: { name: 'qemu64' } })
    expect(read.devices?.controllers.map(({ type, model }) => `${type} ${model}`)).toEqual([
      'usb piix3-uhci',
      'pci pci-root',
    ])
    expect(read.devices?.inputs.map(({ bus }) => bus)).toEqual(['ps2', 'ps2'])
  })

  it('says the same when it is read again', () => {
    const first = domain.print(define("<devices><graphics type='vnc'/></devices>", 'q35'), { secure: true })
    expect(domain.print(domain.parse(first, { inactive: true, hooks }), { secure: true })).toBe(first)
  })

  it('gives each device a slot of its own, on another bus when the first is full', () => {
    for (let count = 0; count <= 40; count++) {
      const { controllers = [], disks = [] } =
        define(`<devices>${Array.from({ length: count }, disk).join('')}</devices>`).devices ?? {}
      const places = disks.map(({ address }) => (address?.type === 'pci' ? `${address.bus}.${address.slot}` : 'none'))
      const buses = controllers.filter(({ type, model }) => type === 'pci' && model === 'pci-bridge').length
      expect(new Set(places).size).toBe(count)
      expect([count, buses]).toEqual([count, count <= 28 ? 0 : 1])
    }
  })

  it('has a free port for what comes later on PCI Express', () => {
    const ports = define('', 'q35').devices?.controllers.filter((one) => one.type === 'pci') ?? []
    expect(ports.map(({ model }) => model)).toEqual(['pcie-root', 'pcie-root-port', 'pcie-root-port', 'pcie-root-port'])
  })

  it.each([
    [
      "<devices><video><model type='qxl'/></video></devices>",
      "domain configuration does not support video model 'qxl'",
    ],
    [
      "<devices><disk type='file' device='disk'><source file='/a'/><target dev='vda1' bus='virtio'/></disk></devices>",
      "invalid disk target 'vda1', partitions can't appear in disk targets",
    ],
    ["<features><gic version='2'/></features>", "The 'gic' feature is not supported for architecture 'x86_64'"],
  ])('is refused for %s', (inside, message) => {
    expect(() => define(inside)).toThrow(message)
  })
})

describe('a device for a QEMU guest', () => {
  it('has the model that the machine gives it, and no place yet', () => {
    const { devices } = parseDevice("<controller type='usb' index='1'/>", define(''), { inactive: true, hooks })
    expect(devices.controllers).toEqual([expect.objectContaining({ type: 'usb', index: 1, model: 'piix3-uhci' })])
    expect(devices.controllers[0]?.address).toBeUndefined()
  })
})
