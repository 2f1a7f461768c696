// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over the smaller devices of QEMU guests, and over addresses of all of them.
import type { Pass } from '../../../../runtime/context.js'
import { eachDevice } from '../../../passes/devices.js'
import type { Domain, Filesystem, Hostdev, Iommu, Shmem, Smartcard, Tpm, Watchdog } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { hasSharedMemory, isArm, isArmVirt, isCcw, isPSeries, isQ35, isS390, machineOf } from '../machine.js'
import { unsupported, xmlError } from '../report.js'

const bus = ({ address }: { address?: { type: string } | undefined }): string => address?.type ?? 'none'

function addresses(domain: Domain, { caps }: QemuScope): void {
  eachDevice(domain, ({ address, acpi }) => {
    if (address?.type === 'pci' && address.zpci && !caps.has('zpci'))
      unsupported("This QEMU binary doesn't support zPCI")
    if (address?.type === 'spapr-vio' && (address.reg ?? 0n) > 0xffffffffn)
      unsupported(`spapr-vio reg='0x${address.reg?.toString(16)}' exceeds maximum possible value (0xffffffff)`)
    if (address?.type === 'ccw' && !isCcw(machineOf(domain)))
      unsupported(`CCW addresses are not supported by machine type '${machineOf(domain).machine}'`)
    if (!acpi) return
    if (!caps.has('acpi-index')) unsupported('ACPI index is not supported with this QEMU')
    if (address !== undefined && address.type !== 'pci') unsupported('ACPI index is only supported for PCI devices')
  })
}

function iommu(iommu: Iommu, domain: Domain, { caps }: QemuScope): void {
  const { model, driver } = iommu
  const machine = machineOf(domain)
  const lacks = (flag: string) => {
    if (!caps.has(flag)) unsupported(`IOMMU device: '${model}' is not supported with this QEMU binary`)
  }
  switch (model) {
    case 'intel':
      if (!isQ35(machine)) unsupported(`IOMMU device: '${model}' is only supported with Q35 machines`)
      lacks('intel-iommu')
      break
    case 'smmuv3':
      if (!isArmVirt(machine)) unsupported(`IOMMU device: '${model}' is only supported with ARM Virt machines`)
      lacks('machine.virt.iommu')
      break
    case 'virtio':
      if (!isQ35(machine) && !isArmVirt(machine))
        unsupported(`IOMMU device: '${model}' is only supported with Q35 and ARM Virt machines`)
      lacks('virtio-iommu-pci')
      if (domain.features?.acpi !== true) unsupported(`IOMMU device: '${model}' requires ACPI`)
      if (bus(iommu) !== 'pci') unsupported(`IOMMU device: '${model}' needs a PCI address`)
  }
  const options = [
    ['intremap', 'intel-iommu.intremap', 'interrupt remapping is'],
    ['caching_mode', 'intel-iommu.caching-mode', 'caching mode is'],
    ['eim', 'intel-iommu.eim', 'eim is'],
    ['iotlb', 'intel-iommu.device-iotlb', 'device IOTLB is'],
    ['aw_bits', 'intel-iommu.aw-bits', 'aw_bits is'],
    ['dma_translation', 'intel-iommu.dma-translation', 'dma translation is'],
  ] as const
  for (const [key, flag, what] of options)
    if (driver?.[key] !== undefined && !caps.has(flag))
      unsupported(`iommu: ${what} not supported with this QEMU binary`)
}

function watchdog(watchdog: Watchdog, domain: Domain): void {
  const { model } = watchdog
  const where = bus(watchdog)
  switch (model) {
    case 'i6300esb':
      if (where !== 'none' && where !== 'pci') unsupported(`${model} model of watchdog can go only on PCI bus`)
      return
    case 'ib700':
      if (where !== 'none') unsupported(`${model} model of watchdog does not support configuring the address`)
      return
    case 'diag288':
      if (where !== 'none') unsupported(`${model} model of watchdog is virtual and cannot go on any bus.`)
      if (!isS390(machineOf(domain))) unsupported(`${model} model of watchdog is allowed for s390 and s390x only`)
      return
    case 'itco':
      if (where !== 'none')
        unsupported(`${model} model of watchdog is part of the machine and cannot have any address set.`)
      if (!isQ35(machineOf(domain))) unsupported(`${model} model of watchdog is only part of q35 machine`)
  }
}

