// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that clients have opened for a guest: by the names that its document has for them.
import { closeSync } from 'node:fs'
import type { Call, VirtError } from '@virt/core'
import type { Native } from '@virt/native'
import { invalidArg } from '../errors.js'

interface Group {
  readonly fds: readonly number[]
  /** Ends what waits for the client to go. */
  watch: Disposable | undefined
}

function close(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd)
}

/** Our own copies of descriptors, which the caller closes: all of them or none. */
function copiesOf(native: Native, fds: readonly number[]): number[] {
  const copies: number[] = []
  try {
    for (const fd of fds) copies.push(native.sockets.duplicate(fd))
    return copies
  } catch (error) {
    close(copies)
    throw error
  }
}

/** What is said of a name that no client has given a group. */
export function noGroup(name: string): VirtError {
  return invalidArg(`file descriptor group '${name}' was not associated with the domain`)
}

/** The groups of one guest. A client's go with its connection, all of them with the guest. */
export class FileGroups {
  readonly #groups = new Map<string, Group>()

  /** Takes a group; one of the same name goes. @throws as the kernel says: EMFILE */
  take(native: Native, call: Call, name: string, given: readonly number[]): void {
    const fds = copiesOf(native, given)
    this.#drop(name)
    const group: Group = { fds, watch: undefined }
    this.#groups.set(name, group)
    // One that has gone already takes it along at once.
    group.watch = call.connection.onClose(() => this.#drop(name))
  }

  /** @throws VirtError `invalid-arg` when there is none of the name */
  get(name: string): readonly number[] {
    const group = this.#groups.get(name)
    if (group === undefined) throw noGroup(name)
    return group.fds
  }

  /** Closes all. */
  close(): void {
    for (const name of this.#groups.keys()) this.#drop(name)
  }

  #drop(name: string): void {
    const group = this.#groups.get(name)
    if (group === undefined) return
    this.#groups.delete(name)
    group.watch?.[Symbol.dispose]()
    close(group.fds)
  }
}
