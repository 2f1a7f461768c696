// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest has of the host while it runs, besides its process: files, a control group.
import type { Domain } from '@virt/conf'
import type { Cgroup } from '@virt/linux'
import type { SpawnOptions } from '@virt/native'
import { parseRanges } from '@virt/stateful'
import type { QemuState } from '../state.js'
import { makeGroup } from './group.js'
import { Rollback } from './rollback.js'
import { makeEmulatorGroup, threadGroupNames, tuneOf } from './threads.js'

/** What was taken for a start. */
export interface Taken {
  readonly group: Cgroup | undefined
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
    rollback.add(() => group?.remove(threadGroupNames(document)))
    const emulator = await makeEmulatorGroup(group, document)
    await security.give(document)
    rollback.add(() => security.takeBack(document))
    const cpus = tuneOf(document, 'emulator').cpus
    return {
      group,
      rollback,
      spawn: {
        ...identity,
        // Also root's guests can do nothing that others cannot.
        ...(security.owner !== undefined && settings.clear_emulator_capabilities ? { capabilities: [] } : {}),
        ...(group === undefined ? {} : { cgroups: group.entries(emulator) }),
        ...(cpus === undefined ? {} : { cpus: parseRanges(cpus) ?? [] }),
      },
    }
  } catch (error) {
    await rollback.run()
    throw error
  }
}

/** Gives everything back after the end of a guest. @param files whether its files too: they may be another host's guest's by now */
export async function giveResourcesBack(
  state: QemuState,
  document: Domain,
  group: Cgroup | undefined,
  files: boolean,
): Promise<void> {
  if (files) await state.security.takeBack(document)
  await group?.remove(threadGroupNames(document))
}
