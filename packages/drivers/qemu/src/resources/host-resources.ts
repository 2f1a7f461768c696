// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest has of the host while it runs, besides its process: files, a control group.
import type { Domain } from '@virt/conf'
import type { Cgroup } from '@virt/linux'
import type { Descriptor, SpawnOptions } from '@virt/native'
import { parseRanges } from '@virt/stateful'
import type { RunFacts } from '../process/run.js'
import type { QemuState } from '../state.js'
import { endLimits } from './bandwidth.js'
import { makeGroup } from './group.js'
import { removeMacvtaps } from './macvtaps.js'
import { isPrivate, makePrivateDevices } from './private-devices.js'
import { Rollback } from './rollback.js'
import { makeEmulatorGroup, tuneOf } from './threads.js'

/** What was taken for a start. */
export interface Taken {
  readonly group: Cgroup | undefined
  /** The mount namespace with its own devices, for as long as it is not closed. */
  readonly devices: Descriptor | undefined
  /** Takes everything back. */
  readonly rollback: Rollback
  /** What the process is started with. */
  readonly spawn: Partial<SpawnOptions>
}

/** Takes everything of the host that a guest needs. @throws VirtError; nothing is then taken */
export async function takeResources(state: QemuState, document: Domain, id: number): Promise<Taken> {
  const { security, settings } = state
  const rollback = new Rollback()
  try {
    const identity = await security.process(document)
    const group = await makeGroup(state, document, id)
    rollback.add(() => group?.remove())
    const emulator = await makeEmulatorGroup(group, document)
    const devices = await makePrivateDevices(state, document)
    rollback.add(() => devices?.close())
    const apart = devices === undefined ? undefined : isPrivate
    await security.give(document, apart)
    rollback.add(() => security.takeBack(document, apart))
    const cpus = tuneOf(document, 'emulator').cpus
    return {
      group,
      devices,
      rollback,
      spawn: {
        ...identity,
        // Also root's guests can do nothing that others cannot.
        ...(security.owner !== undefined && settings.clear_emulator_capabilities ? { capabilities: [] } : {}),
        ...(group === undefined ? {} : { cgroups: group.entries(emulator) }),
        ...(devices === undefined ? {} : { namespaces: [devices.fd] }),
        ...(cpus === undefined ? {} : { cpus: parseRanges(cpus) ?? [] }),
      },
    }
  } catch (error) {
    await rollback.run()
    throw error
  }
}

/** Gives everything back after the end of a guest. @param files which of its files: they may be another host's guest's by now */
export async function giveResourcesBack(
  state: QemuState,
  document: Domain,
  { group, namespaced }: Pick<RunFacts, 'group' | 'namespaced'>,
  files: 'all' | 'given' | 'none',
): Promise<void> {
  const apart = namespaced ? isPrivate : undefined
  if (files === 'all') await state.security.takeBack(document, apart)
  if (files === 'given') await state.security.takeBackGiven(document, apart)
  await removeMacvtaps(state, document)
  await endLimits(document)
  await group?.remove()
}
