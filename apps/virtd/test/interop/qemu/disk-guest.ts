// SPDX-License-Identifier: GPL-2.0-or-later
// A guest of 512 bytes that knows its second disk: it writes to the first 63 sectors again and again, and looks each time whether
// what it wrote before is still there. It says "." on its serial port after each round, and "E" for each sector that is wrong.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Code of a boot sector, with its assembler. */
const code = [
  '31c0 8ed8 8ec0 8ed0 bc0070 fb', // segments, stack
  '31ed', // round 0
  'b101', // from the first sector
  'bb0080 b80102 b500 ba8100 51 cd13 59 720c', // read it
  '85ed 740e a10080 40 39e8 7406', // it is from the round before, or this is the first
  'b045 baf803 ee', // it is not: "E"
  '892e0080 b80103 ba8100 b500 51 cd13 59', // write the number of this round
  'fec1 80f940 75c6', // up to the last sector of the track
  'b02e baf803 ee 45 f4 ebba', // next round: ".", wait for the next tick
]

/** Bytes of a track: the guest writes there only. */
export const track = 63 * 512

/** Writes the guest's disks. @returns their paths */
export function diskGuestDisks(folder: string, megabytes = 32): { readonly boot: string; readonly data: string } {
  const sector = Buffer.alloc(64 * 1024)
  sector.write(code.join('').replaceAll(' ', ''), 'hex')
  sector.writeUInt16LE(0xaa55, 510)
  const [boot, data] = [join(folder, 'boot.img'), join(folder, 'data.img')]
  writeFileSync(boot, sector, { mode: 0o666 })
  writeFileSync(data, randomBytes(megabytes << 20), { mode: 0o666 })
  return { boot, data }
}

/** What the guest is to have. */
export interface DiskGuestOptions {
  readonly name: string
  readonly boot: string
  readonly data: string
  /** Format of its second disk. */
  readonly format?: string
  /** File that what it says is added to. */
  readonly serial: string
}

/** A definition. */
export function diskGuestXml({ name, boot, data, format = 'raw', serial }: DiskGuestOptions): string {
  const uuid = `f1f2f3f4-0000-4000-8000-${Buffer.from(name.padEnd(6).slice(0, 6)).toString('hex')}`
  return `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>32</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${boot}'/><target dev='hda' bus='ide'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='${format}'/><source file='${data}'/><target dev='hdb' bus='ide'/></disk>
    <serial type='file'><source path='${serial}' append='on'/></serial></devices></domain>`
}
