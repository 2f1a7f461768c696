// SPDX-License-Identifier: LGPL-2.1-or-later
import { existsSync, readSync, writeSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { LinkTable } from '@virt/native'
import { expect, it } from 'vitest'
import { describeKernel, describeRoot, native } from './kernel.js'

/** Links of a network namespace of the test's own. */
async function alone(test: (links: LinkTable, fd: number) => Promise<void>): Promise<void> {
  const [space] = await native.namespaces.create(['net'])
  const fd = space?.fd as number
  const links = await native.links.open({ namespaces: [fd] })
  try {
    await test(links, fd)
  } finally {
    links.close()
    space?.close()
  }
}

describeKernel('links of this machine', () => {
  it('are those that Node knows, and more', async () => {
    using links = await native.links.open()
    const found = await links.list()
    expect(found).toContainEqual(expect.objectContaining({ index: 1, name: 'lo', mtu: expect.any(Number) }))
    const names = found.map(({ name }) => name)
    for (const name of Object.keys(networkInterfaces())) expect(names).toContain(name)
    const addresses = (await links.addresses()).map(({ address }) => address)
    for (const { cidr } of Object.values(networkInterfaces()).flatMap((rows) => rows ?? []))
      expect(addresses).toContain(cidr)
    expect(await links.find('lo')).toEqual(await links.find(1))
    expect(await links.find('nosuchlink')).toBeUndefined()
    expect(await links.find(0x7fffff)).toBeUndefined()
  })

  it('are asked for by many at a time', async () => {
    using links = await native.links.open()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? links.find('lo') : links.list())))
    expect(answers[1]).toMatchObject({ name: 'lo' })
    expect(answers[18]).toEqual(answers[0])
  })

  it('refuse what cannot be, before the kernel is asked', async () => {
    using links = await native.links.open()
    await expect(links.find('a name with blanks')).rejects.toThrow(TypeError)
    await expect(links.create({ kind: 'dummy', name: 'sixteen-letters-' })).rejects.toThrow(TypeError)
    await expect(links.set('lo', { mac: '52:54' })).rejects.toThrow(TypeError)
    for (const address of ['10.0.0.1', '10.0.0.1/33', '10.0.0/8', 'fe80::1%lo/64', '::1/129', '1.2.3.4/8/8'])
      await expect(links.addAddress('lo', address)).rejects.toThrow(TypeError)
  })
})

