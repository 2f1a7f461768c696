// SPDX-License-Identifier: LGPL-2.1-or-later
// The order of the command line. QEMU needs some of it (what is named comes before who names it); the rest is libvirt's.
import type { Domain } from '@virt/conf'
import { audios, sounds } from '../devices/audio.js'
import { accelerator, board, tseg } from '../devices/board.js'
import { boot } from '../devices/boot.js'
import { channels, consoles, monitor, parallels, serials } from '../devices/chardevs.js'
import { controllers, globalControllers, hubs } from '../devices/controllers.js'
import { cpu } from '../devices/cpu.js'
import { cryptos } from '../devices/crypto.js'
import { disks, reservations, throttleGroups } from '../devices/disks.js'
import { graphics, inputs, noDisplay, videos } from '../devices/display.js'
import { filesystems } from '../devices/filesystems.js'
import { flash, loader } from '../devices/firmware.js'
import { hostdevs } from '../devices/hostdevs.js'
import { bare, generationId, identity, messages, sandbox, uuid } from '../devices/identity.js'
import { iommu } from '../devices/iommu.js'
import { launchSecurity } from '../devices/launch-security.js'
import { memory, memoryDevices, numa } from '../devices/memory.js'
import { interfaces } from '../devices/network.js'
import { power } from '../devices/power.js'
import { iothreads, processors } from '../devices/processors.js'
import { pstore } from '../devices/pstore.js'
import { redirdevs } from '../devices/redirdevs.js'
import { shmems } from '../devices/shmem.js'
import { asyncTeardown, balloon, incoming, panics, passthrough, rngs, vmcoreinfo, watchdogs } from '../devices/small.js'
import { smartcards } from '../devices/smartcards.js'
import { smbios } from '../devices/smbios.js'
import { clock } from '../devices/time.js'
import { tpms } from '../devices/tpm.js'
import { vsock } from '../devices/vsock.js'
import { Build, type CommandContext, type QemuCommand } from './build.js'
import { environment } from './environment.js'

type Maker = (build: Build) => void

/** Makers by what they make, in their order. A family that is not here yet is not on the command line. */
const makers: readonly (readonly [name: string, maker: Maker])[] = [
  ['identity', identity],
  ['reservations', reservations],
  ['flash memory', flash],
  ['machine', board],
  ['accelerator', accelerator],
  ['TSEG', tseg],
  ['CPU', cpu],
  ['firmware', loader],
  ['memory', memory],
  ['processors', processors],
  ['threads', iothreads],
  ['throttle groups', throttleGroups],
  ['NUMA nodes', numa],
  ['UUID', uuid],
  ['generation', generationId],
  ['SMBIOS', smbios],
  ['no display', noDisplay],
  ['no defaults', bare],
  ['monitor', monitor],
  ['clock', clock],
  ['power', power],
  ['boot', boot],
  ['IOMMU', iommu],
  ['changes to controllers', globalControllers],
  ['controllers', controllers],
  ['memory devices', memoryDevices],
  ['hubs', hubs],
  ['disks', disks],
  ['filesystems', filesystems],
  ['interfaces', interfaces],
  ['smartcards', smartcards],
  ['serial ports', serials],
  ['parallel ports', parallels],
  ['channels', channels],
  ['consoles', consoles],
  ['TPMs', tpms],
  ['input', inputs],
  ['audio', audios],
  ['graphics', graphics],
  ['video', videos],
  ['sound', sounds],
  ['watchdogs', watchdogs],
  ['redirected devices', redirdevs],
  ['host devices', hostdevs],
  ['incoming', incoming],
  ['balloon', balloon],
  ['random numbers', rngs],
  ['vmcoreinfo', vmcoreinfo],
  ['launch security', launchSecurity],
  ['options of the document', passthrough],
  ['sandbox', sandbox],
  ['panic', panics],
  ['shared memory', shmems],
  ['vsock', vsock],
  ['crypto', cryptos],
  ['persistent store', pstore],
  ['teardown', asyncTeardown],
  ['messages', messages],
]

/**
 * The command line of a guest.
 * @param domain a document that is complete: defaults, addresses, aliases
 * @throws VirtError `config-unsupported` for what this QEMU, or this driver, cannot do
 * @since 0.1.0, `qemuBuildCommandLine`
 */
export function buildCommand(domain: Domain, context: CommandContext): QemuCommand {
  const build = new Build(domain, context)
  for (const [, make] of makers) make(build)
  return { program: context.caps.binary, args: build.args, env: environment(build) }
}
