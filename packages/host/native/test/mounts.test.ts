// SPDX-License-Identifier: LGPL-2.1-or-later
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { describeKernel, describeRoot, native } from './kernel.js'

const folder = mkdtempSync(join(tmpdir(), 'native-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a shell in these namespaces says. */
async function inside(namespaces: readonly number[], script: string): Promise<string> {
  const out = join(folder, 'out')
  using child = await native.processes.spawn({ file: '/bin/sh', args: ['-c', `(${script}) >${out}`], namespaces })
  await child.wait()
  return readFileSync(out, 'utf8').trimEnd()
}

describeKernel('namespaces', () => {
  it('of our own and of others are held', () => {
    using own = native.namespaces.open('net')
    using same = native.namespaces.open('net', process.pid)
    const names = [own, same].map(({ fd }) => readlinkSync(`/proc/self/fd/${fd}`))
    expect(names).toEqual([readlinkSync('/proc/self/ns/net'), readlinkSync('/proc/self/ns/net')])
  })

  it('are refused where there is no such kind or process', async () => {
    expect(() => native.namespaces.open('net', 0x7fffffff)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => native.namespaces.open('space' as 'net')).toThrow(TypeError)
    await expect(native.namespaces.create(['pid'])).rejects.toThrow(TypeError)
    await expect(native.mounts.run([], { namespaces: [-1] })).rejects.toThrow(RangeError)
    await expect(native.mounts.run([{ mount: '/x', flags: ['odd' as 'bind'] }])).rejects.toThrow(TypeError)
  })
})

describeRoot('new namespaces', () => {
  it('are others than our own, which stays', async () => {
    const before = readlinkSync('/proc/self/ns/uts')
    const [net, uts] = await native.namespaces.create(['net', 'uts'])
    const fds = [net?.fd as number, uts?.fd as number]
    expect(await inside(fds, 'readlink /proc/self/ns/net /proc/self/ns/uts')).toBe(
      fds.map((fd) => readlinkSync(`/proc/self/fd/${fd}`)).join('\n'),
    )
    expect(readlinkSync('/proc/self/ns/uts')).toBe(before)
    expect(readlinkSync('/proc/thread-self/ns/uts')).toBe(before)
    net?.close()
    uts?.close()
  })

  it('have mounts that nobody else sees', async () => {
    const target = join(folder, 'target')
    const bound = join(folder, 'bound')
    for (const path of [target, bound]) mkdirSync(path)
    writeFileSync(join(bound, 'file'), 'bound')
    const [space] = await native.namespaces.create(['mount'])
    const where = { namespaces: [space?.fd as number] }
    await native.mounts.run(
      [
        { mount: '/', flags: ['private', 'recursive'] },
        { mount: target, type: 'tmpfs', source: 'tmpfs', flags: ['nosuid', 'nodev'], data: 'size=64k,mode=0711' },
      ],
      where,
    )
    expect(await inside(where.namespaces, `stat -f -c %T ${target}; stat -c %a ${target}`)).toBe('tmpfs\n711')
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(target)
    await native.mounts.run([{ unmount: target }, { mount: target, source: bound, flags: ['bind'] }], where)
    expect(await inside(where.namespaces, `cat ${target}/file`)).toBe('bound')
    expect(existsSync(join(target, 'file'))).toBe(false)
    space?.close()
  })

  it('tell which step failed', async () => {
    const [space] = await native.namespaces.create(['mount'])
    const where = { namespaces: [space?.fd as number] }
    const none = join(folder, 'none')
    await expect(native.mounts.run([{ mount: none, type: 'tmpfs' }], where)).rejects.toMatchObject({
      code: 'ENOENT',
      syscall: 'mount',
      path: none,
    })
    await expect(native.mounts.run([{ unmount: folder }], where)).rejects.toMatchObject({
      code: 'EINVAL',
      syscall: 'umount2',
      path: folder,
    })
    space?.close()
  })
})
