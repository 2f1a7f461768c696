// SPDX-License-Identifier: LGPL-2.1-or-later
// Sizes of memory that machines can have.
import type { Domain, MemoryDevice } from '@virt/conf'
import { configUnsupported } from '../errors.js'
import { isPpc64 } from './machine.js'

/** KiB of the largest size that there is: QEMU counts bytes with a sign. */
const most = (2n ** 63n - 1n) / 1024n
/** KiB that memory of POWER machines is a multiple of. */
const powerUnit = 256n * 1024n

/** KiB that pieces of memory are a multiple of. */
function memoryUnit(domain: Domain): bigint {
  return isPpc64(domain) ? powerUnit : 1024n
}

/** KiB that memory devices are a multiple of. */
function moduleUnit(domain: Domain): bigint {
  return isPpc64(domain) ? powerUnit : 2048n
}

function roundUp(size: bigint, unit: bigint, what: string): bigint {
  const rounded = ((size + unit - 1n) / unit) * unit
  if (rounded > most) throw configUnsupported(`${what} overflowed after alignment`)
  return rounded
}

/** Size of a memory device. What the guest sees of an NVDIMM on POWER is without its label, and never more than there is. */
function moduleSize(domain: Domain, { model, target }: MemoryDevice, index: number): bigint {
  const size = target?.size ?? 0n
  if (model !== 'nvdimm' || !isPpc64(domain))
    return roundUp(size, moduleUnit(domain), `size of memory module '${index}'`)
  const label = target?.label?.size ?? 0n
  const area = (size - label) / powerUnit
  if (area === 0n) throw configUnsupported('minimum target size for the NVDIMM must be 256MB plus the label size')
  return area * powerUnit + label
}

/** The document with sizes that the machine can have. @throws VirtError `config-unsupported` for sizes that no machine has */
export function alignMemory(domain: Domain): Domain {
  const unit = memoryUnit(domain)
  const cells = domain.cpu?.numa?.cells ?? []
  const devices = domain.devices?.memorys ?? []
  const before = devices.reduce((sum, { target }) => sum + (target?.size ?? 0n), 0n)
  const rounded = cells.map((cell, i) => ({
    ...cell,
    memory: roundUp(cell.memory ?? 0n, unit, `memory size of NUMA node '${cell.id ?? i}'`),
  }))
  const memorys = devices.map((device, i) =>
    device.target === undefined
      ? device
      : { ...device, target: { ...device.target, size: moduleSize(domain, device, i) } },
  )
  const plugged = memorys.reduce((sum, { target }) => sum + (target?.size ?? 0n), 0n)
  const initial =
    rounded.length > 0
      ? rounded.reduce((sum, { memory }) => sum + memory, 0n)
      : roundUp((domain.memory?.value ?? 0n) - before, unit, 'initial memory size')
  if (initial > most) throw configUnsupported('initial memory size overflowed after alignment')
  const { maxMemory, cpu } = domain
  return {
    ...domain,
    memory: { ...domain.memory, value: initial + plugged },
    ...(maxMemory === undefined
      ? {}
      : { maxMemory: { ...maxMemory, value: roundUp(maxMemory.value ?? 0n, unit, 'maximum memory size') } }),
    ...(cpu?.numa === undefined ? {} : { cpu: { ...cpu, numa: { ...cpu.numa, cells: rounded } } }),
    ...(domain.devices === undefined ? {} : { devices: { ...domain.devices, memorys } }),
  }
}
