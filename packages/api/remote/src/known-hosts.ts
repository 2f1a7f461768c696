// SPDX-License-Identifier: LGPL-2.1-or-later
// Files of known hosts, as OpenSSH keeps them: which keys a host has shown before.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { globMatches } from '@virt/rpc/tls'

/** More than this is no file of known hosts. */
const maxSize = 16 * 1024 * 1024

/** A key as a line of the file has it. */
export interface KnownKey {
  readonly type: string
  readonly key: Buffer
  /** The owner has said that it is not to be trusted any more. */
  readonly revoked: boolean
}

/** What a file says of a key: nothing of its host, that it is the host's, that the host has others, that it is revoked. */
export type Verdict = 'unknown' | 'known' | { readonly other: KnownKey } | 'revoked'

/** The name under which a host and port are kept. */
export const nameOfHost = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`)

/** Keys of a host. Lines that mean nothing are passed over, as by OpenSSH. */
export function keysOf(text: string, host: string, port: number): KnownKey[] {
  const name = nameOfHost(host, port).toLowerCase()
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/[ \t]+/)
    const mark = words[0]?.startsWith('@') ? words.shift() : undefined
    const [hosts, type, base64] = words
    // A certificate authority signs keys of hosts that show certificates; nobody here asks for one.
    if (hosts === undefined || hosts.startsWith('#') || type === undefined || base64 === undefined) return []
    if ((mark !== undefined && mark !== '@revoked') || !matches(hosts, name)) return []
    const key = Buffer.from(base64, 'base64')
    // The key begins with its own type, by which a damaged line is told.
    const inside = key.length >= 4 ? key.toString('latin1', 4, 4 + key.readUInt32BE(0)) : ''
    return inside === type ? [{ type, key, revoked: mark !== undefined }] : []
  })
}

/** What is known of a key that a host shows. */
export function verdictOn(known: readonly KnownKey[], shown: Buffer): Verdict {
  const same = known.filter(({ key }) => key.equals(shown))
  if (same.some(({ revoked }) => revoked)) return 'revoked'
  if (same.length > 0) return 'known'
  const other = known.find(({ revoked }) => !revoked)
  return other === undefined ? 'unknown' : { other }
}

/** The text of a file; nothing where there is none. @throws Error as the system says */
export async function readKnownHosts(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > maxSize) throw new Error(`longer than ${maxSize} bytes`)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Adds a host's key at the end of a file. */
export async function addKnownHost(path: string, host: string, port: number, key: Buffer): Promise<void> {
  const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0))
  const before = await readKnownHosts(path)
  const start = before === '' || before.endsWith('\n') ? '' : '\n'
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await appendFile(path, `${start}${nameOfHost(host, port)} ${type} ${key.toString('base64')}\n`, { mode: 0o600 })
}

/** Whether a list of patterns, or the hash of a name, is meant for a name. */
function matches(hosts: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(hosts)
  if (hashed !== null) {
    const [salt, hash] = [hashed[1] as string, hashed[2] as string].map((part) => Buffer.from(part, 'base64')) as [
      Buffer,
      Buffer,
    ]
    const own = createHmac('sha1', salt).update(name).digest()
    return own.length === hash.length && timingSafeEqual(own, hash)
  }
  const patterns = hosts.toLowerCase().split(',')
  const fits = (pattern: string): boolean => globMatches(pattern, name)
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))) return false
  return patterns.some(fits)
}
