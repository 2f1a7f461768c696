// SPDX-License-Identifier: LGPL-2.1-or-later
// The order of the command line. QEMU needs some of it (what is named comes before who names it); the rest is libvirt's.
import type { Domain } from '@virt/conf'
import { audios, sounds } from '../devices/audio.js'
import { accelerator, board } from '../devices/board.js'
import { boot } from '../devices/boot.js'
import { channels, consoles, monitor, parallels, serials } from '../devices/chardevs.js'
import { controllers, globalControllers, hubs } from '../devices/controllers.js'
import { cpu } from '../devices/cpu.js'
import { disks } from '../devices/disks.js'
import { graphics, inputs, noDisplay, videos } from '../devices/display.js'
import { flash, loader } from '../devices/firmware.js'
import { bare, generationId, identity, messages, sandbox, uuid } from '../devices/identity.js'
import { memory, memoryDevices, numa } from '../devices/memory.js'
import { interfaces } from '../devices/network.js'
import { power } from '../devices/power.js'
import { iothreads, processors } from '../devices/processors.js'
import { asyncTeardown, balloon, incoming, panics, passthrough, rngs, vmcoreinfo, watchdogs } from '../devices/small.js'
import { clock } from '../devices/time.js'
import { configUnsupported } from '../errors.js'
import { Build, type CommandContext, type QemuCommand } from './build.js'
import { environment } from './environment.js'

type Maker = (build: Build) => void

/** Makers by what they make, in their order. A family that is not here yet is not on the command line. */
const makers: readonly (readonly [name: string, maker: Maker])[] = [
  ['identity', identity],
  ['flash memory', flash],
  ['machine', board],
  ['accelerator', accelerator],
  ['CPU', cpu],
  ['firmware', loader],
  ['memory', memory],
  ['processors', processors],
  ['threads', iothreads],
  ['NUMA nodes', numa],
  ['UUID', uuid],
  ['generation', generationId],
  ['no display', noDisplay],
  ['no defaults', bare],
  ['monitor', monitor],
  ['clock', clock],
  ['power', power],
  ['boot', boot],
  ['changes to controllers', globalControllers],
  ['controllers', controllers],
  ['memory devices', memoryDevices],
  ['hubs', hubs],
  ['disks', disks],
  ['interfaces', interfaces],
  ['serial ports', serials],
  ['parallel ports', parallels],
  ['channels', channels],
  ['consoles', consoles],
  ['input', inputs],
  ['audio', audios],
  ['graphics', graphics],
  ['video', videos],
  ['sound', sounds],
  ['watchdogs', watchdogs],
  ['incoming', incoming],
  ['balloon', balloon],
  ['random numbers', rngs],
  ['vmcoreinfo', vmcoreinfo],
  ['sandbox', sandbox],
  ['panic', panics],
  ['teardown', asyncTeardown],
  ['options of the document', passthrough],
  ['messages', messages],
]

/** Devices and elements that no maker is there for yet: a guest must not start without what it was promised. */
const lacking: readonly (readonly [name: string, has: (domain: Domain) => boolean])[] = [
  ['hostdev', ({ devices }) => (devices?.hostdevs.length ?? 0) > 0],
  ['filesystem', ({ devices }) => (devices?.filesystems.length ?? 0) > 0],
  ['tpm', ({ devices }) => (devices?.tpms.length ?? 0) > 0],
  ['smartcard', ({ devices }) => (devices?.smartcards.length ?? 0) > 0],
  ['redirdev', ({ devices }) => (devices?.redirdevs.length ?? 0) > 0],
  ['shmem', ({ devices }) => (devices?.shmems.length ?? 0) > 0],
  ['vsock', ({ devices }) => devices?.vsock !== undefined],
  ['crypto', ({ devices }) => (devices?.cryptos.length ?? 0) > 0],
  ['iommu', ({ devices }) => devices?.iommu !== undefined],
  ['launchSecurity', ({ launchSecurity }) => launchSecurity !== undefined],
]

/**
 * The command line of a guest.
 * @param domain a document that is complete: defaults, addresses, aliases
 * @throws VirtError `config-unsupported` for what this QEMU, or this driver, cannot do
 * @since 0.1.0, `qemuBuildCommandLine`
 */
export function buildCommand(domain: Domain, context: CommandContext): QemuCommand {
  const missing = lacking.find(([, has]) => has(domain))
  if (missing !== undefined) throw configUnsupported(`the driver cannot give a guest <${missing[0]}> yet`)
  const build = new Build(domain, context)
  for (const [, make] of makers) make(build)
  return { program: context.caps.binary, args: build.args, env: environment(build) }
}
