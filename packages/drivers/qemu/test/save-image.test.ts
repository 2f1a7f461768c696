// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  decodeData,
  decodeHeader,
  encodeImage,
  headerSize,
  imageFormats,
  roomFor,
  type SaveImage,
  UselessImage,
} from '../src/save/header.js'
import { openImage, readImage, rewriteImage } from '../src/save/image-file.js'

const folder = mkdtempSync(join(tmpdir(), 'save-image-'))
afterAll(() => rmSync(folder, { recursive: true }))

const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0'))
const images = fc
  .record({
    xml: text,
    cookie: fc.option(text, { nil: undefined }),
    running: fc.boolean(),
    format: fc.constantFrom(...imageFormats),
  })
  .map((one): SaveImage => ({ ...one, room: roomFor(one.xml, one.cookie) }))

const base: SaveImage = { xml: '<domain/>', cookie: '<cookie/>', running: true, format: 'raw', room: 70_000 }

describe('the image of a saved guest', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(images, (image) => {
        const bytes = encodeImage(image, true)
        expect(decodeData(bytes.subarray(headerSize), decodeHeader(bytes))).toEqual(image)
      }),
    )
  })

  it("has libvirt's layout", () => {
    const bytes = encodeImage({ ...base, format: 'xz' }, true)
    expect(bytes.toString('latin1', 0, 16)).toBe('LibvirtQemudSave')
    expect([0, 1, 2, 3, 4].map((i) => bytes.readUInt32LE(16 + i * 4))).toEqual([2, 70_000, 1, 3, 10])
    expect(bytes.length).toBe(92 + 70_000)
    expect(bytes.toString('latin1', 92, 112)).toBe('<domain/>\0<cookie/>\0')
  })

  it('is read from a host with the other order of bytes', () => {
    const bytes = encodeImage(base, true)
    bytes.subarray(16, headerSize).swap32()
    expect(decodeHeader(bytes)).toMatchObject({ room: 70_000, running: true, format: 'raw', cookieAt: 10 })
  })

  it('says that it was cut off until it is whole', () => {
    expect(() => decodeHeader(encodeImage(base, false))).toThrow(UselessImage)
  })

  it.each([
    [92, Buffer.from('x'), 0, /image magic is incorrect/],
    [40, Buffer.alloc(0), 0, /failed to read qemu header/],
    [92, Buffer.from([0, 0, 0, 9]), 16, /image version is not supported \(9 > 2\)/],
    [92, Buffer.alloc(4), 20, /invalid header data length: 0/],
    [92, Buffer.from([77]), 28, /unsupported save image format: 77/],
  ])('is refused when its header is wrong (%#)', (size, part, at, message) => {
    const bytes = encodeImage(base, true)
    part.copy(bytes, at)
    expect(() => decodeHeader(bytes.subarray(0, size))).toThrow(message)
  })

  it('never makes a reader fall over', () => {
    const bytes = fc.uint8Array({ minLength: headerSize, maxLength: headerSize + 40 })
    fc.assert(
      fc.property(bytes, (found) => {
        const spoilt = Buffer.from(found)
        spoilt.write('LibvirtQemudSave', 'latin1')
        try {
          decodeHeader(spoilt)
        } catch (error) {
          expect(error).toMatchObject({ number: 9 })
        }
      }),
    )
  })

  it('gets another document in its place, or stays as it was', async () => {
    const path = join(folder, 'image')
    writeFileSync(path, Buffer.concat([encodeImage(base, true), Buffer.from('QEVM')]))
    const { size } = statSync(path)
    await rewriteImage(path, (image) => ({ ...image, xml: '<domain>another</domain>', running: false }))
    expect(await readImage(path)).toEqual({ ...base, xml: '<domain>another</domain>', running: false })
    await expect(rewriteImage(path, (image) => ({ ...image, xml: 'x'.repeat(80_000) }))).rejects.toThrow(
      'new xml too large to fit in file',
    )
    expect(await readImage(path)).toMatchObject({ xml: '<domain>another</domain>' })
    expect(statSync(path).size).toBe(size)
    expect(readFileSync(path).subarray(-4).toString()).toBe('QEVM')
  })

  it("is open right where QEMU's part begins", async () => {
    const path = join(folder, 'open')
    writeFileSync(path, Buffer.concat([encodeImage(base, true), Buffer.from('QEVM')]))
    const { file } = await openImage(path)
    const rest = Buffer.alloc(8)
    expect((await file.read(rest, 0, 8, null)).bytesRead).toBe(4)
    expect(rest.toString('latin1', 0, 4)).toBe('QEVM')
    await file.close()
  })

  it('that is shorter than it says is refused', async () => {
    const path = join(folder, 'short')
    writeFileSync(path, encodeImage(base, true).subarray(0, 500))
    await expect(readImage(path)).rejects.toThrow('failed to read domain XML')
    await expect(readImage(join(folder, 'nowhere'))).rejects.toMatchObject({ number: 38 })
  })
})
