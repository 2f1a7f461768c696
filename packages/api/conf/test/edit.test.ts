// SPDX-License-Identifier: LGPL-2.1-or-later
// Changing texts by changing what they say.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Domain, domain, network, qemuNamespace, type StorageVolume, secret, storageVolume } from '../src/index.js'

const guest = `<?xml version="1.0"?>
<!-- kept by hand -->
<domain type="test" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>web</name>   <!-- the web server -->
  <memory unit="GiB">2</memory>
  <os><type>hvm</type></os>
  <future-feature level='9'><part/></future-feature>
  <devices>
    <!-- system -->
    <disk type='file' device='disk' future='1'>
      <source file='/a &amp; b.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <!-- data -->
    <disk type='file' device='disk'>
      <source file='/data.img'/>
      <target dev='vdb' bus='virtio'/>
    </disk>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-foo'/>
  </qemu:commandline>
</domain>
`
type Writable<T> = { -readonly [K in keyof T]: T[K] }

describe('editing', () => {
  it('rewrites only what changed', async () => {
    const text = await domain.edit(guest, (d) => {
      d.title = 'a < b'
      d.memory = { value: 4n << 20n }
      const [system, data] = d.devices?.disks ?? []
      if (system?.target !== undefined) system.target.dev = 'vdc'
      if (d.devices !== undefined && data !== undefined) d.devices.disks = [system as typeof data, { ...data }]
    })
    expect(text).toBe(
      guest
        .replace('<name>web</name>', '<name>web</name>\n  <title>a &lt; b</title>')
        .replace('<memory unit="GiB">2<', '<memory unit="KiB">4194304<')
        .replace("dev='vda'", "dev='vdc'"),
    )
  })

  it('takes an element out with its line', async () => {
    const text = await domain.edit(guest, (d) => {
      if (d.devices !== undefined) d.devices.disks = d.devices.disks.slice(0, 1)
    })
    expect(text).toBe(guest.replace(/\n {4}<disk type='file' device='disk'>[\s\S]*?<\/disk>/, ''))
  })

  it('takes another object, as people write it', async () => {
    const text = await domain.edit(guest, (d) => ({ ...d, memory: '3 GiB', currentMemory: '512 MiB' }))
    expect(text).toContain('<memory unit="KiB">3145728</memory>\n  <currentMemory unit=\'KiB\'>524288</currentMemory>')
    expect(text).toContain('<future-feature')
  })

  it('reaches the namespaces of drivers that are known, and leaves others alone', async () => {
    const hooks = { namespaces: [qemuNamespace] }
    const without = await domain.edit(guest, (d) => ({ ...d, namespaces: undefined }), { hooks })
    expect(without).not.toContain('-foo')
    expect(await domain.edit(guest, (d) => ({ ...d, title: 'x' }))).toContain("<qemu:arg value='-foo'/>")
  })

  it('puts new elements as deep as those around them, though comments stand before these', async () => {
    const disk = (name: string): string => `<!-- ${name} --><disk type='file'><target dev='${name}'/></disk>`
    const text = `<domain type='test'>\n\t<name>a</name>\n\t<devices>\n\t\t${disk('vda')}\n\t\t<x-y/>\n\t</devices>\n</domain>\n`
    const changed = await domain.edit(text, (d) => {
      const [first] = d.devices?.disks ?? []
      if (d.devices && first) d.devices.disks = [first, { ...first, target: { dev: 'vdb' } }]
    })
    const added = "\n\t\t<disk type='file' device='disk'>\n\t\t\t<target dev='vdb'/>\n\t\t</disk>"
    expect(changed).toBe(text.replace('</disk>', `</disk>${added}`))
  })

  it('changes nothing for a change that is none', async () => {
    expect(await domain.edit(guest, (d) => ({ ...d, memory: '2 GiB' }))).toBe(guest)
  })

  it('says where an object is wrong, and waits for the change', async () => {
    const wrong = domain.edit(guest, async (d) => ({ ...d, memory: '3 bananas' as '3 B' }))
    await expect(wrong).rejects.toThrow("domain.memory.value: an amount as '4 GiB' is wanted, not '3 bananas'")
    const misspelt = network.edit('<network><name>n</name></network>', (d) => ({ ...d, brigde: { name: 'x' } }))
    await expect(misspelt).rejects.toThrow("network: there is no 'brigde' in <network>; is it 'bridge'?")
  })

  it('keeps the end of lines and blanks around attributes', async () => {
    const text =
      "<secret  ephemeral = 'no'\n private='yes' >\r\n  <usage type='ceph' ><name>a</name></usage>\r\n</secret>"
    const changed = await secret.edit(text, (d) => ({ ...d, private: false }))
    expect(changed).toBe(text.replace("private='yes'", "private='no'"))
  })
})

const word = fc.string({
  unit: fc.constantFrom('a', 'B', '7', '<', '&', "'", '"', 'é', '.'),
  minLength: 1,
  maxLength: 9,
})
const note = word.map((text) => `<!-- ${text} -->`)
/** A volume with comments and elements that nobody knows anywhere between its own. */
const volumes = fc
  .record({
    name: word,
    capacity: fc.bigInt(1n, 1n << 50n),
    path: word,
    notes: fc.array(note, { minLength: 6, maxLength: 6 }),
  })
  .map(({ name, capacity, path, notes: [a, b, c, d, e, f] }) => {
    const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
    return (
      `${a}<volume type="file">${b}\n <name>${escaped(name)}</name> <x-y>1</x-y>\n${c}  <capacity unit='B'>${capacity}</capacity>\n` +
      `  <target>${d}<path>${escaped(path)}</path><format type='raw'/>${e}\n  </target>${f}\n</volume>`
    )
  })
const changes = fc.record<Partial<Writable<StorageVolume>>>(
  {
    name: word,
    capacity: fc.bigInt(1n, 1n << 50n),
    allocation: fc.bigInt(0n, 1n << 50n),
    target: fc.record({ path: word, format: fc.constantFrom('raw', 'qcow2') }) as never,
  },
  { requiredKeys: [] },
)
const plain = (text: string): string => storageVolume.print(storageVolume.parse(text, { raw: true }))

describe('any edit', () => {
  it('means what was asked for, and leaves every comment and unknown element', async () => {
    await fc.assert(
      fc.asyncProperty(volumes, changes, async (text, change) => {
        const before = storageVolume.parse(text, { raw: true })
        const target = { ...before.target, ...change.target } as NonNullable<StorageVolume['target']>
        const wanted = { ...before, ...change, target }
        const changed = await storageVolume.edit(text, () => wanted)
        expect(plain(changed)).toBe(plain(storageVolume.print(wanted)))
        expect(changed.match(/<!--.*?-->/g)).toEqual(text.match(/<!--.*?-->/g))
        expect(changed).toContain('<x-y>1</x-y>')
        // The way back: everything that was there says again what it said.
        expect(plain(await storageVolume.edit(changed, () => before))).toBe(plain(text))
      }),
      { numRuns: 300 },
    )
  })

  it('of one word changes one place', async () => {
    await fc.assert(
      fc.asyncProperty(word, async (title) => {
        const text = guest.replace('<name>web', `<name>x`)
        const changed = await domain.edit(text, (d: Domain) => ({ ...d, name: title }))
        const escaped = title.replace(
          /[<>&'"]/g,
          (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&apos;', '"': '&quot;' })[c] ?? c,
        )
        expect(changed).toBe(text.replace('<name>x<', () => `<name>${escaped}<`))
      }),
      { numRuns: 100 },
    )
  })
})
