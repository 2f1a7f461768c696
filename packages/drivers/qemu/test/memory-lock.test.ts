// SPDX-License-Identifier: LGPL-2.1-or-later
import { domain } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { memoryLockLimit } from '../src/process/memory-lock.js'

const gigabyte = 1024n * 1024n

function limitOf(devices: string, more = '', arch = 'x86_64', plus = 0): bigint | undefined {
  const machine = arch === 'ppc64' ? 'pseries' : 'q35'
  const text = `<domain type='kvm'><name>guest</name><memory unit='GiB'>4</memory>${more}
    <os><type arch='${arch}' machine='${machine}'>hvm</type></os><devices>${devices}</devices></domain>`
  return memoryLockLimit(domain.parse(text), plus)
}

const pciAt = (slot: number) =>
  `<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='${slot}' function='0'/></source></hostdev>`
const pci = pciAt(0)
const nvme = `<disk type='nvme' device='disk'><source type='pci' namespace='1'><address domain='0' bus='2' slot='0' function='0'/>
  </source><target dev='vda' bus='virtio'/></disk>`
const vdpa = `<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>`

describe('memory that a guest may lock', () => {
  it.each<[string, string, bigint]>([
    ['nothing without devices that reach it', '', 0n],
    ['all of it once, and a gigabyte, for devices that share tables', pci + pciAt(1), 5n * gigabyte],
    ['once more for an NVMe disk', pci + nvme, 9n * gigabyte],
    ['once more for each vDPA device', vdpa + vdpa, 9n * gigabyte],
    ['once for each device behind an IOMMU of the guest', `${pci + pciAt(1)}<iommu model='intel'/>`, 9n * gigabyte],
    ['once where that IOMMU is paravirtual', `${pci + pciAt(1)}<iommu model='virtio'/>`, 5n * gigabyte],
  ])('%s', (_name, devices, expected) => {
    expect(limitOf(devices)).toBe(expected)
  })

  it('counts a device that is about to come', () => {
    expect(limitOf('', '', 'x86_64', 1)).toBe(5n * gigabyte)
  })

  it('is what the document says, before anything else', () => {
    const hard = "<memtune><hard_limit unit='GiB'>2</hard_limit></memtune>"
    const locked = '<memoryBacking><locked/></memoryBacking>'
    expect(limitOf(pci, hard + locked)).toBe(2n * gigabyte)
    expect(limitOf(pci, locked)).toBeUndefined()
  })

  it('has tables of pages in it on pseries', () => {
    expect(limitOf('', '', 'ppc64')).toBe(4n * 8192n + 4096n + 8192n)
    expect(limitOf(pci, '', 'ppc64')).toBeGreaterThan(4n * gigabyte)
  })
})
