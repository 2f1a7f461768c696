// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU guests run on: program, machine, features, CPU, NUMA cells.
import { printSet, readSet } from '../../../../lang/value.js'
import type { Pass } from '../../../../runtime/context.js'
import { devicesOf, pass as plainPass } from '../../../passes/devices.js'
import type { Cpu, Domain } from '../../../types.gen.js'
import type { QemuHost, QemuPass, QemuScope } from '../host.js'
import {
  canonicalMachine,
  isArm,
  isArmVirt,
  isLoongarch,
  isPpc64,
  isQ35,
  isRiscv,
  isS390,
  isX86,
  type Machine,
  machineOf,
  needsEim,
  preferredMachine,
} from '../machine.js'
import { internalError, unsupported, xmlError } from '../report.js'

/** The program comes first: all other knowledge hangs on it. */
export function emulatorPass(host: QemuHost): Pass<Domain> {
  return plainPass('qemu emulator', (domain) => {
    domain.os ??= { firmwareFeatures: [], initargs: [], initenvs: [], acpi: [], boots: [] }
    domain.os.type ??= {}
    domain.os.type.arch ??= host.arch
    const devices = devicesOf(domain)
    if (devices.emulator !== undefined) return
    const { arch } = domain.os.type
    const found = host.emulator(arch)
    if (found === undefined) unsupported(`No emulator found for arch '${arch}'`)
    devices.emulator = found
  })
}

function bootloader({ bootloader, bootloader_args }: Domain): void {
  if (bootloader !== undefined || bootloader_args !== undefined) unsupported('bootloader is not supported by QEMU')
}

function machine(domain: Domain, { caps }: QemuScope): void {
  const type = domain.os?.type
  if (!type) return
  if (type.machine === undefined) {
    const found = preferredMachine(caps, domain.type)
    if (found === undefined)
      xmlError(`could not get preferred machine for ${domain.devices?.emulator} type=${domain.type}`)
    type.machine = found
  }
  type.machine = canonicalMachine(caps, domain.type, type.machine)
}

/** Boards for ARM virtual machines have an interrupt controller whether or not it is named. */
function gic(domain: Domain, { caps }: QemuScope): void {
  const given = domain.features?.gic
  if (given?.version !== undefined || (!given && !isArmVirt(machineOf(domain)))) return
  const versions = caps.gicVersions(domain.type)
  // parity: version 3 as QEMU emulates it is passed over.
  const found = [3, 2].find((version) => versions.includes(version) && !(version === 3 && domain.type !== 'kvm'))
  domain.features ??= {}
  domain.features.gic = { version: found === 3 ? '3' : '2' }
}

/** Remapped interrupts need an I/O APIC in QEMU. */
function ioapic(domain: Domain): void {
  const iommu = domain.devices?.iommu
  if (!iommu || !(iommu.driver?.intremap === true || needsEim(domain))) return
  domain.features ??= {}
  domain.features.ioapic ??= 'qemu'
}

/** Machines without ACPI could be defined with it once. */
function acpi(domain: Domain, { caps, context }: QemuScope): void {
  if (domain.features?.acpi !== true || !isS390(machineOf(domain)) || context.has('abiUpdate')) return
  const { machine } = machineOf(domain)
  if (caps.machines(domain.type).find((one) => one.name === machine)?.acpi !== true) delete domain.features.acpi
}

function tseg(domain: Domain, { caps }: QemuScope): void {
  const smm = domain.features?.smm
  if (smm?.state !== true || smm.tseg === undefined) return
  if (!isQ35(machineOf(domain))) unsupported('SMM TSEG is only supported with q35 machine type')
  if (!caps.has('mch.extended-tseg-mbytes')) unsupported('Setting TSEG size is not supported with this QEMU binary')
  if (smm.tseg % 1048576n !== 0n) unsupported('SMM TSEG size must be divisible by 1 MiB')
}

/** Architectures whose CPUs can be told apart by model. */
const hasCpuModels = (own: Machine): boolean =>
  isX86(own) || isS390(own) || isPpc64(own) || isArm(own) || isRiscv(own) || isLoongarch(own)