function tpm({ model, backend }: Tpm, domain: Domain, { caps }: QemuScope): void {
  const { emulator } = domain.devices ?? {}
  const type = backend?.type
  if (type === 'emulator' && backend?.version === '1.2') {
    const { arch } = machineOf(domain)
    if (model === 'tpm-crb' || model === 'tpm-spapr') unsupported(`TPM 1.2 is not supported for model '${model}'`)
    if (isArm(machineOf(domain))) unsupported(`TPM 1.2 is not supported on architecture '${arch}'`)
  }
  if (type !== undefined && type !== 'external' && model !== 'spapr-tpm-proxy' && !caps.has(`tpm-${type}`))
    unsupported(`The QEMU executable ${emulator} does not support TPM backend type ${type}`)
  if (model !== undefined && model !== 'default' && !caps.has(model))
    unsupported(`The QEMU executable ${emulator} does not support TPM model ${model}`)
  if (model === 'spapr-tpm-proxy' && type !== 'passthrough')
    unsupported(`TPM Proxy model ${model} requires 'Passthrough' backend`)
}

/** Cards that QEMU emulates or passes on are devices of their own. */
function smartcard({ mode }: Smartcard, { caps }: QemuScope): void {
  const [flag, what] = mode === 'passthrough' ? ['ccid-passthru', 'passthrough'] : ['ccid-emulated', 'host']
  if (!caps.has(flag)) unsupported(`this QEMU binary lacks smartcard ${what} mode support`)
}

function shmem({ model, size }: Shmem, { caps }: QemuScope): void {
  if (size !== undefined && size !== 0n && (size < 1048576n || (size & (size - 1n)) !== 0n))
    xmlError('shmem size must be a power of 2 and at least 1 MiB (1024 KiB)')
  if (model === 'ivshmem') unsupported('ivshmem device is no longer supported')
  const flag = model === 'ivshmem-plain' || model === 'ivshmem-doorbell' ? model : undefined
  if (flag !== undefined && !caps.has(flag)) unsupported(`shmem model '${model}' is not supported by this QEMU binary`)
}

function filesystem(fs: Filesystem, domain: Domain, { caps }: QemuScope): void {
  if (fs.type !== 'mount') unsupported('only supports mount filesystem type')
  if ((fs.space_hard_limit ?? 0n) !== 0n || (fs.space_soft_limit ?? 0n) !== 0n)
    unsupported('filesystem usage limits are not supported with QEMU')
  const type = fs.driver?.type ?? 'default'
  if (type === 'loop' || type === 'nbd' || type === 'ploop') unsupported('Filesystem driver type not supported')
  if (type === 'mtp') {
    if (!caps.has('usb-mtp')) unsupported('mtp is not supported with this QEMU binary')
    if ((fs.accessmode ?? 'passthrough') !== 'passthrough') unsupported('mtp only supports passthrough accessmode')
  }
  if ((fs.fmode !== undefined || fs.dmode !== undefined) && fs.accessmode !== 'mapped')
    unsupported('fmode and dmode must be used with accessmode=mapped')
  if (type !== 'virtiofs') return
  if (!hasSharedMemory(domain)) unsupported("'virtiofs' requires shared memory")
  if (fs.fmode !== undefined || fs.dmode !== undefined) unsupported('virtiofs does not support fmode and dmode')
  if (!caps.has('vhost-user-fs')) unsupported('virtiofs is not supported with this QEMU binary')
  if ((fs.multidevs ?? 'default') !== 'default') unsupported('virtiofs does not support multidevs')
  if ((fs.accessmode ?? 'passthrough') !== 'passthrough') unsupported('virtiofs only supports passthrough accessmode')
  if ((fs.driver?.wrpolicy ?? 'default') !== 'default') unsupported('virtiofs does not support wrpolicy')
  if (fs.model !== undefined) unsupported('virtiofs does not support model')
  if (fs.driver?.format !== undefined) unsupported('virtiofs does not support format')
  if (fs.boot) {
    if (!caps.has('vhost-user-fs.bootindex'))
      unsupported('setting virtiofs boot order is not supported with this QEMU binary')
    if (bus(fs) !== 'pci') unsupported('setting virtiofs boot order is supported only with PCI bus')
  }
}

