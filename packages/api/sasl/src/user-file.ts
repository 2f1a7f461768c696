// SPDX-License-Identifier: LGPL-2.1-or-later
// `etc/libvirt/passwd.virt`: a line for each user and realm, `USER@REALM NAME=VALUE …`, names percent-encoded.
import { constants } from 'node:fs'
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { maxName } from './mechanism.js'
import { iterationsMax, type ScramKeys, type ScramName, scramHashes } from './scram-keys.js'
import { makeUser, type SaslUser, type UserStore } from './users.js'

const maxFile = 16 * 1024 * 1024
const head = '# Users of virtd. Keep it secret; change it with virt-passwd.\n'

/** A file of users that cannot be read. */
export class UserFileError extends Error {
  override readonly name = 'UserFileError'
}

/** Users as they are written down. */
export function formatUsers(users: readonly SaslUser[]): string {
  return head + users.map((user) => `${formatUser(user)}\n`).join('')
}

function formatUser({ user, realm, scram, digest }: SaslUser): string {
  const columns = Object.entries(scram).map(
    ([name, { iterations, salt, storedKey, serverKey }]) =>
      `${name}=${[iterations, ...[salt, storedKey, serverKey].map((b) => b.toString('base64'))].join(':')}`,
  )
  if (digest !== undefined) columns.push(`DIGEST-MD5=${digest.toString('hex')}`)
  return [`${encodeURIComponent(user)}@${encodeURIComponent(realm)}`, ...columns].join(' ')
}

/** @throws UserFileError naming the line, never its contents */
export function parseUsers(text: string): SaslUser[] {
  const users: SaslUser[] = []
  text.split('\n').forEach((line, n) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const user = parseUser(line.trim())
    if (user === undefined) throw new UserFileError(`line ${n + 1} is malformed`)
    users.push(user)
  })
  return users
}

function parseUser(line: string): SaslUser | undefined {
  const [whole, ...columns] = line.split(/[ \t]+/)
  const names = /^([^@]+)@([^@]*)$/.exec(whole ?? '')
  if (names === null) return undefined
  const scram: Partial<Record<ScramName, ScramKeys>> = {}
  let digest: Buffer | undefined
  for (const column of columns) {
    const at = column.indexOf('=')
    const [name, value] = [column.slice(0, at), column.slice(at + 1)]
    if (Object.hasOwn(scramHashes, name)) {
      const keys = parseKeys(value, scramHashes[name as ScramName].size)
      if (keys === undefined) return undefined
      scram[name as ScramName] = keys
    } else if (name === 'DIGEST-MD5') {
      if (!/^[0-9a-f]{32}$/.test(value)) return undefined
      digest = Buffer.from(value, 'hex')
    } else if (at < 1) return undefined
  }
  try {
    const user = decodeURIComponent(names[1] as string)
    const realm = decodeURIComponent(names[2] as string)
    return { user, realm, scram, ...(digest !== undefined && { digest }) }
  } catch {
    return undefined
  }
}

function parseKeys(value: string, size: number): ScramKeys | undefined {
  const [count, ...rest] = value.split(':')
  const iterations = Number(count)
  const [salt, storedKey, serverKey] = rest.map((text) => Buffer.from(text, 'base64'))
  const whole = Number.isSafeInteger(iterations) && iterations >= 1 && iterations <= iterationsMax && rest.length === 3
  if (!whole || salt?.length === 0 || storedKey?.length !== size || serverKey?.length !== size) return undefined
  return { iterations, salt: salt as Buffer, storedKey, serverKey }
}

const keyOf = (user: string, realm: string): string => `${user}\0${realm}`

/**
 * Users in a file. What somebody else writes to it is seen at the next look.
 * @since 0.1.0
 */
export class UserFile implements UserStore {
  readonly path: string
  #stamp = ''
  #users = new Map<string, SaslUser>()

  constructor(path: string) {
    this.path = path
  }

  /** @throws UserFileError, or what the system says; a file that is not there holds nobody */
  async find(user: string, realm: string): Promise<SaslUser | undefined> {
    await this.#load()
    return this.#users.get(keyOf(user, realm))
  }

  /** All users by name, then realm. */
  async list(): Promise<{ user: string; realm: string }[]> {
    await this.#load()
    return [...this.#users.values()]
      .map(({ user, realm }) => ({ user, realm }))
      .sort((a, b) => (a.user < b.user ? -1 : a.user > b.user ? 1 : a.realm < b.realm ? -1 : 1))
  }

  /**
   * Adds a user, or sets a new password.
   * @param create whether a file that is not there is made
   * @throws UserFileError for names that cannot be, and when there is no file
   */
  async set(user: string, realm: string, password: string, create = true): Promise<void> {
    if (user === '' || [user, realm, password].some((text) => /[\0\n]/.test(text) || Buffer.byteLength(text) > maxName))
      throw new UserFileError('a name or password is empty, too long or holds characters that are not allowed')
    if (user.includes('@')) throw new UserFileError('a name holds @, which is for realms')
    if (password === '') throw new UserFileError('the password is empty')
    const made = await makeUser(user, realm, password)
    await this.#change(create, (users) => users.set(keyOf(user, realm), made))
  }

  /** Removes a user. @returns whether there was one */
  async delete(user: string, realm: string): Promise<boolean> {
    let was = false
    await this.#change(false, (users) => {
      was = users.delete(keyOf(user, realm))
    })
    return was
  }

  async #load(): Promise<void> {
    let file: FileHandle
    try {
      file = await open(this.path, constants.O_RDONLY)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      this.#stamp = ''
      this.#users = new Map()
      return
    }
    try {
      const { ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true })
      const stamp = [ino, size, mtimeNs, ctimeNs].join(' ')
      if (stamp === this.#stamp) return
      if (size > maxFile) throw new UserFileError('the file is too large')
      const users = parseUsers(await file.readFile('utf8'))
      this.#users = new Map(users.map((user) => [keyOf(user.user, user.realm), user]))
      this.#stamp = stamp
    } finally {
      await file.close()
    }
  }

  /** The new file is also the lock: two who change it wait for each other. */
  async #change(create: boolean, fn: (users: Map<string, SaslUser>) => void): Promise<void> {
    const fresh = `${this.path}.new`
    const file = await claim(fresh)
    try {
      if (!create && (await stat(this.path).catch(() => undefined)) === undefined)
        throw new UserFileError(`${this.path} does not exist`)
      await this.#load()
      const users = new Map(this.#users)
      fn(users)
      await file.writeFile(formatUsers([...users.values()]))
      await file.sync()
      await file.close()
      await rename(fresh, this.path)
      await syncFolder(dirname(this.path))
    } catch (error) {
      await file.close().catch(() => {})
      await unlink(fresh).catch(() => {})
      throw error
    }
  }
}

const waitLimit = 5000
/** A change takes no longer; who made an older file has died over it. */
const staleAfter = 30_000

async function claim(path: string): Promise<FileHandle> {
  for (let waited = 0; ; waited += 50) {
    try {
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const there = await stat(path).catch(() => undefined)
    if (there !== undefined && Date.now() - there.mtimeMs > staleAfter) await unlink(path).catch(() => {})
    else if (waited >= waitLimit) throw new UserFileError(`${path} exists: somebody else is changing users`)
    else await sleep(50)
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  if (folder === undefined) return
  try {
    await folder.sync()
  } catch {
    // Some file systems do not know how; the file itself is safe.
  } finally {
    await folder.close()
  }
}
