// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over what QEMU guests run on: emulator, firmware, vCPUs, CPU, timers.

import { readSet } from '../../../../lang/value.js'
import type { Pass } from '../../../../runtime/context.js'
import type { Cpu, Domain, Timer } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { isArmVirt, isCcw, isI440FX, isPSeries, isQ35, isX86, machineOf, needsEim } from '../machine.js'
import { unsupported, xmlError } from '../report.js'

/** Architectures whose emulators have guests of another, too. */
const narrower: Readonly<Record<string, string>> = {
  x86_64: 'i686',
  aarch64: 'armv7l',
  armv7l: 'armv6l',
  ppc64: 'ppc64le',
}
const accelerators: Readonly<Record<string, string>> = { kvm: 'kvm', hvf: 'hvf', qemu: 'tcg' }

function emulator(domain: Domain, { caps }: QemuScope): void {
  const { machine } = machineOf(domain)
  const path = domain.devices?.emulator
  const { type, arch = '' } = domain.os?.type ?? {}
  if (type !== 'hvm') unsupported(`Emulator '${path}' does not support os type '${type}'`)
  if (arch !== caps.arch && arch !== narrower[caps.arch])
    unsupported(`Emulator '${path}' does not support arch '${arch}'`)
  const flag = accelerators[domain.type]
  if (flag === undefined || !caps.has(flag))
    unsupported(`Emulator '${path}' does not support virt type '${domain.type}'`)
  if (!caps.machines(domain.type).some(({ name }) => name === machine))
    unsupported(`Emulator '${path}' does not support machine type '${machine}'`)
  if ((domain.memtune?.min_guarantee ?? 0n) !== 0n) unsupported("Parameter 'min_guarantee' not supported by QEMU.")
}

function firmware(domain: Domain, { caps }: QemuScope): void {
  const { os, features } = domain
  const machine = machineOf(domain)
  const acpi = caps.machines(domain.type).find(({ name }) => name === machine.machine)?.acpi
  if (features?.acpi === true && acpi === false) unsupported(`machine type '${machine.machine}' does not support ACPI`)
  const flash = os?.nvram?.source?.type
  if (flash !== undefined && !['file', 'block', 'network'].includes(flash))
    unsupported(`unsupported nvram disk type '${flash}'`)
  const uefi = os?.firmware === 'efi' || os?.loader?.type === 'pflash'
  if (uefi && isX86(machine) && features?.acpi !== true) unsupported('UEFI requires ACPI on this architecture')
  if (!uefi && machine.arch === 'aarch64' && features?.acpi === true)
    unsupported('ACPI requires UEFI on this architecture')
  if (os?.loader?.secure === true) {
    if (!isQ35(machine)) unsupported('Secure boot is supported with q35 machine types only')
    if (machine.arch !== 'x86_64') unsupported('Secure boot is supported for x86_64 architecture only')
    if (os.firmware === undefined && features?.smm?.state !== true)
      unsupported('Secure boot requires SMM feature enabled')
  }
}

function extras(domain: Domain, { caps }: QemuScope): void {
  const { os, pm } = domain
  const machine = machineOf(domain)
  if (
    (pm?.['suspend-to-mem'] !== undefined || pm?.['suspend-to-disk'] !== undefined) &&
    !isQ35(machine) &&
    !isI440FX(machine)
  )
    unsupported('setting ACPI S3/S4 not supported')
  if (domain.keywrap !== undefined && domain.keywrap.ciphers.length > 0 && !isCcw(machine))
    unsupported("'aes-key-wrap'/'dea-key-wrap' is not available on this architecture")
  if (domain.sysinfos.some((one) => one.type === 'smbios' && one.baseBoards.length > 1) && os?.smbios === 'sysinfo')
    unsupported('qemu does not support more than one entry to Type 2 in SMBIOS table')
  if (os?.shim !== undefined && !caps.has('shim')) unsupported('shim is not supported by this QEMU binary')
  if (os?.acpi.some(({ type }) => type === 'rawset')) unsupported("ACPI table type 'rawset' is not supported")
  if (domain.genid !== undefined && !caps.has('vmgenid')) unsupported('genid is not supported with this QEMU binary')
  if (domain.os?.bios?.useserial === true && (domain.devices?.serials.length ?? 0) === 0)
    xmlError('need at least one serial port to use BIOS serial output')
  if (domain.devices?.controllers.some((one) => one.type === 'isa'))
    unsupported('ISA controllers are not supported by QEMU')
}

