// SPDX-License-Identifier: LGPL-2.1-or-later
// Formats of disk images, as the beginning of a file shows them.
import type { StorageFormat } from '@virt/conf'

/** Bytes from the beginning of a file that every format can be told by. */
export const headerSize = 66_048

interface Layout {
  readonly magic: { readonly at: number; readonly bytes: string }
  readonly bigEndian?: boolean
  readonly version?: { readonly at: number; readonly size: 2 | 4; readonly known: readonly number[] }
  /** Where the capacity is, in units of so many bytes. */
  readonly capacity?: { readonly at: number; readonly unit: bigint }
}

/** Layouts in the order that they are tried in. */
const layouts: Partial<Record<StorageFormat, Layout>> = {
  luks: { magic: { at: 0, bytes: 'LUKS\xba\xbe' }, bigEndian: true, version: { at: 6, size: 2, known: [1, 2] } },
  bochs: {
    magic: { at: 0, bytes: 'Bochs Virtual HD Image' },
    version: { at: 64, size: 4, known: [0x20000] },
    capacity: { at: 72, unit: 1n },
  },
  cloop: { magic: { at: 0, bytes: '#!/bin/sh\n#V2.0 Format\nmodprobe cloop' } },
  iso: { magic: { at: 32_769, bytes: 'CD001' } },
  vpc: {
    magic: { at: 0, bytes: 'conectix' },
    bigEndian: true,
    version: { at: 12, size: 4, known: [0x10000] },
    capacity: { at: 40, unit: 1n },
  },
  vdi: {
    magic: { at: 64, bytes: '\x7f\x10\xda\xbe' },
    version: { at: 68, size: 4, known: [0x10001] },
    capacity: { at: 368, unit: 1n },
  },
  ploop: {
    magic: { at: 0, bytes: 'WithouFreSpacExt' },
    version: { at: 16, size: 4, known: [2] },
    capacity: { at: 36, unit: 512n },
  },
  cow: {
    magic: { at: 0, bytes: 'OOOM' },
    bigEndian: true,
    version: { at: 4, size: 4, known: [2] },
    capacity: { at: 1036, unit: 1n },
  },
  qcow: {
    magic: { at: 0, bytes: 'QFI\xfb' },
    bigEndian: true,
    version: { at: 4, size: 4, known: [1] },
    capacity: { at: 24, unit: 1n },
  },
  qcow2: {
    magic: { at: 0, bytes: 'QFI\xfb' },
    bigEndian: true,
    version: { at: 4, size: 4, known: [2, 3] },
    capacity: { at: 24, unit: 1n },
  },
  qed: { magic: { at: 0, bytes: 'QED\0' }, capacity: { at: 48, unit: 1n } },
  vmdk: {
    magic: { at: 0, bytes: 'KDMV' },
    version: { at: 4, size: 4, known: [1, 2, 3] },
    capacity: { at: 12, unit: 512n },
  },
}

/** Numbers in a header; what is beyond its end is 0. */
export class Header {
  readonly bytes: Buffer
  readonly #big: boolean

  constructor(bytes: Uint8Array, format: StorageFormat) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#big = layouts[format]?.bigEndian === true
  }

  uint(at: number, size: 2 | 4): number {
    if (at + size > this.bytes.length) return 0
    return this.#big ? this.bytes.readUIntBE(at, size) : this.bytes.readUIntLE(at, size)
  }

  long(at: number): bigint {
    if (at + 8 > this.bytes.length) return 0n
    return this.#big ? this.bytes.readBigUInt64BE(at) : this.bytes.readBigUInt64LE(at)
  }

  /** Text of so many bytes; undefined when it does not lie within. */
  text(at: number, size: number): string | undefined {
    return at + size > this.bytes.length ? undefined : this.bytes.toString('utf8', at, at + size)
  }
}

function fits(header: Header, { magic, version }: Layout): boolean {
  const { at, bytes } = magic
  if (header.bytes.toString('latin1', at, at + bytes.length) !== bytes) return false
  return version === undefined || version.known.includes(header.uint(version.at, version.size))
}

/** The format of an image; `raw` when nothing shows another. */
export function probeFormat(bytes: Uint8Array): StorageFormat {
  const formats = Object.keys(layouts) as StorageFormat[]
  return formats.find((format) => fits(new Header(bytes, format), layouts[format] as Layout)) ?? 'raw'
}

/** What the guest sees, in bytes; undefined where the header does not say. */
export function capacityIn(header: Header, format: StorageFormat): bigint | undefined {
  const { capacity } = layouts[format] ?? {}
  return capacity === undefined ? undefined : header.long(capacity.at) * capacity.unit
}
