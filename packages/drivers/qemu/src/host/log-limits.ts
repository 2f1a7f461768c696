// SPDX-License-Identifier: LGPL-2.1-or-later
// How much of a guest's words is kept: as virtlogd's settings have it. There is no such daemon here, its file means the same.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ErrorNumber, parseConf } from '@virt/core'
import type { LogLimits } from '@virt/stateful'
import { qemuError } from '../errors.js'

/** A limit that is set; 0 of `max_size` means that files may grow for ever. */
export type Limits = Required<Pick<LogLimits, 'size' | 'backups'>>

/** What holds where nobody has set anything. */
export const usualLimits: Limits = { size: 2 << 20, backups: 3 }

/**
 * Reads `virtlogd.conf`; a file that is not there sets nothing.
 * @param folder of libvirt's settings
 * @param handler `stdio_handler` of qemu.conf: with `file` nothing is ever made smaller
 * @throws VirtError naming file and setting
 */
export async function readLogLimits(folder: string, handler: string): Promise<Limits> {
  const path = join(folder, 'virtlogd.conf')
  const source = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw qemuError(ErrorNumber.INTERNAL_ERROR, `cannot read ${path}: ${error.message}`)
  })
  const conf = parseConf(source, path)
  const size = Number(conf.unsigned('max_size') ?? usualLimits.size)
  const backups = Number(conf.unsigned('max_backups') ?? usualLimits.backups)
  return { size: handler === 'file' || size === 0 ? Number.POSITIVE_INFINITY : size, backups }
}
