// SPDX-License-Identifier: LGPL-2.1-or-later
// Character devices: defaults of their sources, port numbers, the console that is a serial port.
import type { Pass } from '../../runtime/context.js'
import type { ChardevSource, Console, Domain, Serial } from '../types.gen.js'
import { pass } from './devices.js'
import { badValue, internalError, unsupported, xmlError } from './report.js'

interface Chardev {
  type?: string | undefined
  sources: readonly ChardevSource[]
  protocol?: { type?: string | undefined } | undefined
}

/** What a source of each type says; all else is not of its kind. */
const parts: Readonly<Record<string, readonly (keyof ChardevSource)[]>> = {
  dev: ['path', 'seclabels'],
  file: ['path', 'append', 'seclabels'],
  pipe: ['path', 'seclabels'],
  pty: ['path', 'seclabels'],
  unix: ['mode', 'path', 'reconnect', 'seclabels'],
  tcp: ['mode', 'host', 'service', 'tls', 'tlsFromConfig', 'reconnect', 'seclabels'],
  udp: ['mode', 'host', 'service', 'seclabels'],
  spiceport: ['channel', 'seclabels'],
  nmdm: ['master', 'slave', 'seclabels'],
  'qemu-vdagent': ['clipboard', 'mouse', 'seclabels'],
  dbus: ['channel', 'seclabels'],
}

function keepParts(device: Chardev): void {
  const own = parts[device.type ?? ''] ?? ['seclabels']
  for (const source of device.sources)
    for (const key of Object.keys(source) as (keyof ChardevSource)[]) if (!own.includes(key)) delete source[key]
}

/** Fills in what a source says by saying nothing, and refuses what it may not say. */
export function completeChardev(device: Chardev): void {
  const [source, ...others] = device.sources
  if (device.type !== 'tcp') delete device.protocol
  keepParts(device)
  switch (device.type) {
    case 'tcp': {
      if (others.length > 0) xmlError('only one source element is allowed for character device')
      if (source) source.mode ??= 'connect'
      device.protocol ??= {}
      device.protocol.type ??= 'raw'
      return
    }
    case 'udp': {
      if (device.sources.length > 2) xmlError('only two source elements are allowed for character device')
      for (const one of device.sources) one.mode ??= 'connect'
      const connect = device.sources.find((one) => one.mode === 'connect')
      // The receiving end is printed first.
      const bind = device.sources.find((one) => one.mode === 'bind')
      device.sources = [...(bind ? [bind] : []), ...(connect ? [connect] : [])]
      return
    }
    case 'unix':
      if (source) source.mode ??= 'connect'
      return
    case 'dbus':
    case 'dev':
    case 'file':
    case 'pipe':
    case 'spiceport':
    case 'nmdm':
    case undefined:
    case 'null':
    case 'vc':
    case 'pty':
    case 'stdio':
    case 'spicevmc':
    case 'qemu-vdagent':
      return
    default:
      internalError(`unknown type presented to host for character device: ${device.type}`)
  }
}

function nextPort(devices: readonly { target?: { port?: number | undefined } | undefined }[]): number {
  let most = -1
  for (const { target } of devices) most = Math.max(most, target?.port ?? -1)
  return most + 1
}

const sources = pass('character devices', ({ devices }) => {
  if (!devices) return
  const { serials, parallels, consoles, channels, redirdevs } = devices
  for (const device of [...serials, ...parallels, ...consoles, ...channels]) {
    device.type ??= 'pty'
    completeChardev(device)
  }
  for (const device of redirdevs) completeChardev(device)
  for (const device of devices.smartcards) if (device.mode === 'passthrough') completeChardev(device)
  for (const device of devices.rngs) if (device.backend?.model === 'egd') completeChardev(device.backend)
})

const targets = pass('targets of consoles', ({ devices }) => {
  for (const console of devices?.consoles ?? []) {
    console.target ??= {}
    console.target.type ??= 'serial'
  }
})

