// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, open, rename, symlink, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DocumentFolder } from '../src/document-folder.js'
import { DurableFiles, type FileCalls } from '../src/durable.js'
import { FakeClock } from './fake-clock.js'

let root: string
let problems: string[]
let folder: DocumentFolder
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'documents-'))
  problems = []
  folder = new DocumentFolder(new DurableFiles({ clock: new FakeClock() }), {
    folder: join(root, 'qemu'),
    autostart: join(root, 'qemu/autostart'),
    editor: 'virsh edit',
    problem: (path) => problems.push(path),
  })
  await folder.prepare()
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

describe('a folder of documents', () => {
  it('holds what was saved, below a note that is a comment whatever the name', async () => {
    await folder.save('web--1', '<domain/>\n')
    const [found] = await folder.load()
    expect(found).toMatchObject({ name: 'web--1', autostart: false, autostartOnce: false })
    expect(found?.text).toMatch(/^<!--\n(?:(?!--)[\s\S])*-->\n\n<domain\/>\n$/)
    expect(found?.text).toContain('virsh edit web- -1')
  })

  it('passes over what is no document', async () => {
    for (const name of ['.hidden.xml', 'b.txt', '.xml']) writeFileSync(join(root, 'qemu', name), 'x')
    await folder.save('a', '<domain/>')
    expect((await folder.load()).map((one) => one.name)).toEqual(['a'])
    expect(readdirSync(join(root, 'qemu'))).toEqual(['.hidden.xml', '.xml', 'a.xml', 'autostart', 'b.txt'])
  })

  it('sweeps away what was about to be written when its writer was killed', async () => {
    await folder.save('a', '<domain/>')
    writeFileSync(join(root, 'qemu/a.xml.new'), '<dom')
    writeFileSync(join(root, 'qemu/b.xml.new'), '<domain/>')
    symlinkSync(join(root, 'qemu/b.xml'), join(root, 'qemu/autostart/b.xml.new'))
    expect(await folder.load()).toMatchObject([{ name: 'a', text: expect.stringContaining('<domain/>') }])
    expect(readdirSync(join(root, 'qemu'))).toEqual(['a.xml', 'autostart'])
    expect(readdirSync(join(root, 'qemu/autostart'))).toEqual([])
  })

  it('tells of a file that cannot be read, and reads the others', async () => {
    await folder.save('a', '<domain/>')
    symlinkSync('nowhere', join(root, 'qemu/b.xml'))
    expect((await folder.load()).map((one) => one.name)).toEqual(['a'])
    expect(problems).toEqual([join(root, 'qemu/b.xml')])
  })

  it('links what starts by itself, as libvirt does', async () => {
    await folder.save('a', '<domain/>')
    await folder.setAutostart('a', true)
    await folder.setAutostartOnce('a', true)
    expect(readlinkSync(join(root, 'qemu/autostart/a.xml'))).toBe(join(root, 'qemu/a.xml'))
    expect(await folder.load()).toMatchObject([{ autostart: true, autostartOnce: true }])
    await folder.setAutostart('a', false)
    expect(await folder.load()).toMatchObject([{ autostart: false, autostartOnce: true }])
    await folder.remove('a')
    expect(readdirSync(join(root, 'qemu/autostart'))).toEqual([])
    expect(await folder.load()).toEqual([])
  })

  it('takes a link to something else for none', async () => {
    await folder.save('a', '<domain/>')
    symlinkSync(join(root, 'qemu/b.xml'), join(root, 'qemu/autostart/a.xml'))
    expect(await folder.load()).toMatchObject([{ autostart: false }])
  })

  it('outlasts a loss of power with its links', async () => {
    const synced: string[] = []
    const calls = {
      mkdir,
      rename,
      symlink,
      unlink,
      async open(path: string, flags: number, mode?: number) {
        const file = await open(path, flags, mode)
        const { sync } = file
        file.sync = async () => {
          synced.push(path)
          await sync.call(file)
        }
        return file
      },
    } as unknown as FileCalls
    const autostart = join(root, 'qemu/autostart')
    const kept = new DocumentFolder(new DurableFiles({ clock: new FakeClock(), calls }), {
      folder: join(root, 'qemu'),
      autostart,
    })
    await kept.save('a', '<domain/>')
    await kept.setAutostart('a', true)
    synced.length = 0
    await kept.synced()
    expect(synced.sort()).toEqual([join(root, 'qemu'), autostart])
    rmSync(autostart, { recursive: true })
    await kept.synced()
  })

  it('is empty when it is not there', async () => {
    expect(
      await new DocumentFolder(new DurableFiles({ clock: new FakeClock() }), { folder: join(root, 'none') }).load(),
    ).toEqual([])
  })

  it.each(['', '../x', 'a/b', 'a\0b'])('refuses the name %j', (name) => {
    expect(() => folder.pathOf(name)).toThrow(/cannot contain/)
  })
})
