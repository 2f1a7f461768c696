// SPDX-License-Identifier: LGPL-2.1-or-later
// Processors of all architectures: compare, decode, baseline, make definite, translate. Tables are read on first use.
import { ErrorNumber } from '@virt/core'
import type { Cpu, CpuPolicy } from '../domain/types.gen.js'
import { isArchitecture } from './architectures.js'
import { type ArmData, baselineArm, compareArm, decodeArm, identicalArm, validateArm } from './arm.js'
import {
  type AnyCpu,
  type CpuComparison,
  cpuError,
  type FeaturePolicy,
  featuresOf,
  isHostCpu,
  modelOf,
  type UsableModels,
  withPolicies,
} from './definition.js'
import { updatePlain, updateS390, validateS390, vendorS390 } from './hypervisor-checked.js'
import {
  baselinePpc64,
  comparePpc64,
  convertLegacyPpc64,
  decodePpc64,
  identicalPpc64,
  namesPpc64,
  type Ppc64Data,
  updatePpc64,
  vendorPpc64,
} from './ppc64.js'
import type { HostCpu } from './types.gen.js'
import { type BaselineOptions, baselineX86 } from './x86/baseline.js'
import { compareX86 } from './x86/compare.js'
import {
  dataHasFeature,
  identicalX86,
  isMsrFeature,
  noX86Data,
  signatureIn,
  withFeature,
  withFeatures,
  withVendor,
  type X86Data,
} from './x86/data.js'
import { decodableOf, decodeX86 } from './x86/decode.js'
import {
  expandX86,
  hasFeatureX86,
  isMigratable,
  translateX86,
  updateLiveX86,
  updateX86,
  validateX86,
} from './x86/guest.js'
import { namesOf, x86Map } from './x86/map.js'
import { packSignature } from './x86/signature.js'
import { featuresWith } from './x86/wanted.js'

/** What a machine says of its processor. */
export type CpuData = X86Data | Ppc64Data | ArmData

/** What can be done with processors of one architecture. What is absent is not supported. */
interface Architecture {
  compare?(host: AnyCpu | undefined, cpu: AnyCpu, failIncompatible: boolean): CpuComparison
  baseline?(cpus: readonly AnyCpu[], options: BaselineOptions): Cpu
  update?(guest: Cpu, host: AnyCpu | undefined, relative: boolean, removed: CpuPolicy): Cpu
  updateLive?(cpu: Cpu, enabled: CpuData | undefined, disabled: CpuData | undefined): Cpu
  translate?(cpu: Cpu, models: UsableModels | undefined): Cpu
  convertLegacy?(cpu: Cpu): Cpu
  expand?(cpu: AnyCpu): FeaturePolicy[]
  hasFeature?(cpu: AnyCpu, name: string): boolean
  isMigratable?(name: string): boolean
  validate?(cpu: AnyCpu): void
  names?(): string[]
  vendorOf?(model: string): string | undefined
}

const x86Of = (data: CpuData | undefined) => (data?.kind === 'x86' ? data : undefined)

const x86: Architecture = {
  compare: compareX86,
  baseline: baselineX86,
  update: updateX86,
  updateLive: (cpu, enabled, disabled) => updateLiveX86(cpu, x86Of(enabled), x86Of(disabled)),
  translate: translateX86,
  expand: expandX86,
  hasFeature: hasFeatureX86,
  isMigratable,
  validate: validateX86,
  names: () => x86Map().models.map(({ name }) => name),
  vendorOf: (model) => x86Map().model.get(model)?.vendor,
}

const ppc64: Architecture = {
  compare: comparePpc64,
  baseline: baselinePpc64,
  update: updatePpc64,
  convertLegacy: convertLegacyPpc64,
  names: namesPpc64,
  vendorOf: vendorPpc64,
}

const arm: Architecture = {
  compare: compareArm,
  baseline: baselineArm,
  update: updatePlain,
  validate: validateArm,
}

const plain: Architecture = { compare: () => 'identical', update: updatePlain }
const s390: Architecture = {
  compare: () => 'identical',
  update: updateS390,
  validate: validateS390,
  vendorOf: vendorS390,
}

