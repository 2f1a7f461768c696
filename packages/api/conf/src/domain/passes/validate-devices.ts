// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over single devices other than disks.
import type { Pass } from '../../runtime/context.js'
import type { Controller, Domain, MemoryDevice } from '../types.gen.js'
import { pass } from './devices.js'
import { detailError, unsupported, xmlError } from './report.js'

/** Numbers of PCI controllers, and what they may be. */
const ranges = [
  ['chassisNr', 1, 255],
  ['chassis', 0, 255],
  ['port', 0, 255],
  ['busNr', 1, 254],
] as const

function checkRanges({ target }: Controller & { type: 'pci' }): void {
  for (const [name, least, most] of ranges) {
    const given = target?.[name]
    if (given !== undefined && (given < least || given > most))
      unsupported(`PCI controller ${name} '${given}' out of range - must be ${least}-${most}`)
  }
}

function checkThreads({ type, model, driver }: Controller): void {
  if (driver === undefined || driver.iothreads.length === 0) return
  if (type !== 'scsi' || model?.startsWith('virtio') !== true)
    unsupported("iothreads are supported only by 'virtio-scsi' controllers")
  if ((driver.iothread ?? 0) !== 0)
    xmlError("controller driver 'iothread' attribute can't be used together with 'iothreads' subelement")
}

const controllers = pass('controllers', ({ devices }) => {
  for (const controller of devices?.controllers ?? []) {
    checkThreads(controller)
    if (controller.type !== 'pci') continue
    const { model, target, address, index = 0 } = controller
    if (model === 'pci-root' || model === 'pcie-root') {
      if (address !== undefined && address.type !== 'none')
        unsupported('pci-root and pcie-root controllers should not have an address')
    }
    if (index > 255) unsupported(`PCI controller index ${index} too high, maximum is 255`)
    checkRanges(controller)
    if (index === 0 && target?.node !== undefined)
      unsupported("The PCI controller with index=0 can't be associated with a NUMA node")
    if (target?.index === undefined) continue
    if (target.index < 0 || target.index > 30)
      unsupported(`PCI controller target index '${target.index}' out of range - must be 0-30`)
    if ((index === 0) !== (target.index === 0))
      unsupported('Only the PCI controller with index 0 can have target index 0, and vice versa')
  }
})

const hostdevs = pass('host devices', ({ devices }) => {
  let ramfb = 0
  for (const hostdev of devices?.hostdevs ?? []) {
    if ((hostdev.type === 'mdev' || hostdev.type === 'pci') && hostdev.ramfb === true) ramfb++
    if (ramfb > 1) unsupported("Only one vgpu device can have 'ramfb' enabled")
  }
})

const video = pass('video', ({ devices }) => {
  for (const { model, address, driver } of devices?.videos ?? []) {
    const type = model?.type
    if (driver?.name === 'vhostuser' && type !== 'virtio')
      unsupported("'vhostuser' driver is only supported with 'virtio' device")
    const { x = 1, y = 1 } = model?.resolution ?? {}
    if (x === 0 || y === 0) unsupported('video resolution values must be greater than 0')
    if (type !== 'qxl')
      for (const name of ['ram', 'vram64', 'vgamem'] as const)
        if ((model?.[name] ?? 0) !== 0) unsupported(`${name} attribute only supported for video type qxl`)
    if (model?.type === 'ramfb' && address !== undefined && address.type !== 'none')
      unsupported('address not supported for video type ramfb')
  }
})

/** KiB of a memory device that the guest sees as memory: an NVDIMM's label and what does not fill its alignment do not count. */
function mappedSize({ model, source, target }: MemoryDevice): bigint {
  const size = target?.size ?? 0n
  if (model !== 'nvdimm') return size
  const data = size - (target?.label?.size ?? 0n)
  const align = source?.alignsize ?? 0n
  return align > 0n ? (data / align) * align : data
}

const memory = pass('memory devices', (domain) => {
  const cells = domain.cpu?.numa?.cells.length ?? 0
  const ranges: { base: bigint; end: bigint }[] = []
  for (const device of domain.devices?.memorys ?? []) {
    const { target, model, address } = device
    if (target?.node !== undefined && target.node >= cells && cells > 0)
      detailError(
        `can't add memory backend for guest node '${target.node}' as the guest has only '${cells}' NUMA nodes configured`,
      )
    if (model === 'nvdimm' && device.uuid !== undefined && domain.os?.type?.arch?.startsWith('ppc64') !== true)
      unsupported('UUID is not supported for NVDIMM device')
    const base = (address?.type === 'dimm' ? address.base : undefined) ?? target?.address
    if (base === undefined || base === 0n) continue
    const end = base + mappedSize(device) * 1024n
    for (const other of ranges)
      if (base < other.end && other.base < end) {
        const hex = (value: bigint) => `0x${value.toString(16)}`
        unsupported(
          `memory device address [${hex(other.base)}:${hex(other.end)}] overlaps with other memory device (${hex(base)})`,
        )
      }
    ranges.push({ base, end })
  }
})

const iommu = pass('iommu', ({ devices }) => {
  const one = devices?.iommu
  if (one?.model === 'virtio' && one.driver && Object.keys(one.driver).length > 0)
    xmlError("iommu model 'virtio' doesn't support additional attributes")
})

export const deviceRules: readonly Pass<Domain>[] = [controllers, hostdevs, video, memory, iommu]
