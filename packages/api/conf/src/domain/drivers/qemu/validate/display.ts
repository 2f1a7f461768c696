// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over displays, video, sound and input of QEMU guests.
import type { Pass } from '../../../../runtime/context.js'
import type { Domain, Graphics, Input, Video, VideoModelType } from '../../../types.gen.js'
import type { QemuCapabilities, QemuPass, QemuScope } from '../host.js'
import { unsupported } from '../report.js'

const displayFlags: Readonly<Record<string, string | undefined>> = {
  sdl: 'sdl',
  vnc: 'vnc',
  spice: 'spice',
  'egl-headless': 'egl-headless',
  dbus: 'display-dbus',
  rdp: 'display-dbus',
}

function display(graphics: Graphics, headless: boolean, caps: QemuCapabilities): void {
  if (headless) {
    if (!['egl-headless', 'vnc', 'spice'].includes(graphics.type))
      unsupported("graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' graphics types")
    if (graphics.type === 'spice' && graphics.gl?.enable === true)
      unsupported('multiple OpenGL displays are not supported by QEMU')
  }
  const flag = displayFlags[graphics.type]
  if (flag === undefined || !caps.has(flag)) unsupported(`unsupported graphics type '${graphics.type}'`)
}

function displays({ devices }: Domain, { caps }: QemuScope): void {
  const all = devices?.graphics ?? []
  const headless = all.some(({ type }) => type === 'egl-headless')
  for (const one of all) display(one, headless, caps)
}

const cards: { readonly [model in VideoModelType]?: string } = {
  vga: 'VGA',
  cirrus: 'cirrus-vga',
  vmvga: 'vmware-svga',
  qxl: 'qxl',
  virtio: 'virtio-gpu',
  bochs: 'bochs-display',
  ramfb: 'ramfb',
}
/** Cards of which there may be more than the first. */
const seconds = new Set<VideoModelType>(['qxl', 'virtio', 'bochs'])
const isPowerOfTwo = (value: number) => (value & (value - 1)) === 0
/** Largest amount of video memory in KiB. */
const maxMemory = Math.floor(0xffffffff / 1024)

function video({ model, driver }: Video, { caps }: QemuScope): void {
  const type = model?.type
  if (!model || type === undefined || type === 'none') return
  const flag = cards[type]
  if (flag === undefined || !caps.has(flag)) unsupported(`domain configuration does not support video model '${type}'`)
  if (model.primary !== true && !seconds.has(type))
    unsupported(`video type '${type}' is only valid as primary video device`)
  if (model.acceleration?.accel2d === true) unsupported('qemu does not support the accel2d setting')
  if (type === 'qxl') {
    for (const key of ['vram', 'ram'] as const)
      if ((model[key] ?? 0) > maxMemory) unsupported(`value for '${key}' must be less than '${maxMemory}'`)
    if (model.vgamem) {
      if (model.vgamem < 1024) unsupported("value for 'vgamem' must be at least 1 MiB (1024 KiB)")
      if (!isPowerOfTwo(model.vgamem)) unsupported("value for 'vgamem' must be power of two")
    }
  }
  if ((type === 'vga' || type === 'vmvga') && model.vram) {
    if (model.vram < 1024) unsupported("value for 'vram' must be at least 1 MiB (1024 KiB)")
    if (!isPowerOfTwo(model.vram)) unsupported("value for 'vram' must be power of two")
  }
  if (driver?.name === 'vhostuser') {
    if (type !== 'virtio' || !caps.has('vhost-user-gpu'))
      unsupported(`'${type}' is not supported with the vhost-user backend`)
  } else if (model.acceleration?.accel3d === true) {
    if (type !== 'virtio' || !(caps.has('virtio-gpu.virgl') || caps.has('virtio-gpu-gl-pci')))
      unsupported(`${type} 3d acceleration is not supported`)
  }
}

function videos({ devices }: Domain, scope: QemuScope): void {
  for (const one of devices?.videos ?? []) video(one, scope)
}

const virtioInput: Readonly<Record<string, readonly [flag: string, ccw: string | undefined]>> = {
  keyboard: ['virtio-keyboard', 'virtio-keyboard-ccw'],
  mouse: ['virtio-mouse', 'virtio-mouse-ccw'],
  tablet: ['virtio-tablet', 'virtio-tablet-ccw'],
  passthrough: ['virtio-input-host', undefined],
}

function input({ type, bus, model }: Input, { caps }: QemuScope): void {
  if (bus !== 'virtio') return
  const [flag] = virtioInput[type] ?? []
  if (flag === undefined || !caps.has(flag)) unsupported(`'${type}' is not supported by this QEMU binary`)
  if (type !== 'passthrough' && (model === 'virtio-transitional' || model === 'virtio-non-transitional'))
    unsupported(`virtio (non-)transitional models are not supported for input type=${type}`)
}

function inputs({ devices }: Domain, scope: QemuScope): void {
  for (const one of devices?.inputs ?? []) input(one, scope)
}

function sounds({ devices }: Domain, { caps }: QemuScope): void {
  for (const { model } of devices?.sounds ?? []) {
    if (model === 'usb' && !caps.has('usb-audio'))
      unsupported('usb-audio controller is not supported by this QEMU binary')
    if (model === 'ich9' && !caps.has('ich9-intel-hda'))
      unsupported('The ich9-intel-hda audio controller is not supported in this QEMU binary')
    if (model === 'virtio' && !caps.has('virtio-sound'))
      unsupported('virtio-sound controller is not supported in this QEMU binary')
    if (model === 'ich7') unsupported(`sound card model '${model}' is not supported by qemu`)
  }
}

/** Rules over displays and what belongs to them. */
export function displayRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('graphics rules', displays),
    pass('video rules', videos),
    pass('input rules', inputs),
    pass('sound rules', sounds),
  ]
}
