// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DurableFiles } from '../src/durable.js'
import { ProbeCache } from '../src/probe-cache.js'
import { FakeClock } from './fake-clock.js'

let folder: string
let time: number
let probes: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-'))
  time = 1
  probes = []
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function cache(place = join(folder, 'capabilities')): ProbeCache<{ time: number }> {
  const codec = {
    suffix: '.json',
    read: (text: string) => JSON.parse(text) as { time: number },
    write: (value: { time: number }) => JSON.stringify(value),
    valid: (_key: string, value: { time: number }) => value.time === time,
  }
  return new ProbeCache(new DurableFiles({ clock: new FakeClock() }), place, codec, async (key) => {
    probes.push(key)
    if (key === 'broken') throw new Error('no such program')
    return { time }
  })
}

describe('a cache of findings', () => {
  it('probes once for all who ask at once, and not again', async () => {
    const one = cache()
    await Promise.all([one.get('a'), one.get('a'), one.get('b')])
    await one.get('a')
    expect(probes.sort()).toEqual(['a', 'b'])
  })

  it('keeps what was found for the next process, until it does not hold', async () => {
    await cache().get('a')
    await cache().get('a')
    expect(probes).toEqual(['a'])
    time = 2
    expect(await cache().get('a')).toEqual({ time: 2 })
    expect(probes).toEqual(['a', 'a'])
  })

  it('notices in the same process that it does not hold', async () => {
    const one = cache()
    await one.get('a')
    time = 2
    expect(await one.get('a')).toEqual({ time: 2 })
  })

  it('takes a broken file for none', async () => {
    const one = cache()
    await one.get('a')
    writeFileSync(one.pathOf('a'), '{')
    expect(await cache().get('a')).toEqual({ time: 1 })
    expect(probes).toEqual(['a', 'a'])
  })

  it('does not remember failures, and can do without its folder', async () => {
    writeFileSync(join(folder, 'file'), '')
    const one = cache(join(folder, 'file/capabilities'))
    await expect(one.get('broken')).rejects.toThrow('no such program')
    await expect(one.get('broken')).rejects.toThrow('no such program')
    expect(await one.get('a')).toEqual({ time: 1 })
    expect(probes).toEqual(['broken', 'broken', 'a'])
  })
})
