// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DurableFiles, type FileCalls, type ReplaceFiles } from '../src/durable.js'
import { FakeClock, settle } from './fake-clock.js'

let folder: string
let clock: FakeClock
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-'))
  clock = new FakeClock()
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
  it('sync the content before the name, and the folder soon after it', async () => {
    const { calls, log } = watched()
    const files = new DurableFiles({ clock, calls })
    await files.write(join(folder, 'a.xml'), 'text')
    expect(log).toEqual(['write a.xml.new', 'sync file a.xml.new', 'rename a.xml'])
    await clock.pass(100)
    await files.settled()
    expect(log.slice(3)).toEqual([`sync folder ${basename(folder)}`])
    expect(clock.pending).toBe(0)
    expect(readFileSync(join(folder, 'a.xml'), 'utf8')).toBe('text')
    expect(statSync(join(folder, 'a.xml')).mode & 0o777).toBe(0o600)
  })

  it('keep the order of changes of one path', async () => {
    const files = new DurableFiles({ clock })
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

  it('sync a folder once for all that was changed in it', async () => {
    const { calls, log } = watched()
    const files = new DurableFiles({ clock, calls })
    await Promise.all(Array.from({ length: 40 }, (_, i) => files.write(join(folder, `${i}`), 'x')))
    await files.link(join(folder, 'link'), '0')
    await files.remove(join(folder, '1'))
    expect(log.filter((line) => line.startsWith('sync folder'))).toEqual([])
    await files.settled()
    expect(log.filter((line) => line.startsWith('sync folder'))).toHaveLength(1)
    expect(log.at(-1)).toMatch(/^sync folder/)
  })

  it('have a folder synced by a sync that begins after it is asked for', async () => {
    const syncs: (() => void)[] = []
    const replacing: ReplaceFiles = {
      file: async () => {},
      folder: () => new Promise((resolve) => syncs.push(resolve)),
    }
    const files = new DurableFiles({ clock, replacing })
    const done: string[] = []
    const asked = (name: string): Promise<void> => files.synced(folder).then(() => void done.push(name))
    const all = [asked('first')]
    await files.write(join(folder, 'a'), 'x')
    all.push(asked('second'), asked('third'))
    expect(syncs).toHaveLength(1)
    syncs[0]?.()
    await settle()
    expect(done).toEqual(['first'])
    expect(syncs).toHaveLength(2)
    syncs[1]?.()
    await Promise.all(all)
    // What was due has been served with it.
    expect(clock.pending).toBe(0)
  })

  it('tell of a folder that could not be synced, those who wait and else the log', async () => {
    const problems: unknown[] = []
    const { calls } = watched({ call: 'sync folder', code: 'EIO' })
    const files = new DurableFiles({ clock, calls, problem: (path, error) => problems.push([path, error]) })
    await files.write(join(folder, 'a'), 'x')
    await expect(files.synced(folder)).rejects.toMatchObject({ code: 'EIO' })
    expect(problems).toEqual([])
    await files.remove(join(folder, 'a'))
    await clock.pass(100)
    await files.settled()
    expect(problems).toEqual([[folder, expect.objectContaining({ code: 'EIO' })]])
  })

  it('sync nothing of what is volatile', async () => {
    const { calls, log } = watched()
    const files = new DurableFiles({ clock, calls })
    await files.write(join(folder, 'a'), 'x', { volatile: true })
    await files.remove(join(folder, 'a'), true)
    const file = files.latest(join(folder, 'b'), () => 'y', { volatile: true })
    file.changed()
    await file.saved()
    await file.remove()
    await files.settled()
    expect(clock.pending).toBe(0)
    expect(log.filter((line) => line.startsWith('sync'))).toEqual([])
  })

  it('make their changes in fewer turns where somebody can', async () => {
    const log: string[] = []
    const replacing = {
      file: async ({
        path,
        temporary,
        content,
        mode,
        volatile,
      }: Parameters<ReplaceFiles['file']>[0]): Promise<void> => {
        log.push(`${basename(path)} by ${basename(temporary)} ${content.length} ${mode.toString(8)} ${volatile}`)
      },
      folder: async (path: string): Promise<void> => void log.push(basename(path)),
    }
    const files = new DurableFiles({ clock, replacing })
    await files.write(join(folder, 'a'), 'ä', { mode: 0o640 })
    await files.write(join(folder, 'b'), 'b', { volatile: true })
    await files.settled()
    expect(log).toEqual(['a by a.new 2 640 false', 'b by b.new 1 600 true', basename(folder)])
  })

  it.each([
    ['write', 'ENOSPC'],
    ['sync file', 'EIO'],
    ['rename', 'EACCES'],
  ])('leave the old file when %s fails with %s', async (call, code) => {
    const path = join(folder, 'a.xml')
    await new DurableFiles({ clock }).write(path, 'old')
    const { calls } = watched({ call, code })
    await expect(new DurableFiles({ clock, calls }).write(path, 'new')).rejects.toMatchObject({ code })
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a.xml'])
  })

  it.each([
    ['kept', false],
    ['volatile', true],
  ])('leave the old file or the new one where the writer dies, whichever call it is at (%s)', async (_, volatile) => {
    const path = join(folder, 'a.xml')
    const found: string[] = []
    for (let left = 0; ; left++) {
      await new DurableFiles({ clock }).write(path, 'old')
      // From then on nothing that it asks for happens.
      let calls = left
      const step = async <T>(call: () => Promise<T>): Promise<T> => {
        if (calls-- <= 0) throw new Error('dead')
        return await call()
      }
      const dying = {
        ...watched().calls,
        rename: (from: string, to: string) => step(() => fs.rename(from, to)),
        unlink: (name: string) => step(() => fs.unlink(name)),
        open: (...args: Parameters<typeof fs.open>) =>
          step(async () => {
            const handle = await fs.open(...args)
            const { chmod, writeFile, sync } = handle
            return Object.assign(handle, {
              chmod: (mode: number) => step(() => chmod.call(handle, mode)),
              writeFile: (text: Buffer) => step(() => writeFile.call(handle, text)),
              sync: () => step(() => sync.call(handle)),
            })
          }),
      } as FileCalls
      const outcome = await new DurableFiles({ clock, calls: dying }).write(path, 'new', { volatile }).then(
        () => 'done',
        () => 'dead',
      )
      found.push(`${outcome} ${readFileSync(path, 'utf8')}`)
      if (outcome === 'done') break
    }
    expect(found.at(-1)).toBe('done new')
    expect(found.slice(0, -1).every((one) => one === 'dead old')).toBe(true)
    expect(found).toHaveLength(volatile ? 5 : 6)
  })

  it('do not stop for good after a failure', async () => {
    const path = join(folder, 'gone', 'a')
    const files = new DurableFiles({ clock })
    await expect(files.write(path, 'x')).rejects.toMatchObject({ code: 'ENOENT' })
    await files.folder(join(folder, 'gone'))
    await files.write(path, 'x')
    expect(readFileSync(path, 'utf8')).toBe('x')
  })

  it('replace links at once, and do not miss what is not there', async () => {
    const files = new DurableFiles({ clock })
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
    await expect(new DurableFiles({ clock }).write(path, 'x')).rejects.toMatchObject({ code: 'ELOOP' })
    expect(readdirSync(folder)).not.toContain('victim')
  })
})

