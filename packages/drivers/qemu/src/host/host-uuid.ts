// SPDX-License-Identifier: LGPL-2.1-or-later
// How hosts are told apart.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Services } from '@virt/core'

/** The host's own UUID: the administrator's, or the machine's. */
export async function hostUuid({ host }: Services): Promise<string> {
  if (host?.uuid !== undefined) return host.uuid
  const id = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim()
  if (/^[0-9a-f]{32}$/.test(id)) return id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  return randomUUID()
}
