// SPDX-License-Identifier: LGPL-2.1-or-later
// The picture every domain shows.
import { closeSync, openSync, readSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'
import type { ByteStream } from '@virt/core'

/** Where libvirt installs its own picture; shown when it is there, so that both drivers show the same. */
const installed = '/usr/share/libvirt/test-screenshot.png'

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}

/** A grey chequered picture. */
function ownPicture(): Buffer {
  const width = 1024
  const height = 768
  const cell = 64
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + 1 + x] = (Math.floor(x / cell) + Math.floor(y / cell)) % 2 === 0 ? 0x40 : 0x60
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

let made: Buffer | undefined

const maxPicture = 1 << 20

function picture(): Buffer {
  if (made !== undefined) return made
  try {
    const fd = openSync(installed, 'r')
    try {
      const bytes = Buffer.alloc(maxPicture)
      made = bytes.subarray(0, readSync(fd, bytes, 0, maxPicture, 0))
    } finally {
      closeSync(fd)
    }
  } catch {
    made = ownPicture()
  }
  return made
}

/** A stream of the picture. */
export function screenshot(): { stream: ByteStream; mime: string } {
  const bytes = picture()
  let at = 0
  const stream: ByteStream = {
    read(max) {
      const part = bytes.subarray(at, at + max)
      at += part.length
      return part
    },
    write() {},
    finish() {},
    abort() {
      at = bytes.length
    },
  }
  return { stream, mime: 'image/png' }
}
