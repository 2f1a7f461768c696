// SPDX-License-Identifier: LGPL-2.1-or-later
// Files and devices of the host that a guest uses: whose they are while it runs.
import type { Channel, DeviceSeclabel, Disk, DiskBackingStore, Domain, Serial, StorageSource } from '@virt/conf'
import { isEmpty } from '../devices/disks.js'
import { hostDeviceFiles } from '../resources/host-devices.js'
import { tpmDevices } from '../resources/tpm-device.js'

/** A file that is given to a guest. */
export interface GuestFile {
  readonly path: string
  /** Label of its own, where its device has one. */
  readonly label: string | undefined
  /** Whether it is noted whose it was: not where other guests may have it too without a note of theirs. */
  readonly remember: boolean
  /** Whether it is given back. Images that others may still read stay as they are. */
  readonly back: boolean
  /** One that is not there is passed over. */
  readonly optional?: boolean
}

const model = 'dac'

/** The label of a device; `false`: the device is to be left alone. */
function labelOf(seclabels: readonly DeviceSeclabel[] = []): string | undefined | false {
  const found = seclabels.find((one) => one.model === model)
  if (found === undefined) return undefined
  if (found.relabel === false || found.labelskip === true) return false
  return found.label
}

/** The file or device of this host that an image is in. */
export function imagePath(source: StorageSource): string | undefined {
  if (source.type === 'file') return source.fdgroup === undefined ? source.file : undefined
  if (source.type === 'block') return source.dev
  return source.type === 'volume' ? (source.actualFile ?? source.actualDev) : undefined
}

function imageFile(source: StorageSource, shared: boolean, top: boolean): GuestFile[] {
  const path = imagePath(source)
  const label = labelOf(source.seclabels)
  if (path === undefined || label === false) return []
  // parity: those below stay the guest's: they may be others' too.
  const data = source.dataStore?.source
  return [
    { path, label, remember: top && !shared, back: top && !shared },
    ...(data === undefined ? [] : imageFile(data, shared, top)),
  ]
}

/** The images of a chain, the guest's own first. */
export function chainFiles(source: StorageSource, below: DiskBackingStore | undefined, shared: boolean): GuestFile[] {
  const files = imageFile(source, shared, true)
  for (let store = below; store?.source !== undefined; store = store.backingStore)
    files.push(...imageFile(store.source, shared, false))
  return files
}

/** All images of a disk. */
export function diskFiles(disk: Disk): GuestFile[] {
  if (isEmpty(disk) || disk.source.type === 'vhostuser') return []
  const shared = disk.readonly === true || disk.shareable === true
  const own = disk.transient === undefined ? undefined : disk.backingStore?.source
  if (own === undefined) return chainFiles(disk.source, disk.backingStore, shared)
  // The image on top goes with the run; differs: libvirt takes the disk's own for one of many's, and leaves it the guest's.
  return [...imageFile(disk.source, shared, false), ...chainFiles(own, disk.backingStore?.backingStore, shared)]
}

type Characters = Pick<Serial | Channel, 'type' | 'sources'>

function characterFiles({ type, sources }: Characters): GuestFile[] {
  const [source] = sources
  const path = source?.path
  const label = labelOf(source?.seclabels)
  if (path === undefined || label === false) return []
  const file = { path, label, remember: true, back: true }
  switch (type) {
    case 'dev':
    case 'file':
      return [file]
    case 'pipe':
      // Two of them, or one for both ways.
      return [`${path}.in`, `${path}.out`, path].map((one) => ({ ...file, path: one, optional: true }))
    case 'unix':
      // Sockets that we made are there already, and go with the guest.
      return source?.mode === 'connect' ? [file] : [{ ...file, back: false, remember: false, optional: true }]
    default:
      return []
  }
}

function charactersOf({ devices }: Domain): Characters[] {
  return [
    ...(devices?.serials ?? []),
    ...(devices?.parallels ?? []),
    ...(devices?.channels ?? []),
    ...(devices?.consoles ?? []).filter((one) => one.target?.type !== 'serial'),
  ]
}

/** Devices of the host that a guest's serial ports and their like are. */
export function characterDevices(domain: Domain): string[] {
  return charactersOf(domain).flatMap(({ type, sources }) => {
    const path = type === 'dev' ? sources[0]?.path : undefined
    return path === undefined ? [] : [path]
  })
}

const plain = (path: string | undefined): GuestFile[] =>
  path === undefined ? [] : [{ path, label: undefined, remember: true, back: true }]

/** Firmware's variables. */
export function nvramPath({ os }: Domain): string | undefined {
  const source = os?.nvram?.source
  return os?.nvram?.path ?? (source === undefined ? undefined : imagePath(source))
}

/** Everything that a guest has of the host's files, in the order in which it is given. */
export function guestFiles(domain: Domain): GuestFile[] {
  const { devices, os } = domain
  const boot = [os?.kernel, os?.initrd, os?.dtb, ...(os?.acpi ?? []).map(({ path }) => path)]
  const blobs = domain.sysinfos.flatMap((info) =>
    info.type === 'fwcfg' ? info.entries.flatMap((entry) => (entry.file === undefined ? [] : [entry.file])) : [],
  )
  const inputs = (devices?.inputs ?? []).flatMap((one) =>
    one.type === 'passthrough' || one.type === 'evdev' ? plain(one.source?.evdev ?? one.source?.dev) : [],
  )
  const modules = (devices?.memorys ?? []).flatMap((one) =>
    one.model === 'nvdimm' || one.model === 'virtio-pmem' ? plain(one.source?.path) : [],
  )
  return [
    ...(devices?.disks ?? []).flatMap(diskFiles),
    ...hostDeviceFiles(domain).flatMap(plain),
    ...tpmDevices(domain).flatMap(plain),
    ...inputs,
    ...modules,
    ...charactersOf(domain).flatMap(characterFiles),
    ...plain(nvramPath(domain)),
    ...boot.flatMap(plain),
    ...blobs.flatMap(plain),
  ]
}
