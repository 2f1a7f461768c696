// SPDX-License-Identifier: LGPL-2.1-or-later
// @virt/native/testing: the facilities over a kernel in memory. What is above the kernel's functions is the real thing.
import { fstatSync, statSync } from 'node:fs'
import { chmod, rename, writeFile } from 'node:fs/promises'
import type { Binding, RawMount } from '../binding.js'
import { systemError } from '../errors.js'
import { type Native, nativeOf } from '../native.js'
import type { PeerCredentials } from '../peers.js'
import { FileTable } from './files.js'
import { FakeProcesses } from './processes.js'
import { FakeSockets } from './sockets.js'

export type { FakeEnd, FakeProcesses } from './processes.js'

/** What a test sees and does where the kernel would be. */
export interface FakeNative extends Native {
  readonly kernel: {
    /** Who is at the other end of a descriptor (`credentials` of a socket asks for its own); undefined: not connected. */
    peerOf: (fd: number) => PeerCredentials | undefined
    /** Processes to start and end, programs that were started, signals that were sent. */
    readonly processes: FakeProcesses
    /** How many descriptors are open. */
    readonly openFds: () => number
    /** Every mount and unmount, and the namespaces it was for. */
    readonly mounts: (RawMount & { readonly namespaces: readonly number[] })[]
  }
}

/**
 * The interface of the addon without an addon, root, or a kernel that is new enough.
 *
 * Descriptors are its own (from 1048576 on); locks are the exception: they are of real files, seen by this fake only.
 *
 * @since 0.1.0
 */
export function fakeNative(): FakeNative {
  const table = new FileTable()
  const processes = new FakeProcesses(table)
  const sockets = new FakeSockets(table)
  const mounts: FakeNative['kernel']['mounts'] = []
  const affinities = new Map<number, number[]>()
  const limits = new Map<string, [bigint | undefined, bigint | undefined]>()
  const kernel: FakeNative['kernel'] = { peerOf: () => undefined, processes, mounts, openFds: () => table.open }
  const binding: Binding = {
    ...bound(processes, ['startTime', 'pidfdOpen', 'pidfdSignal', 'pidfdEnded', 'pidfdEnd', 'spawn']),
    ...bound(sockets, [
      'unixSocket',
      'socketPair',
      'bindUnix',
      'connectUnix',
      'listenUnix',
      'sendMessage',
      'receiveMessage',
    ]),
    ...locks(),
    ...terminals(table),
    openTerminal: (path) => {
      throw systemError('ENXIO', 'open', `the fake has no terminals to attach to: '${path}'`)
    },
    readBytes: () => -1,
    writeBytes: () => -1,
    pipe: () => [table.add({ kind: 'pipe' }), table.add({ kind: 'pipe' })],
    closeFd: (fd) => table.close(fd),
    trimHeap: () => Promise.resolve(false),
    watch: (fd, events, callback) => table.watch(fd, events, callback),
    unwatch: (watch) => table.unwatch(watch),
    refWatch: () => {},
    // No network is in the fake yet: whoever asks learns that, and does not take silence for an answer.
    netlinkOpen: () => Promise.reject(systemError('EPROTONOSUPPORT', 'socket', 'the fake has no network')),
    netlinkSend: () => {},
    netlinkReceive: () => -1,
    tapOpen: () => Promise.reject(systemError('EPROTONOSUPPORT', 'open', 'the fake has no network')),
    ...attributes(),
    replaceFile,
    syncFolder: async () => {},
    // The system's own users are not the fake's: it has one, and root.
    userOf: async (which) => users.find(({ name, uid }) => which === name || which === uid),
    groupOf: async (which) => users.find(({ name, gid }) => which === name || which === gid),
    groupsOf: async (_user, gid) => [gid],
    getAffinity: (thread) => [...(affinities.get(thread) ?? [0])],
    setAffinity: (thread, cpus) => void affinities.set(thread, [...cpus]),
    setScheduler: () => {},
    getLimit: (pid, resource) => [...(limits.get(`${pid} ${resource}`) ?? ([undefined, undefined] as const))],
    setLimit: (pid, resource, soft, hard) => void limits.set(`${pid} ${resource}`, [soft, hard]),
    limitRights: () => {},
    // The fake's processor says nothing of itself.
    cpuid: () => undefined,
    kvmRegisters: (device) => Promise.reject(systemError('ENOENT', 'open', `the fake has no '${device}'`)),
    kvmCounter: (device) => Promise.reject(systemError('ENOENT', 'open', `the fake has no '${device}'`)),
    ...noKerberos,
    holdNamespaces: async (_joins, _flags, names) => names.map((name) => table.add({ kind: name })),
    async runMounts(namespaces, steps) {
      mounts.push(...steps.map((step) => ({ ...step, namespaces })))
    },
    peerCredentials(fd) {
      const peer = kernel.peerOf(fd)
      if (peer === undefined) throw systemError('ENOTCONN', 'getsockopt', 'socket is not connected')
      const { pid = 0, uid, gid, label } = peer
      const runs = pid > 0 && processes.startTime(pid) !== undefined
      const pidfd = runs ? { pidfd: processes.pidfdOpen(pid) } : {}
      return { pid, uid, gid, ...(label === undefined ? {} : { label }), ...pidfd }
    },
  }
  return { ...nativeOf(binding), kernel }
}

