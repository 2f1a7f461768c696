// SPDX-License-Identifier: GPL-2.0-or-later
// A guest of 512 bytes: it says "!" on its serial port and gives back what it is sent; "q" switches it off, "r" resets it.
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder that guests can reach, who run as a user of their own. */
export function openFolder(prefix: string): string {
  const path = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(path, 0o755)
  return path
}

/** Code of a boot sector, with its assembler. */
const code = [
  'b021 baf803 ee', // '!' to the port at 0x3f8
  'bafd03 ec a801 74fb', // wait until something has come
  'baf803 ec', // take it
  '3c71 7407 3c72 740d', // 'q', 'r'
  'ee ebe9', // give it back, and wait again
  'ba0406 b80020 ef f4 ebfd', // ACPI: power off
  'b0fe e664 f4 ebfd', // the keyboard controller resets the machine
]

/** Writes the guest's disk. @returns its path */
export function bootDisk(folder: string): string {
  const disk = Buffer.alloc(64 * 1024)
  disk.write(code.join('').replaceAll(' ', ''), 'hex')
  disk.writeUInt16LE(0xaa55, 510)
  const path = join(folder, 'boot.img')
  writeFileSync(path, disk)
  return path
}

/** What a guest is to have. */
export interface GuestOptions {
  readonly name?: string
  readonly uuid?: string
  readonly disk?: string
  readonly devices?: string
}

/** A definition. */
export function guestXml({
  name = 'guest',
  uuid = 'f1f2f3f4-0000-4000-8000-000000000001',
  disk,
  devices = '',
}: GuestOptions): string {
  const disks =
    disk === undefined
      ? ''
      : `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='hda' bus='ide'/></disk>`
  return `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>32</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${disks}<serial type='pty'/>${devices}</devices></domain>`
}
