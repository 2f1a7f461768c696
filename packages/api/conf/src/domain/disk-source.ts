// SPDX-License-Identifier: LGPL-2.1-or-later
// Questions about disks that snapshots, checkpoints and backups ask.
import { ErrorDomain } from '@virt/core'
import { documentKind, type PrintOptions } from '../runtime/document.js'
import { storageSource } from './schema/storage.js'
import type { Disk, Domain, StorageSource } from './types.gen.js'

/** Protocols of web servers, and those of them that have headers. */
export const webProtocols: ReadonlySet<string | undefined> = new Set(['http', 'https', 'ftp', 'ftps'])
export const hypertextProtocols: ReadonlySet<string | undefined> = new Set(['http', 'https'])

/** What libvirt calls the path of a source: the text that names it, by type. */
export function sourcePath(source: StorageSource): string | undefined {
  switch (source.type) {
    case 'file':
      return source.file
    case 'block':
    case 'vhostvdpa':
      return source.dev
    case 'dir':
      return source.dir
    case 'network':
      return source.name
    case 'vhostuser':
      return source.path
    default:
      return undefined
  }
}

/** Whether a drive has no medium. */
export function isEmptySource(source: StorageSource): boolean {
  switch (source.type) {
    case 'file':
    case 'block':
    case 'dir':
    case 'vhostvdpa':
      return sourcePath(source) === undefined
    case 'none':
      return true
    case 'network':
      return source.protocol === undefined || source.protocol === 'none'
    default:
      return false
  }
}

/** The disk of that target name or path. */
export function diskByName(domain: Domain, name: string): Disk | undefined {
  const disks = domain.devices?.disks ?? []
  const byTarget = disks.find((disk) => disk.target?.dev === name)
  if (byTarget || !name.startsWith('/')) return byTarget
  return disks.find((disk) => sourcePath(disk.source) === name)
}

const sources = documentKind<StorageSource>({ root: storageSource, domain: ErrorDomain.STORAGE })

/** Prints a source by itself, as the `<source>` of a disk. */
export function printStorageSource(source: StorageSource, options: PrintOptions = {}): string {
  return sources.print(source, options)
}
