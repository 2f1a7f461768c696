// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { load } from '@virt/native'
import { afterAll, describe, expect, it } from 'vitest'
import { canPack, readThrough, writeThrough } from '../src/save/filters.js'

const native = load()
if (native === undefined) console.error('SKIPPED: programs that pack images, for want of the addon')
const folder = mkdtempSync(join(tmpdir(), 'filters-'))
afterAll(() => rmSync(folder, { recursive: true }))
const text = Buffer.from('what a guest had in mind '.repeat(1000))

describe.skipIf(native === undefined)('what QEMU writes', () => {
  const host = native as NonNullable<typeof native>

  it('is packed behind what is in the file already', async () => {
    const path = join(folder, 'packed')
    const file = await open(path, 'w+')
    await file.write('head')
    const out = await writeThrough(host, file.fd, 'gzip', false)
    writeSync(out.fd, text)
    out.handedOver()
    await out.finish()
    expect(gunzipSync((await readFile(path)).subarray(4)).equals(text)).toBe(true)
    await file.close()
    const again = await open(path, 'r')
    await again.read(Buffer.alloc(4), 0, 4, null)
    const source = await readThrough(host, again.fd, 'gzip')
    const whole = await readFile(`/proc/self/fd/${source.fd}`)
    await source.finish()
    expect(whole.equals(text)).toBe(true)
    await again.close()
  })

  it('comes through as it is where the cache is to stay clean', async () => {
    const path = join(folder, 'direct')
    const file = await open(path, 'w+')
    await file.write('head')
    const out = await writeThrough(host, file.fd, 'raw', true)
    writeSync(out.fd, text)
    await out.finish()
    expect((await readFile(path)).equals(Buffer.concat([Buffer.from('head'), text]))).toBe(true)
    await file.close()
  })

  it('is told of when a program fails', async () => {
    const file = await open(join(folder, 'broken'), 'w+')
    await file.write('this is no gzip')
    const again = await open(join(folder, 'broken'), 'r')
    const source = await readThrough(host, again.fd, 'gzip')
    await expect(source.finish()).rejects.toThrow(/gzip failed: exit status 1/)
    await file.close()
    await again.close()
  })
})

it('formats without a program here are known', () => {
  expect(canPack('raw')).toBe(true)
})