const ports = pass('ports', ({ devices }) => {
  if (!devices) return
  for (const list of [devices.serials, devices.parallels] as const)
    for (const device of list) {
      const target = device.target ?? {}
      target.port ??= nextPort(list)
      device.target = target as never
    }
})

/** The source of a device, without what belongs to the port. */
function backendOf(device: Serial | Console): Pick<Console, 'type' | 'tty' | 'sources' | 'protocol' | 'log'> {
  const { type, sources, protocol, log, tty } = device
  return {
    ...(type === undefined ? {} : { type }),
    ...(tty === undefined ? {} : { tty }),
    sources,
    ...(protocol === undefined ? {} : { protocol }),
    ...(log === undefined ? {} : { log }),
  }
}

/** Serial ports that no console stands for. */
const serialOnly: ReadonlySet<string> = new Set(['pci-serial', 'usb-serial', 'isa-debug'])

/** The first console of a full machine is its first serial port, seen twice; each implies the other. */
const consoleCompat = pass('console and serial port', (domain, { hooks }) => {
  const { devices, os } = domain
  if (hooks.features?.has('consoleAlone')) return
  if (!devices || os?.type?.type !== 'hvm') return
  const [console] = devices.consoles
  const [serial] = devices.serials
  if (console && (console.target?.type === 'serial' || console.target?.type === 'none')) {
    if (!serial) {
      devices.serials = [
        {
          ...backendOf(console),
          target: { port: 0 },
          ...(console.alias === undefined ? {} : { alias: console.alias }),
          ...(console.address === undefined ? {} : { address: console.address }),
        },
      ]
      delete console.alias
      delete console.address
    } else Object.assign(console, backendOf(serial))
    if (console.target) {
      console.target.type = 'serial'
      console.target.port = devices.serials[0]?.target?.port ?? 0
    }
  } else if (serial && !serialOnly.has(serial.target?.type ?? 'none')) {
    devices.consoles = [
      { ...backendOf(serial), target: { type: 'serial', port: serial.target?.port ?? 0 } },
      ...devices.consoles,
    ]
  }
})

/** A console's number is its place. */
const numbers = pass('console numbers', ({ devices }) => {
  for (const [i, { target }] of (devices?.consoles ?? []).entries())
    if (target && target.type !== 'serial') target.port = i
})

/** Serial ports that a PC has. */
const isaPorts = 4

const kinds = pass('kinds of ports', ({ devices, os }) => {
  if (!devices) return
  const { serials, parallels, consoles, channels } = devices
  for (const { type } of [...serials, ...parallels, ...consoles])
    if (type === 'spicevmc') unsupported('spicevmc device type only supports virtio')
  for (const { type, target } of channels) {
    if (type === 'spicevmc' && target?.type === 'guestfwd') unsupported('spicevmc device type only supports virtio')
    if (target?.type !== 'guestfwd') continue
    if (target.address === undefined) xmlError('guestfwd channel does not define a target address')
    if (target.port === undefined) badValue("Missing required attribute 'port' in element 'target'")
    if (target.address.includes(':')) unsupported('guestfwd channel only supports IPv4 addresses')
  }
  if (consoles.slice(1).some(({ target }) => target?.type === 'serial'))
    unsupported('Only the first console can be a serial port')
  if (os?.type?.arch !== 'x86_64' && os?.type?.arch !== 'i686') return
  const taken = new Set<number>()
  for (const { target } of serials) {
    if (target?.type !== 'isa-serial' || target.port === undefined) continue
    if (target.port >= isaPorts) internalError(`Maximum supported number of ISA serial ports is '${isaPorts}'`)
    if (taken.has(target.port)) internalError(`target port '${target.port}' already allocated`)
    taken.add(target.port)
  }
})

export const chardevEarly: readonly Pass<Domain>[] = [sources, targets, kinds]
export const chardevPasses: readonly Pass<Domain>[] = [ports, consoleCompat, numbers]