/** The first vCPU is there from the beginning. */
function firstVcpu({ vcpu, vcpus }: Domain): void {
  const first = vcpus.find(({ id }) => id === 0)
  if (vcpu?.current === 0 || first?.enabled === false) unsupported("vcpu 0 can't be offline")
  if (first?.hotpluggable === true) unsupported("vcpu0 can't be hotpluggable")
  if ((first?.order ?? 1) > 1) unsupported('vcpu0 must be enabled first')
}

function vcpus(domain: Domain, { caps }: QemuScope): void {
  firstVcpu(domain)
  const machine = machineOf(domain)
  const count = domain.vcpu?.count ?? 1
  const most = caps.machines(domain.type).find(({ name }) => name === machine.machine)?.maxCpus ?? 0
  if (most > 0 && count > most) unsupported(`Maximum CPUs greater than specified machine type limit ${most}`)
  const { topology } = domain.cpu ?? {}
  if (topology) {
    const { sockets = 1, dies = 1, clusters = 1, cores = 1, threads = 1 } = topology
    const all = sockets * dies * clusters * cores * threads
    if (all !== count) unsupported("CPU topology doesn't match maximum vcpu count")
    const placed = (domain.cpu?.numa?.cells ?? []).reduce(
      (sum, { cpus }) => sum + (readSet(cpus ?? '')?.length ?? 0),
      0,
    )
    if (placed !== 0 && placed !== all) unsupported("CPU topology doesn't match numa CPU count")
    if (dies > 1 && !caps.has('smp-dies')) unsupported('Only 1 die per socket is supported')
    if (clusters > 1 && !caps.has('smp-clusters')) unsupported('Only 1 cluster per die is supported')
  }
  const step = isPSeries(machine) ? (topology?.threads ?? 1) : 1
  if ((domain.vcpu?.current ?? count) % step !== 0)
    unsupported(`vCPUs count must be a multiple of the vCPU hotplug granularity (${step})`)
  if (needsEim(domain) && domain.devices?.iommu?.driver?.eim !== true)
    unsupported('more than 255 vCPUs require extended interrupt mode enabled on the iommu device')
  if (domain.type !== 'kvm' && (domain.cputune?.cachetunes.length ?? 0) + (domain.cputune?.memorytunes.length ?? 0) > 0)
    unsupported('cachetune is only supported for KVM domains')
}

const takesHost = (cpu: Cpu): boolean => cpu.mode === 'host-passthrough' || cpu.mode === 'maximum'

function cpu(domain: Domain): void {
  const { cpu } = domain
  const { arch } = machineOf(domain)
  if (!cpu) return
  const { cache, maxphysaddr } = cpu
  if (cache?.mode !== undefined) {
    if (!isX86(machineOf(domain))) unsupported(`CPU cache specification is not supported for '${arch}' architecture`)
    if (cache.mode === 'emulate' && cache.level !== 3)
      unsupported(`CPU cache mode '${cache.mode}' can only be used with level='3'`)
    if (cache.mode === 'passthrough' && !takesHost(cpu))
      unsupported(`CPU cache mode '${cache.mode}' can only be used with 'host-passthrough' / 'maximum' CPUs`)
    if (cache.mode !== 'emulate' && cache.level !== undefined)
      unsupported(`unsupported CPU cache level for mode '${cache.mode}'`)
  }
  if (!maxphysaddr) return
  const { mode, bits } = maxphysaddr
  if (!isX86(machineOf(domain)))
    unsupported(`CPU maximum physical address bits specification is not supported for '${arch}' architecture`)
  if (mode === 'passthrough' && bits !== undefined)
    unsupported(`CPU maximum physical address bits number specification cannot be used with mode='${mode}'`)
}

