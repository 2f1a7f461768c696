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
