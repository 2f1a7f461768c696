// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over <features> of QEMU guests.
import type { Pass } from '../../../../runtime/context.js'
import type { Domain, Features } from '../../../types.gen.js'
import type { QemuCapabilities, QemuPass, QemuScope } from '../host.js'
import { isArmVirt, isI440FX, isPSeries, isQ35, isRiscvVirt, isX86, type Machine, machineOf } from '../machine.js'
import { unsupported } from '../report.js'

/** Features that only some machines have. */
const machines: { readonly [feature in keyof Features]?: (machine: Machine) => boolean } = {
  gic: isArmVirt,
  ioapic: isX86,
  hpt: isPSeries,
  htm: isPSeries,
  'nested-hv': isPSeries,
  'ccf-assist': isPSeries,
  cfpc: isPSeries,
  sbbc: isPSeries,
  ibs: isPSeries,
}

/** Features of one machine, and how it is called. */
const homes: { readonly [feature in keyof Features]?: readonly [is: (machine: Machine) => boolean, name: string] } = {
  ras: [isArmVirt, 'ARM Virt'],
  aia: [isRiscvVirt, 'RISC-V Virt'],
}

/** Whether the guest has the PC's own toys. */
const isPc = (machine: Machine): boolean => isI440FX(machine) || isQ35(machine) || machine.machine === 'isapc'

/** Features that only some QEMU have. */
const wanted: { readonly [feature in keyof Features]?: (caps: QemuCapabilities, machine: Machine) => boolean } = {
  vmport: (caps, machine) => isPc(machine) && caps.has('machine-vmport-opt'),
  vmcoreinfo: (caps) => caps.has('vmcoreinfo'),
  ras: (caps) => caps.has('machine.virt.ras'),
  aia: (caps) => caps.has('machine.virt.aia'),
}

function features(domain: Domain, { caps }: QemuScope): void {
  const machine = machineOf(domain)
  const { features } = domain
  if (!features) return
  for (const key of Object.keys(features) as (keyof Features)[]) {
    if (features[key] === undefined) continue
    if (machines[key]?.(machine) === false)
      unsupported(
        `The '${key}' feature is not supported for architecture '${machine.arch}' or machine type '${machine.machine}'`,
      )
    const [isHome, home] = homes[key] ?? []
    if (isHome?.(machine) === false) unsupported(`${key} feature is only supported with ${home} machines`)
    if (wanted[key]?.(caps, machine) === false)
      unsupported(`${key}${home === undefined ? '' : ' feature'} is not available with this QEMU binary`)
  }
  if (((features.tcg?.['tb-cache'] ?? 0n) & 1023n) !== 0n)
    unsupported('tb-cache size must be an integer multiple of MiB')
  if (features.tcg && domain.type !== 'qemu')
    unsupported(`TCG features are incompatible with domain type '${domain.type}'`)
  if (features['async-teardown']?.enabled === true && !caps.has('run-with.async-teardown'))
    unsupported('asynchronous teardown is not available with this QEMU binary')
  if (features.ps2) {
    if (!caps.has('machine-i8042-opt') || !isPc(machine))
      unsupported('ps2 feature state cannot be controlled with this QEMU binary')
    if (features.ps2.state === false && features.vmport?.state === true)
      unsupported('vmport feature requires the ps2 feature not to be disabled')
  }
  if (features.apic?.eoi !== undefined && !isX86(machine))
    unsupported(
      `The 'eoi' attribute of the 'apic' feature is not supported for architecture '${machine.arch}' or machine type '${machine.machine}'`,
    )
  if (features.hyperv) hyperv(machine)
}

function hyperv(machine: Machine): void {
  if (!isX86(machine) && machine.arch !== 'aarch64')
    unsupported(
      `Hyperv features are not supported for architecture '${machine.arch}' or machine type '${machine.machine}'`,
    )
}

/** Rules over features. */
export function featureRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('feature rules', features)]
}
