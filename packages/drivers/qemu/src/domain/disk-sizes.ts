// SPDX-License-Identifier: LGPL-2.1-or-later
// How large the image of a disk is, as its file and its header say.
import { stat } from 'node:fs/promises'
import type { Disk } from '@virt/conf'
import { type DomainBlockInfo, ErrorDomain, systemFailure } from '@virt/core'
import { imageChain } from '@virt/linux'

/** The path of an image on this host; undefined for one elsewhere. */
export function pathOf({ source }: Pick<Disk, 'source'>): string | undefined {
  if (source.type === 'file') return source.file
  return source.type === 'block' ? source.dev : undefined
}

/** Sizes in bytes; all are 0 for one that is not on this host. @throws VirtError `system-error` when it is not there */
export async function fileSizes(disk: Disk): Promise<DomainBlockInfo> {
  const path = pathOf(disk)
  if (path === undefined) return { allocation: 0n, capacity: 0n, physical: 0n }
  const found = await stat(path, { bigint: true }).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.QEMU, `cannot stat file '${path}'`)
  })
  const format = disk.driver?.type ?? 'raw'
  const [image] = format === 'raw' ? [] : await imageChain(path, format)
  return { allocation: found.blocks * 512n, capacity: image?.header.capacity || found.size, physical: found.size }
}
