// SPDX-License-Identifier: GPL-2.0-or-later
// What a recorded QEMU session says that QEMU can do, as a case uses it.
import { readFileSync } from 'node:fs'
import { capabilitiesForDocuments, probeRecording, Recording, withFlags } from '@virt/qemu/testing'

/** A machine with an alias becomes one of that name, and one of its own at the end. */
function dissolve(own) {
  const versioned = own.machines.filter((one) => one.alias !== undefined)
  const machines = [
    ...own.machines.map((one) => (one.alias === undefined ? one : { ...one, name: one.alias, alias: undefined })),
    ...versioned.map((one) => ({ ...one, alias: undefined, isDefault: false })),
  ]
  return { ...own, machines }
}

/** What the replies of files say. */
export class Capabilities {
  #read = new Map()

  #probed(file, { arch, capsVariant = '' }) {
    const known = this.#read.get(file)
    if (known) return known
    const options = { binary: `/usr/bin/qemu-system-${arch}`, hvf: capsVariant.includes('hvf') }
    const found = probeRecording(new Recording(readFileSync(file, 'utf8')), options)
    this.#read.set(file, found)
    return found
  }

  /**
   * @param c facts of a case: `arch`, `capsVariant`, `stripMachineAliases`, `capsAdd`, `capsDel`, `gic`
   * @returns the findings, and the answers that documents are completed by
   */
  async of(file, c) {
    const probed = withFlags(await this.#probed(file, c), c.capsAdd ?? [], c.capsDel ?? [])
    const gic = c.gic?.length > 0 ? c.gic.map((version) => ({ version, kernel: true, emulated: true })) : probed.gic
    const own = Object.entries(probed.accelerators)
    const accelerators = c.stripMachineAliases
      ? Object.fromEntries(own.map(([name, one]) => [name, dissolve(one)]))
      : probed.accelerators
    const caps = { ...probed, gic, accelerators }
    return { caps, documents: capabilitiesForDocuments(caps) }
  }
}
