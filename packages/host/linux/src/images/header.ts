// SPDX-License-Identifier: LGPL-2.1-or-later
// What the header of an image says of the others that it stands on.
import type { StorageFormat } from '@virt/conf'
import { capacityIn, Header } from './formats.js'

/** The image that holds what this one does not. */
export interface BackingRef {
  /** As it is written in the header. */
  readonly name: string
  /** undefined: the header does not say. */
  readonly format: StorageFormat | undefined
}

/** A header. */
export interface ImageHeader {
  /** Bytes; 0: the header does not say. */
  readonly capacity: bigint
  readonly encrypted: boolean
  readonly backing: BackingRef | undefined
  /** The file with the data, of a qcow2 that has none itself. */
  readonly dataFile: string | undefined
}

type Refs = Partial<Omit<ImageHeader, 'capacity'>>

const formatNames: ReadonlySet<string> = new Set([
  'raw',
  'dir',
  'bochs',
  'cloop',
  'dmg',
  'iso',
  'vpc',
  'vdi',
  'vhd',
  'ploop',
  'luks',
  'cow',
  'qcow',
  'qcow2',
  'qed',
  'vmdk',
])

/** Extensions of a qcow2 header: what follows it, each with its number and length. */
const extension = { backingFormat: 0xe2792aca, dataFile: 0x44415441 } as const
const externalData = 1n << 2n

function extensionsOf(header: Header): Map<number, string> {
  const found = new Map<number, string>()
  const version = header.uint(4, 4)
  let at = version === 2 ? 72 : header.uint(100, 4)
  // They end before the backing file's name.
  const name = Number(header.long(8))
  const end = name > at ? name : header.bytes.length
  while (at + 8 <= end) {
    const kind = header.uint(at, 4)
    const size = header.uint(at + 4, 4)
    const text = header.text(at + 8, size)
    if (kind === 0 || text === undefined || at + 8 + size > end) break
    found.set(kind, text)
    at += 8 + Math.ceil(size / 8) * 8
  }
  return found
}

function qcowBacking(header: Header, format: StorageFormat | undefined): BackingRef | undefined {
  const at = Number(header.long(8))
  const size = header.uint(16, 4)
  const name = at === 0 || size === 0 || size > 1023 ? undefined : header.text(at, size)
  return name === undefined ? undefined : { name: withoutProtocol(name), format }
}

/** A file may be written with the name of its protocol. */
function withoutProtocol(name: string): string {
  return name.startsWith('file:') && !name.startsWith('file://') ? name.slice('file:'.length) : name
}

function qcow2(header: Header): Refs {
  const extensions = extensionsOf(header)
  const told = extensions.get(extension.backingFormat)
  // Some have the way to the bytes there instead of what they mean: they mean themselves then.
  const named = told === 'file' || told === 'host_device' ? 'raw' : told
  const format = named !== undefined && formatNames.has(named) ? (named as StorageFormat) : undefined
  const outside = header.uint(4, 4) >= 3 && (header.long(72) & externalData) !== 0n
  const dataFile = outside ? extensions.get(extension.dataFile) : undefined
  return {
    encrypted: header.uint(32, 4) !== 0,
    backing: qcowBacking(header, format),
    dataFile: dataFile === '' ? undefined : dataFile,
  }
}

function qed(header: Header): Refs {
  const features = header.long(16)
  if ((features & 1n) === 0n) return {}
  const name = header.text(header.uint(56, 4), header.uint(60, 4))
  if (name === undefined || name === '') return {}
  // The bit says that it is raw whatever it looks like.
  return { backing: { name: withoutProtocol(name), format: features & 4n ? 'raw' : undefined } }
}

/** A description in text follows the header. */
function vmdk(header: Header): Refs {
  const text = header.bytes.toString('latin1', 0x200, Math.min(header.bytes.length, 0x200 + 20 * 512))
  const parent = /^parentCID=([0-9a-f]+)/im.exec(text)?.[1]
  const name = /^parentFileNameHint="([^"]*)"/im.exec(text)?.[1]
  if (parent === undefined || /^f{8}$/i.test(parent) || name === undefined) return {}
  return { backing: { name, format: 'vmdk' } }
}

function cow(header: Header): Refs {
  const [name = ''] = (header.text(8, 1024) ?? '').split('\0')
  return name === '' ? {} : { backing: { name, format: undefined } }
}

const readers: Partial<Record<StorageFormat, (header: Header) => Refs>> = {
  luks: () => ({ encrypted: true }),
  qcow: (header) => ({ encrypted: header.uint(36, 4) !== 0, backing: qcowBacking(header, undefined) }),
  qcow2,
  qed,
  vmdk,
  cow,
}

/** Reads a header. @param bytes the beginning of the file, `headerSize` of it or all */
export function readHeader(bytes: Uint8Array, format: StorageFormat): ImageHeader {
  const header = new Header(bytes, format)
  return {
    encrypted: false,
    backing: undefined,
    dataFile: undefined,
    ...readers[format]?.(header),
    capacity: capacityIn(header, format) ?? 0n,
  }
}
