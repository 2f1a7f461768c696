// SPDX-License-Identifier: LGPL-2.1-or-later
// The functions of the addon as they are: descriptors and numbers. All policy is in the facilities that call them.

/** A received message as the addon tells it. */
export interface RawMessage {
  readonly size: number
  readonly fds: number[]
  readonly path?: string
  readonly truncated: boolean
}

/** A step of `runMounts`. */
export interface RawMount {
  /** 0 mount, 1 unmount, 2 folder, 3 node, 4 link */
  readonly kind: number
  readonly target: string
  readonly source?: string | undefined
  readonly type?: string | undefined
  readonly data?: string | undefined
  readonly flags: number
  readonly mode?: number | undefined
  readonly major?: number | undefined
  readonly minor?: number | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/** A program to start, checked and complete. */
export interface RawSpawn {
  readonly file: string
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly fds: readonly number[]
  readonly joins: readonly number[]
  readonly cgroups: readonly string[]
  readonly namespaces: number
  readonly session: boolean
  readonly noNewPrivileges: boolean
  readonly dieWithParent: boolean
  readonly terminal: number
  readonly uid: number
  readonly gid: number
  readonly umask: number
  readonly groups: readonly number[] | undefined
  readonly cpus: readonly number[]
  /** One bit each; undefined leaves them as they are. */
  readonly capabilities: bigint | undefined
  /** Resource, soft and hard limit; undefined is none. */
  readonly limits: readonly (readonly [number, bigint | undefined, bigint | undefined])[]
}

/** What facilities are made of: the addon's exports, and what of /proc goes with them. Every function throws errors like Node's own, with `code`, `errno` and `syscall`. */
export interface Binding {
  /** Of /proc, not of the addon. */
  startTime(pid: number): bigint | undefined
  /** Of Node, not of the addon, as are the next two; descriptors that do not block. */
  openTerminal(path: string): number
  /** How many bytes, 0 at the end, or -1 when nothing is there. */
  readBytes(fd: number, into: Uint8Array): number
  /** How many bytes went, or -1 when nothing fits. */
  writeBytes(fd: number, bytes: Uint8Array): number
  closeFd(fd: number): void
  trimHeap(): Promise<boolean>
  peerCredentials(fd: number): { pid: number; uid: number; gid: number; label?: string; pidfd?: number }
  watch(fd: number, events: number, callback: (events: number) => void): object
  unwatch(watch: object): void
  refWatch(watch: object, ref: boolean): void
  unixSocket(type: number): number
  socketPair(type: number): [number, number]
  bindUnix(fd: number, path: string): void
  connectUnix(fd: number, path: string): void
  listenUnix(fd: number, backlog: number): void
  sendMessage(fd: number, bytes: Uint8Array, fds: readonly number[], path?: string): number
  receiveMessage(fd: number, into: Uint8Array): RawMessage | undefined
  lockRange(fd: number, kind: number, start: number, length: number): boolean
  testRange(fd: number, kind: number, start: number, length: number): boolean
  pidfdOpen(pid: number): number
  pidfdSignal(pidfd: number, signal: number): void
  pidfdEnded(pidfd: number): boolean
  pidfdEnd(pidfd: number, reap: boolean): { code?: number; signal?: number } | undefined
  /** The end to read from and the one to write to. */
  pipe(): [number, number]
  spawn(options: RawSpawn): Promise<{ pid: number; pidfd: number }>
  holdNamespaces(joins: readonly number[], flags: number, names: readonly string[]): Promise<number[]>
  runMounts(joins: readonly number[], steps: readonly RawMount[]): Promise<void>
  netlinkOpen(joins: readonly number[], protocol: number, groups: number): Promise<number>
  netlinkSend(fd: number, bytes: Uint8Array): void
  netlinkReceive(fd: number, into: Uint8Array): number
  tapOpen(
    joins: readonly number[],
    name: string,
    flags: number,
    persist: number,
    owner: number,
    group: number,
  ): Promise<{ fd: number; name: string }>
  ptyOpen(rows: number, columns: number, raw: boolean): { fd: number; path: string }
  ptyPeer(fd: number): number
  ptyResize(fd: number, rows: number, columns: number): void
  ptySize(fd: number): [number, number]
  getAttribute(path: string, name: string): Promise<Uint8Array | undefined>
  setAttribute(path: string, name: string, value: Uint8Array): Promise<void>
  removeAttribute(path: string, name: string): Promise<void>
  replaceFile(path: string, temporary: string, content: Uint8Array, mode: number, sync: boolean): Promise<void>
  syncFolder(path: string): Promise<void>
  userOf(which: string | number): Promise<{ name: string; uid: number; gid: number } | undefined>
  groupOf(which: string | number): Promise<{ name: string; gid: number } | undefined>
  groupsOf(user: string, gid: number): Promise<number[]>
  getAffinity(thread: number): number[]
  setAffinity(thread: number, cpus: readonly number[]): void
  setScheduler(thread: number, policy: number, priority: number): void
  getLimit(pid: number, resource: number): [soft: bigint | undefined, hard: bigint | undefined]
  setLimit(pid: number, resource: number, soft: bigint | undefined, hard: bigint | undefined): void
  limitRights(keep: bigint, noNewPrivileges: boolean): void
  cpuid(leaf: number, sub: number): [eax: number, ebx: number, ecx: number, edx: number] | undefined
  kvmRegisters(device: string, numbers: readonly number[]): Promise<(bigint | undefined)[]>
  kvmCounter(device: string): Promise<{ kilohertz: number; scaling?: boolean }>
  gssIsThere(): boolean
  gssOpen(initiates: boolean, target: string): object
  gssStep(context: object, token: Uint8Array): Promise<{ token: Buffer; complete: boolean; error?: string }>
  gssFacts(context: object): { bits: number; peer?: string }
  gssWrap(context: object, plain: Uint8Array, secret: boolean): Buffer
  gssUnwrap(context: object, sealed: Uint8Array, secret: boolean): Buffer
  gssRoom(context: object, size: number, secret: boolean): number
}
