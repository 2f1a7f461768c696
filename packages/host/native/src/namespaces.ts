// SPDX-License-Identifier: LGPL-2.1-or-later
// Namespaces, held by descriptors: they live as long as somebody holds one, or is in them.
import { closeSync, openSync } from 'node:fs'
import type { Binding } from './binding.js'
import { Descriptor } from './descriptor.js'
import { checkFd, checkInteger } from './errors.js'

// Flags of clone(2), and names below /proc/PID/ns. No user namespace: somebody would have to write its maps.
const table = {
  mount: { flag: 0x20000, name: 'mnt' },
  cgroup: { flag: 0x2000000, name: 'cgroup' },
  uts: { flag: 0x4000000, name: 'uts' },
  ipc: { flag: 0x8000000, name: 'ipc' },
  pid: { flag: 0x20000000, name: 'pid' },
  net: { flag: 0x40000000, name: 'net' },
} as const

/** A kind of namespace. */
export type NamespaceKind = keyof typeof table

/** Where something is done. */
export interface Where {
  /** Descriptors of namespaces that are entered for it, in this order. Default: none, the process's own. */
  readonly namespaces?: readonly number[]
}

/** Namespaces of the kernel. */
export interface Namespaces {
  /**
   * Holds a namespace of a process.
   *
   * @param pid whose; default our own
   * @throws ENOENT when there is no such process, EACCES when it is not ours to see
   * @since 0.1.0
   */
  open(kind: NamespaceKind, pid?: number): Descriptor
  /**
   * Makes new namespaces, with nobody in them. In a new mount namespace, mounts that were shared still are: make `/`
   * `private` or `slave`, recursively, before anything else.
   *
   * @param kinds which; not `pid`, which lives with its first process: `spawn` makes those
   * @returns a descriptor for each, in the order of `kinds`
   * @throws EPERM
   * @since 0.1.0
   */
  create(kinds: readonly NamespaceKind[], where?: Where): Promise<Descriptor[]>
}

/** Namespaces by /proc and unshare(2). */
export function namespacesOf(binding: Binding): Namespaces {
  return {
    open(kind, pid) {
      rowOf(kind)
      if (pid !== undefined) checkInteger('pid', pid, 1, 0x7fffffff)
      const fd = openSync(`/proc/${pid ?? 'thread-self'}/ns/${table[kind].name}`, 'r')
      // Node counts the descriptors that it opens.
      return new Descriptor({ closeFd: closeSync }, fd)
    },
    async create(kinds, where) {
      if (kinds.includes('pid')) throw new TypeError('a pid namespace is made by spawn, with its first process')
      const fds = await binding.holdNamespaces(
        joinsOf(where),
        namespaceFlags(kinds),
        kinds.map((kind) => table[kind].name),
      )
      return fds.map((fd) => new Descriptor(binding, fd))
    },
  }
}

/** The descriptors to enter, checked. */
export function joinsOf(where: Where = {}): readonly number[] {
  const joins = where.namespaces ?? []
  joins.forEach(checkFd)
  return joins
}

/** Kinds as flags of clone(2). @throws TypeError for a kind that is none */
export function namespaceFlags(kinds: readonly NamespaceKind[]): number {
  return kinds.reduce((bits, kind) => bits | rowOf(kind).flag, 0)
}

function rowOf(kind: NamespaceKind): (typeof table)[NamespaceKind] {
  const row = table[kind]
  if (row === undefined) throw new TypeError(`no namespace is called '${kind}'`)
  return row
}
