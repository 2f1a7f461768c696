// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { checkAbiStability, type Domain, domain } from '../src/index.js'

const text = `<domain type='kvm'>
  <name>web</name>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <memory>1048576</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/></disk>
    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
  </devices>
</domain>`

const read = (change: (xml: string) => string = (xml) => xml): Domain => domain.parse(change(text))
const swap = (from: string, to: string) => read((xml) => xml.replace(from, to))

describe('what a guest sees of its machine', () => {
  it('is the same under the same definition', () => {
    expect(() => checkAbiStability(read(), read())).not.toThrow()
  })

  it('leaves out what is behind a disk', () => {
    expect(() => checkAbiStability(read(), swap("file='/a'", "file='/b'"))).not.toThrow()
  })

  it.each([
    ["machine='pc'", "machine='q35'", 'Target domain machine type q35 does not match source pc'],
    ['<vcpu>2', '<vcpu>4', 'Target domain vCPU max 4 does not match source 2'],
    ['<acpi/>', '', "State of feature 'acpi' differs: source: 'on', destination: 'default'"],
    ["slot='0x04'", "slot='0x05'", 'Target device PCI address 0000:00:05.0 does not match source 0000:00:04.0'],
    ["<model type='virtio'/>", '', 'Target network card model <null> does not match source virtio'],
    ['11:22:33', '11:22:34', 'Target network card mac 52:54:00:11:22:34 does not match source 52:54:00:11:22:33'],
    ['<name>web', '<name>db', "Target domain name 'db' does not match source 'web'"],
    ['<vcpu>2', "<clock><timer name='hpet' present='no'/></clock><vcpu>2", 'Target domain timers do not match source'],
  ])('differs where %s becomes %s', (from, to, message) => {
    expect(() => checkAbiStability(read(), swap(from, to))).toThrow(`unsupported configuration: ${message}`)
  })

  it('lets current memory differ if asked to', () => {
    const less = '</memory><currentMemory>1024</currentMemory>'
    expect(() => checkAbiStability(read(), swap('</memory>', less))).toThrow('current memory')
    expect(() => checkAbiStability(read(), swap('</memory>', less), { ignoreVolatile: true })).not.toThrow()
  })
})
