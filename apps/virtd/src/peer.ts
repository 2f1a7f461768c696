// SPDX-License-Identifier: GPL-2.0-or-later
// Who is at the other end of a unix socket. Node cannot ask the kernel; the addon can, where it is installed.
import { readFileSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Identity, Logger } from '@virt/core'
import { load, loadFailure, type Native } from '@virt/native'

let told = false

/** What the kernel says of the peer. The addon is loaded for the first one, not when the daemon starts. */
export function peerIdentity(socket: Socket, log: Logger): Identity {
  const native = load()
  if (native === undefined && !told) {
    told = true
    log.warn(`nobody can say who connects to the unix sockets: ${loadFailure()}`)
  }
  return identityOf(native, socket)
}

/** The same of an addon that was loaded; nothing without one, and nothing is then taken for granted. */
export function identityOf(native: Pick<Native, 'peers'> | undefined, socket: Socket): Identity {
  if (native === undefined) return {}
  let peer: ReturnType<Native['peers']['credentials']>
  try {
    peer = native.peers.credentials(socket)
  } catch {
    // It has gone already, and will ask for nothing.
    return {}
  }
  const userName = users.nameOf(peer.uid)
  const groupName = groups.nameOf(peer.gid)
  return {
    unixUserId: peer.uid,
    unixGroupId: peer.gid,
    ...(peer.pid === undefined ? {} : { processId: peer.pid }),
    ...(peer.startTime === undefined ? {} : { processTime: peer.startTime }),
    ...(userName === undefined ? {} : { userName }),
    ...(groupName === undefined ? {} : { groupName }),
    ...(peer.label === undefined ? {} : { selinuxContext: peer.label }),
  }
}

/** Names of a file of the form `name:x:number:`, read again when it has changed. */
class Names {
  readonly #path: string
  #version = ''
  #names = new Map<number, string>()

  constructor(path: string) {
    this.#path = path
  }

  nameOf(id: number): string | undefined {
    const stat = statSync(this.#path, { throwIfNoEntry: false })
    const version = stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`
    if (version !== this.#version) {
      this.#names = version === '' ? new Map() : namesIn(readFileSync(this.#path, 'utf8'))
      this.#version = version
    }
    return this.#names.get(id)
  }
}

/** The first name of a number counts, as for getpwuid(3). */
function namesIn(text: string): Map<number, string> {
  const names = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':')
    if (name && id && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name)
  }
  return names
}

const users = new Names('/etc/passwd')
const groups = new Names('/etc/group')
