// SPDX-License-Identifier: LGPL-2.1-or-later
// The host's own trusted platform module, where a guest is given it.
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import { pathExists } from '../host/path-exists.js'

const usual = '/dev/tpm0'

/** Paths of the modules of the host that a guest has. */
export function tpmDevices({ devices }: Domain): string[] {
  return (devices?.tpms ?? []).flatMap(({ backend }) =>
    backend.type === 'passthrough' ? [backend.device ?? usual] : [],
  )
}

function pathOf({ devices }: Domain, alias: string): string {
  const found = devices?.tpms.find((one) => one.alias === alias)
  return found?.backend.type === 'passthrough' ? (found.backend.device ?? usual) : usual
}

/** Opens a module. @throws VirtError `system-error` */
export async function openTpm(document: Domain, alias: string): Promise<FileHandle> {
  const path = pathOf(document, alias)
  return await open(path, 'r+').catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.QEMU, `Could not open TPM device ${path}`)
  })
}

/** Opens the file by which a command of a module is given up; one that has none gets nothing to write to. @throws VirtError `system-error` */
export async function openTpmCancel(document: Domain, alias: string): Promise<FileHandle> {
  const name = basename(pathOf(document, alias))
  let path = '/dev/null'
  for (const one of [`/sys/class/tpm/${name}/device/cancel`, `/sys/class/misc/${name}/device/cancel`])
    if (await pathExists(one)) {
      path = one
      break
    }
  return await open(path, 'r+').catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.QEMU, `Could not open TPM device's cancel path ${path}`)
  })
}
