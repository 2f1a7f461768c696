// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's unix sockets: modes and groups before anybody can connect, old ones removed under the lock.
import { chmodSync, chownSync, mkdirSync, readFileSync, unlinkSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { noAuth, type Server } from '@virt/server'
import type { Config } from './config.js'
import { peerIdentity } from './peer.js'
import { fileError } from './system-text.js'

/** One listening socket. */
export interface Listener {
  readonly path: string
  close(): Promise<void>
}

/** Opens the read-write socket and, for a system daemon, the read-only one. */
export async function listen(server: Server, run: string, config: Config, session: boolean): Promise<Listener[]> {
  const folder = config.unix_sock_dir ?? run
  mkdirSync(folder, { recursive: true })
  const gid = config.unix_sock_group === undefined ? undefined : groupId(config.unix_sock_group)
  const privileged = process.getuid?.() === 0
  const rw = await open(
    server,
    join(folder, 'libvirt-sock'),
    false,
    config.unix_sock_rw_perms ?? (session || config.auth_unix_rw !== 'polkit' ? 0o700 : 0o777),
    gid,
  )
  if (session) return [rw]
  const ro = await open(
    server,
    join(folder, 'libvirt-sock-ro'),
    true,
    config.unix_sock_ro_perms ?? (privileged ? 0o777 : 0o700),
    gid,
  )
  return [rw, ro]
}

async function open(
  server: Server,
  path: string,
  readOnly: boolean,
  mode: number,
  gid: number | undefined,
): Promise<Listener> {
  removed(path)
  const net = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => accept(server, socket, readOnly))
  // Nobody may connect before the mode is set: the socket is made with none at all.
  const old = process.umask(0o777)
  try {
    await new Promise<void>((resolve, reject) => {
      net.once('error', (error: NodeJS.ErrnoException) =>
        reject(fileError(`Failed to bind socket to '${path}'`, error)),
      )
      net.listen({ path, backlog: server.limits.maxQueuedClients }, resolve)
    })
  } finally {
    process.umask(old)
  }
  if (gid !== undefined) chownSync(path, process.getuid?.() ?? -1, gid)
  chmodSync(path, mode)
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        net.close(() => resolve())
        removed(path)
      }),
  }
}

function accept(server: Server, socket: Socket, readOnly: boolean): void {
  const identity = peerIdentity(socket, server.log)
  if (server.offer(socket, { identity, readOnly, secure: true, auth: noAuth, transport: 'unix' })) return
  server.log.warn(`${server.queued} clients wait already, one more was turned away`)
  socket.destroy()
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
function groupId(name: string): number {
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
