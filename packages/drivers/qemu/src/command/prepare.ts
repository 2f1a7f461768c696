// SPDX-License-Identifier: LGPL-2.1-or-later
// The document of a guest that is about to start: what the driver chooses, added to a copy.
import { type Domain, type Graphics, type HypervisorCpus, startable, withUsbPorts } from '@virt/conf'
import { withAliases } from './aliases.js'
import { NodeNumbers, numberImages } from './nodes.js'

/** KiB that pieces of memory are a multiple of. */
function memoryUnit({ os }: Domain): bigint {
  return os?.type?.arch?.startsWith('ppc64') === true ? 256n * 1024n : 1024n
}

/** KiB that memory devices are a multiple of. */
function moduleUnit({ os }: Domain): bigint {
  return os?.type?.arch?.startsWith('ppc64') === true ? 256n * 1024n : 2048n
}

function roundUp(size: bigint, unit: bigint): bigint {
  return ((size + unit - 1n) / unit) * unit
}

/** Memory in pieces that the machine can have. */
function alignMemory(domain: Domain): Domain {
  const unit = memoryUnit(domain)
  const cells = domain.cpu?.numa?.cells ?? []
  const devices = domain.devices?.memorys ?? []
  const before = devices.reduce((sum, { target }) => sum + (target?.size ?? 0n), 0n)
  const rounded = cells.map((cell) => ({ ...cell, memory: roundUp(cell.memory ?? 0n, unit) }))
  const memorys = devices.map((device) =>
    device.target === undefined
      ? device
      : { ...device, target: { ...device.target, size: roundUp(device.target.size ?? 0n, moduleUnit(domain)) } },
  )
  const plugged = memorys.reduce((sum, { target }) => sum + (target?.size ?? 0n), 0n)
  const initial =
    rounded.length > 0
      ? rounded.reduce((sum, { memory }) => sum + memory, 0n)
      : roundUp((domain.memory?.value ?? 0n) - before, unit)
  const { maxMemory, cpu } = domain
  return {
    ...domain,
    memory: { ...domain.memory, value: initial + plugged },
    ...(maxMemory === undefined ? {} : { maxMemory: { ...maxMemory, value: roundUp(maxMemory.value ?? 0n, unit) } }),
    ...(cpu?.numa === undefined ? {} : { cpu: { ...cpu, numa: { ...cpu.numa, cells: rounded } } }),
    ...(domain.devices === undefined ? {} : { devices: { ...domain.devices, memorys } }),
  }
}

/** What is chosen for a start. */
export interface Choices {
  readonly numbers?: NodeNumbers
  /** The displays with the ports that they listen on. */
  graphics?(list: readonly Graphics[]): readonly Graphics[]
  /** What the guest's processor is made definite by; absent: it stays as it is. */
  readonly cpus?: HypervisorCpus
}

function withCpu(domain: Domain, cpus: HypervisorCpus | undefined): Domain {
  if (domain.cpu === undefined || cpus === undefined) return domain
  return { ...domain, cpu: startable(domain.os?.type?.arch ?? '', domain.cpu, cpus) }
}

/** The document that a guest is started with. The last disk has the lowest number, as libvirt has it. */
export function prepareDocument(domain: Domain, { numbers = new NodeNumbers(), graphics, cpus }: Choices = {}): Domain {
  const named = withAliases(withUsbPorts(alignMemory(withCpu(domain, cpus))))
  if (named.devices === undefined) return named
  const disks = [...named.devices.disks]
    .reverse()
    .map((disk) => numberImages(disk, numbers))
    .reverse()
  const displays = graphics?.(named.devices.graphics) ?? named.devices.graphics
  return { ...named, devices: { ...named.devices, disks, graphics: displays } }
}
