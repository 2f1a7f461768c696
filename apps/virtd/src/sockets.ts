// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's unix sockets: modes and groups before anybody can connect, old ones removed under the lock.
import { chmodSync, chownSync, readFileSync, unlinkSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { pathOf } from './inherited.js'
import { listening } from './ports.js'
import { fileError } from './system-text.js'

/** One listening socket. */
export interface Listener {
  /** Its path, or address and port. */
  readonly path: string
  close(): Promise<void>
}

/** A unix socket to open. */
export interface SocketPlace {
  readonly path: string
  readonly mode: number
  /** The group it belongs to; ours when absent. */
  readonly gid?: number | undefined
  readonly backlog: number
  /** It listens already, and was handed to us: path, mode and group are those of whoever made it. */
  readonly fd?: number | undefined
}

/** Opens a unix socket; connections are handed over unread. @throws VirtError naming the path */
export async function openSocket(place: SocketPlace, accept: (socket: Socket) => void): Promise<Listener> {
  const { path, mode, gid, backlog, fd } = place
  const net = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept)
  const closed = (): Promise<void> => new Promise((resolve) => net.close(() => resolve()))
  if (fd !== undefined) {
    await listening(net, { fd, backlog }, `Failed to listen on socket ${fd}`)
    return { path: pathOf(fd) || path, close: closed }
  }
  removed(path)
  // Nobody may connect before the mode is set: the socket is made with none at all.
  const old = process.umask(0o777)
  try {
    await listening(net, { path, backlog }, `Failed to bind socket to '${path}'`)
  } finally {
    process.umask(old)
  }
  if (gid !== undefined) chownSync(path, process.getuid?.() ?? -1, gid)
  chmodSync(path, mode)
  return {
    path,
    close() {
      const end = closed()
      removed(path)
      return end
    },
  }
}

/** Takes a file away that may be gone. */
function removed(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(`Failed to remove '${path}'`, error)
  }
}

/** The number of a group, by name or number. */
export function groupId(name: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((l) => l.startsWith(`${name}:`))
  if (line === undefined)
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, `Failed to parse group '${name}'`, {
      details: 'unix_sock_group names no group of this system',
    })
  return Number(line.split(':')[2])
}
