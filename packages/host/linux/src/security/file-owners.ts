// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that belong to a guest for a while, and whose they were before: noted at the files themselves, as libvirt does, so that any
// daemon of either kind can give them back.
import { readFileSync } from 'node:fs'
import { chown, type FileHandle, open, stat } from 'node:fs/promises'
import type { Native } from '@virt/native'

/** A user and a group by their numbers. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
}

/** What file owners are asked and noted with. */
export interface FileOwnersOptions {
  readonly native: Pick<Native, 'attributes' | 'locks'>
  /** Whether it is noted whose a file was; false: they are root's afterwards. */
  readonly remember: boolean
  /** Seconds since the epoch at which the machine was booted: what was noted before is of guests that are gone. */
  readonly bootTime?: number
}

const attribute = (name: string): string => `trusted.libvirt.security.${name}`
const labelName = attribute('dac')
const countName = attribute('ref_dac')
const timeName = attribute('timestamp_dac')

/** The byte that whoever changes the notes of a file has locked. */
const lockedByte = { start: 1, length: 1 }
/** Milliseconds that somebody else may take for it. */
const patience = 10_000

/** What a file system that keeps no notes answers, or one that lets nobody write. */
const noNotes: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EROFS'])
/** What cannot be given away stays what it is. */
const noOwners: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'EPERM', 'EROFS'])

/** The refusal of a file that others have under another owner. */
export class FileInUse extends Error {
  readonly path: string

  constructor(path: string) {
    super(`${path} is in use by somebody else`)
    this.path = path
  }
}

/** When the machine was booted, in seconds since the epoch, as libvirt comes to it: one less as often as not. */
function bootTimeNow(): number {
  const [up = ''] = readFileSync('/proc/uptime', 'utf8').split(' ')
  return Math.round(Date.now() / 1000 - 0.5 - Number(up))
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/**
 * Gives files to users, and back to whom they were.
 * @since 0.1.0, `virSecurityDACSetOwnership`
 */
export class FileOwners {
  readonly #native: FileOwnersOptions['native']
  readonly #remember: boolean
  readonly #bootTime: number

  constructor({ native, remember, bootTime = bootTimeNow() }: FileOwnersOptions) {
    this.#native = native
    this.#remember = remember
    this.#bootTime = bootTime
  }

  /**
   * Gives a file to somebody.
   * @param remember note whose it was; each `give` with it wants its `giveBack`
   * @throws FileInUse where others have it under another owner; what the system says
   */
  async give(path: string, owner: FileOwner, remember = true): Promise<void> {
    const before = await stat(path)
    if (!remember || !this.#remember) return await this.#change(path, before, owner)
    await this.#locked(path, async () => {
      const noted = await this.#note(path, before)
      try {
        if (noted > 1 && (before.uid !== owner.uid || before.gid !== owner.gid)) throw new FileInUse(path)
        await this.#change(path, before, owner)
      } catch (error) {
        if (noted > 0) await this.#recall(path)
        throw error
      }
    })
  }

  /**
   * Gives a file back to whom it was before, unless others have it still. Where nothing is noted it becomes root's.
   * @throws what the system says
   */
  async giveBack(path: string, remembered = true): Promise<void> {
    const root: FileOwner = { uid: 0, gid: 0 }
    const before = await stat(path)
    if (!remembered || !this.#remember) return await this.#change(path, before, root)
    await this.#locked(path, async () => {
      const owner = await this.#recall(path)
      if (owner !== 'in use') await this.#change(path, before, owner ?? root)
    })
  }

  /** Whether somebody may have a file by `give`: it is theirs, or it is noted whose it was. One that is not there is nobody's. */
  async isGiven(path: string, owner: FileOwner): Promise<boolean> {
    try {
      const { uid, gid } = await stat(path)
      if (uid === owner.uid && gid === owner.gid) return true
      return (await this.#native.attributes.get(path, labelName)) !== undefined
    } catch (error) {
      if (noNotes.has(codeOf(error)) || codeOf(error) === 'ENOENT') return false
      throw error
    }
  }

  async #change(path: string, before: FileOwner, { uid, gid }: FileOwner): Promise<void> {
    if (before.uid === uid && before.gid === gid) return
    try {
      await chown(path, uid, gid)
    } catch (error) {
      if (!noOwners.has(codeOf(error))) throw error
    }
  }

  /** One more has the file. @returns how many do; 0 where nothing can be noted */
  async #note(path: string, owner: FileOwner): Promise<number> {
    const { attributes } = this.#native
    try {
      await this.#forgetOld(path)
      const count = Number((await attributes.get(path, countName)) ?? 0)
      if (count === 0) {
        await attributes.set(path, labelName, `+${owner.uid}:+${owner.gid}`)
        await attributes.set(path, timeName, String(this.#bootTime))
      }
      await attributes.set(path, countName, String(count + 1))
      return count + 1
    } catch (error) {
      if (noNotes.has(codeOf(error))) return 0
      throw error
    }
  }

  /** One less has the file. @returns whose it was; undefined where nobody knows */
  async #recall(path: string): Promise<FileOwner | 'in use' | undefined> {
    const { attributes } = this.#native
    try {
      await this.#forgetOld(path)
      const count = Number((await attributes.get(path, countName)) ?? 0)
      if (count > 1) {
        await attributes.set(path, countName, String(count - 1))
        return 'in use'
      }
      const [, uid, gid] = /^\+(\d+):\+(\d+)$/.exec((await attributes.get(path, labelName)) ?? '') ?? []
      await this.#forget(path)
      return count === 0 || uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
    } catch (error) {
      if (noNotes.has(codeOf(error))) return undefined
      throw error
    }
  }

  /** Notes of before the machine's start. differs: libvirt compares exactly, and comes to another second now and then. */
  async #forgetOld(path: string): Promise<void> {
    const time = await this.#native.attributes.get(path, timeName)
    if (time !== undefined && Math.abs(Number(time) - this.#bootTime) > 1) await this.#forget(path)
  }

  async #forget(path: string): Promise<void> {
    for (const name of [labelName, countName, timeName]) await this.#native.attributes.remove(path, name)
  }

  /** Nobody else changes the file's notes meanwhile, also no libvirt. */
  async #locked(path: string, work: () => Promise<void>): Promise<void> {
    const file = await openForLock(path)
    try {
      using _lock = file && (await this.#native.locks.lock(file.fd, { ...lockedByte, timeout: patience }))
      await work()
    } finally {
      await file?.close()
    }
  }
}

/** Folders, sockets and what nobody can write have no locks. */
async function openForLock(path: string): Promise<FileHandle | undefined> {
  const found = await stat(path)
  if (!found.isFile() && !found.isBlockDevice()) return undefined
  return await open(path, 'r+').catch((error: unknown) => {
    if (['EROFS', 'ETXTBSY', 'EACCES', 'EPERM', 'ENXIO'].includes(codeOf(error))) return undefined
    throw error
  })
}
