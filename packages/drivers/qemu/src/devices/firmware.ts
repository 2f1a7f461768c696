// SPDX-License-Identifier: LGPL-2.1-or-later
// The firmware that the guest begins with.
import type { StorageFormat, StorageSource } from '@virt/conf'
import type { Build } from '../command/build.js'
import type { Image } from './image.js'
import { imageParts } from './storage.js'

const nothing = { slices: [], seclabels: [] } as const

/** A part of flash memory as an image. */
function part(name: string, source: StorageSource, format: StorageFormat | undefined, readonly: boolean): Image {
  return {
    source,
    format: format ?? 'raw',
    readonly,
    driver: undefined,
    top: true,
    cdrom: false,
    floppy: false,
    index: 0,
    name,
    auth: source.auth,
    encryption: source.encryption,
  }
}

function addPart(build: Build, image: Image, layered: boolean): void {
  const { objects, nodes } = imageParts(build, image, image.format === 'qcow2' ? null : undefined, layered)
  for (const object of objects) build.object(object)
  for (const node of nodes) build.json('-blockdev', node)
}

/** Code and variables in flash memory. */
export function flash(build: Build): void {
  const { loader, nvram } = build.domain.os ?? {}
  if (loader?.type !== 'pflash' || loader.path === undefined) return
  const code: StorageSource = { type: 'file', file: loader.path, ...nothing }
  addPart(build, part('pflash0', code, loader.format, loader.readonly === true), true)
  if (nvram === undefined) return
  const variables: StorageSource = nvram.source ?? { type: 'file', file: nvram.path, ...nothing }
  addPart(build, part('pflash1', variables, nvram.format, false), false)
}

/** Firmware that is no flash memory, and what protects flash memory. */
export function loader(build: Build): void {
  const { os } = build.domain
  if (os?.loader?.type === 'rom' && os.loader.path !== undefined) build.add('-bios', os.loader.path)
  if (os?.loader?.secure === true) build.add('-global', 'driver=cfi.pflash01,property=secure,value=on')
}
