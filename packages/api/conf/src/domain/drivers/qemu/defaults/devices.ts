// SPDX-License-Identifier: LGPL-2.1-or-later
// What single devices of QEMU guests have that do not say so.
import type { Pass } from '../../../../runtime/context.js'
import { newUuid } from '../../../passes/basics.js'
import type {
  Controller,
  ControllerPci,
  Disk,
  Domain,
  MemoryDevice,
  Shmem,
  StorageSource,
  Tpm,
} from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { isArmVirt, isI440FX, isPpc64, isPSeries, isQ35, isS390, isX86, machineOf, needsEim } from '../machine.js'
import { internalError, unsupported, xmlError } from '../report.js'
import { netModel, scsiModel, serialModel, serialType, usbModel, videoModel } from './models.js'

function disks({ devices }: Domain): void {
  for (const disk of devices?.disks ?? []) {
    disk.driver ??= { iothreads: [] }
    disk.driver.name ??= 'qemu'
    if (takesFormat(disk) && (disk.driver.type ?? 'none') === 'none') disk.driver.type = 'raw'
    for (let source: StorageSource | undefined = disk.source, next = disk.backingStore; source; ) {
      if (source.encryption) source.encryption.engine ??= 'qemu'
      source = next?.source
      next = next?.backingStore
    }
    const { mirror } = disk
    if (mirror && !mirror.format) {
      mirror.format = { type: 'raw' }
      if (mirror.source?.type === 'file' && mirror.job === 'copy') mirror.formatAttribute ??= 'raw'
    }
    if (disk.encryption) disk.encryption.engine ??= 'qemu'
  }
}

/** Volumes say themselves what they hold, and vhost-user servers are not asked. */
const takesFormat = ({ source }: Disk): boolean => source.type !== 'volume'

function interfaces(domain: Domain, { caps }: QemuScope): void {
  for (const net of domain.devices?.interfaces ?? []) {
    if (net.model !== undefined || net.type === 'hostdev') continue
    const modern = net.type === 'vdpa' || net.type === 'vhostuser'
    net.model = modern ? 'virtio' : netModel(machineOf(domain), caps)
  }
}

