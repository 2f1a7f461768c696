// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { test as testDriver } from '@virt/test'
import { afterAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'node-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, domains: number): string {
  const one = (i: number): string =>
    `<domain type='test'><name>d${i}</name><memory>8192</memory><os><type>hvm</type></os></domain>`
  const path = join(folder, name)
  writeFileSync(path, `<node>${Array.from({ length: domains }, (_, i) => one(i)).join('\n')}</node>`)
  return path
}

describe('a node file of many domains', () => {
  test('lets others have turns while it is read', async () => {
    let turns = 0
    let counting = true
    const count = (): void => {
      turns++
      if (counting) setImmediate(count)
    }
    setImmediate(count)
    await using conn = await connect(`test://${write('many.xml', 3000)}`, { drivers: [testDriver()] })
    counting = false
    let domains = 0
    for await (const _ of conn.domains.list()) domains++
    expect(domains).toBe(3000)
    expect(turns).toBeGreaterThan(10)
  })

  test('is left when nobody waits for it any more', async () => {
    const path = write('left.xml', 3000)
    const stop = new AbortController()
    const opening = connect(`test://${path}`, { drivers: [testDriver()], signal: stop.signal })
    setTimeout(() => stop.abort(), 1)
    await expect(opening).rejects.toMatchObject({ name: 'VirtError' })
  })
})
