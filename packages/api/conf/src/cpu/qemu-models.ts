// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU says of processors: names of features, properties of a model, and which models it can run.
import type { Cpu } from '../domain/types.gen.js'
import type { FeaturePolicy, UsableModel, UsableModels } from './definition.js'
import { canonicalOf, decode, isSupported, modelNames, vendorOf } from './models.js'
import { noX86Data, withFeature, withSignature, withVendor, type X86Data } from './x86/data.js'
import { x86Map } from './x86/map.js'

/** QEMU's name for a feature is libvirt's with hyphens, except for these. */
const otherNames: Readonly<Record<string, string>> = { pclmuldq: 'pclmulqdq', 'sse4.1': 'sse4.1', 'sse4.2': 'sse4.2' }

const isX86 = (arch: string) => arch === 'x86_64' || arch === 'i686'

/** libvirt's name of a feature that QEMU names. Other architectures have the same names. */
export function featureFromQemu(arch: string, name: string): string {
  if (!isX86(arch)) return name
  const { feature, aliases } = x86Map()
  return feature.has(name) ? name : (aliases.qemu?.[name] ?? name)
}

/** QEMU's name of a feature of libvirt's. */
export function featureToQemu(arch: string, name: string): string {
  if (!isX86(arch)) return name
  if (otherNames[name] !== undefined) return otherNames[name]
  const { aliases } = x86Map()
  const hyphened = name.replaceAll('_', '-')
  return aliases.qemu?.[hyphened] === name ? hyphened : name
}

/** A property of a model, as `query-cpu-model-expansion` answers it. */
export interface QemuProperty {
  readonly name: string
  readonly value: unknown
  /** Whether a guest with it can migrate, where QEMU tells. */
  readonly migratable?: boolean | undefined
}

/** A model that QEMU has expanded to its properties. */
export interface QemuExpansion {
  readonly model: string
  readonly properties: Iterable<QemuProperty>
}

/** A model in QEMU's answer to `query-cpu-definitions`. */
export interface QemuDefinition {
  readonly name: string
  /** Whether this host can have it; `undefined` where QEMU does not say. */
  readonly usable: boolean | undefined
  /** What the host lacks for it, by QEMU's names. */
  readonly blockers: readonly string[]
  readonly deprecated: boolean
}

/** What to make of a model. */
export interface QemuModelOptions {
  /** Leave out what cannot migrate. */
  migratable?: boolean | undefined
}

/**
 * The data of an x86 processor that QEMU describes (`virQEMUCapsGetCPUModelX86Data`).
 * @throws VirtError internal error: a vendor that is not of twelve characters
 */
export function dataOfQemuModel(properties: Iterable<QemuProperty>, options: QemuModelOptions = {}): X86Data {
  let data = noX86Data
  const numbers = { family: 0, model: 0, stepping: 0 }
  for (const { name, value, migratable } of properties) {
    if (value === true && !(options.migratable && migratable === false))
      data = withFeature(data, featureFromQemu('x86_64', name))
    else if (name === 'vendor' && typeof value === 'string') data = withVendor(data, value)
    else if (name in numbers) numbers[name as keyof typeof numbers] = Number(value)
  }
  return withSignature(data, numbers)
}

/** Features of a model that QEMU has expanded, by libvirt's names (`virQEMUCapsGetCPUFeatures`). */
export function featuresOfQemuModel(
  arch: string,
  properties: Iterable<QemuProperty>,
  options: QemuModelOptions = {},
): string[] {
  return [...properties]
    .filter((one) => one.value === true && !(options.migratable && one.migratable === false))
    .map(({ name }) => featureFromQemu(arch, name))
}

/** The models that QEMU knows, with what stands against them, by libvirt's names (`virQEMUCapsGetCPUModels`). */
export function modelsOfQemu(arch: string, definitions: Iterable<QemuDefinition>): UsableModels {
  const models = new Map<string, UsableModel>()
  for (const { name, usable, blockers } of definitions)
    models.set(modelFromQemu(arch, name), {
      usable,
      blockers: blockers.map((feature) => featureFromQemu(arch, feature)),
    })
  return models
}

/**
 * The processor that QEMU gives guests who want the host's model (`virQEMUCapsInitCPUModel`).
 * @param host QEMU's expansion of the host's model
 * @param definitions what QEMU can run; it is one of these
 * @returns `undefined` on architectures where QEMU cannot tell
 * @throws VirtError internal error: nothing fits
 * @since 0.1.0
 */
export function hostModelOf(
  arch: string,
  host: QemuExpansion,
  definitions: Iterable<QemuDefinition> | undefined,
  options: QemuModelOptions = {},
): Cpu | undefined {
  if (isX86(arch))
    return decode(dataOfQemuModel(host.properties, options), { models: definitions && modelsOfQemu(arch, definitions) })
  if (arch !== 's390x' && arch !== 's390') return undefined
  const features = [...host.properties].flatMap(({ name, value, migratable }): FeaturePolicy[] =>
    typeof value !== 'boolean' || (options.migratable && migratable === false)
      ? []
      : [{ name, policy: value ? 'require' : 'disable' }],
  )
  return { mode: 'custom', match: 'exact', model: { fallback: 'allow', name: host.model }, features }
}

/** Whether and how a hypervisor can run a model, as domain capabilities show it. */
export interface ModelUsability {
  name: string
  usable: 'yes' | 'no' | 'unknown'
  /** What the host lacks for it, under libvirt's names. */
  blockers: readonly string[]
  deprecated: boolean
  vendor: string | undefined
  /** Name of the version that the model stands for. */
  canonical: string | undefined
}

/** QEMU writes POWER's models in small letters. */
function modelFromQemu(arch: string, name: string): string {
  return arch.startsWith('ppc') && /^power/.test(name) ? name.toUpperCase() : name
}

/**
 * Models for guests of mode `custom`: those of QEMU that libvirt knows, by name.
 * @param definitions QEMU's answer to `query-cpu-definitions`
 * @since 0.1.0
 */
export function modelTable(arch: string, definitions: Iterable<QemuDefinition>): ModelUsability[] {
  const names = isSupported(arch) ? modelNames(arch) : []
  const known = names && new Set(names)
  return [...definitions]
    .map((one) => ({ ...one, name: modelFromQemu(arch, one.name) }))
    .filter(({ name }) => name !== 'host' && (known?.has(name) ?? true))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((one) => ({
      name: one.name,
      usable: one.usable === undefined ? 'unknown' : one.usable ? 'yes' : 'no',
      blockers: [...new Set(one.blockers.map((feature) => featureFromQemu(arch, feature)))].sort(),
      deprecated: one.deprecated,
      vendor: vendorOf(arch, one.name),
      canonical: canonicalOf(arch, one.name),
    }))
}
