// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DurableFiles, type FileCalls } from '../src/durable.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-'))
})
afterEach(() => {
  // A write that nobody waits for may still be under way.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
})

/** The real calls, written down; `fail` names the one that fails, and how. */
function watched(fail: { call?: string; code?: string } = {}): { calls: FileCalls; log: string[] } {
  const log: string[] = []
  const note = (call: string, path: unknown): void => {
    log.push(`${call} ${basename(String(path))}`)
    if (fail.call === call) throw Object.assign(new Error(`${fail.code}: ${call}`), { code: fail.code })
  }
  const calls: FileCalls = {
    mkdir: fs.mkdir,
    symlink: async (target, path) => {
      note('symlink', path)
      await fs.symlink(target, path)
    },
    rename: async (from, to) => {
      note('rename', to)
      await fs.rename(from, to)
    },
    unlink: async (path) => {
      log.push(`unlink ${basename(String(path))}`)
      await fs.unlink(path)
    },
    open: async (path, flags, mode) => {
      const handle = await fs.open(path, flags, mode)
      const what = statSync(String(path)).isDirectory() ? 'folder' : 'file'
      const sync = handle.sync.bind(handle)
      const writeFile = handle.writeFile.bind(handle)
      handle.sync = async () => {
        note(`sync ${what}`, path)
        await sync()
      }
      handle.writeFile = async (...args: Parameters<typeof writeFile>) => {
        note('write', path)
        await writeFile(...args)
      }
      return handle
    },
  }
  return { calls, log }
}

describe('durable files', () => {
  it('sync the content before the name, and the folder after it', async () => {
    const { calls, log } = watched()
    await new DurableFiles(calls).write(join(folder, 'a.xml'), 'text')
    expect(log).toEqual(['write a.xml.new', 'sync file a.xml.new', 'rename a.xml', `sync folder ${basename(folder)}`])
    expect(readFileSync(join(folder, 'a.xml'), 'utf8')).toBe('text')
    expect(statSync(join(folder, 'a.xml')).mode & 0o777).toBe(0o600)
  })

  it('keep the order of changes of one path', async () => {
    const files = new DurableFiles()
    const path = join(folder, 'a')
    const all = Array.from({ length: 20 }, (_, i) => files.write(path, `${i}`))
    await files.write(path, 'last')
    expect(readFileSync(path, 'utf8')).toBe('last')
    await Promise.all(all)
    const gone = files.remove(path)
    const back = files.write(path, 'again')
    await Promise.all([gone, back])
    expect(readFileSync(path, 'utf8')).toBe('again')
  })

  it('share the syncs of a folder', async () => {
    const { calls, log } = watched()
    const files = new DurableFiles(calls)
    await Promise.all(Array.from({ length: 40 }, (_, i) => files.write(join(folder, `${i}`), 'x')))
    const syncs = log.filter((line) => line.startsWith('sync folder')).length
    expect(syncs).toBeLessThan(40)
    // Nothing is told to be done before a sync that began after its rename.
    expect(log.at(-1)).toMatch(/^sync folder/)
  })

  it.each([
    ['write', 'ENOSPC'],
    ['sync file', 'EIO'],
    ['rename', 'EACCES'],
  ])('leave the old file when %s fails with %s', async (call, code) => {
    const path = join(folder, 'a.xml')
    await new DurableFiles().write(path, 'old')
    const { calls } = watched({ call, code })
    await expect(new DurableFiles(calls).write(path, 'new')).rejects.toMatchObject({ code })
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a.xml'])
  })

  it('do not stop for good after a failure', async () => {
    const path = join(folder, 'gone', 'a')
    const files = new DurableFiles()
    await expect(files.write(path, 'x')).rejects.toMatchObject({ code: 'ENOENT' })
    await files.folder(join(folder, 'gone'))
    await files.write(path, 'x')
    expect(readFileSync(path, 'utf8')).toBe('x')
  })

  it('replace links at once, and do not miss what is not there', async () => {
    const files = new DurableFiles()
    const path = join(folder, 'link')
    await files.link(path, '/one')
    await files.link(path, '/two')
    expect(readlinkSync(path)).toBe('/two')
    await files.remove(path)
    await files.remove(path)
    expect(readdirSync(folder)).toEqual([])
  })

  it('write through no link that somebody has put there', async () => {
    const path = join(folder, 'a')
    await fs.symlink(join(folder, 'victim'), `${path}.new`)
    await expect(new DurableFiles().write(path, 'x')).rejects.toMatchObject({ code: 'ELOOP' })
    expect(readdirSync(folder)).not.toContain('victim')
  })
})

describe('the latest content of a file', () => {
  it('is written once for many changes of one tick', async () => {
    const { calls, log } = watched()
    let made = 0
    let value = 0
    const file = new DurableFiles(calls).latest(join(folder, 's'), () => {
      made++
      return `${value}`
    })
    for (value = 1; value < 10; value++) file.changed()
    await file.saved()
    expect(readFileSync(join(folder, 's'), 'utf8')).toBe('10')
    expect(made).toBe(1)
    expect(log.filter((line) => line.startsWith('rename'))).toHaveLength(1)
  })

  it('is on the disk when `saved` settles, whatever is being written when it is asked', async () => {
    let value = 0
    const file = new DurableFiles().latest(join(folder, 's'), () => `${value}`)
    for (let i = 0; i < 20; i++) {
      value++
      file.changed()
      if (i % 3 === 0) await Promise.resolve()
      if (i % 4 === 0) {
        const wanted = value
        await file.saved()
        expect(Number(readFileSync(join(folder, 's'), 'utf8'))).toBeGreaterThanOrEqual(wanted)
      }
    }
    await file.saved()
  })

  it('tells those who wait that it could not be kept, and tries again', async () => {
    const place = join(folder, 'sub')
    const files = new DurableFiles()
    const file = files.latest(join(place, 's'), () => 'x')
    file.changed()
    await expect(file.saved()).rejects.toMatchObject({ code: 'ENOENT' })
    await files.folder(place)
    await file.saved()
    expect(readFileSync(join(place, 's'), 'utf8')).toBe('x')
  })

  it('does not come back after its removal', async () => {
    const file = new DurableFiles().latest(join(folder, 's'), () => 'x')
    file.changed()
    const removed = file.remove()
    file.changed()
    await removed
    await file.saved()
    expect(readdirSync(folder)).toEqual([])
  })
})
