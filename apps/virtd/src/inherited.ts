// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets that listen already and were handed to us: systemd's socket activation. Their file names say what they are for.
import { readFileSync, readlinkSync } from 'node:fs'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'

/** What a socket is for. */
export type Purpose = 'unix_rw' | 'unix_ro' | 'admin' | 'tcp' | 'tls'

/** Descriptors by purpose; empty when the daemon opens its own. */
export type Inherited = ReadonlyMap<Purpose, number>

/** The first descriptor that systemd hands over. */
const first = 3
/** More than there are purposes cannot be meant. */
const most = 16

/** The names of the units that are libvirt's, and the ends of the paths of their sockets. */
const purposes: readonly [purpose: Purpose, unit: RegExp, path: RegExp][] = [
  ['unix_ro', /-ro\.socket$/, /-sock-ro$/],
  ['admin', /-admin\.socket$/, /-admin-sock$/],
  ['tls', /-tls\.socket$/, /^$/],
  ['tcp', /-tcp\.socket$/, /^$/],
  ['unix_rw', /\.socket$/, /-sock$/],
]

/**
 * Sockets that were handed to this process. The environment is cleared of them, as they are for nobody that we start.
 * @throws VirtError `config-unsupported` for one whose purpose nobody can tell
 */
export function takeInherited(env: NodeJS.ProcessEnv = process.env, pid: number = process.pid): Inherited {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  const found = new Map<Purpose, number>()
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return found
  const count = /^\d{1,5}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : Number.NaN
  if (!(count <= most)) throw wrong(`LISTEN_FDS = ${LISTEN_FDS}`, `a number up to ${most} is expected`)
  const names = LISTEN_FDNAMES?.split(':') ?? []
  for (let n = 0; n < count; n++) {
    const fd = first + n
    const name = names[n]
    const path = pathOf(fd)
    const purpose = purposes.find(
      ([, unit, end]) => (name !== undefined && unit.test(name)) || (path !== '' && end.test(path)),
    )
    if (purpose === undefined)
      throw wrong(`socket ${fd} (${name ?? path})`, 'neither its name nor its path is one of libvirt’s')
    if (found.has(purpose[0])) throw wrong(`socket ${fd} (${name ?? path})`, `there are two for ${purpose[0]}`)
    found.set(purpose[0], fd)
  }
  return found
}

const wrong = (what: string, details: string): Error =>
  virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.NONE, `systemd handed over ${what}`, { details })

/** The path a listening unix socket is bound to; empty for others. */
export function pathOf(fd: number): string {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
    if (inode === undefined) return ''
    for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
      const columns = line.trim().split(/\s+/)
      if (columns[6] === inode) return columns[7] ?? ''
    }
  } catch {
    // No /proc: the name has to do.
  }
  return ''
}