/** Old definitions name the sockets of channels that the driver chose. */
function isChosenPath(path: string, folders: readonly string[], name = ''): boolean {
  const folder = folders.find((one) => path.startsWith(`${one}/`))
  if (folder === undefined || !path.endsWith(name)) return false
  const middle = path.slice(folder.length + 1, path.length - name.length).replace(/^target\//, '')
  return /^[^/]+\.$/.test(middle) || /^(domain|\d+)-[^/]+\/$/.test(middle)
}

function serials(domain: Domain): void {
  const machine = machineOf(domain)
  for (const serial of domain.devices?.serials ?? []) {
    const target = serial.target ?? {}
    serial.target = target
    // isa-serial was once what every serial port was said to be.
    if (target.type === undefined || target.type === 'none' || target.type === 'isa-serial') {
      const type = serialType(machine)
      if (type === undefined) delete target.type
      else target.type = type
    }
    if (target.model === undefined || target.model === 'none') {
      const model = target.type && serialModel(machine, target.type)
      if (model === undefined) delete target.model
      else target.model = model
    }
  }
}

function sockets({ devices }: Domain, { host, context }: QemuScope): void {
  if (!devices || !context.has('inactive')) return
  const folders = [host.settings.channelTargetDir, `${host.settings.libDir}/channel`]
  for (const channel of devices.channels) {
    const [source] = channel.sources
    if (channel.target?.type === 'virtio' && channel.type === 'unix' && source?.path !== undefined)
      if (isChosenPath(source.path, folders, channel.target.name)) delete source.path
  }
  // A socket without a path gets one, which the guest's side binds.
  for (const device of [...devices.channels, ...devices.serials, ...devices.parallels, ...devices.consoles]) {
    const [source] = device.sources
    if (device.type === 'unix' && source && source.path === undefined) source.mode = 'bind'
  }
}

/** What must hold before places are given out. */
function pciController({ model, index = 0, target }: ControllerPci, domain: Domain): void {
  const machine = machineOf(domain)
  if (index !== 0 && (model === 'pcie-root' || (model === 'pci-root' && !isPSeries(machine))))
    xmlError('pci-root and pcie-root controllers should have index 0')
  const misplaced =
    (model === 'pci-expander-bus' && !isI440FX(machine)) ||
    (model === 'pcie-expander-bus' && !isQ35(machine) && !isArmVirt(machine))
  if (misplaced)
    unsupported(
      model === 'pci-expander-bus'
        ? `${model} controllers are only supported on 440fx-based machinetypes`
        : `${model} controllers are not supported with this machine type`,
    )
  const cells = domain.cpu?.numa?.cells.length ?? 0
  if (target?.node !== undefined && target.node >= cells)
    xmlError(
      `${model} with index ${index} is configured for a NUMA node (${target.node}) not present in the domain's <cpu><numa> array (${cells})`,
    )
}

function controller(controller: Controller, domain: Domain, { caps, context }: QemuScope): void {
  const machine = machineOf(domain)
  if (controller.type === 'pci') pciController(controller, domain)
  if (controller.type === 'scsi' && (controller.model === undefined || controller.model === 'auto')) {
    const model = scsiModel(machine, caps)
    if (model === undefined) internalError(`Unable to determine model for SCSI controller idx=${controller.index}`)
    controller.model = model
  } else if (controller.type === 'usb') {
    if (controller.model === undefined) {
      const model = usbModel(machine, caps, controller, context.has('abiUpdate'))
      if (model !== undefined) controller.model = model
    }
    if (controller.model === 'qusb1' || controller.model === 'qusb2')
      unsupported(`USB controller model type 'qusb1' or 'qusb2' is not supported in ${domain.type}`)
    if ((controller.model === 'nec-xhci' || controller.model === 'qemu-xhci') && (controller.ports ?? 0) > 15)
      unsupported(`'${controller.model}' controller only supports up to '15' ports`)
  }
}

function controllers(domain: Domain, scope: QemuScope): void {
  for (const one of domain.devices?.controllers ?? []) controller(one, domain, scope)
}

function videos(domain: Domain, { caps }: QemuScope): void {
  for (const video of domain.devices?.videos ?? []) {
    video.model ??= {}
    const { model } = video
    if (model.type === undefined || model.type === 'default') model.type = videoModel(machineOf(domain), caps)
    if (model.type === 'qxl' && !model.vgamem) model.vgamem = 16 * 1024
  }
}

function panics(domain: Domain): void {
  const machine = machineOf(domain)
  for (const panic of domain.devices?.panics ?? []) {
    if (panic.model !== undefined && panic.model !== 'default') continue
    if (isPSeries(machine)) panic.model = 'pseries'
    else if (isS390(machine)) panic.model = 's390'
    else if (isX86(machine)) panic.model = 'isa'
    else if (isArmVirt(machine)) panic.model = 'pvpanic'
  }
}

function tpm(tpm: Tpm, domain: Domain): void {
  const machine = machineOf(domain)
  const { backend } = tpm
  if (backend?.type === 'emulator' && (backend.version ?? 'default') === 'default') {
    const modern = tpm.model === 'tpm-crb' || tpm.model === 'tpm-spapr' || !isX86(machine)
    backend.version = modern ? '2.0' : '1.2'
  }
  if (tpm.model === undefined || tpm.model === 'default') tpm.model = isPpc64(machine) ? 'tpm-spapr' : 'tpm-tis'
}

function shmem(shmem: Shmem): void {
  const model = shmem.model ?? 'ivshmem'
  const { server } = shmem
  if (model !== 'ivshmem-doorbell') shmem.size ??= 4n << 20n
  if (model === 'ivshmem') return
  if (!server) {
    if (model === 'ivshmem-doorbell') unsupported(`shmem model '${model}' is supported only with server option enabled`)
    if (shmem.msi) unsupported(`shmem model '${model}' doesn't support msi`)
    return
  }
  if (model === 'ivshmem-plain') unsupported(`shmem model '${model}' is supported only with server option disabled`)
  if (shmem.size) unsupported(`shmem model '${model}' does not support size setting`)
  shmem.msi ??= {}
  shmem.msi.ioeventfd ??= true
}

/** Blocks in which pSeries firmware hands out plugged memory, in KiB. */
const pseriesBlock = 256n * 1024n

/** Sizes of plugged memory on pSeries are whole blocks; new definitions are made so. */
function memoryDevice(device: MemoryDevice, scope: QemuScope): void {
  const { target, model } = device
  if (model === 'nvdimm') device.uuid ??= newUuid(scope.context)
  if (!scope.context.has('abiUpdate') || target?.size === undefined) return
  if (model === 'dimm') target.size = ((target.size + pseriesBlock - 1n) / pseriesBlock) * pseriesBlock
  if (model !== 'nvdimm') return
  const label = target.label?.size ?? 0n
  const whole = ((target.size - label) / pseriesBlock) * pseriesBlock
  if (whole === 0n) xmlError('minimum target size for the NVDIMM must be 256MB plus the label size')
  target.size = whole + label
}

function small(domain: Domain, scope: QemuScope): void {
  const { devices } = domain
  if (!devices) return
  if (devices.vsock && (devices.vsock.model ?? 'default') === 'default') devices.vsock.model = 'virtio'
  if (isPSeries(machineOf(domain))) for (const one of devices.memorys) memoryDevice(one, scope)
  if (devices.iommu?.model === 'intel' && needsEim(domain) && scope.context.has('abiUpdate')) {
    devices.iommu.driver ??= {}
    devices.iommu.driver.intremap ??= true
    devices.iommu.driver.eim ??= true
  }
  for (const one of devices.tpms) tpm(one, domain)
  for (const one of devices.shmems) shmem(one)
  for (const one of devices.hostdevs) if (one.type === 'mdev' && one.model === 'vfio-pci') one.display ??= false
}

/** Passes over single devices. */
export function devicePasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('disks', disks),
    pass('interfaces', interfaces),
    pass('serial ports', serials),
    pass('sockets', sockets),
    pass('controllers', controllers),
    pass('video', videos),
    pass('panic', panics),
    pass('small devices', small),
  ]
}

/** Controllers that others implied have models as well. */
export function impliedPasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('implied controllers', controllers), pass('implied serial ports', serials)]
}