const architectures: Readonly<Record<string, Architecture>> = {
  i686: x86,
  x86_64: x86,
  ppc64,
  ppc64le: ppc64,
  armv6l: arm,
  armv7b: arm,
  armv7l: arm,
  aarch64: arm,
  s390,
  s390x: s390,
  riscv64: plain,
  loongarch64: plain,
}

function architecture(name: string | undefined): Architecture {
  if (name === undefined || !isArchitecture(name))
    throw cpuError(ErrorNumber.INVALID_ARG, 'undefined hardware architecture')
  const found = architectures[name]
  if (!found) throw cpuError(ErrorNumber.NO_SUPPORT, `'${name}' architecture is not supported by CPU driver`)
  return found
}

const unsupported = (message: string) => cpuError(ErrorNumber.NO_SUPPORT, message)

/** Whether anything can be done with processors of the architecture (`virCPUArchIsSupported`). */
export function isSupported(arch: string): boolean {
  return architectures[arch] !== undefined
}

/**
 * Compares what a host has with another host or a guest (`virCPUCompare`).
 * @param host the host's processor; one that is not known is compatible with nothing
 * @param options.failIncompatible throw where they do not go together
 * @returns `superset` if the host has more
 * @throws VirtError cpu-incompatible; internal error: unknown model or feature; no-support
 * @since 0.1.0
 */
export function compare(
  arch: string,
  host: AnyCpu | undefined,
  cpu: AnyCpu,
  options: { failIncompatible?: boolean } = {},
): CpuComparison {
  const its = architecture(arch)
  if (!its.compare) throw unsupported(`cannot compare CPUs of ${arch} architecture`)
  return its.compare(host, cpu, options.failIncompatible ?? false)
}

/** Whom a decoded processor belongs to, and what models it may be of. */
export interface DecodeTo {
  /** A host's definition, of this architecture; a guest's when absent. */
  hostArch?: string | undefined
  models?: UsableModels | undefined
}

/**
 * Describes a machine's processor: the model that is closest, with the features that it has more and, for a guest, less
 * (`cpuDecode`).
 * @throws VirtError internal error or operation failed: nothing fits
 * @since 0.1.0
 */
export function decode(data: CpuData, to: DecodeTo & { hostArch: string }): HostCpu
export function decode(data: CpuData, to?: { hostArch?: undefined; models?: UsableModels | undefined }): Cpu
export function decode(data: CpuData, to: DecodeTo = {}): AnyCpu {
  const { hostArch, models } = to
  const found = decodeAny(data, hostArch === undefined ? 'guest' : 'host', models)
  const vendor = found.vendor === undefined ? {} : { vendor: found.vendor }
  if (hostArch === undefined)
    return {
      mode: 'custom',
      match: 'exact',
      model: { fallback: 'allow', name: found.model },
      ...vendor,
      features: found.features,
    }
  return {
    arch: hostArch,
    model: found.model,
    ...vendor,
    ...(found.signature && { signature: found.signature }),
    features: found.features.map(({ name }) => ({ name })),
  }
}

function decodeAny(
  data: CpuData,
  whose: 'host' | 'guest',
  models: UsableModels | undefined,
): { model: string; vendor?: string | undefined; features: FeaturePolicy[]; signature?: HostCpu['signature'] } {
  if (data.kind === 'x86') return decodeX86(decodableOf(data), { for: whose, models })
  if (data.kind === 'ppc64') return { ...decodePpc64(data, models), features: [] }
  const found = decodeArm(data)
  return { ...found, features: found.features.map((name) => ({ name, policy: 'require' })) }
}

/** Data of the features of each policy, and of the vendor. */
export type EncodedCpu = Readonly<Record<CpuPolicy, X86Data>> & { readonly vendor: X86Data }

/**
 * Writes a definition as data, by policy (`cpuEncode`).
 * @throws VirtError invalid argument: no model; internal error: unknown model or feature; operation failed: unknown
 * vendor; no-support
 * @since 0.1.0
 */
