// SPDX-License-Identifier: LGPL-2.1-or-later
// Transient disks: an image of one run lies on top of the disk's own, takes what the guest writes, and goes with the run.
// differs: libvirt has QEMU make it once it has begun, or plugs the disk in after that; here it is there before, and the disk's own image
// is never open for writing.
import { unlink } from 'node:fs/promises'
import type { Disk, Domain, StorageSource } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import { lastNodeOf } from '../command/nodes.js'
import { configUnsupported } from '../errors.js'
import { findProgram } from '../helpers/find.js'
import { runHelper } from '../helpers/program.js'
import { imagePath } from '../security/guest-files.js'
import type { QemuState } from '../state.js'

const nameOf = (path: string, { name }: Domain): string => `${path}.TRANSIENT-${name ?? ''}`

function onTop(disk: Disk, file: string, index: number): Disk {
  const { index: own, ...image } = disk.source
  const source: StorageSource = { type: 'file', file, index, slices: [], seclabels: [] }
  const format = { type: disk.driver?.type ?? 'raw' }
  const below = { format, source: image as StorageSource, index: own, backingStore: disk.backingStore }
  return { ...disk, driver: { iothreads: [], ...disk.driver, type: 'qcow2' }, source, backingStore: below } as Disk
}

/**
 * The document of a run whose transient disks have their images of this run, with the next numbers of nodes.
 * differs: libvirt makes the image also for a file that a client has opened, by the path that is said of it.
 * @throws VirtError `config-unsupported` for a disk that no image can lie on top of: the guest would write to the disk's own
 */
export function withTransientImages(document: Domain): Domain {
  const { devices } = document
  if (devices === undefined || devices.disks.every(({ transient }) => transient === undefined)) return document
  let last = lastNodeOf(document)
  const disks = devices.disks.map((disk) => {
    if (disk.transient === undefined) return disk
    const path = imagePath(disk.source)
    if (path === undefined)
      throw configUnsupported(`transient disk supported only with 'file' type (${disk.target?.dev ?? ''})`)
    return onTop(disk, nameOf(path, document), ++last)
  })
  return { ...document, devices: { ...devices, disks } }
}

/** A transient disk's image of this run, with the disk's own. */
interface Layer {
  readonly file: string
  readonly base: string
  readonly format: string
}

function layersOf(document: Domain): Layer[] {
  return (document.devices?.disks ?? []).flatMap(({ transient, source, backingStore }) => {
    const base = backingStore?.source === undefined ? undefined : imagePath(backingStore.source)
    if (transient === undefined || base === undefined || source.type !== 'file') return []
    // Others have the names that people have given them.
    if (source.file !== nameOf(base, document)) return []
    return [{ file: source.file, base, format: String(backingStore?.format?.type ?? 'raw') }]
  })
}

/** Makes the images of this run. One that a crash has left is of no use to anybody. @throws VirtError */
export async function makeTransientImages(state: QemuState, document: Domain): Promise<void> {
  await removeTransientImages(document)
  for (const { file, base, format } of layersOf(document)) {
    await runHelper(state, document.name ?? '', {
      name: 'qemu-img',
      file: await findProgram('qemu-img'),
      args: ['create', '-q', '-f', 'qcow2', '-F', format, '-b', base, file],
      options: { umask: 0o077 },
    })
    await state.security.own(document, file)
  }
}

/** Removes the images of this run. @throws VirtError `system-error` */
export async function removeTransientImages(document: Domain): Promise<void> {
  for (const { file } of layersOf(document))
    await unlink(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw systemFailure(error, ErrorDomain.QEMU, `failed to remove '${file}'`)
    })
}

/** The document as the command line is made of it: disks that share what is below them are plugged in like others. */
export function withSharedDisks(document: Domain): Domain {
  const { devices } = document
  if (devices === undefined || devices.disks.every(({ transient }) => transient?.shareBacking !== true)) return document
  const disks = devices.disks.map((disk) => (disk.transient === undefined ? disk : { ...disk, transient: {} }))
  return { ...document, devices: { ...devices, disks } }
}
