// SPDX-License-Identifier: LGPL-2.1-or-later
// Plain objects as people write them. What must not compile says so: the lane of types reads this file.
import type { DocumentChange, Xml } from '@virt/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Amount,
  type Domain,
  type DomainInput,
  domain,
  network,
  nodeDevice,
  secret,
  storageVolume,
} from '../src/index.js'

describe('an object', () => {
  it('may say amounts in any unit, and numbers for bigints', () => {
    const made = domain.fromInput({
      type: 'kvm',
      name: 'n',
      memory: '4 GiB',
      currentMemory: 1024,
      memtune: { hard_limit: '1.5 GB' },
      os: { type: 'hvm' },
    })
    expect(made).toMatchObject({ memory: { value: 4194304n }, currentMemory: 1024n, memtune: { hard_limit: 1464844n } })
  })

  it('gets the lists and defaults that reading gives', () => {
    const given = { type: 'qemu', name: 'n', devices: { disks: [{ target: { dev: 'vda' } }] } } as const
    const text = "<domain type='qemu'><name>n</name><devices><disk><target dev='vda'/></disk></devices></domain>"
    expect(domain.print(domain.fromInput(given))).toBe(domain.print(domain.parse(text, { raw: true })))
  })

  it('is printed without disks of block tuning that have no limit', () => {
    const blkiotune = { devices: [{ path: '/dev/a', weight: 300 }, { path: '/dev/b' }, { path: '/dev/c', weight: 0 }] }
    const text = domain.print(domain.fromInput({ type: 'qemu', name: 'n', blkiotune }))
    expect([...text.matchAll(/<path>(.*)<.path>/g)].map(([, path]) => path)).toEqual(['/dev/a'])
  })

  it('stays as it was given', () => {
    const given = { type: 'qemu', name: 'n', memory: '1 MiB' } as const
    domain.fromInput(Object.freeze(given))
    expect(given).toEqual({ type: 'qemu', name: 'n', memory: '1 MiB' })
  })

  const wrong: readonly [string, () => unknown, string][] = [
    [
      'a misspelt word',
      () => domain.fromInput({ type: 'kmv' as 'kvm', name: 'n' }),
      "domain.type: 'kmv' is not of the",
    ],
    ['a missing field', () => domain.fromInput({ name: 'n' } as DomainInput), "domain: 'type' is missing"],
    [
      'an unknown unit',
      () => domain.fromInput({ type: 'kvm', name: 'n', memory: '1 PC' as '1 B' }),
      'domain.memory.value',
    ],
    [
      'a list that is none',
      () => domain.fromInput({ type: 'kvm', name: 'n', devices: { disks: {} as [] } }),
      'a list is',
    ],
    ['a bad address', () => network.fromInput({ name: 'n', mac: '1' }), 'network.mac'],
    [
      'another kind’s field',
      () => secret.fromInput({ usage: { type: 'ceph', name: 'a', volume: 'v' } as never }),
      'volume',
    ],
    ['a negative amount', () => storageVolume.fromInput({ name: 'v', capacity: -1 }), 'volume.capacity'],
    ['a fraction of nothing', () => storageVolume.fromInput({ name: 'v', capacity: 1.5 }), 'volume.capacity'],
    [
      'a number of a service below zero',
      () => network.fromInput({ name: 'n', dns: { srvs: [{ service: 's', protocol: 'tcp', port: -1 }] } }),
      'network.dns.srvs[0].port: -1 is not of the right form',
    ],
    [
      'a number of a service that is a text',
      () => network.fromInput({ name: 'n', dns: { srvs: [{ service: 's', protocol: 'tcp', port: 'x' as never }] } }),
      'network.dns.srvs[0].port: a number is wanted',
    ],
    [
      'a size of a medium below zero',
      () => nodeDevice.fromInput({ name: 'n', capabilities: [{ type: 'storage', size: -1 } as never] }),
      'size: -1 is not of the right form',
    ],
    [
      'a track of a timer that has none',
      () => domain.fromInput({ type: 'kvm', name: 'n', clock: { timers: [{ name: 'pit', track: 'x' as never }] } }),
      "domain.clock.timers[0].track: it does not belong to name 'pit'",
    ],
    ['no object', () => domain.fromInput(null as never), 'domain: an object is wanted'],
  ]
  it.each(wrong)('with %s is refused where it is wrong', (_, run, message) => {
    expect(run).toThrow(expect.objectContaining({ code: 'invalid-arg', message: expect.stringContaining(message) }))
  })
})

describe('types of objects', () => {
  it('are those of what is read, and more', () => {
    expectTypeOf<Domain>().toExtend<DomainInput>()
    expectTypeOf<DomainInput>().not.toExtend<Domain>()
    expectTypeOf<'4 GiB'>().toExtend<Amount>()
    expectTypeOf<'4GiB'>().toExtend<Amount>()
    expectTypeOf<'4 bananas'>().not.toExtend<Amount>()
    expectTypeOf<Xml<'domain'>>().toEqualTypeOf<string | DomainInput>()
    expectTypeOf<Parameters<DocumentChange<'domain'>>[0]>().toEqualTypeOf<Domain>()
  })

  it('refuse what the documents do not have', () => {
    const cases: DomainInput[] = [
      { type: 'kvm', name: 'n', memory: '1 GiB' },
      // @ts-expect-error: a type is wanted
      { name: 'n' },
      // @ts-expect-error: no such unit
      { type: 'kvm', name: 'n', memory: '1 bananas' },
      // @ts-expect-error: misspelt
      { type: 'kvm', name: 'n', memmory: 1n },
      // @ts-expect-error: no such hypervisor
      { type: 'kmv', name: 'n' },
      // @ts-expect-error: only some timers have a track
      { type: 'kvm', name: 'n', clock: { timers: [{ name: 'pit', track: 'boot' }] } },
      {
        type: 'kvm',
        name: 'n',
        // @ts-expect-error: a file has no pool
        devices: { disks: [{ source: { type: 'file', pool: 'p' }, target: { dev: 'vda' } }] },
      },
    ]
    expect(cases).toHaveLength(7)
  })
})