function timer({ name, ...timer }: Timer, domain: Domain, { caps }: QemuScope): void {
  const machine = machineOf(domain)
  const foreign = () =>
    unsupported(
      `Configuring the '${name}' timer is not supported for virtType=${domain.type} arch=${machine.arch} machine=${machine.machine} guests`,
    )
  switch (name) {
    case 'platform':
      return unsupported(`unsupported timer type (name) '${name}'`)
    case 'tsc':
    case 'kvmclock':
    case 'hypervclock':
      if (!isX86(machine) && timer.present === true) foreign()
      return
    case 'rtc':
      if (timer.track === 'boot') unsupported(`unsupported rtc timer track '${timer.track}'`)
      if (timer.tickpolicy === 'merge' || timer.tickpolicy === 'discard')
        unsupported(`unsupported rtc timer tickpolicy '${timer.tickpolicy}'`)
      return
    case 'pit':
      if (timer.tickpolicy === 'merge') unsupported(`unsupported pit tickpolicy '${timer.tickpolicy}'`)
      if (timer.tickpolicy === 'discard' && !caps.has('kvm-pit-lost-tick-policy'))
        unsupported(`unsupported pit timer tickpolicy '${timer.tickpolicy}'`)
      return
    case 'hpet':
      if (timer.present === true && !caps.has('machine-hpet')) unsupported('hpet timer is not supported')
      return
    case 'armvtimer':
      if (domain.type !== 'kvm' || !isArmVirt(machine) || machine.arch !== 'aarch64') foreign()
      if (timer.present === false) unsupported(`The '${name}' timer can't be disabled`)
      if (timer.tickpolicy === undefined || timer.tickpolicy === 'catchup' || timer.tickpolicy === 'merge')
        unsupported(`The '${name}' timer does not support tickpolicy '${timer.tickpolicy ?? 'none'}'`)
      if (!caps.has('cpu.kvm-no-adjvtime'))
        unsupported(`Configuring the '${name}' timer is not supported with this QEMU binary`)
  }
}

function timers(domain: Domain, scope: QemuScope): void {
  for (const one of domain.clock?.timers ?? []) timer(one, domain, scope)
}

/** Where memory of huge pages comes from. */
function backing({ memoryBacking }: Domain): void {
  if (memoryBacking?.hugepages === undefined) return
  if (memoryBacking.allocation?.mode === 'ondemand')
    unsupported('hugepages are not allowed with memory allocation ondemand')
  if (memoryBacking.source === 'anonymous') unsupported('hugepages are not allowed with anonymous memory source')
}

function launchSecurity({ launchSecurity }: Domain, { caps }: QemuScope): void {
  const need = (has: boolean): void => {
    if (!has) unsupported(`'${launchSecurity?.type}' launch security is not supported with this QEMU binary`)
  }
  switch (launchSecurity?.type) {
    case 'sev':
      need(caps.has('sev-guest'))
      if (launchSecurity.kernelHashes !== undefined && !caps.has('sev-guest-kernel-hashes'))
        unsupported('SEV measured direct kernel boot is not supported with this QEMU binary')
      return
    case 'sev-snp':
      need(caps.has('sev-snp-guest'))
      return
    case 's390-pv':
      need(caps.has('confidential-guest-support') && caps.has('s390-pv-guest'))
  }
}

/** Rules over the machine, in the order in which they are looked at. */
export function machineRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('emulator rules', emulator),
    pass('firmware rules', firmware),
    pass('rules of extras', extras),
    pass('vCPU rules', vcpus),
  ]
}

/** Rules behind those over features. */
export function processorRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('CPU rules', cpu),
    pass('timer rules', timers),
    pass('memory backing rules', backing),
    pass('launch security rules', launchSecurity),
  ]
}
