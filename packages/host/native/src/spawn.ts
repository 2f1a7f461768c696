// SPDX-License-Identifier: LGPL-2.1-or-later
// What a program is started with, and how the addon is told.
import { join } from 'node:path'
import type { RawSpawn } from './binding.js'
import { type Capability, capabilityBits } from './capabilities.js'
import { checkFd, checkInteger } from './errors.js'
import { limitRow, type Resource, type ResourceLimit } from './limits.js'
import { type NamespaceKind, namespaceFlags } from './namespaces.js'

/** A program to start. */
export interface SpawnOptions {
  /** Its absolute path: nothing is searched. */
  readonly file: string
  /** Arguments after the program's name. */
  readonly args?: readonly string[]
  /** What it is told to be called. Default `file`. */
  readonly name?: string
  /** Its whole environment. Default: none. */
  readonly env?: Readonly<Record<string, string>>
  /** Default `/`, so that it keeps no file system busy. */
  readonly cwd?: string
  /**
   * Our descriptor for each of its own, from 0 on; undefined stands for /dev/null (0 to 2) or none. Keep them open
   * until the promise settles. Default: /dev/null three times.
   */
  readonly fds?: readonly (number | undefined)[]
  /** Which of its descriptors is its controlling terminal. */
  readonly terminal?: number
  /** Whether it gets a session of its own, which no Ctrl-C of ours reaches. Default true. */
  readonly session?: boolean
  readonly umask?: number
  /** Processors that it may run on, below 1024. Default: as ours. */
  readonly cpus?: readonly number[]
  readonly limits?: Readonly<Partial<Record<Resource, ResourceLimit>>>
  readonly uid?: number
  readonly gid?: number
  /** Further groups. Default: none where `uid` or `gid` is given, else ours. */
  readonly groups?: readonly number[]
  /** The only capabilities that it has, and that anything it starts can have. Default: what its user has. */
  readonly capabilities?: readonly Capability[]
  /** It can gain nothing by programs with set-user-id or file capabilities. Default false. */
  readonly noNewPrivileges?: boolean
  /**
   * It is killed when our process ends, in whatever way; not for programs that gain rights when they start. Default false:
   * it outlives us.
   */
  readonly dieWithParent?: boolean
  /**
   * Folders of control groups that it is in from its beginning: one in v2, one per controller in v1; after that, groups
   * below that its first thread moves on to.
   */
  readonly cgroups?: readonly (string | { readonly threads: string })[]
  /** Namespaces that it gets anew. */
  readonly newNamespaces?: readonly NamespaceKind[]
  /** Namespaces that it enters: open files of /proc/PID/ns, in this order; no pid namespaces. */
  readonly namespaces?: readonly number[]
}

const mostId = 0xfffffffe

/** Checks everything that can be checked before a process exists. @throws TypeError, RangeError */
export function rawSpawn(options: SpawnOptions): RawSpawn {
  const { file, name = file, args = [], env = {}, cwd = '/', umask = -1, fds = [], terminal = -1 } = options
  if (!file.startsWith('/')) throw new TypeError(`file is '${file}', not an absolute path`)
  const texts = [file, name, cwd, ...args, ...Object.entries(env).flat()]
  const broken = texts.find((text) => text.includes('\0'))
  if (broken !== undefined) throw new TypeError(`${JSON.stringify(broken)} holds a zero byte`)
  const odd = Object.keys(env).find((key) => key === '' || key.includes('='))
  if (odd !== undefined) throw new TypeError(`'${odd}' cannot name a variable of the environment`)
  const { uid = -1, gid = -1, groups = uid >= 0 || gid >= 0 ? [] : undefined, namespaces = [] } = options
  for (const [what, value] of Object.entries({ uid, gid })) checkInteger(what, value, -1, mostId)
  for (const group of groups ?? []) checkInteger('group', group, 0, mostId)
  for (const fd of [...fds, ...namespaces]) if (fd !== undefined) checkFd(fd)
  for (const cpu of options.cpus ?? []) checkInteger('cpu', cpu, 0, 1023)
  checkInteger('umask', umask, -1, 0o777)
  checkInteger('number of fds', fds.length, 0, 1024)
  const all = [...fds, ...Array<undefined>(Math.max(0, 3 - fds.length)).fill(undefined)]
  checkInteger('terminal', terminal, -1, all.length - 1)
  return {
    file,
    args: [name, ...args],
    env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    cwd,
    fds: all.map((fd) => fd ?? -1),
    joins: namespaces,
    cgroups: (options.cgroups ?? []).map((group) =>
      typeof group === 'string' ? join(group, 'cgroup.procs') : join(group.threads, 'cgroup.threads'),
    ),
    namespaces: namespaceFlags(options.newNamespaces ?? []),
    session: options.session ?? true,
    noNewPrivileges: options.noNewPrivileges ?? false,
    dieWithParent: options.dieWithParent ?? false,
    terminal,
    uid,
    gid,
    umask,
    groups,
    cpus: options.cpus ?? [],
    capabilities: options.capabilities && capabilityBits(options.capabilities),
    limits: Object.entries(options.limits ?? {}).map(([resource, limit]) => limitRow(resource, limit)),
  }
}
