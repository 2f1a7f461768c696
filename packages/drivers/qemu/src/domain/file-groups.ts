// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that clients have opened for a guest: by the names that its document has for them.
import { closeSync } from 'node:fs'
import type { Call } from '@virt/core'
import type { Native } from '@virt/native'
import { invalidArg } from '../errors.js'

type Group = readonly number[]

function close(group: Group | undefined): void {
  for (const fd of group ?? []) closeSync(fd)
}

/** Our own copies of descriptors, which the caller closes. */
async function copies(native: Native, fds: readonly number[]): Promise<Group> {
  const [from, to] = native.sockets.pair()
  using _from = from
  using _to = to
  await from.send('-', { fds })
  return (await to.receive({ maxFds: fds.length }))?.fds ?? []
}

/** The groups of one guest. A client's go with its connection. */
export class FileGroups {
  readonly #groups = new Map<string, Group>()

  /** Takes a group; one of the same name goes. */
  async take(native: Native, call: Call, name: string, fds: readonly number[]): Promise<void> {
    const group = await copies(native, fds)
    close(this.#groups.get(name))
    this.#groups.set(name, group)
    call.connection.onClose(() => {
      if (this.#groups.get(name) !== group) return
      this.#groups.delete(name)
      close(group)
    })
  }

  /** @throws VirtError `invalid-arg` when there is none of the name */
  get(name: string): Group {
    const group = this.#groups.get(name)
    if (group === undefined) throw invalidArg(`file descriptor group '${name}' was not associated with the domain`)
    return group
  }
}
