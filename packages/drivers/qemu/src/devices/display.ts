// SPDX-License-Identifier: LGPL-2.1-or-later
// What the guest is seen and handled by: input, displays, graphics cards.
import type { Domain, Graphics, GraphicsVnc, Input, Video } from '@virt/conf'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { isArm } from '../command/machine.js'
import { listProps, type Props } from '../command/props.js'
import { configUnsupported } from '../errors.js'
import { spice } from './spice.js'

/** The port of VNC's first display. */
const firstVncPort = 5900

const usbInputs: Readonly<Record<string, string>> = { mouse: 'usb-mouse', tablet: 'usb-tablet', keyboard: 'usb-kbd' }
const virtioInputs: Readonly<Record<string, string>> = {
  mouse: 'virtio-mouse',
  tablet: 'virtio-tablet',
  keyboard: 'virtio-keyboard',
  passthrough: 'virtio-input-host',
}

function inputProps(build: Build, input: Input): Props | undefined {
  const { type, bus, source } = input
  if (type === 'evdev') return undefined
  if (bus === 'usb') return { driver: usbInputs[type], id: input.alias, ...addressProps(build, input) }
  if (bus !== 'virtio') return undefined
  return {
    driver: virtioDriver(build, virtioInputs[type] ?? '', input, input.model),
    ...virtioProps(input.driver),
    id: input.alias,
    evdev: type === 'passthrough' ? source?.evdev : undefined,
    ...addressProps(build, input),
  }
}

/** Mice and keyboards; those of PCs are there without being asked for. */
export function inputs(build: Build): void {
  for (const input of build.domain.devices?.inputs ?? []) {
    if (input.type === 'evdev') {
      const { source } = input
      build.object({
        'qom-type': 'input-linux',
        id: input.alias,
        evdev: source?.dev,
        repeat: source?.repeat,
        grab_all: source?.grab === 'all' ? true : undefined,
        'grab-toggle': source?.grabToggle,
      })
      continue
    }
    const props = inputProps(build, input)
    if (props !== undefined) build.device(props, input)
  }
}

/** Nothing is shown where nobody looks. */
export function noDisplay(build: Build): void {
  const graphics = build.domain.devices?.graphics ?? []
  if (graphics.length === 0) build.add('-display', 'none')
}

/** An address in a list: those of IPv6 have colons. */
function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

const sharePolicies: Readonly<Record<string, string | undefined>> = {
  'allow-exclusive': 'allow-exclusive',
  'force-shared': 'force-shared',
  ignore: 'ignore',
}

function vnc(build: Build, graphics: GraphicsVnc): void {
  const { settings } = build.context
  const [listen] = graphics.listens
  let where: string
  switch (listen?.type) {
    case 'socket':
      where = `vnc=unix:${listen.socket ?? ''}`
      break
    case 'none':
      where = 'none'
      break
    default: {
      const port = graphics.port ?? -1
      if (port < firstVncPort) throw configUnsupported(`vnc port must be in range [${firstVncPort},65535]`)
      where = `${bracketed(listen?.address ?? '127.0.0.1')}:${port - firstVncPort}`
    }
  }
  const websocket = listen?.type === 'socket' || listen?.type === 'none' ? undefined : graphics.websocket
  build.add(
    '-vnc',
    listProps(where, {
      websocket: websocket === undefined || websocket === 0 ? undefined : websocket,
      share: sharePolicies[graphics.sharePolicy ?? ''],
      password: graphics.passwd !== undefined || settings.vncPassword !== undefined ? true : undefined,
      'tls-creds': settings.vncTls ? 'vnc-tls-creds0' : undefined,
      sasl: settings.vncSasl ? true : undefined,
      'power-control': graphics.powerControl,
      audiodev: audiodevOf(build.domain, graphics.audio),
    }),
  )
  if (graphics.keymap !== undefined) build.add('-k', graphics.keymap)
}

function audiodevOf({ devices }: Domain, id: number | undefined): string | undefined {
  const audio = id === undefined || id === 0 ? devices?.audios[0] : devices?.audios.find((one) => one.id === id)
  return audio === undefined ? undefined : `audio${audio.id}`
}

/** The bus that a guest's display is on: the document's, or one of the guest's own. */
function dbusAddress(build: Build, given: string | undefined): string | undefined {
  return given ?? build.context.start.place('dbus-address', 'display')
}

