// SPDX-License-Identifier: LGPL-2.1-or-later
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { describeBoth, describeKernel, describeRoot, native } from './kernel.js'

// Not the folder of temporary files: some systems have it in memory, where there are no attributes of users.
const folder = mkdtempSync(join(import.meta.dirname, '.attributes-'))
afterAll(() => rmSync(folder, { recursive: true }))

describeBoth('attributes of a file', ({ attributes }) => {
  it('are set, read, and taken away', async () => {
    const path = join(folder, 'file')
    writeFileSync(path, '')
    expect(await attributes.get(path, 'user.virt')).toBeUndefined()
    await attributes.set(path, 'user.virt', '+1:+2')
    expect(await attributes.get(path, 'user.virt')).toBe('+1:+2')
    await attributes.set(path, 'user.virt', '')
    expect(await attributes.get(path, 'user.virt')).toBe('')
    await attributes.remove(path, 'user.virt')
    await attributes.remove(path, 'user.virt')
    expect(await attributes.get(path, 'user.virt')).toBeUndefined()
    await expect(attributes.get(join(folder, 'none'), 'user.virt')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(attributes.get(path, '')).rejects.toThrow(TypeError)
  })
})

describeBoth('users', ({ users }) => {
  it('are found by name and by number', async () => {
    const root = { name: 'root', uid: 0, gid: 0 }
    expect(await users.user('root')).toEqual(root)
    expect(await users.user(0)).toEqual(root)
    expect(await users.group(0)).toMatchObject({ name: 'root', gid: 0 })
    expect(await users.user('nobody-of-that-name')).toBeUndefined()
    expect(await users.groupsOf('root', 0)).toContain(0)
    await expect(users.user(-1)).rejects.toThrow(RangeError)
  })
})

describeKernel('threads', () => {
  it('run on the processors that they are bound to', () => {
    const before = native.scheduling.affinity(0)
    const [first = 0] = before
    native.scheduling.setAffinity(0, [first])
    expect(native.scheduling.affinity(0)).toEqual([first])
    native.scheduling.setAffinity(0, before)
    expect(native.scheduling.affinity(0)).toEqual(before)
    expect(() => native.scheduling.setAffinity(0, [])).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    expect(() => native.scheduling.affinity(0x7fffffff)).toThrow(expect.objectContaining({ code: 'ESRCH' }))
  })

  it('may use of a resource what they are let', async () => {
    using child = await native.processes.spawn({ file: '/bin/sleep', args: ['20'], limits: { nofile: 64 } })
    const { limits } = native
    expect(limits.of(child.pid, 'nofile')).toEqual({ soft: 64n, hard: 64n })
    limits.set(child.pid, 'nofile', { soft: 32, hard: 48n })
    expect(limits.of(child.pid, 'nofile')).toEqual({ soft: 32n, hard: 48n })
    expect(() => limits.set(child.pid, 'nofile', { soft: 2, hard: 1 })).toThrow(
      expect.objectContaining({ code: 'EINVAL', syscall: 'prlimit' }),
    )
    expect(() => limits.of(0x7fffffff, 'core')).toThrow(expect.objectContaining({ code: 'ESRCH' }))
    expect(() => limits.of(0, 'luck' as never)).toThrow(TypeError)
    expect(() => limits.set(child.pid, 'core', -1)).toThrow(RangeError)
    child.kill('SIGKILL')
    await child.wait()
  })

  it('of a new program are bound from its beginning', async () => {
    const [first = 0] = native.scheduling.affinity(0)
    using child = await native.processes.spawn({ file: '/bin/sleep', args: ['20'], cpus: [first] })
    expect(native.scheduling.affinity(child.pid)).toEqual([first])
    native.scheduling.setPolicy(child.pid, 'batch')
    child.kill('SIGKILL')
    await child.wait()
  })
})

describeRoot('a folder of devices', () => {
  it('is made in a mount namespace', async () => {
    const [space] = await native.namespaces.create(['mount'])
    const where = { namespaces: [space?.fd as number] }
    await native.mounts.run(
      [
        { mount: '/', flags: ['private', 'recursive'] },
        { mount: folder, type: 'tmpfs', source: 'devices' },
        { folder: join(folder, 'net'), mode: 0o711, uid: 7, gid: 8 },
        { node: join(folder, 'null'), kind: 'character', mode: 0o620, major: 1, minor: 3, uid: 5 },
        { node: join(folder, 'empty'), kind: 'file', mode: 0o600 },
        { link: join(folder, 'link'), to: 'null' },
      ],
      where,
    )
    const script = `cd ${folder}; stat -c '%n %F %a %u:%g %t:%T' net null empty; readlink link; echo gone >null; cat null`
    const out = join(import.meta.dirname, '.devices')
    const fd = openSync(out, 'w')
    using child = await native.processes.spawn({
      file: '/bin/sh',
      args: ['-c', script],
      fds: [undefined, fd],
      ...where,
    })
    await child.wait()
    closeSync(fd)
    const said = readFileSync(out, 'utf8')
    rmSync(out)
    space?.close()
    expect(said).toBe(
      'net directory 711 7:8 0:0\nnull character special file 620 5:5 1:3\nempty regular empty file 600 0:0 0:0\nnull\n',
    )
  })
})
