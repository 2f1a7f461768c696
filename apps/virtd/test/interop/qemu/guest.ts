// SPDX-License-Identifier: GPL-2.0-or-later
// A guest of 512 bytes: it says "!" on its serial port and gives back what it is sent. "q" switches it off, "r" resets it, "p" tells of a
// panic, "w" lets the watchdog bark in two seconds; "d" reads and "f" writes half a MiB of the second disk, with a "." at the end.
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
  '31c0 8ed8 fc', // data lies where the code does
  'b021 baf803 ee', // '!' to the port at 0x3f8
  'f4 bafd03 ec a801 74f7', // wait until something has come, which it looks for with each tick
  'baf803 ec', // take it
  '3c71 741b 3c72 7421 3c77 7423 3c70 7427', // 'q', 'r', 'w', 'p'
  'b442 3c64 7429 b443 3c66 7423', // 'd' and 'f', with the firmware's number of what they do
  'ee ebd4', // give it back, and wait again
  'ba0406 b80020 ef f4 ebfd', // ACPI: power off
  'b0fe e664 ebf7', // the keyboard controller resets the machine
  'b00e ba4304 ee ebbc', // the watchdog at 0x443
  'b001 ba0505 ee ebb4', // the panic port at 0x505
  '30c0 b91000', // 16 times
  '51 50 be7c7c b281 cd13 58 59', // have the firmware read or write
  '8306847c40 e2ee', // the next 64 sectors
  'c706847c0000 b02e baf803 ee eb8f', // from the start the next time; '.'
  '1000 4000 0080 0000 0000000000000000', // what is read or written
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