/** The CPU of a definition without one is the one the machine has by itself. */
function defaultCpu(domain: Domain, { caps }: QemuScope): void {
  const { cpu } = domain
  if (cpu && ((cpu.mode ?? 'custom') !== 'custom' || cpu.model?.name !== undefined)) return
  const own = machineOf(domain)
  if (!hasCpuModels(own)) return
  // What QEMU says of default CPUs is right for emulation; with acceleration only on these.
  if (!isX86(own) && !isS390(own) && !isPpc64(own) && domain.type !== 'qemu') return
  const model = caps.machines(domain.type).find((one) => one.name === own.machine)?.defaultCpu
  if (model === undefined) return
  if (model === 'host' && domain.type !== 'kvm')
    internalError('QEMU reports invalid default CPU model "host" for non-KVM domain virtType')
  const target: Cpu = cpu ?? { features: [] }
  domain.cpu = target
  if (model === 'host') {
    target.mode = isS390(own) && caps.hasHostModel(domain.type) ? 'host-model' : 'host-passthrough'
    return
  }
  Object.assign(target, {
    mode: 'custom',
    match: 'exact',
    check: 'none',
    model: { ...target.model, fallback: 'forbid', name: model },
  } satisfies Partial<Cpu>)
}

/** Vector lengths imply the extension they are of. */
function scalableVectors(cpu: Cpu): void {
  const named = cpu.features.filter(({ name }) => name?.startsWith('sve'))
  const sve = named.find(({ name }) => name === 'sve')
  if (named.length === (sve ? 1 : 0)) return
  if (!sve) cpu.features = [...cpu.features, { policy: 'require', name: 'sve' }]
  else if (sve.policy === 'disable' || sve.policy === 'forbid')
    unsupported('SVE disabled, but SVE vector lengths provided')
  else sve.policy = 'require'
}

function cpu(domain: Domain, { caps }: QemuScope): void {
  const { cpu } = domain
  if (!cpu) return
  scalableVectors(cpu)
  const mode = cpu.mode ?? 'custom'
  if (mode === 'host-passthrough' || mode === 'maximum') {
    if (cpu.migratable === undefined && caps.has('cpu.migratable')) cpu.migratable = true
  }
  if (mode === 'custom' && cpu.model?.name === undefined) return
  if (cpu.check !== undefined && cpu.check !== 'default') return
  switch (mode) {
    case 'host-passthrough':
    case 'maximum':
      cpu.check = 'none'
      break
    case 'host-model':
      cpu.check = 'partial'
      break
    default:
      // Emulated CPUs are not compared with the host's.
      cpu.check = domain.type === 'qemu' ? 'none' : 'partial'
  }
}

/** Memory that is to be plugged needs a cell to be plugged into. */
function numaCell(domain: Domain, { context }: QemuScope): void {
  if (!context.has('abiUpdate')) return
  if ((domain.maxMemory?.value ?? 0n) === 0n || domain.cpu?.numa !== undefined) return
  let memory = domain.memory?.value ?? 0n
  for (const device of domain.devices?.memorys ?? []) {
    const size = device.target?.size ?? 0n
    if (size > memory) xmlError('Total size of memory devices exceeds the total memory size')
    memory -= size
    if (device.target) device.target.node ??= 0
  }
  domain.cpu ??= { features: [] }
  domain.cpu.numa = { cells: [{ id: 0, memory, distances: [], caches: [] }] }
}

/** vCPUs that no cell has belong to the first. */
function numaCpus(domain: Domain): void {
  const cells = domain.cpu?.numa?.cells ?? []
  const [first] = cells
  const count = domain.vcpu?.count ?? 1
  if (!first) return
  const placed = new Set(cells.flatMap(({ cpus }) => readSet(cpus ?? '') ?? []))
  if (placed.size >= count) return
  const own = new Set(readSet(first.cpus ?? '') ?? [])
  for (let id = 0; id < count; id++) if (!placed.has(id)) own.add(id)
  first.cpus = printSet([...own].sort((a, b) => a - b))
}

/** Passes before the devices are added that the machine has by itself. */
export function machinePasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('bootloader', bootloader), pass('machine', machine)]
}

/** Passes behind them. */
export function processorPasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('gic', gic),
    pass('I/O APIC', ioapic),
    pass('default CPU', defaultCpu),
    pass('CPU', cpu),
    pass('TSEG', tseg),
    pass('NUMA cell', numaCell),
    pass('NUMA CPUs', numaCpus),
    pass('ACPI', acpi),
  ]
}