export function encode(arch: string, cpu: AnyCpu): EncodedCpu {
  if (modelOf(cpu) === undefined) throw cpuError(ErrorNumber.INVALID_ARG, 'no guest CPU model specified')
  if (architecture(arch) !== x86) throw unsupported(`cannot encode CPU data for ${arch} architecture`)
  const text = x86Map().vendorTexts.get(cpu.vendor ?? '')
  if (cpu.vendor !== undefined && text === undefined)
    throw cpuError(ErrorNumber.OPERATION_FAILED, `CPU vendor ${cpu.vendor} not found`)
  const of = (policy: CpuPolicy) => withFeatures(noX86Data, featuresWith(cpu, policy))
  return {
    force: of('force'),
    require: of('require'),
    optional: of('optional'),
    disable: of('disable'),
    forbid: of('forbid'),
    vendor: text === undefined ? noX86Data : withVendor(noX86Data, text),
  }
}

/**
 * The richest processor that all the given ones include (`virCPUBaseline`).
 * @param arch architecture; that of the first when absent
 * @throws VirtError invalid argument: none, or one without a model; operation failed: nothing in common; no-support
 * @since 0.1.0
 */
export function baseline(arch: string | undefined, cpus: readonly AnyCpu[], options: BaselineOptions = {}): Cpu {
  const [first] = cpus
  if (!first) throw cpuError(ErrorNumber.INVALID_ARG, 'no CPUs given')
  for (const [i, cpu] of cpus.entries())
    if (modelOf(cpu) === undefined) throw cpuError(ErrorNumber.INVALID_ARG, `no CPU model specified at index ${i}`)
  const name = arch ?? (isHostCpu(first) ? first.arch : undefined)
  const its = architecture(name)
  if (!its.baseline) throw unsupported(`cannot compute baseline CPU of ${name} architecture`)
  return its.baseline(cpus, options)
}

/** Whether a guest's definition means different things on different hosts. */
function isRelative(guest: Cpu): boolean {
  if (guest.mode === 'host-model') return true
  return guest.match === 'minimum' || guest.features.some(({ policy }) => policy === 'optional')
}

/**
 * Makes a guest's definition definite: the host's model in place of `host-model` and `minimum`, and yes or no for what
 * is optional (`virCPUUpdate`).
 * @param host what a guest can have; not needed where nothing depends on it
 * @param removed policy of features that the model had once, and that the definition does not name
 * @throws VirtError unsupported configuration: no host is given but needed; internal error: unknown model or feature
 * @since 0.1.0
 */
export function update(arch: string, guest: Cpu, host: AnyCpu | undefined, removed: CpuPolicy = 'disable'): Cpu {
  const its = architecture(arch)
  if (guest.mode === 'host-passthrough' || guest.mode === 'maximum') return guest
  if (!its.update) throw unsupported(`cannot update guest CPU for ${arch} architecture`)
  return its.update(guest, host, isRelative(guest), removed)
}

/**
 * Puts into a running guest's definition what its hypervisor has made of it (`virCPUUpdateLive`).
 * @param enabled data of the guest's processor
 * @param disabled what was wanted but is not there
 * @returns `undefined` where that makes no sense: for another mode than `custom`, unless `check` is `full`
 * @throws VirtError operation failed: `check` is `full` and there is a difference
 * @since 0.1.0
 */
export function updateLive(
  arch: string,
  cpu: Cpu,
  enabled: CpuData | undefined,
  disabled: CpuData | undefined,
): Cpu | undefined {
  const its = architecture(arch)
  if (cpu.mode !== 'custom' && cpu.check !== 'full') return undefined
  return its.updateLive?.(cpu, enabled, disabled)
}

/**
 * The same processor as one of the hypervisor's models, if it is not already (`virCPUTranslate`).
 * @throws VirtError unsupported configuration: the definition forbids another model; internal error: none fits
 * @since 0.1.0
 */
