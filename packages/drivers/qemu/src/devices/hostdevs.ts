// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices of the host that guests get as they are: of its PCI, USB and SCSI buses, and parts of such devices.
import type {
  Domain,
  Hostdev,
  HostdevPci,
  HostdevScsi,
  HostdevScsiHost,
  Interface,
  InterfaceActualHostdev,
  StorageSource,
} from '@virt/conf'
import { actualType } from '../command/actual.js'
import { addressProps, virtioDriver } from '../command/address.js'
import type { Build } from '../command/build.js'
import { onOff, type Props } from '../command/props.js'
import { internalError } from '../errors.js'
import { BootOrder } from './boot-order.js'
import type { Image } from './image.js'
import { romProps } from './network.js'
import { scsiPlace } from './scsi.js'
import { imageParts, pciText } from './storage.js'

/** An interface that is a card of the host, as the host device that it is. */
function hostdevOf(net: Interface): HostdevPci {
  const { source, hostDriver, managed } = (net.actual ?? net) as InterfaceActualHostdev
  const given = source?.address?.type === 'usb' ? undefined : source?.address
  const { domain = 0, bus = 0, slot = 0, function: fn = 0 } = given ?? {}
  return {
    mode: 'subsystem',
    type: 'pci',
    managed: managed === true,
    source: given === undefined ? undefined : { address: { domain, bus, slot, function: fn } },
    driver: hostDriver,
    teaming: net.teaming,
    alias: net.alias,
    boot: net.boot,
    rom: net.rom,
    acpi: net.acpi,
    address: net.address,
  }
}

/** All host devices of a guest: interfaces that are such, the document's own, interfaces that their network made such. */
export function hostDevicesOf({ devices }: Domain): Hostdev[] {
  const nets = (devices?.interfaces ?? []).filter((net) => actualType(net) === 'hostdev')
  const own = nets.filter(({ type }) => type === 'hostdev').map(hostdevOf)
  const given = nets.filter(({ type }) => type !== 'hostdev').map(hostdevOf)
  return [...own, ...(devices?.hostdevs ?? []), ...given]
}

/** VFIO devices that draw before the guest has a driver for them. */
function vfioDriver(ramfb: boolean | undefined): string {
  return ramfb === true ? 'vfio-pci-nohotplug' : 'vfio-pci'
}

/** Where a host device is to the guest. */
function placeProps(build: Build, device: Hostdev): Props {
  return { ...addressProps(build, device), ...romProps(device.rom) }
}

function pci(build: Build, device: HostdevPci, bootindex: number | undefined): Props {
  const { source, teaming, display, ramfb } = device
  if (source?.address === undefined) throw internalError('missing address of PCI host device')
  return {
    driver: vfioDriver(ramfb),
    host: pciText(source.address),
    id: device.alias,
    bootindex,
    failover_pair_id: teaming?.type === 'transient' ? teaming.persistent : undefined,
    display: onOff(display),
    ramfb: ramfb === true ? true : undefined,
    ...placeProps(build, device),
  }
}

/** What becomes of the device when the guest resets it. */
const resets: Readonly<Record<string, readonly [reset: boolean, all: boolean | undefined]>> = {
  off: [false, undefined],
  uninitialized: [true, false],
  on: [true, true],
}

function usb(build: Build, device: Extract<Hostdev, { type: 'usb' }>): Props {
  const { source } = device
  const { bus = 0, device: number = 0 } = source?.address ?? {}
  if (source?.missing !== true && bus === 0 && number === 0)
    throw internalError('USB host device is missing bus/device information')
  const digits = (value: number): string => String(value).padStart(3, '0')
  const [reset, all] = resets[source?.guestReset ?? ''] ?? []
  return {
    driver: 'usb-host',
    hostdevice: source?.missing === true ? undefined : `/dev/bus/usb/${digits(bus)}/${digits(number)}`,
    id: device.alias,
    bootindex: device.boot?.order,
    'guest-reset': reset,
    'guest-resets-all': all,
    ...addressProps(build, device),
  }
}

/** Where the device's commands go: the host's generic device, or a server. */
export function scsiSource(build: Build, { source, alias }: HostdevScsi): StorageSource {
  if (source?.protocol === 'iscsi')
    return {
      type: 'network',
      protocol: 'iscsi',
      name: source.name?.includes('/') === true ? source.name : `${source.name ?? ''}/0`,
      hosts: source.hosts,
      auth: source.auth,
      initiator: source.initiator,
      cookies: [],
      slices: [],
      seclabels: [],
    }
  const name = build.context.start.place('scsi-generic', alias ?? '')
  return { type: 'block', dev: `/dev/${name}`, slices: [], seclabels: [] }
}

function scsi(build: Build, device: HostdevScsi, index: number): void {
  const source = scsiSource(build, device)
  const storage = `libvirt-${index}-backend`
  const image: Image = {
    source,
    format: 'raw',
    readonly: device.readonly === true,
    driver: undefined,
    top: true,
    cdrom: false,
    floppy: false,
    index,
    storage,
    auth: source.auth,
  }
  const { objects, nodes } = imageParts(build, image, undefined)
  for (const object of objects) build.object(object)
  // Commands go to the device itself: there is no format.
  for (const node of nodes.slice(0, 1)) build.json('-blockdev', node)
  build.device(
    {
      driver: 'scsi-generic',
      drive: storage,
      id: device.alias,
      bootindex: device.boot?.order,
      ...scsiPlace(build, device.address),
    },
    device,
  )
}

function scsiHost(build: Build, device: HostdevScsiHost): Props {
  const fd = build.context.start.fd('vhost-scsi', device.alias ?? '')
  const model = device.model === 'default' ? undefined : device.model
  return {
    driver: virtioDriver(build, 'vhost-scsi', device, model),
    wwpn: device.source?.wwpn,
    vhostfd: String(fd),
    id: device.alias,
    ...addressProps(build, device),
  }
}

function mdev(build: Build, device: Extract<Hostdev, { type: 'mdev' }>): Props {
  const { model, display, ramfb } = device
  return {
    driver: model === 'vfio-pci' ? vfioDriver(ramfb) : model,
    id: device.alias,
    sysfsdev: `/sys/bus/mdev/devices/${device.source?.address?.uuid}`,
    display: onOff(display),
    ramfb: ramfb === true ? true : undefined,
    bootindex: device.boot?.order,
    loadparm: build.loadparm(device.boot?.loadparm),
    ...(model === 'vfio-ap' ? {} : placeProps(build, device)),
  }
}

export function hostdevs(build: Build): void {
  const { domain } = build
  const boots = new BootOrder(domain)
  const [first] = domain.devices?.interfaces ?? []
  const firstIsCard = first !== undefined && actualType(first) === 'hostdev'
  let node = build.lastNode
  for (const device of hostDevicesOf(domain)) {
    // One without a place is kept for the guest, which does not have it.
    if (device.mode !== 'subsystem' || device.address?.type === 'unassigned') continue
    switch (device.type) {
      case 'pci': {
        const own = device.boot?.order
        build.device(pci(build, device, firstIsCard ? boots.take('network', own) : own), device)
        break
      }
      case 'usb':
        build.device(usb(build, device), device)
        break
      case 'scsi':
        node++
        scsi(build, device, node)
        break
      case 'scsi_host':
        build.device(scsiHost(build, device), device)
        break
      case 'mdev':
        // Processors of cryptography have no place.
        build.device(mdev(build, device), device.model === 'vfio-ap' ? undefined : device)
        break
      default:
    }
  }
}
