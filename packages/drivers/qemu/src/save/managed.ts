// SPDX-License-Identifier: LGPL-2.1-or-later
// The image that the driver keeps of a guest: its next start goes on from there.
import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'

/** Folder of the images. */
export function managedFolder({ paths }: Pick<QemuState, 'paths'>): string {
  return join(paths.lib, 'save')
}

/** Path of a guest's image. */
export function managedPath(state: Pick<QemuState, 'paths'>, { name }: { readonly name: string }): string {
  return join(managedFolder(state), `${name}.save`)
}

/** Drops a guest's image. @throws VirtError `system-error` */
export async function removeManaged(state: QemuState, domain: QemuDomain): Promise<void> {
  const path = managedPath(state, domain)
  try {
    await unlink(path)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.QEMU, `Failed to remove managed save file '${path}'`)
  }
  state.domains.change(domain, () => {
    domain.managedSave = false
  })
}
