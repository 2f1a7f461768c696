// SPDX-License-Identifier: GPL-2.0-or-later
// The MIB files of @virt/snmp, from the tables that its agent answers from.
import { Sampler } from '@virt/sampler'
import { Agent, moduleText } from '@virt/snmp'

/** Every MIB file, by path. */
export async function mibFiles() {
  const { modules } = new Agent(new Sampler())
  return Object.fromEntries(
    modules.map((module) => [`packages/mappings/snmp/mibs/${module.name}.txt`, { text: moduleText(module), gaps: [] }]),
  )
}
