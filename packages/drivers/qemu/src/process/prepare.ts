// SPDX-License-Identifier: LGPL-2.1-or-later
// What is chosen for one run of a guest: ports of displays, paths of channels.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Channel, Domain, Graphics } from '@virt/conf'
import { completeDisplays, type DisplayChoices } from '../command/displays.js'
import { withTapNames } from '../resources/taps.js'
import type { QemuState } from '../state.js'

/** Folders of one run. */
interface Folders {
  readonly libFolder: string
  readonly channelFolder: string
}

/** A document with what was chosen, and the ports that are the guest's now. */
export interface Chosen {
  readonly document: Domain
  readonly ports: readonly number[]
}

type Displayed = Extract<Graphics, { type: 'vnc' | 'spice' }>

function isDisplayed(graphics: Graphics): graphics is Displayed {
  return graphics.type === 'vnc' || graphics.type === 'spice'
}

/** Whether clients connect to it by a port. */
function usesPort({ listens }: Displayed): boolean {
  const type = listens[0]?.type ?? 'address'
  return type === 'address' || type === 'network'
}

/** Ports of displays whose guest is not started. */
const madeUpPorts = { vnc: 5900, spice: 5901 } as const

/** The document with what a command line needs of a run that there is not. @param folders it would have */
export function pretend(state: QemuState, document: Domain, { libFolder, channelFolder }: Folders): Domain {
  const { devices } = document
  if (devices === undefined) return document
  const graphics = completeDisplays(devices.graphics, displayChoices(state, libFolder)).map((one) =>
    isDisplayed(one) && usesPort(one) && !hasPort(one) ? { ...one, port: madeUpPorts[one.type] } : one,
  )
  return { ...document, devices: { ...devices, graphics, channels: withPaths(devices.channels, channelFolder) } }
}

const hasPort = ({ port }: Displayed): boolean => port !== undefined && port > 0

async function withPort(state: QemuState, graphics: Graphics, ports: number[]): Promise<Graphics> {
  if (!isDisplayed(graphics) || !usesPort(graphics)) return graphics
  const { port } = graphics
  if (port !== undefined && port > 0) {
    state.ports.hold(port)
    ports.push(port)
    return graphics
  }
  const chosen = await state.ports.take()
  ports.push(chosen)
  return { ...graphics, port: chosen }
}

/** The first of the host's cards that draw. */
function renderNode(): string | undefined {
  try {
    const [name] = readdirSync('/dev/dri')
      .filter((one) => one.startsWith('renderD'))
      .sort()
    return name === undefined ? undefined : join('/dev/dri', name)
  } catch {
    return undefined
  }
}

/** How displays are completed for one run. @param lib folder of the run */
function displayChoices({ settings }: QemuState, lib: string): DisplayChoices {
  return {
    vncListen: settings.vnc_listen,
    spiceListen: settings.spice_listen,
    vncAutoUnixSocket: settings.vnc_auto_unix_socket,
    spiceAutoUnixSocket: settings.spice_auto_unix_socket,
    lib,
    renderNode,
  }
}

/** Channels whose path is ours to choose are below a folder of this run. */
function withPath(channel: Channel, folder: string): Channel {
  if (channel.type !== 'unix' || channel.target?.type !== 'virtio') return channel
  const [source] = channel.sources
  if (source?.path !== undefined) return channel
  const path = join(folder, channel.target.name ?? channel.alias ?? 'channel')
  return { ...channel, sources: [{ ...(source ?? { seclabels: [] }), mode: source?.mode ?? 'bind', path }] }
}

/** Nobody is at the other end of a channel yet. */
function disconnected(channel: Channel): Channel {
  if (channel.target?.type !== 'virtio' || channel.type === 'spicevmc') return channel
  return { ...channel, target: { ...channel.target, state: 'disconnected' } }
}

const withPaths = (channels: readonly Channel[], folder: string): Channel[] =>
  channels.map((one) => disconnected(withPath(one, folder)))

/**
 * Chooses.
 * @param folders of this run
 * @throws VirtError when no port is free; those that were taken are given back
 */
export async function choose(
  state: QemuState,
  document: Domain,
  { libFolder, channelFolder }: Folders,
): Promise<Chosen> {
  const { devices } = document
  if (devices === undefined) return { document, ports: [] }
  const ports: number[] = []
  try {
    const graphics: Graphics[] = []
    for (const one of completeDisplays(devices.graphics, displayChoices(state, libFolder)))
      graphics.push(await withPort(state, one, ports))
    const channels = withPaths(devices.channels, channelFolder)
    return { document: withTapNames({ ...document, devices: { ...devices, graphics, channels } }), ports }
  } catch (error) {
    for (const port of ports) state.ports.give(port)
    throw error
  }
}

/** Ports that a guest of before has. */
export function portsOf({ devices }: Domain): number[] {
  return (devices?.graphics ?? []).flatMap((one) =>
    isDisplayed(one) && usesPort(one) && one.port !== undefined && one.port > 0 ? [one.port] : [],
  )
}
