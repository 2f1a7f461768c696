// SPDX-License-Identifier: LGPL-2.1-or-later
// Character devices: where their bytes go, and what the guest sees them as.
import { join } from 'node:path'
import type { Channel, ChardevLog, ChardevSource, ChardevType, Console, Domain, Reconnect } from '@virt/conf'
import { addressProps } from '../command/address.js'
import type { Build, FdPurpose } from '../command/build.js'
import { isS390 } from '../command/machine.js'
import { listProps, type Props } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'
import { tlsObjects } from './storage-objects.js'

/** A device with characters behind it. */
export interface CharacterDevice {
  readonly type?: ChardevType | undefined
  readonly sources: readonly ChardevSource[]
  readonly protocol?: { readonly type?: string | undefined } | undefined
  readonly log?: ChardevLog | undefined
  readonly alias?: string | undefined
}

/** What the characters are for. */
export type CharacterUse = 'serial' | 'parallel' | 'smartcard' | 'redirdev' | 'other'

/** Names of what SPICE clients connect to. */
const spiceNames: Partial<Record<CharacterUse, string>> = { smartcard: 'smartcard', redirdev: 'usbredir' }

/** How a source is written down. */
interface Backend {
  readonly kind: string
  readonly props: Props
}

/** A file that QEMU is given open: `-add-fd` puts it into a set, and the set has a path. */
export function fdSet(build: Build, fd: number, opaque: string): string {
  const set = build.nextFdSet()
  build.add('-add-fd', listProps(undefined, { set, fd, opaque }))
  return `/dev/fdset/${set}`
}

/** Credentials of an encrypted connection; returns their name. */
function credentials(build: Build, source: ChardevSource | undefined, alias: string): string | undefined {
  const { settings } = build.context
  if (!(source?.tls ?? settings.chardevTls)) return undefined
  const server = source?.mode === 'bind'
  const id = `objchar${alias}_tls0`
  const uuid = settings.chardevTlsSecret
  const objects = tlsObjects(build, id, {
    dir: settings.chardevTlsDir,
    endpoint: server ? 'server' : 'client',
    verify: server ? settings.chardevTlsVerify : true,
    secret: uuid === undefined ? undefined : { id: `char${alias}-secret0`, uuid },
  })
  for (const object of objects) build.object(object)
  return id
}

function socketBackend(build: Build, device: CharacterDevice, source: ChardevSource | undefined): Backend {
  const server = source?.mode === 'bind'
  return {
    kind: 'socket',
    props: {
      host: source?.host,
      port: source?.service,
      telnet: device.protocol?.type === 'telnet' ? true : undefined,
      ...(server ? { server: true, wait: false } : reconnectProps(build, source?.reconnect)),
      'tls-creds': credentials(build, source, device.alias ?? ''),
    },
  }
}

/** How soon QEMU connects again when the other end has gone; newer ones count in thousandths of a second. */
export function reconnectProps(build: Build, reconnect: Reconnect | undefined): Props {
  if (reconnect?.enabled === undefined) return {}
  const seconds = reconnect.enabled ? (reconnect.timeout ?? 0) : 0
  return build.has('chardev-reconnect-miliseconds') ? { 'reconnect-ms': seconds * 1000 } : { reconnect: seconds }
}

function backendOf(build: Build, device: CharacterDevice, kind: CharacterUse): Backend {
  const [source, other] = device.sources
  const alias = device.alias ?? ''
  const path = (name: string): Backend => ({ kind: name, props: { path: source?.path } })
  switch (device.type ?? 'null') {
    case 'null':
    case 'vc':
    case 'pty':
    case 'stdio':
      return { kind: device.type ?? 'null', props: {} }
    case 'dev':
      return path(kind === 'parallel' ? 'parallel' : 'serial')
    case 'pipe':
      return path('pipe')
    case 'file': {
      if (build.context.start.byPath) return { kind: 'file', props: { path: source?.path, append: source?.append } }
      const fd = build.context.start.fd('chardev-file', alias)
      // It was opened as the document says; QEMU must not begin it anew.
      return { kind: 'file', props: { path: fdSet(build, fd, `${alias}-source`), append: true } }
    }
    case 'udp': {
      const bind = device.sources.find(({ mode }) => mode === 'bind')
      const connect = device.sources.find(({ mode }) => mode !== 'bind') ?? other
      return {
        kind: 'udp',
        props: {
          host: connect?.host ?? '',
          port: connect?.service,
          localaddr: bind?.host ?? '',
          localport: bind?.service ?? '0',
        },
      }
    }
    case 'tcp':
      return socketBackend(build, device, source)
    case 'unix': {
      // A path that is not given is ours to choose, and then it is we who listen.
      if (source?.path !== undefined && source.mode !== 'bind')
        return { kind: 'socket', props: { path: source.path, ...reconnectProps(build, source.reconnect) } }
      return { kind: 'socket', props: listening(build, 'chardev-listen', alias, source?.path) }
    }
    case 'spicevmc':
      return { kind: 'spicevmc', props: { name: spiceNames[kind] ?? 'vdagent' } }
    case 'spiceport':
      return { kind: 'spiceport', props: { name: source?.channel } }
    case 'qemu-vdagent':
      return {
        kind: 'qemu-vdagent',
        props: {
          name: 'vdagent',
          clipboard: source?.clipboard?.copypaste,
          mouse: source?.mouse?.mode === undefined ? undefined : source.mouse.mode === 'client',
        },
      }
    case 'dbus':
      return { kind: 'dbus', props: { name: source?.channel } }
    default:
      throw configUnsupported(`unsupported chardev '${device.type}'`)
  }
}