export function translate(arch: string, cpu: Cpu, models: UsableModels | undefined): Cpu {
  const its = architecture(arch)
  if (cpu.mode !== undefined && cpu.mode !== 'custom') return cpu
  const name = modelOf(cpu)
  if (!models || models.has(name ?? '')) return cpu
  if (cpu.model?.fallback === 'forbid')
    throw cpuError(ErrorNumber.CONFIG_UNSUPPORTED, `CPU model ${name} is not supported by hypervisor`)
  if (!its.translate) throw unsupported(`cannot translate CPU model ${name} to a supported model`)
  return its.translate(cpu, models)
}

/** The definition without names of models that are only kept for old ones (`virCPUConvertLegacy`). */
export function convertLegacy(arch: string, cpu: Cpu): Cpu {
  return architecture(arch).convertLegacy?.(cpu) ?? cpu
}

/**
 * The definition with all features of its model named, in the order of their names (`virCPUExpandFeatures`).
 * Only for hosts, and guests that describe one: `require` and `disable` are kept, other policies are not.
 * @throws VirtError internal error: unknown model
 * @since 0.1.0
 */
export function expandFeatures<T extends AnyCpu>(arch: string, cpu: T): T {
  const features = architecture(arch).expand?.(cpu) ?? featuresOf(cpu)
  const sorted = features.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { ...cpu, features: isHostCpu(cpu) ? sorted.map(({ name }) => ({ name })) : sorted }
}

/** The definition without features that block migration (`virCPUCopyMigratable`). */
export function migratableCopy<T extends AnyCpu>(arch: string, cpu: T): T {
  const { isMigratable: may } = architecture(arch)
  if (!may) return cpu
  return { ...cpu, features: cpu.features.filter(({ name = '' }) => may(name)) }
}

/**
 * Checks that all named features exist (`virCPUValidateFeatures`).
 * @throws VirtError unsupported configuration
 * @since 0.1.0
 */
export function validateFeatures(arch: string, cpu: AnyCpu): void {
  architecture(arch).validate?.(cpu)
}

/**
 * Whether a processor has a feature (`virCPUCheckFeature`).
 * @throws VirtError internal error: unknown model or feature; no-support
 * @since 0.1.0
 */
export function hasFeature(arch: string, cpu: AnyCpu, name: string): boolean {
  const its = architecture(arch)
  if (!its.hasFeature) throw unsupported(`cannot check guest CPU feature for ${arch} architecture`)
  return its.hasFeature(cpu, name)
}

/**
 * Checks that a host has nothing that a guest forbids by name (`virCPUCheckForbiddenFeatures`).
 * @throws VirtError cpu-incompatible
 * @since 0.1.0
 */
export function checkForbidden(guest: Cpu, host: AnyCpu): void {
  const has = new Set(featuresOf(host).flatMap(({ name, policy }) => (policy === 'disable' ? [] : [name])))
  const found = guest.features.find(({ name = '', policy }) => policy === 'forbid' && has.has(name))
  if (found) throw cpuError(ErrorNumber.CPU_INCOMPATIBLE, `Host CPU provides forbidden feature '${found.name}'`)
}

/**
 * Whether data of a processor has a feature (`virCPUDataCheckFeature`).
 * @throws VirtError internal error: unknown feature; no-support
 * @since 0.1.0
 */
export function dataHas(data: CpuData, name: string): boolean {
  if (data.kind !== 'x86') throw unsupported(`cannot check guest CPU feature for ${data.kind} architecture`)
  return dataHasFeature(data, name)
}

/** Data with one more feature; unknown ones change nothing (`virCPUDataAddFeature`). @throws VirtError no-support */
export function dataWith(data: CpuData, name: string): CpuData {
  if (data.kind !== 'x86') throw unsupported(`cannot add guest CPU feature for ${data.kind} architecture`)
  return withFeature(data, name)
}

/** Whether two machines say the same of their processors (`virCPUDataIsIdentical`). */
export function identicalData(a: CpuData, b: CpuData): boolean {
  if (a.kind === 'x86' && b.kind === 'x86') return identicalX86(a, b)
  if (a.kind === 'ppc64' && b.kind === 'ppc64') return identicalPpc64(a, b)
  return a.kind === 'arm' && b.kind === 'arm' && identicalArm(a, b)
}

