// SPDX-License-Identifier: LGPL-2.1-or-later
// Starting a guest that may have been saved: it goes on from its image, unless that is not wanted.
import { unlink } from 'node:fs/promises'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { AsyncJob } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { operationFailed } from '../errors.js'
import { startGuest, starting } from '../process/start.js'
import { fresh } from '../process/start-options.js'
import type { QemuState } from '../state.js'
import { savedCpu } from './cookie.js'
import { UselessImage } from './header.js'
import { type OpenImage, openImage } from './image-file.js'
import { managedPath, removeManaged } from './managed.js'
import { restoreGuest } from './restore.js'

/** How a guest is to start. */
interface StartChoice {
  readonly paused: boolean
  /** From nothing: its image is dropped. */
  readonly forceBoot: boolean
  readonly resetVariables: boolean
}

/** The guest's image; undefined when nothing can be had from it. */
async function imageOf(state: QemuState, domain: QemuDomain): Promise<OpenImage | undefined> {
  const path = managedPath(state, domain)
  try {
    return await openImage(path)
  } catch (error) {
    if (!(error instanceof UselessImage)) throw error
    state.services.log.warn(`Ignoring managed state ${path}: ${error.message}`)
    await removeManaged(state, domain)
    return undefined
  }
}

/**
 * Starts a guest.
 * @throws VirtError; nothing is then left of it, but the image is
 */
export async function startOrRestore(
  state: QemuState,
  domain: QemuDomain,
  job: AsyncJob,
  choice: StartChoice,
): Promise<void> {
  const { paused, forceBoot, resetVariables } = choice
  if (domain.managedSave && forceBoot) await removeManaged(state, domain)
  const opened = domain.managedSave ? await imageOf(state, domain) : undefined
  if (opened === undefined) {
    await startGuest(state, domain, job, fresh(paused, resetVariables))
    return
  }
  try {
    await restore(state, domain, job, opened, choice)
  } finally {
    await opened.file.close()
  }
}

async function restore(
  state: QemuState,
  domain: QemuDomain,
  job: AsyncJob,
  opened: OpenImage,
  { paused, resetVariables }: StartChoice,
): Promise<void> {
  const path = managedPath(state, domain)
  const document = await state.readKept(opened.image.xml)
  if (document.uuid !== domain.uuid || document.name !== domain.name)
    throw operationFailed(
      `cannot restore domain '${domain.name}' uuid ${domain.uuid} from a file which belongs to domain '${document.name}' uuid ${document.uuid ?? ''}`,
    )
  const liveCpu = savedCpu(opened.image)
  state.domains.change(domain, () => {
    domain.keepNext()
    domain.def = document
  })
  const running = opened.image.running && !paused
  await restoreGuest(state, domain, job, opened, { running, liveCpu, resetVariables, startPaused: paused })
  await unlink(path).catch((error: unknown) => {
    state.services.log.warn(
      systemFailure(error, ErrorDomain.QEMU, `Failed to remove the managed state ${path}`).message,
    )
  })
}

/** Starts a guest on the daemon's own account. */
export async function startByItself(state: QemuState, domain: QemuDomain): Promise<void> {
  await domain.jobs.runAsync(
    undefined,
    starting,
    async (job: AsyncJob) => {
      if (!domain.active)
        await startOrRestore(state, domain, job, { paused: false, forceBoot: false, resetVariables: false })
    },
    'autostart',
  )
}
