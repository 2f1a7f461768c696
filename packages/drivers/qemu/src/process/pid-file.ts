// SPDX-License-Identifier: LGPL-2.1-or-later
// Where administrators, and libvirt's own tools, find the process of a guest.
import { unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { QemuState } from '../state.js'

const pathOf = ({ paths }: QemuState, name: string): string => join(paths.run, `${name}.pid`)

/** Writes it. It is for others: nothing of ours depends on it. @throws VirtError */
export async function writePidFile(state: QemuState, name: string, pid: number): Promise<void> {
  const path = pathOf(state, name)
  await writeFile(path, `${pid}\n`, { mode: 0o644 }).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.QEMU, `Failed to write pid file ${path}`)
  })
}

/** Takes it away. */
export async function removePidFile(state: QemuState, name: string): Promise<void> {
  await unlink(pathOf(state, name)).catch(() => {})
}