describe('the latest content of a file', () => {
  it('is written once for many changes of one tick', async () => {
    const { calls, log } = watched()
    let made = 0
    let value = 0
    const file = new DurableFiles({ clock, calls }).latest(join(folder, 's'), () => {
      made++
      return `${value}`
    })
    for (value = 1; value < 10; value++) file.changed()
    await file.saved()
    expect(readFileSync(join(folder, 's'), 'utf8')).toBe('10')
    expect(made).toBe(1)
    expect(log.filter((line) => line.startsWith('rename'))).toHaveLength(1)
  })

  it('is there when `saved` settles, whatever is being written when it is asked', async () => {
    let value = 0
    const file = new DurableFiles({ clock }).latest(join(folder, 's'), () => `${value}`)
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
    const files = new DurableFiles({ clock })
    const file = files.latest(join(place, 's'), () => 'x')
    file.changed()
    await expect(file.saved()).rejects.toMatchObject({ code: 'ENOENT' })
    await files.folder(place)
    await file.saved()
    expect(readFileSync(join(place, 's'), 'utf8')).toBe('x')
  })

  it('does not come back after its removal', async () => {
    const file = new DurableFiles({ clock }).latest(join(folder, 's'), () => 'x')
    file.changed()
    const removed = file.remove()
    file.changed()
    await removed
    await file.saved()
    expect(readdirSync(folder)).toEqual([])
  })
})
