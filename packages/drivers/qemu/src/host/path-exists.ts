// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether something of the host is there.
import { access } from 'node:fs/promises'

/** Whether there is something of the path, whatever may be done with it. @param mode of `access(2)`; absent: it need but be there */
export async function pathExists(path: string, mode?: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  )
}
