// SPDX-License-Identifier: LGPL-2.1-or-later
// The file with a guest's firmware variables: made from a template when the guest starts, where there is none.
import { access, open, readFile, rename, unlink } from 'node:fs/promises'
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import { operationFailed } from '../errors.js'
import { nvramPath } from '../security/guest-files.js'

/**
 * Makes the file.
 * @param anew also where there is one
 * @throws VirtError when there is no template, or it cannot be copied
 */
export async function makeVariables(domain: Domain, anew: boolean): Promise<void> {
  const path = nvramPath(domain)
  if (path === undefined || (!anew && (await exists(path)))) return
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
      throw systemFailure(error, ErrorDomain.QEMU, `Failed to create file '${path}'`)
    })
    try {
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

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
