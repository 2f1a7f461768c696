// SPDX-License-Identifier: LGPL-2.1-or-later
import type { StorageSource } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { isServed, type NbdkitFlag, nbdkitArgs } from '../src/nbdkit/nbdkit.js'

const network = (more: object): StorageSource =>
  ({
    type: 'network',
    hosts: [{ name: 'server' }],
    cookies: [],
    reservations: undefined,
    ...more,
  }) as unknown as StorageSource

function argsOf(
  source: StorageSource,
  flags: readonly NbdkitFlag[] = ['plugin-curl', 'plugin-ssh'],
): {
  args: string[]
  passed: string[]
} {
  const passed: string[] = []
  const start = {
    flags: new Set(flags),
    folder: '/run/guest',
    password: () => 'hunter2',
    pass: (_alias: string, text: string) => 100 + passed.push(text),
  }
  return { args: nbdkitArgs({ source, readonly: false, alias: 'libvirt-1-storage' }, start), passed }
}

describe('nbdkit', () => {
  it('gets secrets by pipes, never as arguments', () => {
    const source = network({
      protocol: 'https',
      name: 'a.img',
      auth: { username: 'me' },
      cookies: [{ name: 'session', value: 's3cret' }],
    })
    const { args, passed } = argsOf(source)
    expect(passed).toEqual(['hunter2', 'session=s3cret'])
    expect(args.slice(3)).toEqual([
      'curl',
      'protocols=https',
      'url=https://server/a.img',
      'user=me',
      'password=-101',
      'cookie=-102',
    ])
    expect(args.join(' ')).not.toMatch(/hunter2|s3cret/)
  })

  it('follows from http to https', () => {
    expect(argsOf(network({ protocol: 'http', name: 'a' })).args).toContain('protocols=http,https')
  })

  it('serves what a plugin is there for', () => {
    const flags = new Set<NbdkitFlag>(['plugin-curl'])
    expect(isServed(network({ protocol: 'ftp' }), flags)).toBe(true)
    expect(isServed(network({ protocol: 'ssh' }), flags)).toBe(false)
    expect(isServed({ type: 'file', file: '/a' } as unknown as StorageSource, flags)).toBe(false)
    expect(() => argsOf(network({ protocol: 'rbd', name: 'a' }))).toThrow(/nbdkit does not support/)
  })

  it('reads ahead where it can', () => {
    const source = network({ protocol: 'ftp', name: 'a', readahead: 1024n })
    expect(argsOf(source, ['plugin-curl', 'filter-readahead']).args).toContain('--filter=readahead')
    expect(argsOf(source).args).not.toContain('--filter=readahead')
  })
})
