// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers of devices, as the kernel's files have them.
import { stat } from 'node:fs/promises'
import { ErrorDomain, systemFailure } from '@virt/core'

/** The number of a block device, as groups name it. @throws VirtError */
export async function deviceNumber(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.CGROUP, `Path '${path}' is not accessible`)
  })
  if (!found.isBlockDevice())
    throw systemFailure({ code: 'EINVAL' }, ErrorDomain.CGROUP, `Path '${path}' must be a block device`)
  return numberText(found.rdev)
}

/** `MAJOR:MINOR` of Linux's numbers of devices. */
export function numberText(rdev: number): string {
  const device = BigInt(rdev)
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn)
  return `${major}:${minor & 0xffffffffn}`
}
