// SPDX-License-Identifier: LGPL-2.1-or-later
// The processor that the guest sees: `-cpu`.
import type { Cpu, Domain, Hyperv } from '@virt/conf'
import type { Build } from '../command/build.js'
import { isPpc64, isX86 } from '../command/machine.js'
import { escapeComma } from '../command/props.js'
import { configUnsupported } from '../errors.js'

/** Features whose names QEMU has otherwise than libvirt. */
const renamed: Readonly<Record<string, string>> = {
  sse4_1: 'sse4.1',
  sse4_2: 'sse4.2',
  ds_cpl: 'ds-cpl',
  lahf_lm: 'lahf-lm',
  cmp_legacy: 'cmp-legacy',
  cr8legacy: 'cr8legacy',
  fxsr_opt: 'fxsr-opt',
  nodeid_msr: 'nodeid-msr',
  perfctr_core: 'perfctr-core',
  perfctr_nb: 'perfctr-nb',
  tsc_adjust: 'tsc-adjust',
  pclmuldq: 'pclmulqdq',
  kvm_pv_unhalt: 'kvm-pv-unhalt',
  kvm_pv_eoi: 'kvm-pv-eoi',
  vmx: 'vmx',
}

/** QEMU's name of a feature. */
export function qemuFeature(build: Build, name: string): string {
  if (!isX86(build.domain)) return name
  return renamed[name] ?? name
}

function featureProps(build: Build, cpu: Cpu): string[] {
  return cpu.features.flatMap(({ name, policy }) => {
    if (name === undefined) return []
    const qemu = qemuFeature(build, name)
    switch (policy) {
      case 'force':
      case 'require':
      case undefined:
        return [`${qemu}=on`]
      case 'disable':
      case 'forbid':
        return [`${qemu}=off`]
      default:
        return []
    }
  })
}

/** The host's processor is there only for guests that run on it. @throws VirtError */
function checkNative({ domain, arch, context }: Build): void {
  const { arch: host } = context.host
  const native = arch === host || (host === 'x86_64' && arch === 'i686') || (host === 'aarch64' && arch === 'armv7l')
  if (domain.type !== 'qemu' && native) return
  throw configUnsupported(
    `CPU mode 'host-passthrough' for ${arch} ${domain.type} domain on ${host} host is not supported by hypervisor`,
  )
}

/** Width of the guest's physical addresses. */
function addressBits({ maxphysaddr }: Cpu): string[] {
  switch (maxphysaddr?.mode) {
    case 'passthrough': {
      const { limit } = maxphysaddr
      return ['host-phys-bits=on', ...(limit === undefined ? [] : [`host-phys-bits-limit=${limit}`])]
    }
    case 'emulate':
      return maxphysaddr.bits === undefined ? ['host-phys-bits=off'] : [`phys-bits=${maxphysaddr.bits}`]
    default:
      return []
  }
}

/** The model, and properties that belong to it. */
function model(build: Build, cpu: Cpu | undefined): string[] {
  const { domain, own } = build
  if (cpu === undefined) return []
  switch (cpu.mode ?? 'custom') {
    case 'host-passthrough': {
      checkNative(build)
      const parts = ['host']
      if (cpu.migratable !== undefined) parts.push(`migratable=${cpu.migratable ? 'on' : 'off'}`)
      return [...parts, ...featureProps(build, cpu)]
    }
    case 'maximum': {
      const parts = ['max']
      if (cpu.migratable !== undefined) parts.push(`migratable=${cpu.migratable ? 'on' : 'off'}`)
      return [...parts, ...featureProps(build, cpu)]
    }
    case 'host-model':
      // POWER's own processors are as old as the guest wants them to be: the machine says how old.
      if (isPpc64(domain) && domain.type === 'kvm') return ['host']
      throw configUnsupported('cpu mode host-model has to be resolved before the guest is started')
    default: {
      const name = cpu.model?.name
      if (name === undefined) return own.cpus.length > 0 && cpu.features.length > 0 ? defaults(domain) : []
      const parts = [name]
      if (cpu.model?.vendor_id !== undefined) parts.push(`vendor=${escapeComma(cpu.model.vendor_id)}`)
      return [...parts, ...featureProps(build, cpu)]
    }
  }
}

function defaults(domain: Domain): string[] {
  return [domain.os?.type?.arch === 'i686' ? 'qemu32' : 'qemu64']
}

