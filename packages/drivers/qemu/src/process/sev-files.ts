// SPDX-License-Identifier: LGPL-2.1-or-later
// What the owner of a guest with AMD SEV has sealed for the host's firmware, in files that its QEMU reads.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'

/** Writes them. @param lib folder of the run @returns their paths @throws VirtError `system-error` */
export async function writeSevFiles({ launchSecurity }: Domain, lib: string): Promise<string[]> {
  if (launchSecurity?.type !== 'sev') return []
  const { dhCert, session } = launchSecurity
  const paths: string[] = []
  for (const [name, text] of [
    ['dh_cert', dhCert],
    ['session', session],
  ] as const) {
    if (text === undefined) continue
    const path = join(lib, `${name}.base64`)
    await writeFile(path, text, { mode: 0o600 }).catch((error: unknown) => {
      throw systemFailure(error, ErrorDomain.QEMU, `failed to write data to config '${path}'`)
    })
    paths.push(path)
  }
  return paths
}
