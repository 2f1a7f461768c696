// SPDX-License-Identifier: LGPL-2.1-or-later
// Saved domains on disk: a magic word, a length, the definition.
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { ErrorDomain, systemError, systemFailure } from '@virt/core'
import { internalError } from './errors.js'

const magic = Buffer.from('TestGuestMagic\0')
const lengthBytes = 4
const maxXml = 8192

/** @throws VirtError `system-error` */
export function writeImage(path: string, name: string, xml: string): void {
  const failure = (error: unknown, what: string): Error =>
    systemFailure(error, ErrorDomain.TEST, `saving domain '${name}' to '${path}': ${what} failed`)
  let fd: number
  try {
    fd = openSync(path, 'w', 0o600)
  } catch (error) {
    throw failure(error, 'open')
  }
  try {
    const text = Buffer.from(xml)
    const length = Buffer.alloc(lengthBytes)
    length.writeInt32LE(text.length)
    writeFileSync(fd, Buffer.concat([magic, length, text]))
  } catch (error) {
    throw failure(error, 'write')
  } finally {
    closeSync(fd)
  }
}

/** The start of a file, at most `max` bytes. */
function readStart(fd: number, max: number): Buffer {
  const bytes = Buffer.alloc(max)
  let used = 0
  for (let got = -1; got !== 0 && used < max; used += got) got = readSync(fd, bytes, used, max - used, null)
  return bytes.subarray(0, used)
}

/** The definition in an image. @throws VirtError when the file is not one */
export function readImage(path: string): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    throw systemFailure(error, ErrorDomain.TEST, `cannot read domain image '${path}'`)
  }
  let bytes: Buffer
  try {
    bytes = readStart(fd, magic.length + lengthBytes + maxXml)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.TEST, `incomplete save header in '${path}'`)
  } finally {
    closeSync(fd)
  }
  // The file ends too early: libvirt reports an error of the system that is none.
  const short = (what: string): Error => systemError(0, ErrorDomain.TEST, `${what} in '${path}'`, 'Success')
  const start = magic.length + lengthBytes
  if (bytes.length < magic.length) throw short('incomplete save header')
  if (!bytes.subarray(0, magic.length).equals(magic)) throw internalError('mismatched header magic')
  if (bytes.length < start) throw short('failed to read metadata length')
  const length = bytes.readInt32LE(magic.length)
  if (length < 1 || length > maxXml) throw internalError('length of metadata out of range')
  if (bytes.length < start + length) throw short('incomplete metadata')
  return bytes.toString('utf8', start, start + length)
}

/** Writes what a core dump of this driver holds. @throws VirtError `system-error` when the file cannot be made */
export function writeCore(path: string, name: string): void {
  let fd: number
  try {
    fd = openSync(path, 'w', 0o600)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.TEST, `domain '${name}' coredump: failed to open ${path}`)
  }
  try {
    writeSync(fd, magic)
  } catch {
    // parity: libvirt's driver does not notice a full disk here.
  } finally {
    closeSync(fd)
  }
}