const plain = [
  'relaxed',
  'vapic',
  'vpindex',
  'runtime',
  'synic',
  'reset',
  'frequencies',
  'reenlightenment',
  'ipi',
  'evmcs',
  'avic',
  'emsr_bitmap',
  'xmm_input',
] as const

/** Enlightenments of Windows guests. */
function hyperv(features: Hyperv | undefined): string[] {
  if (features === undefined || features.mode === 'none') return []
  const parts: string[] = []
  if (features.mode === 'passthrough') parts.push('hv-passthrough=on')
  const on = (name: string): void => {
    parts.push(`hv-${name.replaceAll('_', '-')}=on`)
  }
  if (features.relaxed === true) on('relaxed')
  if (features.vapic === true) on('vapic')
  if (features.spinlocks?.state === true)
    parts.push(`hv-spinlocks=0x${(features.spinlocks.retries ?? 4095).toString(16)}`)
  for (const name of plain.slice(2))
    if (name === 'vpindex' || name === 'runtime' || name === 'synic') if (features[name] === true) on(name)
  if (features.stimer?.state === true) {
    on('stimer')
    if (features.stimer.direct === true) on('stimer-direct')
  }
  if (features.reset === true) on('reset')
  if (features.vendor_id?.state === true) parts.push(`hv-vendor-id=${escapeComma(features.vendor_id.value ?? '')}`)
  for (const name of ['frequencies', 'reenlightenment'] as const) if (features[name] === true) on(name)
  const { tlbflush } = features
  if (tlbflush?.state === true) {
    on('tlbflush')
    if (tlbflush.direct === true) on('tlbflush-direct')
    if (tlbflush.extended === true) on('tlbflush-ext')
  }
  for (const name of ['ipi', 'evmcs', 'avic', 'emsr_bitmap', 'xmm_input'] as const)
    if (features[name] === true) on(name)
  return parts
}

/** The processor's caches as the guest sees them; QEMU's own and the host's are switches of their own. */
function caches(cpu: Cpu | undefined): string[] {
  const mode = cpu?.cache?.mode
  const host = cpu?.mode === 'host-passthrough' || cpu?.mode === 'maximum' ? ['host-cache-info=off'] : []
  switch (mode) {
    case 'emulate':
      return ['l3-cache=on', ...host]
    case 'passthrough':
      return ['host-cache-info=on', 'l3-cache=off']
    case 'disable':
      return [...host, 'l3-cache=off']
    default:
      return []
  }
}

function others(build: Build): string[] {
  const { domain } = build
  const { features, clock } = domain
  const parts: string[] = []
  const flag = (name: string, value: boolean | undefined): void => {
    if (value !== undefined) parts.push(`${name}=${value ? 'on' : 'off'}`)
  }
  for (const timer of clock?.timers ?? []) {
    if (timer.name === 'kvmclock') flag('kvmclock', timer.present)
    if (timer.name === 'hypervclock' && timer.present === true) parts.push('hv-time=on')
    if (timer.name === 'tsc' && timer.frequency !== undefined) parts.push(`tsc-frequency=${timer.frequency}`)
    if (timer.name === 'armvtimer' && timer.tickpolicy === 'discard') parts.push('kvm-no-adjvtime=on')
  }
  if (features?.apic?.eoi !== undefined) flag('kvm-pv-eoi', features.apic.eoi)
  if (features?.pvspinlock !== undefined) flag('kvm-pv-unhalt', features.pvspinlock.state)
  parts.push(...hyperv(features?.hyperv))
  if (domain.devices?.panics.some(({ model }) => model === 'hyperv') === true) parts.push('hv-crash')
  const { kvm } = features ?? {}
  if (kvm?.hidden === true) parts.push('kvm=off')
  if (kvm?.['hint-dedicated'] === true) parts.push('kvm-hint-dedicated=on')
  if (kvm?.['poll-control'] === true) parts.push('kvm-poll-control=on')
  if (kvm?.['pv-ipi'] !== undefined) flag('kvm-pv-ipi', kvm['pv-ipi'])
  // Guests of POWER have it in any case.
  if (features?.pmu !== undefined && !isPpc64(domain)) flag('pmu', features.pmu.state)
  const { cpu } = domain
  parts.push(...caches(cpu))
  if (cpu !== undefined) parts.push(...addressBits(cpu))
  return parts
}

/** `-cpu` */
export function cpu(build: Build): void {
  const { domain } = build
  const named = model(build, domain.cpu)
  const more = others(build)
  if (named.length === 0 && more.length === 0) return
  const base = named.length === 0 ? defaults(domain) : named
  build.add('-cpu', [...base, ...more].join(','))
}
