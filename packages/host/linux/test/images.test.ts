// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageFormat } from '@virt/conf'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { imageChain } from '../src/images/chain.js'
import { probeFormat } from '../src/images/formats.js'
import { readHeader } from '../src/images/header.js'

const folder = mkdtempSync(join(tmpdir(), 'images-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A qcow2 header of version 3. */
function qcow2(name = '', format = '', size = 1024n): Buffer {
  const bytes = Buffer.alloc(1024)
  bytes.write('QFI\xfb', 'latin1')
  bytes.writeUInt32BE(3, 4)
  bytes.writeBigUInt64BE(size, 24)
  bytes.writeUInt32BE(104, 100)
  if (format !== '') {
    bytes.writeUInt32BE(0xe2792aca, 104)
    bytes.writeUInt32BE(format.length, 108)
    bytes.write(format, 112)
  }
  if (name !== '') {
    bytes.writeBigUInt64BE(512n, 8)
    bytes.writeUInt32BE(Buffer.byteLength(name), 16)
    bytes.write(name, 512)
  }
  return bytes
}

function put(name: string, bytes: Uint8Array | string): string {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

const at = (offset: number, text: string): Buffer => {
  const bytes = Buffer.alloc(40_000)
  bytes.write(text, offset, 'latin1')
  return bytes
}

describe('formats', () => {
  it.each<[StorageFormat, Buffer]>([
    ['qcow2', qcow2()],
    ['qcow', at(0, 'QFI\xfb\0\0\0\x01')],
    ['qed', at(0, 'QED\0')],
    ['vmdk', at(0, 'KDMV\x01\0\0\0')],
    ['luks', at(0, 'LUKS\xba\xbe\0\x02')],
    ['iso', at(32_769, 'CD001')],
    ['vpc', at(0, 'conectix\0\0\0\0\0\x01\0\0')],
    ['raw', at(0, 'QFI\xfb\0\0\0\x09')],
    ['raw', Buffer.alloc(0)],
    ['raw', Buffer.from('QF')],
  ])('%s', (format, bytes) => {
    expect(probeFormat(bytes)).toBe(format)
  })

  it('are told of any bytes', () => {
    const formats: StorageFormat[] = ['qcow', 'qcow2', 'qed', 'vmdk', 'cow', 'vdi', 'vpc', 'luks', 'raw']
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...formats), (bytes, format) => {
        probeFormat(bytes)
        const { capacity, backing } = readHeader(bytes, format)
        expect(capacity).toBeGreaterThanOrEqual(0n)
        expect(backing?.name.length ?? 1).toBeGreaterThan(0)
      }),
    )
  })
})

describe('chains', () => {
  it('go down relative to each image, not to what a link leads to', async () => {
    put('base', 'data')
    put('top', qcow2('base', 'raw'))
    symlinkSync(join(folder, 'top'), join(folder, 'link'))
    const chain = await imageChain(join(folder, 'link'), 'qcow2')
    expect(
      chain.map(({ source, format, relative }) => [source.type === 'file' && source.file, format, relative]),
    ).toEqual([
      [join(folder, 'link'), 'qcow2', undefined],
      [join(folder, 'base'), 'raw', 'base'],
    ])
  })

  it('do not go on from an image that nobody said was more than bytes', async () => {
    const path = put('guest-wrote-it', qcow2('/etc/shadow', 'raw'))
    expect(await imageChain(path, undefined)).toMatchObject([{ format: 'raw', header: { backing: undefined } }])
  })

  it('end where an image of which nobody said the format stands on another', async () => {
    put('secret', 'data')
    put('middle', qcow2('secret', 'raw'))
    const top = put('above', qcow2('middle'))
    await expect(imageChain(top, 'qcow2')).rejects.toThrow(/format of backing image 'secret'.*was not specified/)
    put('middle', qcow2())
    expect(await imageChain(top, 'qcow2')).toHaveLength(2)
  })

  it('are refused when they do not end, or lack an image', async () => {
    put('a', qcow2('b', 'qcow2'))
    put('b', qcow2('a', 'qcow2'))
    await expect(imageChain(join(folder, 'a'), 'qcow2')).rejects.toThrow(/self-referential/)
    const top = put('lonely', qcow2('nobody', 'raw'))
    await expect(imageChain(top, 'qcow2')).rejects.toThrow(
      /backing file '.*nobody' of storage file '.*lonely': No such file or directory$/,
    )
  })

  it('lead to other hosts', async () => {
    const chain = await imageChain(put('far', qcow2('nbd://host:1234/name', 'raw')), 'qcow2')
    expect(chain[1]).toMatchObject({ source: { type: 'network', protocol: 'nbd' }, format: 'raw', relative: undefined })
  })
})
