// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of the public API says where each function of libvirt is; here it is held against what there is.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as core from '../src/index.js'

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8')
const spec = JSON.parse(read('../../rpc/spec/api.json')) as { functions: { name: string; library: string }[] }
const functions = spec.functions.filter((f) => f.library !== 'libvirt-admin').map((f) => f.name)
const rows = read('../spec/public-api.txt')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const [fn = '', mark = '', rest = ''] = /^(\S+)\s+(\S+)\s*(.*)$/.exec(line.trim())?.slice(1) ?? []
    return { fn, mark, rest }
  })

/** Members that are made in constructors, of classes that need a connection to be made. */
const fields: Readonly<Record<string, readonly string[]>> = {
  Connection: ['domains', 'networks', 'pools', 'host', 'readOnly', 'raw'],
}
const withConnection = (cls: string): boolean => cls !== 'Connection' && cls !== 'VirtStream'

function exists(target: string): boolean {
  const [cls = '', member = ''] = target.replace(/\(.*/, '').split('.')
  if (member === '') return (core as Record<string, unknown>)[cls] !== undefined
  const made = (core as unknown as Record<string, { prototype: object } | undefined>)[cls]
  if (made === undefined) return false
  if (member === 'connection') return withConnection(cls)
  return member in made.prototype || (fields[cls]?.includes(member) ?? false)
}

describe('the table of the public API', () => {
  it('has every function of libvirt outside libvirt-admin, once, and no other', () => {
    expect(functions).toHaveLength(534)
    expect(rows.map((r) => r.fn).sort()).toEqual([...functions].sort())
  })

  it('names members that exist', () => {
    const missing = rows
      .filter((r) => r.mark !== '-')
      .map((r) => (r.mark === '=' ? r.rest : r.mark.replace('@', '')))
      .filter((target) => !exists(target))
    expect(missing).toEqual([])
  })

  it('says why a function is not needed', () => {
    expect(rows.filter((r) => r.mark === '-' && r.rest.length < 10)).toEqual([])
  })
})
