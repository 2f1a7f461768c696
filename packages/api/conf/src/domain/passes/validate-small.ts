// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over the smaller devices, whichever the hypervisor.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { checkRoute } from '../../net/route.js'
import { numericAddress } from '../../net/socket-address.js'
import type { Pass } from '../../runtime/context.js'
import type { DeviceAddress, Devices, Domain, Hostdev } from '../types.gen.js'
import { eachDevice, pass } from './devices.js'
import { detailError, unsupported, xmlError } from './report.js'
import { withoutVirtio } from './validate-virtio.js'

/** A rule over each device of a list. */
function each<K extends keyof Devices>(
  key: K,
  rule: (device: Devices[K] extends readonly (infer D)[] | undefined ? D : never, domain: Domain) => void,
): Pass<Domain> {
  return pass(key, (domain) => {
    for (const device of (domain.devices?.[key] ?? []) as readonly never[]) rule(device, domain)
  })
}

const filesystems = each('filesystems', (fs) => {
  if (fs.boot !== undefined && fs.driver?.type !== 'virtiofs') unsupported('boot order is only supported for virtiofs')
})

const interfaces = each('interfaces', (net) => {
  if (!net.model?.startsWith('virtio')) withoutVirtio(net.driver as Parameters<typeof withoutVirtio>[0])
  for (const route of net.routes) checkRoute('guest interface', route)
})

const inputs = each('inputs', ({ type, model, bus }) => {
  if (type === 'passthrough' && bus !== 'virtio')
    unsupported("only bus 'virtio' is supported for 'passthrough' input devices")
  if (type === 'evdev' && bus !== undefined && bus !== 'none') unsupported("input evdev doesn't support bus element")
  if (model !== undefined && bus !== 'virtio') unsupported(`only bus 'virtio' is supported for input model '${model}'`)
})

const sounds = each('sounds', ({ audio }, { devices }) => {
  if (audio !== undefined && audio > 0 && !devices?.audios.some((one) => one.id === audio))
    xmlError(`no audio device with ID ${audio}`)
})

const audios = each('audios', ({ input, output }) => {
  for (const side of [input, output])
    if (side?.settings !== undefined && side.fixedSettings !== true)
      unsupported('audio settings specified without fixed settings flag')
    else if (side?.fixedSettings === true && side.mixingEngine !== true)
      unsupported('fixed audio settings requires mixing engine')
})

const videos = each('videos', ({ model, driver }) => {
  if (model?.blob !== undefined && model.type !== 'virtio')
    unsupported(`video type '${model.type}' does not support blob resources`)
  if (model?.type !== 'virtio') withoutVirtio(driver)
})

const pathless = ['nvdimm', 'virtio-pmem']
const memorys = each('memorys', ({ model, source, target, address }, domain) => {
  if (pathless.includes(model) && source?.path === undefined) detailError(`path is required for model '${model}'`)
  if (model === 'sgx-epc' && address !== undefined && address.type !== 'none')
    unsupported("memory device address is not supported for model 'sgx-epc'")
  if (target?.node !== undefined && (domain.cpu?.numa?.cells.length ?? 0) === 0)
    detailError("can't add memory backend as guest has no NUMA nodes configured")
})

/** Where a mediated device stands, by its model. */
const mediated: Readonly<Record<string, DeviceAddress['type']>> = { 'vfio-pci': 'pci', 'vfio-ccw': 'ccw' }

function checkMediated(hostdev: Hostdev & { type: 'mdev' }): void {
  const wanted = mediated[hostdev.model]
  const type = hostdev.address?.type ?? 'none'
  if (wanted !== undefined && type !== 'none' && type !== wanted)
    xmlError(`Unsupported address type '${type}' with mediated device model '${hostdev.model}'`)
}

const hostdevs = each('hostdevs', (hostdev) => {
  if (hostdev.type === 'net') for (const route of hostdev.routes) checkRoute('Domain hostdev device', route)
  if (
    hostdev.type === 'pci' &&
    hostdev.source?.startupPolicy !== undefined &&
    hostdev.source.startupPolicy !== 'default'
  )
    unsupported('Setting startupPolicy is only allowed for USB devices')
  if (hostdev.type === 'scsi' && hostdev.sgio === 'unfiltered') unsupported('unfiltered sgio is no longer supported')
  if (hostdev.type === 'mdev') checkMediated(hostdev)
})

const smartcards = each('smartcards', ({ address }) => {
  if (address !== undefined && address.type !== 'none' && address.type !== 'ccid')
    unsupported("Controllers must use the 'ccid' address type")
})

/** Whether there is a USB controller that is one. */
const hasUsb = (domain: Domain): boolean =>
  domain.devices?.controllers.some((one) => one.type === 'usb' && one.model !== 'none') === true

const redirdevs = each('redirdevs', ({ bus }, domain) => {
  if (bus === 'usb' && !hasUsb(domain)) unsupported('cannot add redirected USB device: USB is disabled for this domain')
})

const tpms = each('tpms', ({ backend }) => {
  if (backend?.type === 'external' && backend.source?.type === undefined)
    xmlError('missing external TPM backend source type')
})

