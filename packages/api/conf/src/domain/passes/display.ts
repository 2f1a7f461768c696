// SPDX-License-Identifier: LGPL-2.1-or-later
// Graphics, video, input, and the small devices' defaults.
import type { Pass } from '../../runtime/context.js'
import type { Domain, Video } from '../types.gen.js'
import { pass } from './devices.js'
import { internalError, unsupported, xmlError } from './report.js'

type Model = Exclude<NonNullable<Video['model']>['type'], undefined>

/** Video memory in KiB of a model. */
function defaultVram(type: Model, virt: Domain['type']): number {
  switch (type) {
    case 'cirrus':
    case 'vga':
    case 'vmvga':
    case 'bochs':
      return (virt === 'vbox' ? 8 : virt === 'vmware' ? 4 : 16) * 1024
    case 'xen':
      return 4 * 1024
    case 'qxl':
      return 64 * 1024
    case 'virtio':
    case 'gop':
    case 'ramfb':
    case 'none':
      return 0
    default:
      return 0
  }
}

function defaultModel(domain: Domain): Model {
  switch (domain.type) {
    case 'xen':
      return domain.os?.type?.type === 'xen' || domain.os?.type?.type === 'linux' ? 'xen' : 'cirrus'
    case 'vbox':
      return 'vbox'
    case 'vmware':
      return 'vmvga'
    case 'vz':
    case 'parallels':
      return domain.os?.type?.type === 'hvm' ? 'vga' : 'parallels'
    case 'bhyve':
      return 'gop'
    default:
      return 'cirrus'
  }
}

const video = pass('video', (domain) => {
  const { devices } = domain
  if (!devices) return
  if (devices.videos.some((one) => one.model?.primary === true)) {
    if (devices.videos.filter((one) => one.model?.primary === true).length > 1)
      unsupported('Only one primary video device is supported')
    // The primary one leads.
    devices.videos = [
      ...devices.videos.filter((one) => one.model?.primary === true),
      ...devices.videos.filter((one) => one.model?.primary !== true),
    ]
  }
  for (const [i, one] of devices.videos.entries()) {
    one.model ??= {}
    const model = one.model
    if (model.type === undefined || model.type === 'default') model.type = defaultModel(domain)
    if (i === 0 && model.type !== 'none') model.primary = true
    if (model.type === 'none') continue
    if (model.type === 'qxl') model.ram ||= 64 * 1024
    const vram = defaultVram(model.type, domain.type)
    if (vram > 0) model.vram ||= vram
    model.heads ??= 1
  }
})

/** A display needs a card. */
const implied = pass('implied video', ({ devices }) => {
  if (devices && devices.graphics.length > 0 && devices.videos.length === 0) devices.videos = [{}]
})

const graphics = pass('graphics', (domain) => {
  for (const one of domain.devices?.graphics ?? []) {
    if (one.type !== 'spice' && one.type !== 'vnc') continue
    const [listen] = one.listens
    if (one.type === 'spice' && listen?.type === 'address' && listen.address === undefined)
      if (one.autoport !== true && one.port === undefined && one.tlsPort === undefined) one.listens = [{ type: 'none' }]
    for (const each of one.listens) {
      if (each.type === 'network' && each.network === undefined)
        xmlError("'network' attribute is required for listen type 'network'")
    }
  }
})

const inputs = pass('input', ({ devices, type, os }) => {
  for (const input of devices?.inputs ?? []) {
    if (input.bus !== undefined && input.bus !== 'default') continue
    if (input.type === 'evdev') continue
    if (type === 'vz' || type === 'parallels') input.bus = 'parallels'
    else if (os?.type?.type === 'hvm')
      input.bus =
        input.type === 'mouse' || input.type === 'keyboard' ? 'ps2' : input.type === 'passthrough' ? 'virtio' : 'usb'
    else if (os?.type?.type === 'xen' || os?.type?.type === 'linux') input.bus = 'xen'
    else input.bus = 'usb'
  }
})

/** A new MAC address with a vendor's first three bytes. */
export function generateMac(prefix: readonly number[], random: (size: number) => Uint8Array): string {
  return [...prefix, ...random(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

const interfaces = pass('interfaces', ({ devices }, context) => {
  const random =
    (context.hooks.random as ((size: number) => Uint8Array) | undefined) ??
    ((size: number) => crypto.getRandomValues(new Uint8Array(size)))
  const prefix = (context.hooks.macPrefix as readonly number[] | undefined) ?? [0x52, 0x54, 0x00]
  for (const net of devices?.interfaces ?? []) {
    net.mac ??= {}
    if (net.mac.address === undefined) net.mac.address = generateMac(prefix, random)
    else if (net.mac.address === '00:00:00:00:00:00') net.mac.address = generateMac(prefix, random)
  }
})

const small = pass('small devices', ({ devices }) => {
  if (!devices) return
  for (const rng of devices.rngs) if (rng.backend?.model === 'random') rng.backend.device ??= '/dev/random'
  for (const memory of devices.memorys) if (memory.model === 'virtio-pmem') memory.access ??= 'shared'
  for (const sound of devices.sounds) if (sound.model === 'virtio') sound.streams ??= 2
  for (const device of devices.redirdevs)
    if (device.type === 'dbus' && device.sources[0]?.channel === undefined)
      device.sources = [{ ...(device.sources[0] ?? { seclabels: [] }), channel: 'org.qemu.usbredir' }]
  for (const fs of devices.filesystems) if (fs.source?.socket === undefined) fs.accessmode ??= 'passthrough'
  // The host's first TPM.
  for (const { backend } of devices.tpms) if (backend?.type === 'passthrough') backend.device ??= '/dev/tpm0'
  if (devices.vsock) {
    devices.vsock.cid ??= {}
    devices.vsock.cid.auto ??= (devices.vsock.cid.address ?? 0) === 0
  }
  for (const shmem of devices.shmems) {
    shmem.model ??= 'ivshmem'
    // Only the newer models have roles.
    if (shmem.model === 'ivshmem') delete shmem.role
  }
})

const buses = pass('buses of input', ({ devices, os }) => {
  const hvm = os?.type?.type === 'hvm'
  for (const { bus, type } of devices?.inputs ?? []) {
    if (hvm && bus === 'xen') internalError(`unsupported input bus ${bus}`)
    if (bus === 'ps2' && type !== 'mouse' && type !== 'keyboard')
      internalError(`ps2 bus does not support ${type} input device`)
  }
})

export const displayEarly: readonly Pass<Domain>[] = [implied]
export const displayPasses: readonly Pass<Domain>[] = [video, graphics, inputs, buses, interfaces, small]
