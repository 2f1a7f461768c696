// SPDX-License-Identifier: LGPL-2.1-or-later
// Capabilities of capabilities(7), in the order of their numbers.

/** Names without `CAP_`; the index of each is its number. */
const capabilities = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
] as const

/** A capability as capabilities(7) has it, in lower case and without `CAP_`. */
export type Capability = (typeof capabilities)[number]

/** One bit for each. @throws TypeError for a name that is none */
export function capabilityBits(names: readonly Capability[]): bigint {
  return names.reduce((bits, name) => {
    const number = capabilities.indexOf(name)
    if (number < 0) throw new TypeError(`no capability is called '${name}'`)
    return bits | (1n << BigInt(number))
  }, 0n)
}
