// SPDX-License-Identifier: GPL-2.0-or-later
// What a daemon of root keeps of root's rights. The unit for systemd takes the same; this is for daemons started otherwise.
import { type Capability, load } from '@virt/native'

/** Files of others' (a folder of a user's, keys), sockets for a group, ports below 1024. */
const always: readonly Capability[] = ['chown', 'dac_override', 'dac_read_search', 'fowner', 'net_bind_service']

/** What guests of QEMU need: processes of other users, namespaces, devices, networks, locked memory, rights to pass on. */
const forGuests: readonly Capability[] = [
  ...always,
  'fsetid',
  'ipc_lock',
  'kill',
  'mknod',
  'net_admin',
  'net_raw',
  'setfcap',
  'setgid',
  'setpcap',
  'setuid',
  'sys_admin',
  'sys_chroot',
  'sys_nice',
  'sys_ptrace',
  'sys_rawio',
  'sys_resource',
]

/** Drivers that need nothing of root. */
const modest: readonly string[] = ['test', 'proxy']

/** What the rights of a daemon depend on. */
export interface RightsWish {
  /** Names of drivers; all when absent. */
  readonly only: readonly string[] | undefined
  /** Modules of others' drivers: nobody knows what they need. */
  readonly drivers: readonly string[]
}

/** What a daemon keeps; undefined for all that it has. */
export function rightsToKeep({ only, drivers }: RightsWish):
  | {
      readonly keep: readonly Capability[]
      /** Programs that guests need may have rights of their own: a helper for bridges, a profile of AppArmor's. */
      readonly noNewPrivileges: boolean
    }
  | undefined {
  if (drivers.length > 0) return undefined
  const small = only?.every((name) => modest.includes(name)) === true
  return { keep: small ? always : forGuests, noNewPrivileges: small }
}

/** Gives up what this daemon does not need. To be called before anything else runs; without @virt/native it keeps all. */
export function giveUpRights(wish: RightsWish): void {
  const rights = process.geteuid?.() === 0 ? rightsToKeep(wish) : undefined
  if (rights !== undefined) load()?.rights.limit(rights.keep, rights)
}