/** What a device shows must be seen somewhere. */
function display({ display }: { display?: boolean | undefined }, { devices }: Domain): void {
  if (display === true && (devices?.graphics.length ?? 0) === 0)
    unsupported("graphics device is needed for attribute value 'display=on' in <hostdev>")
}

function hostdev(hostdev: Hostdev, domain: Domain, { caps }: QemuScope): void {
  if (hostdev.mode === 'capabilities') unsupported(`hostdev mode 'capabilities' is not supported in ${domain.type}`)
  switch (hostdev.type) {
    case 'pci':
      if (hostdev.source?.writeFiltering !== undefined)
        unsupported('Write filtering of PCI device configuration space is not supported by qemu')
      return display(hostdev, domain)
    case 'scsi_host':
      if (!caps.has('vhost-scsi')) unsupported("This QEMU doesn't support vhost-scsi devices")
      if (hostdev.boot) unsupported('booting from assigned devices is not supported by vhost SCSI devices')
      return
    case 'mdev':
      if (hostdev.model !== 'vfio-pci') {
        const kind = hostdev.model === 'vfio-ap' ? 'AP' : 'CCW'
        if (!caps.has(hostdev.model))
          unsupported(`VFIO ${kind} device assignment is not supported by this version of QEMU`)
        if (hostdev.boot && hostdev.model === 'vfio-ap')
          unsupported('booting from assigned devices is not supported by mediated devices of model vfio-ap')
        return
      }
      if (bus(hostdev) !== 'none' && bus(hostdev) !== 'pci')
        unsupported("only 'pci' addresses are supported for vfio-pci mediated devices")
      if (hostdev.boot)
        unsupported(`booting from assigned devices is not supported by mediated devices of model ${hostdev.model}`)
      display(hostdev, domain)
  }
}

function smallDevices(domain: Domain, scope: QemuScope): void {
  const { devices } = domain
  const { caps } = scope
  if (!devices) return
  for (const one of devices.filesystems) filesystem(one, domain, scope)
  for (const one of devices.hostdevs) hostdev(one, domain, scope)
  for (const one of devices.watchdogs) watchdog(one, domain)
  for (const one of devices.tpms) tpm(one, domain, scope)
  for (const one of devices.smartcards) smartcard(one, scope)
  if (devices.redirdevs.length > 0 && !caps.has('usb-redir'))
    unsupported('USB redirection is not supported by this version of QEMU')
  for (const one of devices.shmems) shmem(one, scope)
  if (devices.iommu) iommu(devices.iommu, domain, scope)
  if (devices.memballoon?.model === 'xen')
    unsupported("Memory balloon device type 'xen' is not supported by this version of qemu")
  if (devices.nvram && !isPSeries(machineOf(domain))) unsupported('nvram device is only supported for PPC64')
  if (devices.hubs.length > 0 && !caps.has('usb-hub')) unsupported('usb-hub not supported by QEMU binary')
  if (devices.vsock && !caps.has('vhost-vsock')) unsupported('vsock device is not supported with this QEMU binary')
  if (devices.pstore && !['none', 'pci'].includes(bus(devices.pstore)))
    unsupported('ACPI ERST device must reside on a PCI bus')
  if (
    devices.smartcards.length > 1 ||
    devices.smartcards.some(
      ({ address }) => address?.type === 'ccid' && ((address.controller ?? 0) !== 0 || (address.slot ?? 0) !== 0),
    )
  )
    unsupported('this QEMU binary lacks multiple smartcard support')
  if (devices.pstore && !caps.has('acpi-erst')) unsupported('acpi-erst device is not supported with this QEMU binary')
  for (const { model } of devices.memorys) {
    const flag = { nvdimm: 'nvdimm', 'virtio-pmem': 'virtio-pmem-pci', 'sgx-epc': 'sgx-epc', dimm: 'pc-dimm' }[
      model as string
    ]
    if (flag !== undefined && !caps.has(flag)) unsupported(`${model} isn't supported by this QEMU binary`)
  }
}

/** Rules over the rest of the devices. */
export function smallRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('address rules', addresses), pass('rules of small devices', smallDevices)]
}