/** A socket that is there before QEMU is, or that it is to make. */
function listening(build: Build, purpose: FdPurpose, owner: string, path: string | undefined): Props {
  const { start } = build.context
  return { ...(start.byPath ? { path } : { fd: start.fd(purpose, owner) }), server: true, wait: false }
}

function logProps(build: Build, { log, alias = '' }: CharacterDevice): Props {
  if (log?.file === undefined) return {}
  const { start } = build.context
  if (start.byPath) return { logfile: log.file, logappend: log.append }
  return { logfile: fdSet(build, start.fd('chardev-log', alias), `${alias}-log`), logappend: true }
}

/** `-chardev`; returns its name. */
export function chardev(
  build: Build,
  device: CharacterDevice,
  kind: CharacterUse = 'other',
  id: string = `char${device.alias}`,
): string {
  if (device.alias === undefined) throw internalError('character device without alias')
  const { kind: name, props } = backendOf(build, device, kind)
  build.add('-chardev', listProps(name, { id, ...props, ...logProps(build, device) }))
  return id
}

const serialDrivers: Readonly<Record<string, string>> = {
  'isa-serial': 'isa-serial',
  'usb-serial': 'usb-serial',
  'pci-serial': 'pci-serial',
  'spapr-vty': 'spapr-vty',
  sclpconsole: 'sclpconsole',
  sclplmconsole: 'sclplmconsole',
  'isa-debugcon': 'isa-debugcon',
}

/** Ports that boards have by themselves: they take the first free `-serial`. */
const onBoard: ReadonlySet<string> = new Set(['pl011', '16550a', 'system-serial'])

export function serials(build: Build): void {
  for (const device of build.domain.devices?.serials ?? []) {
    const id = chardev(build, device, 'serial')
    const model = device.target?.model
    if (model === undefined && device.target?.type === 'system-serial')
      throw internalError('Invalid target model for serial device')
    // One of which nothing is known is the board's.
    if (model === undefined || onBoard.has(model) || device.target?.type === 'system-serial') {
      build.add('-serial', `chardev:${id}`)
      continue
    }
    const driver = serialDrivers[model]
    if (driver === undefined) throw configUnsupported(`unsupported serial model '${model}'`)
    build.device(
      {
        driver,
        chardev: id,
        id: device.alias,
        index: model === 'isa-serial' ? device.target?.port : undefined,
        ...addressProps(build, device),
      },
      device,
    )
  }
}

export function parallels(build: Build): void {
  for (const device of build.domain.devices?.parallels ?? []) {
    const id = chardev(build, device, 'parallel')
    build.device({ driver: 'isa-parallel', chardev: id, id: device.alias }, device)
  }
}

/** The channel that the SPICE agent in the guest looks for. */
const spiceChannel = 'com.redhat.spice.0'

/** Where a port of a virtio serial controller is. */
function portProps(build: Build, device: Channel | Console): Props {
  const { address } = device
  if (address !== undefined && !['none', 'virtio-serial', 'ccw'].includes(address.type))
    throw internalError('virtio serial device has invalid address type')
  if (address?.type !== 'virtio-serial') return addressProps(build, device)
  const alias = build.controller('virtio-serial', address.controller ?? 0)?.alias ?? 'virtio-serial0'
  return { bus: `${alias}.${address.bus ?? 0}`, nr: address.port }
}

export function channels(build: Build): void {
  for (const device of build.domain.devices?.channels ?? []) {
    const { target } = device
    switch (target?.type) {
      case 'guestfwd': {
        const id = chardev(build, device)
        build.netdev({
          type: 'user',
          guestfwd: [{ str: `tcp:${target.address}:${target.port}-chardev:${id}` }],
          id: device.alias,
        })
        break
      }
      case 'virtio': {
        const id = chardev(build, device)
        const name = target.name ?? (device.type === 'spicevmc' ? spiceChannel : undefined)
        if (device.type === 'spicevmc' && name !== spiceChannel)
          throw configUnsupported(`Unsupported spicevmc target name '${name}'`)
        build.device(
          {
            driver: 'virtserialport',
            ...portProps(build, device),
            chardev: id,
            id: device.alias,
            name,
          },
          device,
        )
        break
      }
      default:
        throw configUnsupported(`unsupported channel target type '${target?.type}'`)
    }
  }
}

/** Whether a console is the first serial port under another name. */
export function isSerialConsole(domain: Domain, index: number): boolean {
  const console = domain.devices?.consoles[index]
  return index === 0 && console?.target?.type === 'serial' && (domain.devices?.serials.length ?? 0) > 0
}

export function consoles(build: Build): void {
  const { domain } = build
  for (const [i, device] of (domain.devices?.consoles ?? []).entries()) {
    switch (device.target?.type) {
      case 'sclp':
      case 'sclplm': {
        if (!isS390(domain)) throw configUnsupported('sclp console requires QEMU to support s390-sclp')
        const id = chardev(build, device)
        build.device(
          { driver: device.target.type === 'sclp' ? 'sclpconsole' : 'sclplmconsole', chardev: id, id: device.alias },
          device,
        )
        break
      }
      case 'virtio': {
        const id = chardev(build, device)
        build.device({ driver: 'virtconsole', ...portProps(build, device), chardev: id, id: device.alias }, device)
        break
      }
      case 'serial':
      case undefined:
        if (!isSerialConsole(domain, i)) continue
        break
      default:
        throw configUnsupported(`unsupported console target type ${device.target?.type}`)
    }
  }
}

/** The monitor. */
export function monitor(build: Build): void {
  const path = join(build.context.paths.lib, 'monitor.sock')
  build.add('-chardev', listProps('socket', { id: 'charmonitor', ...listening(build, 'monitor', 'monitor', path) }))
  build.add('-mon', listProps(undefined, { chardev: 'charmonitor', id: 'monitor', mode: 'control' }))
}
