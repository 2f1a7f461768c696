// SPDX-License-Identifier: GPL-2.0-or-later
// A guest of 512 bytes that knows its memory: it writes to each page again and again, and looks each time whether what it wrote
// before is still there. It says "." on its serial port after each round, and "E" for each page that is wrong.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Code of a boot sector, with its assembler. */
const code = [
  '31c0 8ed8 8ed0 bc0070', // segments, stack
  'fa 0f0116807c 0f20c0 0c01 0f22c0 eb00 bb0800 8ee3 24fe 0f22c0 fb', // fs reaches 4 GiB: protected mode, and back
  '6631ed', // round 0
  '66be00001000', // from 1 MiB
  '6689f0 6631e8', // address xor round: what the page is to hold
  '646766 3b06 740a', // it does
  '6685ed 7405 b045 e82700', // it does not: "E", unless nothing was written yet
  '67668d4d01 6631f1 646766890e', // what it is to hold in the next round
  '6681c600100000 6681fe00000003 72cc', // up to 48 MiB
  '6645 b02e e80300 f4 ebbc', // next round: ".", wait for the next tick
  'baf803 ee c3', // to the port at 0x3f8
]
/** What segments mean: none, and data from 0 to 4 GiB. */
const descriptors = `${'00'.repeat(8)}ffff000000928f000f00707c0000`

/** Writes the guest's disk. @returns its path */
export function memoryDisk(folder: string): string {
  const disk = Buffer.alloc(64 * 1024)
  disk.write(code.join('').replaceAll(' ', ''), 'hex')
  disk.write(descriptors, 0x70, 'hex')
  disk.writeUInt16LE(0xaa55, 510)
  const path = join(folder, 'memory.img')
  writeFileSync(path, disk, { mode: 0o666 })
  return path
}

/** A definition. @param serial file that what it says is added to */
export function memoryGuestXml(name: string, disk: string, serial: string): string {
  const uuid = `f1f2f3f4-0000-4000-8000-${Buffer.from(name.padEnd(6).slice(0, 6)).toString('hex')}`
  return `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>64</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='hda' bus='ide'/></disk>
    <serial type='file'><source path='${serial}' append='on'/></serial></devices></domain>`
}
