// SPDX-License-Identifier: LGPL-2.1-or-later
// The file with a guest's firmware variables: made from a template when the guest starts, where there is none; it outlasts the guest.
import { open, readFile, rename, unlink } from 'node:fs/promises'
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { FileOwner } from '@virt/linux'
import { operationFailed, operationInvalid } from '../errors.js'
import { pathExists } from '../host/path-exists.js'
import { nvramPath } from '../security/guest-files.js'

/**
 * Makes the file.
 * @param anew also where there is one
 * @param owner whose it is; undefined: this process's
 * @throws VirtError when there is no template, or it cannot be copied
 */
export async function makeVariables(domain: Domain, anew: boolean, owner: FileOwner | undefined): Promise<void> {
  const path = nvramPath(domain)
  if (path === undefined || (!anew && (await pathExists(path)))) return
  const { os } = domain
  const template = os?.nvram?.template
  if (template === undefined)
    throw operationFailed(`unable to find any master var store for loader: ${os?.loader?.path ?? ''}`)
  const content = await readFile(template).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.QEMU, `Failed to open file '${template}'`)
  })
  // One that is cut off would be taken for whole the next time.
  const temporary = `${path}.new`
  try {
    const file = await open(temporary, 'w', 0o600).catch((error: unknown) => {
      throw systemFailure(error, ErrorDomain.NONE, `Failed to create file '${temporary}'`)
    })
    try {
      if (owner !== undefined) await file.chown(owner.uid, owner.gid)
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => {})
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw systemFailure(error, ErrorDomain.QEMU, `Unable to write to file '${path}'`)
  }
}

/** Where they are, if in a file of this host. */
function variablesOf({ os }: Domain): string | undefined {
  const source = os?.nvram?.source
  return os?.nvram?.path ?? (source?.type === 'file' ? source.file : undefined)
}

/** Whether a guest may have such a file. */
export function hasVariables(domain: Domain): boolean {
  return variablesOf(domain) !== undefined
}

/**
 * Removes the file with its guest's definition, where there is one; what is no file of this host is nobody's to remove.
 * @param wanted whether that was asked for
 * @throws VirtError `operation-invalid`: it was not
 */
export async function dropVariables(domain: Domain, wanted: boolean): Promise<void> {
  const path = variablesOf(domain)
  if (path === undefined || !(await pathExists(path))) return
  if (!wanted) throw operationInvalid('cannot undefine domain with nvram')
  await unlink(path).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.QEMU, `failed to remove nvram: ${path}`)
  })
}