const channels = each('channels', ({ target }) => {
  if (target?.type === 'guestfwd' && numericAddress(target.address ?? '') === undefined)
    throw virtError(
      ErrorNumber.SYSTEM_ERROR,
      ErrorDomain.NONE,
      `Cannot parse socket address '${target.address ?? ''}': Name or service not known`,
    )
})

const singles = pass('single devices', ({ devices }) => {
  if (!devices) return
  const { iommu, pstore } = devices
  if (iommu !== undefined && iommu.model !== 'virtio') {
    const type = iommu.address?.type ?? 'none'
    if (type !== 'none') xmlError(`iommu model '${iommu.model}' can't have address`)
    if (iommu.model === 'smmuv3' && iommu.driver && Object.keys(iommu.driver).length > 0)
      xmlError("iommu model 'smmuv3' doesn't support additional attributes")
  }
  const size = pstore?.size
  // Powers of two, from one page on.
  if (size !== undefined && (size < 4n || (size & (size - 1n)) !== 0n))
    xmlError('invalid size of ACPI ERST pstore device')
})

const cpu = pass('processors', ({ cpu, idmap, defaultiothread, iothreadids }) => {
  // A size that is not said is less than none.
  for (const { thread_pool_min: least = -1, thread_pool_max: most = -1 } of [
    ...(defaultiothread ? [defaultiothread] : []),
    ...iothreadids,
  ]) {
    if (most === 0) unsupported('thread_pool_max must be a positive integer')
    if (least > most) unsupported('thread_pool_min must be smaller or equal to thread_pool_max')
  }
  if (cpu?.check !== undefined && (cpu.mode ?? 'custom') === 'custom' && cpu.model === undefined)
    unsupported('check attribute specified for CPU with no model')
  const { sockets = 1, dies = 1, clusters = 1, cores = 1, threads = 1 } = cpu?.topology ?? {}
  if (sockets * dies * clusters * cores * threads > 0xffffffff)
    unsupported('cpu topology results in more than 4294967295 cpus')
  if (idmap !== undefined && idmap.uids.length > 0 !== idmap.gids.length > 0)
    unsupported('uid and gid should be mapped both')
  for (const ids of [idmap?.uids, idmap?.gids])
    if (ids !== undefined && ids.length > 0 && ids[0]?.start !== 0)
      unsupported('You must map the root user of container')
  if (cpu?.maxphysaddr?.limit !== undefined && cpu.maxphysaddr.mode !== 'passthrough')
    unsupported("attribute 'limit' is only supported for maxphysaddr mode 'passthrough'")
})

const shortest = 1000
const ranges = { period: 1_000_000n, quota: (1n << 44n) - 1n } as const
const bounded = (['', 'global_', 'emulator_', 'iothread_'] as const).flatMap((who) =>
  (['period', 'quota'] as const).map((what) => ({ name: `${who}${what}` as const, longest: ranges[what] })),
)
const times = pass('times of processors', ({ cputune }) => {
  if (cputune === undefined) return
  for (const { name, longest } of bounded) {
    const value = cputune[name] ?? 0n
    if (value > 0n && (value < shortest || value > longest))
      unsupported(`Value of cputune '${name}' must be in range [${shortest}, ${longest}]`)
  }
})

/** Bytes of what a SEV-SNP guest is started with. */
const blobs = { guestVisibleWorkarounds: 16, idBlock: 96, idAuth: 4096, hostData: 32 } as const

/** How many bytes base64 stands for, without what is left over after whole groups. */
function decodedLength(text: string): number {
  const digits = text.replace(/[^A-Za-z0-9+/=]/g, '')
  const whole = digits.slice(0, digits.length - (digits.length % 4))
  return (whole.length / 4) * 3 - (/=+$/.exec(whole)?.[0].length ?? 0)
}

const security = pass('launch security', ({ launchSecurity }) => {
  if (launchSecurity?.type !== 'sev-snp') return
  for (const key of Object.keys(blobs) as (keyof typeof blobs)[]) {
    const value = launchSecurity[key]
    const length = value === undefined ? blobs[key] : decodedLength(value)
    if (length !== blobs[key]) unsupported(`Unexpected length of '${key}', expected ${blobs[key]} got ${length}`)
  }
})

const places = pass('places of devices', (domain) => {
  eachDevice(domain, ({ address }, key) => {
    if (address?.type === 'unassigned' && key !== 'hostdevs')
      unsupported("address of type 'unassigned' is supported only for hostdevs")
  })
})

const displays = each('graphics', (display, { devices }) => {
  const audio = display.type === 'vnc' ? (display.audio ?? 0) : 0
  if (audio > 0 && !devices?.audios.some((one) => one.id === audio)) xmlError(`no audio device with ID ${audio}`)
})

const vsocks = pass('vsock driver', ({ devices }) => {
  if (devices?.vsock !== undefined && !devices.vsock.model?.startsWith('virtio')) withoutVirtio(devices.vsock.driver)
})

export const smallRules: readonly Pass<Domain>[] = [
  filesystems,
  interfaces,
  inputs,
  sounds,
  audios,
  videos,
  hostdevs,
  memorys,
  smartcards,
  redirdevs,
  tpms,
  channels,
  singles,
  cpu,
  times,
  places,
  security,
  displays,
  vsocks,
]
