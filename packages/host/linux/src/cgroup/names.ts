// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of groups, where no service manager hands them out.

/** Top partitions that are called as they are. */
const fixed = new Set(['machine', 'machine.slice', 'user', 'system'])
/** What the kernel's own files begin with. */
const kernels =
  /^(?:_|\.|cgroup\.|(?:tasks|notify_on_release|release_agent)$|(?:cpu|cpuacct|cpuset|memory|devices|freezer|blkio|io|net_cls|perf_event|pids|hugetlb)\.)/

function escaped(name: string): string {
  return kernels.test(name) ? `_${name}` : name
}

/**
 * The folder of a partition: what is below one of the top ones is called `NAME.partition`.
 * @since 0.1.0, `virCgroupNewPartition`
 */
export function partitionPath(partition: string): string {
  const parts = partition.split('/').filter((part) => part !== '')
  const names = parts.map((part, i) => {
    if (i === 0 && fixed.has(part)) return part
    return escaped(part.includes('.') ? part : `${part}.partition`)
  })
  return `/${names.join('/')}`
}

/**
 * The name of a guest's group in its partition.
 * @param machine name of the machine, as `machineName` makes it
 */
export function guestGroupName(machine: string, driver: string): string {
  return escaped(`${machine}.libvirt-${driver}`)
}

/** Most characters of a machine's name. */
const mostCharacters = 64

/**
 * What a guest is called among the machines of a host.
 * @param prefix driver, and whose guest it is where that is not the system's
 * @since 0.1.0, `virDomainDriverGenerateMachineName`
 */
export function machineName(prefix: string, id: number, name: string): string {
  let made = `${prefix}-${id}-`
  for (const letter of name) {
    if (made.length >= mostCharacters) break
    if (!/[A-Za-z0-9.-]/.test(letter)) continue
    // No dot or dash follows another.
    if (/[.-]/.test(letter) && /[.-]$/.test(made)) continue
    made += letter
  }
  return made.replace(/[.-]+$/, '')
}