function show(build: Build, graphics: Graphics): void {
  switch (graphics.type) {
    case 'vnc':
      vnc(build, graphics)
      break
    case 'sdl':
      if (graphics.fullscreen === true) build.add('-full-screen')
      build.list('-display', 'sdl', { gl: graphics.gl?.enable })
      break
    case 'egl-headless':
      build.list('-display', 'egl-headless', { rendernode: graphics.gl?.rendernode })
      break
    case 'spice':
      spice(build, graphics)
      break
    case 'dbus':
      build.list('-display', 'dbus', {
        p2p: graphics.p2p === true ? true : undefined,
        addr: graphics.p2p === true ? undefined : dbusAddress(build, graphics.address),
        gl: graphics.gl?.enable,
        rendernode: graphics.gl?.enable === true ? graphics.gl.rendernode : undefined,
        audiodev: graphics.audio === undefined ? undefined : audiodevOf(build.domain, graphics.audio),
      })
      break
    case 'rdp':
      // A program of its own shows it, from a display on a bus that the document has as well.
      break
    default:
      throw configUnsupported(`unsupported graphics type '${graphics.type}'`)
  }
}

export function graphics(build: Build): void {
  for (const one of build.domain.devices?.graphics ?? []) show(build, one)
}

/** Cards by model: the first one, which firmware knows, and further ones. */
const cards: Readonly<Record<string, readonly [primary: string, other: string]>> = {
  vga: ['VGA', 'VGA'],
  cirrus: ['cirrus-vga', 'cirrus-vga'],
  vmvga: ['vmware-svga', 'vmware-svga'],
  qxl: ['qxl-vga', 'qxl'],
  virtio: ['virtio-vga', 'virtio-gpu'],
  bochs: ['bochs-display', 'bochs-display'],
  ramfb: ['ramfb', 'ramfb'],
}

/** Whether a card is a program of its own. */
const isVhostUser = ({ driver }: Video): boolean => driver?.name === 'vhostuser'

function cardDriver(build: Build, video: Video): string {
  const { model, address } = video
  const type = model?.type ?? 'default'
  const pair = cards[type]
  if (pair === undefined) throw configUnsupported(`invalid model for video type '${type}'`)
  const primary = model?.primary === true
  if (type !== 'virtio') return pair[primary ? 0 : 1]
  const gl = model?.acceleration?.accel3d === true && build.has('virtio-gpu-gl-pci')
  const user = isVhostUser(video)
  if (primary && hasVga(build) && address?.type !== 'ccw')
    return user ? 'vhost-user-vga' : gl ? 'virtio-vga-gl' : 'virtio-vga'
  return virtioDriver(build, user ? 'vhost-user-gpu' : gl ? 'virtio-gpu-gl' : 'virtio-gpu', video)
}

/** Whether firmware of the machine draws on a VGA. ARM's has trouble with it. */
function hasVga(build: Build): boolean {
  return build.has('virtio-vga') && !isArm(build.domain)
}

/** KiB in whole MiB. */
function mebi(kibi: number | undefined): number | undefined {
  return kibi === undefined ? undefined : Math.trunc(kibi / 1024)
}

function memoryProps({ model }: Video): Props {
  switch (model?.type) {
    case 'qxl': {
      const bytes = (kibi: number | undefined): number | undefined => (kibi === undefined ? undefined : kibi * 1024)
      return {
        ram_size: bytes(model.ram),
        vram_size: bytes(model.vram),
        vram64_size_mb: mebi(model.vram64 ?? 0),
        vgamem_mb: mebi(model.vgamem),
      }
    }
    case 'vga':
    case 'vmvga':
      return { vgamem_mb: mebi(model.vram) }
    case 'bochs':
      return { vgamem: model.vram === undefined ? undefined : model.vram * 1024 }
    default:
      return {}
  }
}

/** Graphics cards, the first one first. */
export function videos(build: Build): void {
  for (const video of build.domain.devices?.videos ?? []) {
    const { model } = video
    if (model?.type === 'none') continue
    const user = isVhostUser(video)
    const many = model?.type === 'qxl' || model?.type === 'virtio'
    const chardev = user ? vhostUserSocket(build, video) : undefined
    build.device(
      {
        driver: cardDriver(build, video),
        ...(model?.type === 'virtio' && hasVirtioOptions(build, video) ? virtioProps(video.driver) : {}),
        id: video.alias,
        max_outputs: many ? model.heads : undefined,
        blob: model?.type === 'virtio' ? model.blob : undefined,
        ...memoryProps(video),
        chardev,
        xres: model?.resolution?.x,
        yres: model?.resolution?.y,
        ...addressProps(build, video),
      },
      video,
    )
  }
}

/** The first card that is a program of its own is a VGA, which has no options of virtio devices. */
function hasVirtioOptions(build: Build, video: Video): boolean {
  return !isVhostUser(video) || cardDriver(build, video) !== 'vhost-user-vga'
}

/** The connection to a card's program; returns its name. */
function vhostUserSocket(build: Build, { alias = '' }: Video): string {
  const id = `chr-vu-${alias}`
  build.add('-chardev', listProps('socket', { id, fd: build.context.start.fd('vhost-user-gpu', alias) }))
  return id
}
