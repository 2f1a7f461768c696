// SPDX-License-Identifier: LGPL-2.1-or-later
// Where administrators, and libvirt's own tools, find the process of a guest.
import { unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { QemuState } from '../state.js'

const pathOf = ({ paths }: QemuState, name: string): string => join(paths.run, `${name}.pid`)

/** Writes it. It is for others: nothing of ours depends on it. */
export async function writePidFile(state: QemuState, name: string, pid: number): Promise<void> {
  await writeFile(pathOf(state, name), `${pid}\n`, { mode: 0o644 })
}

/** Takes it away. */
export async function removePidFile(state: QemuState, name: string): Promise<void> {
  await unlink(pathOf(state, name)).catch(() => {})
}