/**
 * Names of all models (`virCPUGetModels`).
 * @returns `undefined` if the architecture has no table: the hypervisor knows what it accepts
 * @throws VirtError no-support: nothing is known of the architecture; invalid argument: there is none of this name
 * @since 0.1.0
 */
export function modelNames(arch: string): string[] | undefined {
  return architecture(arch).names?.()
}

/** Who makes processors of a model; `undefined` if that is not known (`virCPUGetVendorForModel`). */
export function vendorOf(arch: string, model: string): string | undefined {
  return architectures[arch]?.vendorOf?.(model)
}

/**
 * All features that a guest gets, by name, whatever its mode.
 * @param host what the hypervisor gives such a guest: for `host-passthrough` all that there is, otherwise what can migrate
 * @throws VirtError internal error: unknown model or feature; unsupported configuration: a host is needed
 * @since 0.1.0
 */
export function effectiveFeatures(arch: string, guest: Cpu, host: AnyCpu | undefined): string[] {
  const own = guest.mode === 'host-passthrough' || guest.mode === 'maximum'
  const base = own ? host : update(arch, guest, host)
  const expanded = base === undefined ? [] : featuresOf(expandFeatures(arch, base))
  const features = own ? withPolicies(expanded, featuresOf(guest)) : withPolicies(expanded, featuresOf(base ?? guest))
  return features.flatMap(({ name, policy }) => (policy === 'require' || policy === 'force' ? [name] : [])).sort()
}

/**
 * A running guest's definition for another host: without the features that its model has been told of later, unless the
 * user has named them (`qemuDomainMakeCPUMigratable`). Older libvirts do not know them.
 * @param original the definition as the user gave it
 * @since 0.1.0
 */
export function withoutAdded(arch: string, cpu: Cpu, original: Cpu | undefined): Cpu {
  const added = new Set(addedFeatures(arch, modelOf(cpu) ?? ''))
  if ((cpu.mode ?? 'custom') !== 'custom' || added.size === 0) return cpu
  const named = new Set(original?.features.map(({ name }) => name))
  return { ...cpu, features: cpu.features.filter(({ name = '' }) => !added.has(name) || named.has(name)) }
}

/** Name of the version that a model stands for; `undefined` if it is a version itself (`virCPUGetCanonicalModel`). */
export function canonicalOf(arch: string, model: string): string | undefined {
  return architectures[arch] === x86 ? x86Map().model.get(model)?.canonical : undefined
}

/**
 * Features that hypervisors' model of the name always had but libvirt's was only told of later: x86 models get them from
 * the hypervisor, unless a definition says otherwise (`virCPUx86GetAddedFeatures`).
 */
export function addedFeatures(arch: string, model: string): readonly string[] {
  return architectures[arch] === x86 ? namesOf(x86Map().model.get(model)?.added ?? 0n) : []
}

/**
 * Whether a guest with `check` `partial` is checked by comparing it with the host. Where not, the hypervisor says what
 * it can run (`virCPUGetCheckMode`).
 */
export function checksByComparing(arch: string, cpu: AnyCpu): boolean {
  if (architectures[arch] !== x86) return true
  const model = x86Map().model.get(modelOf(cpu) ?? '')
  return model === undefined || model.check === 'compat'
}

/** Whether an x86 feature is told by a model specific register rather than by CPUID. */
export function isMsr(name: string): boolean {
  return isMsrFeature(name)
}

/** The signature of an x86 processor, and the register that has it. */
export interface PackedSignature {
  packed: number
  family: number
  model: number
  stepping: number
}

/** Family, model and stepping that data tells; zeros where it does not (`virCPUx86DataGetSignature`). */
export function signatureOf(data: CpuData): PackedSignature {
  const { family = 0, model = 0, stepping = 0 } = (data.kind === 'x86' ? signatureIn(data) : undefined) ?? {}
  return { packed: packSignature({ family, model, stepping }), family, model, stepping }
}
