// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over displays, video, sound and input of QEMU guests.
import type { Pass } from '../../../../runtime/context.js'
import type { Domain, Graphics, Input, Video, VideoModelType } from '../../../types.gen.js'
import type { QemuCapabilities, QemuPass, QemuScope } from '../host.js'
import { internalError, unsupported, xmlError } from '../report.js'

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
  if (flag === undefined || !caps.has(flag)) unsupported(`${graphics.type} graphics are not supported with this QEMU`)
}

/** The longest password that VNC knows. */
const longestPassword = 8

/** A display that plays the guest's sound needs the backend for it. */
function sound({ type, audio }: Graphics & { audio?: number | undefined }, devices: Domain['devices']): void {
  if (audio === undefined || audio === 0) return
  const backend = devices?.audios.find(({ id }) => id === audio)
  if (backend === undefined) internalError('unable to find audio backend for sound device')
  if (type === 'dbus' && backend.type !== 'dbus') unsupported("The associated audio is not of 'dbus' kind.")
}

function displays({ devices }: Domain, { caps }: QemuScope): void {
  const all = devices?.graphics ?? []
  const headless = all.some(({ type }) => type === 'egl-headless')
  for (const one of all) {
    display(one, headless, caps)
    if (one.type === 'vnc' && one.passwd !== undefined && one.passwd.length > longestPassword)
      unsupported(`VNC password is ${one.passwd.length} characters long, only ${longestPassword} permitted`)
    if (one.type === 'dbus') sound(one, devices)
  }
  if (!caps.has('display-dbus') && devices?.audios.some(({ type }) => type === 'dbus'))
    unsupported('D-Bus audio is not supported with this QEMU')
  const spice = all.some(({ type }) => type === 'spice')
  if (!spice && devices?.audios.some(({ type }) => type === 'spice'))
    unsupported('Spice audio is not supported without spice graphics')
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
/** Cards that serve several monitors. */
const multihead = new Set<VideoModelType>(['qxl', 'virtio'])
/** Cards whose size of the screen can be chosen. */
const sized = new Set<VideoModelType>(['vga', 'qxl', 'virtio', 'bochs'])

function video({ model, driver }: Video, domain: Domain, { caps }: QemuScope): void {
  const type = model?.type
  if (!model || type === undefined || type === 'none') return
  const flag = cards[type]
  if (flag === undefined || !caps.has(flag)) unsupported(`domain configuration does not support video model '${type}'`)
  if (model.primary !== true && !seconds.has(type))
    unsupported(`video type '${type}' is only valid as primary video device`)
  if ((model.heads ?? 1) !== 1 && !multihead.has(type))
    unsupported(`video type '${type}' doesn't support multiple 'heads'`)
  if (model.acceleration?.accel2d === true) unsupported('qemu does not support the accel2d setting')
  if (type === 'qxl') {
    if (model.vgamem) {
      if (model.vgamem < 1024) unsupported("value for 'vgamem' must be at least 1 MiB (1024 KiB)")
      if (!isPowerOfTwo(model.vgamem)) unsupported("value for 'vgamem' must be power of two")
    }
  }
  if ((type === 'vga' || type === 'vmvga') && model.vram) {
    if (model.vram < 1024) unsupported("value for 'vram' must be at least 1 MiB (1024 KiB)")
  }
  if (model.blob === true && domain.memoryBacking?.source !== 'memfd')
    unsupported("'blob' support for virtio-gpu devices requires a memfd memory backend")
  if (model.resolution !== undefined && !sized.has(type)) xmlError('model resolution is not supported')
  if (driver?.name === 'vhostuser') {
    if (!caps.has('vhost-user-gpu')) unsupported("this QEMU does not support 'vhost-user' video device")
  } else if (model.acceleration?.accel3d === true) {
    if (type !== 'virtio') unsupported("3d acceleration is supported only with 'virtio' video device")
    if (!(caps.has('virtio-gpu.virgl') || caps.has('virtio-gpu-gl-pci')))
      unsupported('3d acceleration is not supported by this QEMU binary')
  }
}

function videos(domain: Domain, scope: QemuScope): void {
  for (const one of domain.devices?.videos ?? []) video(one, domain, scope)
}

const virtioInput: Readonly<Record<string, readonly [flag: string, ccw: string | undefined]>> = {
  keyboard: ['virtio-keyboard', 'virtio-keyboard-ccw'],
  mouse: ['virtio-mouse', 'virtio-mouse-ccw'],
  tablet: ['virtio-tablet', 'virtio-tablet-ccw'],
  passthrough: ['virtio-input-host', undefined],
}

function input({ type, bus, model }: Input, { caps }: QemuScope): void {
  if (type === 'keyboard' && bus === 'usb' && !caps.has('usb-kbd'))
    unsupported('usb keyboard is not supported by this QEMU binary')
  if (bus === 'ps2' && !caps.has('i8042')) unsupported('ps2 is not supported by this QEMU binary')
  if (bus !== 'virtio') return
  const [flag] = virtioInput[type] ?? []
  if (flag === undefined || !caps.has(flag)) unsupported(`'${type}' is not supported by this QEMU binary`)
  if (model === 'virtio-transitional' || model === 'virtio-non-transitional')
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
