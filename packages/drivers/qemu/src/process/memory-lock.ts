// SPDX-License-Identifier: LGPL-2.1-or-later
// How much memory a guest's process may lock: devices that reach memory by themselves need it to stay where it is.
import type { Disk, Domain, StorageSource } from '@virt/conf'
import { isPpc64 } from '../command/machine.js'

const mega = 1024n
const giga = 1024n * mega

function isNvme(source: StorageSource | undefined): boolean {
  return source?.type === 'nvme'
}

function chainHas(disk: Disk, test: (source: StorageSource) => boolean): boolean {
  if (test(disk.source)) return true
  for (let store = disk.backingStore; store?.source !== undefined; store = store.backingStore)
    if (test(store.source)) return true
  return false
}

/** Devices of a guest that lock its memory. */
function lockers({ devices }: Domain): { vfio: number; nvme: boolean; vdpa: number } {
  if (devices === undefined) return { vfio: 0, nvme: false, vdpa: 0 }
  const vfio = devices.hostdevs.filter((one) => one.type === 'mdev' || one.type === 'pci' || one.type === 'net').length
  const nets = devices.interfaces.filter((one) => one.type === 'hostdev').length
  const vdpaNets = devices.interfaces.filter((one) => one.type === 'vdpa').length
  const vdpaDisks = devices.disks.filter((disk) => chainHas(disk, ({ type }) => type === 'vhostvdpa')).length
  return {
    vfio: vfio + nets,
    nvme: devices.disks.some((disk) => chainHas(disk, isNvme)),
    vdpa: vdpaNets + vdpaDisks,
  }
}

/** All memory that the guest can come to have, in KiB. */
function mostMemory(domain: Domain): bigint {
  return domain.maxMemory?.value ?? domain.memory?.value ?? 0n
}

/** pseries: tables of pages and bridges, and windows of devices. */
function pseriesLimit(domain: Domain, usesVfio: boolean): bigint {
  const bridges = (domain.devices?.controllers ?? []).filter(
    (one) => one.type === 'pci' && one.model === 'pci-root',
  ).length
  const phbs = BigInt(Math.max(bridges, 1))
  const base = mostMemory(domain) / 128n + 4096n * phbs + 8192n
  if (!usesVfio) return base
  const memory = domain.memory?.value ?? 0n
  const window = memory + (memory / 512n) * phbs + 8192n
  return base + (2n * giga * phbs > window ? 2n * giga * phbs : window)
}

/**
 * The limit in KiB; 0: nothing is set, undefined: there is none.
 * @param plus one more device that is about to be attached counts as one that locks memory of its own
 */
export function memoryLockLimit(domain: Domain, plus = 0): bigint | undefined {
  const hard = domain.memtune?.hard_limit
  if (hard !== undefined) return hard
  if (domain.memoryBacking?.locked) return undefined
  const found = lockers(domain)
  const vfio = found.vfio + plus
  if (isPpc64(domain)) return domain.type === 'kvm' ? pseriesLimit(domain, vfio > 0 || found.nvme) : 0n
  // Each device sees memory through tables of its own where the guest has an IOMMU; else they share one.
  const separate = domain.devices?.iommu !== undefined && domain.devices.iommu.model !== 'virtio'
  const times = (separate ? vfio : Math.min(vfio, 1)) + (found.nvme ? 1 : 0) + found.vdpa
  return times === 0 ? 0n : BigInt(times) * mostMemory(domain) + giga
}