const gone = (): never => {
  throw new Error('the fake has no Kerberos')
}

const noKerberos = {
  gssIsThere: () => false,
  gssOpen: gone,
  gssStep: gone,
  gssFacts: gone,
  gssWrap: gone,
  gssUnwrap: gone,
  gssRoom: gone,
}

const users = [
  { name: 'root', uid: 0, gid: 0 },
  { name: 'fake', uid: 1000, gid: 1000 },
]

/** Of real files: a test may look for them. */
const replaceFile: Binding['replaceFile'] = async (path, temporary, content, mode) => {
  await writeFile(temporary, content, { mode })
  await chmod(temporary, mode)
  await rename(temporary, path)
}

/** Of real files, seen by this fake only. */
function attributes(): Pick<Binding, 'getAttribute' | 'setAttribute' | 'removeAttribute'> {
  const all = new Map<string, Uint8Array>()
  const keyOf = (path: string, name: string): string => {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino} ${name}`
  }
  return {
    getAttribute: async (path, name) => all.get(keyOf(path, name)),
    setAttribute: async (path, name, value) => void all.set(keyOf(path, name), value),
    removeAttribute: async (path, name) => void all.delete(keyOf(path, name)),
  }
}

function bound<T extends object, K extends keyof T>(object: T, names: readonly K[]): Pick<T, K> {
  const rows = names.map((name) => [name, (object[name] as (...args: unknown[]) => unknown).bind(object)])
  return Object.fromEntries(rows) as Pick<T, K>
}

interface Held {
  readonly fd: number
  readonly file: string
  readonly kind: number
  readonly start: number
  readonly end: number
}

function locks(): Pick<Binding, 'lockRange' | 'testRange'> {
  let held: Held[] = []
  const wanted = (fd: number, kind: number, start: number, length: number): Held => {
    const { dev, ino } = fstatSync(fd)
    return { fd, file: `${dev}:${ino}`, kind, start, end: length === 0 ? Number.POSITIVE_INFINITY : start + length }
  }
  const blocked = (want: Held): boolean =>
    held.some(
      (other) =>
        other.file === want.file &&
        other.fd !== want.fd &&
        other.start < want.end &&
        want.start < other.end &&
        (other.kind === 2 || want.kind === 2),
    )
  return {
    lockRange(fd, kind, start, length) {
      const want = wanted(fd, kind, start, length)
      if (kind !== 0 && blocked(want)) return false
      held = held.filter((one) => one.fd !== fd || one.start !== want.start || one.end !== want.end)
      if (kind !== 0) held.push(want)
      return true
    },
    testRange: (fd, kind, start, length) => blocked(wanted(fd, kind, start, length)),
  }
}

function terminals(table: FileTable): Pick<Binding, 'ptyOpen' | 'ptyPeer' | 'ptyResize' | 'ptySize'> {
  const sizes = new Map<number, [number, number]>()
  return {
    ptyOpen(rows, columns) {
      const fd = table.add({ kind: 'terminal' })
      sizes.set(fd, [rows, columns])
      return { fd, path: `/dev/pts/${fd}` }
    },
    ptyPeer: (fd) => {
      table.get(fd, 'ioctl')
      return table.add({ kind: 'terminal peer' })
    },
    ptyResize(fd, rows, columns) {
      table.get(fd, 'ioctl')
      sizes.set(fd, [rows, columns])
    },
    ptySize(fd) {
      table.get(fd, 'ioctl')
      return sizes.get(fd) ?? [0, 0]
    },
  }
}
