// SPDX-License-Identifier: LGPL-2.1-or-later
// The firmware that the guest begins with.
import type { StorageSource } from '@virt/conf'
import type { Build } from '../command/build.js'
import type { Props } from '../command/props.js'
import { needsRawNode } from './storage.js'

function formatNode(name: string, readonly: boolean, format: string): Props {
  return {
    'node-name': `libvirt-${name}-format`,
    'read-only': readonly,
    driver: format,
    file: `libvirt-${name}-storage`,
    backing: format === 'qcow2' ? null : undefined,
  }
}

function storage(name: string, filename: string | undefined, last: boolean): Props {
  return {
    driver: 'file',
    filename,
    'node-name': `libvirt-${name}-storage`,
    ...(last ? { 'read-only': false } : { 'auto-read-only': true, discard: 'unmap' }),
  }
}

function pathOf(source: StorageSource | undefined): string | undefined {
  return source?.type === 'file' ? source.file : source?.type === 'block' ? source.dev : undefined
}

/** Code and variables in flash memory. */
export function flash(build: Build): void {
  const { os } = build.domain
  const { loader, nvram } = os ?? {}
  if (loader?.type !== 'pflash' || loader.path === undefined) return
  const format = loader.format ?? 'raw'
  build.json('-blockdev', storage('pflash0', loader.path, false))
  build.json('-blockdev', formatNode('pflash0', loader.readonly ?? true, format))
  if (nvram === undefined) return
  const path = nvram.path ?? pathOf(nvram.source)
  const own = nvram.format ?? 'raw'
  const plain = own === 'raw' && !needsRawNode(build)
  build.json('-blockdev', storage('pflash1', path, plain))
  if (!plain) build.json('-blockdev', formatNode('pflash1', false, own))
}

/** Firmware that is no flash memory, and what protects flash memory. */
export function loader(build: Build): void {
  const { os } = build.domain
  if (os?.loader?.type === 'rom' && os.loader.path !== undefined) build.add('-bios', os.loader.path)
  if (os?.loader?.secure === true) build.add('-global', 'driver=cfi.pflash01,property=secure,value=on')
}
