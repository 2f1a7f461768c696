// SPDX-License-Identifier: GPL-2.0-or-later
// What a daemon is called by libvirt's clients: one for everything, or that of a single driver.

/** Drivers for which clients look for a daemon of their own. */
export const modular: ReadonlySet<string> = new Set([
  'qemu',
  'lxc',
  'xen',
  'vbox',
  'bhyve',
  'vz',
  'ch',
  'network',
  'nodedev',
  'storage',
  'interface',
  'nwfilter',
  'secret',
])

/** A daemon's names. */
export interface DaemonName {
  /** What its sockets begin with. */
  readonly sockets: string
  /** What virt-admin calls its server. */
  readonly server: string
  /** Its pid file without the end. */
  readonly pid: string
}

/** The names of a daemon with these drivers, or with all. */
export function daemonName(only: readonly string[] | undefined): DaemonName {
  const [driver] = only ?? []
  // Where clients look for the one for everything; it keeps no state, so that the others may be beside it.
  if (only?.length === 1 && driver === 'proxy') return { sockets: 'libvirt', server: 'virtproxyd', pid: 'virtproxyd' }
  if (only?.length !== 1 || driver === undefined || !modular.has(driver))
    return { sockets: 'libvirt', server: 'libvirtd', pid: 'virtd' }
  const name = `virt${driver}d`
  return { sockets: name, server: name, pid: name }
}
