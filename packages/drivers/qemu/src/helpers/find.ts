// SPDX-License-Identifier: LGPL-2.1-or-later
// Where programs of the host are.
import { constants } from 'node:fs/promises'
import { join } from 'node:path'
import { configUnsupported } from '../errors.js'
import { pathExists } from '../host/path-exists.js'

const folders = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/libexec', '/usr/lib/qemu']

/** A program by its name. @throws VirtError `config-unsupported`: the host has none */
export async function findProgram(name: string): Promise<string> {
  for (const folder of folders) {
    const path = join(folder, name)
    if (await pathExists(path, constants.X_OK)) return path
  }
  throw configUnsupported(`Unable to find '${name}' binary in $PATH`)
}
