// SPDX-License-Identifier: LGPL-2.1-or-later
// Typed documents through the public API: printed for calls, read from what is answered.
import { type Domain as DomainDocument, parseDocument, printDocument } from '@virt/conf'
import { connect } from '@virt/core'
import { test as testDriver } from '@virt/test'
import { describe, expect, it } from 'vitest'

const guest = `<domain type='test' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>typed</name>
  <memory unit='KiB'>65536</memory>
  <os>
    <type>hvm</type>
  </os>
  <qemu:commandline>
    <qemu:arg value='-foo'/>
  </qemu:commandline>
</domain>
`

describe('typed documents', () => {
  it('come back as they were, with what no driver here knows', () => {
    expect(printDocument('domain', parseDocument('domain', guest))).toBe(guest)
  })

  it('are of known kinds', () => {
    expect(() => printDocument('banana', {})).toThrow("no document is called 'banana'")
  })

  it('travel through connections both ways', async () => {
    const conn = await connect('test:///default', { drivers: [testDriver()] })
    const document = parseDocument(
      'domain',
      guest.replace(/ {2}<qemu:[\s\S]*<\/qemu:commandline>\n/, ''),
    ) as DomainDocument
    const dom = await conn.domains.define({ ...document, description: 'made of an object' })
    const typed = await dom.document({ inactive: true })
    expect(typed).toMatchObject({ name: 'typed', description: 'made of an object', memory: { value: 65536n } })
    const again = await conn.domains.define({ ...typed, title: 'changed' })
    expect(await again.xmlDesc()).toContain('<title>changed</title>')
    await conn.close()
  })
})

describe('objects that people write', () => {
  it('define, with units, and what has a default left out', async () => {
    const conn = await connect('test:///default', { drivers: [testDriver()] })
    const dom = await conn.domains.define({
      type: 'test',
      name: 'small',
      memory: '1.5 GiB',
      os: { type: 'hvm' },
    })
    expect(await dom.xmlDesc()).toContain("<memory unit='KiB'>1572864</memory>")
    const pool = await conn.pools.byName('default-pool')
    const vol = await pool.createVolume({ name: 'v', capacity: '1 GB', target: { format: 'raw' } })
    expect((await vol.document()).capacity).toBe(1_000_000_000n)
    await dom.create()
    await dom.attachDevice({ disk: { source: { type: 'file', file: '/x' }, target: { dev: 'vdz', bus: 'virtio' } } })
    expect(await dom.xmlDesc()).toContain("<source file='/x'/>")
    await conn.close()
  })

  it('are refused with the place that is wrong', async () => {
    const conn = await connect('test:///default', { drivers: [testDriver()] })
    const wrong = { type: 'test', name: 'n', memory: '1 GiB', os: { type: 'hvm' }, vcpuz: 2 } as const
    await expect(conn.domains.define(wrong)).rejects.toThrow("there is no 'vcpuz' in <domain>")
    const two = { disk: {}, hub: { type: 'usb' } } as never
    await expect((await conn.domains.byName('test')).attachDevice(two)).rejects.toThrow(
      'a device is an object of one key',
    )
    await conn.close()
  })
})

describe('editing', () => {
  it('defines guests, networks and snapshots anew', async () => {
    const conn = await connect('test:///default', { drivers: [testDriver()] })
    const dom = await conn.domains.byName('test')
    await dom.edit((d) => ({ ...d, title: 'edited', memory: '3 GiB' }))
    expect(await dom.document({ inactive: true })).toMatchObject({ title: 'edited', memory: { value: 3145728n } })
    const net = await conn.networks.byName('default')
    await net.destroy()
    await net.edit((d) => ({ ...d, domain: { name: 'example.org' } }))
    expect(await net.xmlDesc()).toContain("<domain name='example.org'/>")
    const snapshot = await dom.createSnapshot({ name: 's1', description: 'before' })
    await snapshot.edit((d) => ({ ...d, description: 'after' }))
    expect(await snapshot.xmlDesc()).toContain('<description>after</description>')
    expect(await snapshot.isCurrent()).toBe(true)
    await conn.close()
  })

  it('gives way to who was faster', async () => {
    const conn = await connect('test:///default', { drivers: [testDriver()] })
    const dom = await conn.domains.byName('test')
    const slow = dom.edit(async (d) => {
      await dom.setMetadata('title', 'faster', undefined, undefined, { config: true })
      return { ...d, title: 'slower' }
    })
    await expect(slow).rejects.toMatchObject({ code: 'operation-failed' })
    expect((await dom.document({ inactive: true })).title).toBe('faster')
    await conn.close()
  })

  it('asks nothing of the driver when nothing has changed', async () => {
    const conn = await connect('test:///default', { drivers: [testDriver()] })
    const dom = await conn.domains.byName('test')
    let defined = 0
    conn.on('lifecycle', () => defined++)
    await dom.edit(() => undefined)
    expect(defined).toBe(0)
    await conn.close()
  })
})
