// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the host's control groups are: of version 1 a tree per controller, of version 2 one for all, or both side by side.

/** Controllers of version 1 that guests' resources are set by; the last is systemd's own tree. */
export const cgroupControllers = [
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'blkio',
  'net_cls',
  'perf_event',
  'name=systemd',
] as const

export type CgroupController = (typeof cgroupControllers)[number]

/** A tree of groups. */
export interface CgroupTree {
  /** Where it is mounted. */
  readonly mount: string
  /** The group that this process is in, from the mount on: `/` or `/system.slice/…`. */
  readonly own: string | undefined
}

/** All trees of a host. */
export interface CgroupMounts {
  readonly controllers: ReadonlyMap<CgroupController, CgroupTree>
  /** The tree of version 2. */
  readonly unified: CgroupTree | undefined
  /** Version 1's tree of devices, also where version 2 decides on them. */
  readonly devices: CgroupTree | undefined
}

/** Blanks and the like are written as octal numbers. */
function plainPath(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** Which group a process is in, by controller; the empty name is version 2. */
function ownGroups(text: string): Map<string, string> {
  const groups = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    for (const name of controllers.split(',')) groups.set(name, path)
  }
  return groups
}

/**
 * Finds the trees. Where a controller is mounted twice, the later mount is the one that is seen.
 * @param mounts text of /proc/self/mounts
 * @param groups text of /proc/self/cgroup
 */
export function cgroupMounts(mounts: string, groups: string): CgroupMounts {
  const own = ownGroups(groups)
  const controllers = new Map<CgroupController, CgroupTree>()
  let unified: CgroupTree | undefined
  for (const line of mounts.split('\n')) {
    const [, target = '', type, options = ''] = line.split(' ')
    const mount = plainPath(target)
    if (type === 'cgroup2') unified = { mount, own: own.get('') }
    if (type !== 'cgroup') continue
    const named = new Set(options.split(','))
    for (const name of cgroupControllers) if (named.has(name)) controllers.set(name, { mount, own: own.get(name) })
  }
  const devices = controllers.get('devices')
  // With version 2 there, access to devices is decided by programs of its groups.
  if (unified !== undefined) controllers.delete('devices')
  return { controllers, unified, devices }
}
