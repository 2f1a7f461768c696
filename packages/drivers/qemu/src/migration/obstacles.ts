// SPDX-License-Identifier: LGPL-2.1-or-later
// What keeps a guest that runs from leaving: QEMU says some of it, the rest is in its document, looked at in libvirt's order.
import type { Domain } from '@virt/conf'
import type { VirtError } from '@virt/core'
import { actualType } from '../command/actual.js'
import { hostDevicesOf } from '../devices/hostdevs.js'
import type { QemuDomain } from '../domain/record.js'
import { Reason, State } from '../domain/states.js'
import { operationInvalid, operationUnsupported } from '../errors.js'
import { migrationReport } from '../jobs/figures.js'
import type { Run } from '../process/run.js'
import { has, Migrate } from './flags.js'

type Obstacle = (document: Domain) => VirtError | undefined

/** Devices of the host stay where they are: all but those of USB, and those that QEMU takes away by itself before. */
export function hostDeviceObstacle(document: Domain): VirtError | undefined {
  const nets = new Set(
    (document.devices?.interfaces ?? []).filter((net) => actualType(net) === 'hostdev').map(({ alias }) => alias),
  )
  for (const device of hostDevicesOf(document)) {
    if (device.mode === 'capabilities')
      return operationUnsupported("cannot migrate a domain with <hostdev mode='capabilities'>")
    if (device.type === 'usb') continue
    if (device.type === 'pci' && device.teaming?.type === 'transient') continue
    const isNet = device.type === 'pci' && device.alias !== undefined && nets.has(device.alias)
    return operationUnsupported(
      `cannot migrate a domain with ${isNet ? "<interface type='hostdev'>" : `<hostdev mode='subsystem' type='${device.type}'>`}`,
    )
  }
  return undefined
}

function vdpa({ devices }: Domain): VirtError | undefined {
  return devices?.interfaces.some((one) => actualType(one) === 'vdpa') === true
    ? operationInvalid('vDPA devices cannot be migrated')
    : undefined
}

const requires = new Set(['require', 'force'])

/** A counter that never changes its pace runs at another one elsewhere, unless it was given one. */
function counter({ cpu, clock }: Domain): VirtError | undefined {
  const invariant = cpu?.features.some(({ name, policy }) => name === 'invtsc' && requires.has(policy ?? 'require'))
  const paced = clock?.timers?.some((timer) => timer.name === 'tsc' && (timer.frequency ?? 0n) !== 0n) === true
  return invariant === true && !paced
    ? operationInvalid("domain has 'invtsc' CPU feature but TSC frequency is not specified")
    : undefined
}

function memoryModules({ devices }: Domain): VirtError | undefined {
  return devices?.memorys.some(({ model, address }) => model === 'dimm' && address?.type !== 'dimm') === true
    ? operationInvalid("domain's dimm info lacks slot ID or base address")
    : undefined
}

function sharedMemory({ devices }: Domain): VirtError | undefined {
  const shmem = devices?.shmems.find(({ role }) => role !== 'master')
  return shmem === undefined
    ? undefined
    : operationInvalid(`shmem device '${shmem.name}' cannot be migrated, only shmem with role='master' can be migrated`)
}

/** Folders of the host, where the program beside the guest is ours: it knows which files the guest has open. */
function folders({ devices }: Domain): VirtError | undefined {
  return devices?.filesystems.some(({ driver, source }) => driver?.type === 'virtiofs' && source?.socket === undefined)
    ? operationInvalid('migration with this virtiofs device is not supported')
    : undefined
}

function transientDisks({ devices }: Domain): VirtError | undefined {
  return devices?.disks.some((disk) => disk.transient !== undefined) === true
    ? operationInvalid('migration with transient disk is not supported')
    : undefined
}

/** What keeps a guest from leaving, as its document has it. @param named its QEMU gives reasons by itself */
export function obstacleOf(document: Domain, named: boolean): VirtError | undefined {
  const all: readonly Obstacle[] = [
    counter,
    memoryModules,
    sharedMemory,
    ...(named ? [] : [vdpa]),
    folders,
    transientDisks,
  ]
  for (const obstacle of all) {
    const error = obstacle(document)
    if (error !== undefined) return error
  }
  return undefined
}

/** Why the guest's QEMU cannot migrate it. */
async function ofQemu(run: Run, document: Domain, named: boolean): Promise<VirtError | undefined> {
  if (!named) return hostDeviceObstacle(document)
  const { blocked } = migrationReport(await run.monitor.command('query-migrate'))
  return blocked.length > 0 ? operationInvalid(`cannot migrate domain: ${blocked.join('; ')}`) : undefined
}

/**
 * Whether the state of a guest may be written down, for this host.
 * @throws VirtError why it may not
 */
export async function checkState({ def }: QemuDomain, run: Run): Promise<void> {
  const named = run.facts.caps.flags.has('migration.blocked-reasons')
  const error = (await ofQemu(run, def, named)) ?? obstacleOf(def, named)
  if (error !== undefined) throw error
}

/**
 * Whether a guest that runs may leave, apart from its disks.
 * @throws VirtError why it may not
 */
export async function checkGuest(domain: QemuDomain, run: Run, flags: number): Promise<void> {
  const named = run.facts.caps.flags.has('migration.blocked-reasons')
  const refused = await ofQemu(run, domain.def, named)
  if (refused !== undefined) throw refused
  if (has(flags, Migrate.abortOnError) && domain.state === State.paused && domain.reason === Reason.paused.ioerror)
    throw operationInvalid('cannot migrate domain with I/O error')
  if (run.tied !== undefined) throw operationInvalid('domain is marked for auto destroy')
  const error = obstacleOf(domain.def, named)
  if (error !== undefined) throw error
}
