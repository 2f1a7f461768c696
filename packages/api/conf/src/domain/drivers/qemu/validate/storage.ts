// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over storage sources: what QEMU's block layer can read, and how.

import { hypertextProtocols, webProtocols } from '../../../disk-source.js'
import type { Disk, StorageEncryption, StorageFormat, StorageHost, StorageSource } from '../../../types.gen.js'
import type { QemuCapabilities } from '../host.js'
import { unsupported } from '../report.js'

/** Formats that QEMU never had, or has no more. */
const unknownFormats = new Set<string>(['cow'])

/** One image of a chain: what it is, and where. */
interface Image {
  source: StorageSource
  format: StorageFormat | undefined
  readonly: boolean
  cacheSize: boolean
  encryption: StorageEncryption | undefined
}

/** The images of a disk, the top one first. */
export function imagesOf(disk: Disk): Image[] {
  const images: Image[] = [
    {
      source: disk.source,
      format: disk.driver?.type,
      readonly: disk.readonly === true,
      cacheSize: disk.driver?.metadata_cache !== undefined,
      encryption: disk.source.encryption ?? disk.encryption,
    },
  ]
  for (let store = disk.backingStore; store?.source; store = store.backingStore)
    images.push({
      source: store.source,
      format: store.format?.type,
      readonly: true,
      cacheSize: store.format?.metadata_cache !== undefined,
      encryption: store.source.encryption,
    })
  return images
}

/** Checks one image. @throws VirtError */
export function checkImage(image: Image, caps: QemuCapabilities): void {
  const { source, format, encryption } = image
  const protocol = source.type === 'network' ? source.protocol : undefined
  if (format !== undefined && unknownFormats.has(format)) unsupported(`'${format}' storage format is not supported`)
  if (format === 'dir')
    unsupported("'directory' storage format is not directly supported by QEMU, use 'dir' disk type instead")
  if (format === 'iso') unsupported("storage format 'iso' is not directly supported by QEMU, use 'raw' instead")
  checkFolder(image)
  if (encryption) checkEncryption(encryption, image, caps)
  if (source.type === 'network') {
    if (protocol === 'tftp') unsupported("'tftp' protocol is not supported with this QEMU binary")
    if (protocol === 'nfs') checkNfs(source.hosts)
    if (protocol === 'vxhs' && !caps.has('vxhs')) unsupported('VxHS protocol is not supported with this QEMU binary')
    if (source.ssl?.verify !== undefined && protocol !== 'https' && protocol !== 'ftps')
      unsupported('ssl verification is supported only with HTTPS/FTPS protocol')
    if (source.cookies.length > 0 && !hypertextProtocols.has(protocol))
      unsupported('http cookies are supported only with HTTP(S) protocol')
    if (source.readahead !== undefined && !webProtocols.has(protocol))
      unsupported('readahead is supported only with HTTP(S)/FTP(s) protocols')
    if (source.timeout !== undefined && !webProtocols.has(protocol))
      unsupported('timeout is supported only with HTTP(S)/FTP(s) protocols')
    if (source.query !== undefined && !hypertextProtocols.has(protocol))
      unsupported('query is supported only with HTTP(S) protocols')
    if (source.tlsHostname !== undefined) {
      if (protocol !== 'nbd') unsupported("'tlsHostname' field is supported only with NBD disks")
      if (!caps.has('blockdev.nbd.tls-hostname')) unsupported("'tlsHostname' field is not supported by this QEMU")
    }
    if (source.tls === true && protocol !== 'nbd' && protocol !== 'vxhs')
      unsupported(`TLS transport is not supported for disk protocol '${protocol}'`)
  }
  if (image.cacheSize && format !== 'qcow2')
    unsupported('metadata cache max size control is supported only with qcow2 images')
}

function checkNfs(hosts: readonly StorageHost[]): void {
  const [host] = hosts
  if (host === undefined || hosts.length !== 1) unsupported("'nfs' protocol requires the usage of exactly one host")
  if ((host.transport ?? 'tcp') !== 'tcp') unsupported("'nfs' host must use TCP protocol")
  if (host.port !== undefined && host.port !== '0') unsupported("port cannot be specified in 'nfs' protocol host")
}

/** A folder is seen as a disk with a FAT file system. */
function checkFolder({ source, format, readonly }: Image): void {
  if ((format !== 'fat' && source.type !== 'dir') || source.type === 'volume') return
  if (source.type !== 'dir') unsupported("storage format 'fat' is supported only with 'dir' storage type")
  if (format !== 'fat') unsupported("storage type 'dir' requires use of storage format 'fat'")
  if (!readonly) unsupported("virtual FAT storage can't be accessed in read-write mode")
}

function checkEncryption(encryption: StorageEncryption, { source, format }: Image, caps: QemuCapabilities): void {
  if (encryption.engine === 'librbd') {
    if (!caps.has('rbd-encryption')) unsupported('librbd encryption is not supported by this QEMU binary')
    if (source.type !== 'network' || source.protocol !== 'rbd')
      unsupported('librbd encryption is supported only with RBD backed disks')
    if (encryption.format === 'luks-any' && !caps.has('rbd-encryption-luks-any'))
      unsupported('librbd luks-any encryption is not supported by this QEMU binary')
    if (encryption.secrets.length > 1 && !caps.has('rbd-encryption-layering'))
      unsupported('librbd encryption layering is not supported by this QEMU binary')
    return
  }
  if (format !== undefined && format !== 'raw' && format !== 'qcow2' && format !== 'luks' && format !== 'none')
    unsupported("encryption is supported only with 'raw' and 'qcow2' image format")
  if (encryption.secrets.length > 1) unsupported('qemu encryption engine expects only a single secret')
  switch (encryption.format) {
    case 'default':
    case 'qcow':
      return unsupported('old qcow/qcow2 encryption is not supported')
    case 'luks2':
    case 'luks-any':
      return unsupported(`'${encryption.format}' is currently not supported by the qemu encryption engine`)
  }
}
