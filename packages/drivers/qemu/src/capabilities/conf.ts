// SPDX-License-Identifier: LGPL-2.1-or-later
// What documents ask of a QEMU program, from what is known of it.
import type { QemuCapabilities, QemuMachine } from '@virt/conf'
import { type AcceleratorCaps, acceleratorOf, type QemuCaps } from './caps.js'
import { isFlag } from './flags.js'

/** Name of the CPU model that QEMU calls by its type. */
function modelOf({ cpus }: AcceleratorCaps, typename: string | undefined): string | undefined {
  return typename === undefined ? undefined : cpus.find((cpu) => cpu.typename === typename)?.name
}

function machinesOf(own: AcceleratorCaps): QemuMachine[] {
  return own.machines.map((machine) => ({
    name: machine.name,
    alias: machine.alias,
    maxCpus: machine.maxCpus,
    hotplugCpus: machine.hotplugCpus,
    isDefault: machine.isDefault,
    defaultCpu: modelOf(own, machine.defaultCpu),
    numaMemory: machine.numaMemSupported,
    defaultRamId: machine.defaultRamId,
    acpi: machine.acpi,
    deprecated: machine.deprecated,
  }))
}

/** The answers that documents are completed by. */
export function capabilitiesForDocuments(caps: QemuCaps): QemuCapabilities {
  const lists = new Map<string, readonly QemuMachine[]>()
  const own = (type: string): AcceleratorCaps | undefined => caps.accelerators[acceleratorOf(type)]
  return {
    arch: caps.arch,
    version: caps.version,
    has: (flag) => isFlag(flag) && caps.flags.has(flag),
    machines(type) {
      const known = lists.get(type)
      if (known !== undefined) return known
      const accelerator = own(type)
      const made = accelerator === undefined ? [] : machinesOf(accelerator)
      lists.set(type, made)
      return made
    },
    gicVersions: (type) =>
      caps.gic.filter((one) => (type === 'kvm' ? one.kernel : one.emulated)).map((one) => one.version),
    hasHostModel: (type) => type === 'kvm' && own(type)?.hostCpu !== undefined,
  }
}