describeRoot('links of a network namespace', () => {
  it('are its loopback alone, at first', () =>
    alone(async (links) => {
      expect(await links.list()).toEqual([
        expect.objectContaining({ index: 1, name: 'lo', up: false, state: 'down', mac: '00:00:00:00:00:00' }),
      ])
      await links.set('lo', { up: true })
      expect(await links.find('lo')).toMatchObject({ up: true })
      expect((await links.addresses('lo')).map(({ address }) => address)).toContain('127.0.0.1/8')
    }))

  it('are made, made ports of a bridge, changed and removed', () =>
    alone(async (links) => {
      const bridge = await links.create({
        kind: 'bridge',
        name: 'virbr0',
        mac: '52:54:00:00:00:01',
        stp: false,
        forwardDelay: 200,
        up: true,
      })
      expect(bridge).toMatchObject({ name: 'virbr0', kind: 'bridge', up: true, mac: '52:54:00:00:00:01' })
      const pair = await links.create({ kind: 'veth', name: 'one', peer: 'other', master: 'virbr0', mtu: 1400 })
      const other = await links.find('other')
      expect(pair).toMatchObject({ kind: 'veth', master: bridge.index, mtu: 1400, parent: other?.index })
      await links.set('other', { name: 'renamed', alias: 'the far end', mac: '52:54:00:00:00:02', up: true })
      expect(await links.find(other?.index as number)).toMatchObject({
        name: 'renamed',
        alias: 'the far end',
        mac: '52:54:00:00:00:02',
        up: true,
      })
      await links.set('one', { master: null })
      expect(await links.find('one')).not.toHaveProperty('master')
      await links.delete('one')
      expect((await links.list()).map(({ name }) => name)).toEqual(['lo', 'virbr0'])
    }))

  it('have addresses of both families', () =>
    alone(async (links) => {
      const { index } = await links.create({ kind: 'bridge', name: 'br0' })
      await links.addAddress('br0', '192.168.122.1/24')
      await links.addAddress(index, 'fd00::1:0:0:10.0.0.1/64')
      expect(await links.addresses('br0')).toEqual([
        { link: index, address: '192.168.122.1/24', scope: 0 },
        { link: index, address: 'fd00::1:0:0:a00:1/64', scope: 0 },
      ])
      await expect(links.addAddress('br0', '192.168.122.1/24')).rejects.toMatchObject({ code: 'EEXIST' })
      await links.removeAddress('br0', '192.168.122.1/24')
      expect(await links.addresses('br0')).toHaveLength(1)
      await expect(links.removeAddress('br0', '192.168.122.1/24')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
    }))

  it('go to another namespace', () =>
    alone((links) =>
      alone(async (others, fd) => {
        await links.create({ kind: 'veth', name: 'here', peer: 'there' })
        await links.set('there', { namespace: fd })
        expect(await links.find('there')).toBeUndefined()
        expect(await others.find('there')).toMatchObject({ kind: 'veth' })
      }),
    ))

  it('tell why not, in the words of the kernel where it has some', () =>
    alone(async (links) => {
      await expect(links.delete('none')).rejects.toMatchObject({
        code: 'ENODEV',
        message: "ENODEV: no such device, netlink 'none'",
        errno: -19,
        syscall: 'netlink',
      })
      await expect(links.set('none', { up: true })).rejects.toMatchObject({ code: 'ENODEV' })
      await expect(links.delete('lo')).rejects.toMatchObject({ code: 'ENOTSUP' })
      await links.create({ kind: 'bridge', name: 'd0' })
      await expect(links.create({ kind: 'bridge', name: 'd0' })).rejects.toMatchObject({ code: 'EEXIST' })
      await expect(links.set('d0', { mtu: 0x7fffffff })).rejects.toMatchObject({
        code: 'EINVAL',
        message: expect.stringMatching(/mtu greater than device maximum/),
      })
    }))

  it.skipIf(!existsSync('/dev/net/tun'))('are taps that last as long as somebody has them open, or longer', () =>
    alone(async (links) => {
      const tap = await links.openTap({ name: 'vnet%d', vnetHeader: true, uid: 65534, gid: 65533 })
      expect(tap.name).toBe('vnet0')
      await links.create({ kind: 'bridge', name: 'br0', up: true })
      await links.set('vnet0', { master: 'br0', up: true })
      expect(await links.find('vnet0')).toMatchObject({ kind: 'tun', up: true })
      await expect(links.openTap({ name: 'vnet0', vnetHeader: true })).rejects.toMatchObject({
        code: 'EBUSY',
        syscall: 'ioctl',
        path: 'vnet0',
      })
      tap.close()
      expect(await links.find('vnet0')).toBeUndefined()
      const kept = await links.openTap({ persist: true })
      kept.close()
      expect(await links.find('tap0')).toMatchObject({ name: 'tap0' })
      const again = await links.openTap({ name: 'tap0', persist: false })
      again.close()
      expect(await links.find('tap0')).toBeUndefined()
    }),
  )

  it.skipIf(!existsSync('/dev/net/tun'))('carry frames between taps of one bridge', () =>
    alone(async (links) => {
      await links.create({ kind: 'bridge', name: 'br0', up: true })
      using one = await links.openTap()
      using other = await links.openTap()
      for (const { name } of [one, other]) await links.set(name, { master: 'br0', up: true })
      // To everybody, of a type that nobody speaks.
      const frame = Buffer.from(`ffffffffffff52540000000188b5${'76697274'.repeat(12)}`, 'hex')
      writeSync(one.fd, frame)
      const into = Buffer.alloc(2000)
      for (;;) {
        let size = 0
        try {
          size = readSync(other.fd, into)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
          await new Promise(setImmediate)
          continue
        }
        // The kernel itself sends neighbour discovery and the like.
        if (into.readUInt16BE(12) !== 0x88b5) continue
        expect(into.subarray(0, size)).toEqual(frame)
        break
      }
    }),
  )
})
