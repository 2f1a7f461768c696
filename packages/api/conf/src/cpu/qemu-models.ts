// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU says of processors: names of features, properties of a model, and which models it can run.
import type { UsableModel, UsableModels } from './definition.js'
import { canonicalOf, isSupported, modelNames, vendorOf } from './models.js'
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

/** Properties of a processor, as `query-cpu-model-expansion` answers them. */
export type QemuModelProperties = Readonly<Record<string, unknown>>

/**
 * The data of an x86 processor that QEMU describes.
 * @param skip properties that do not count, by QEMU's name: those that block migration
 */
export function dataOfQemuModel(properties: QemuModelProperties, skip: ReadonlySet<string> = new Set()): X86Data {
  let data = noX86Data
  for (const [name, value] of Object.entries(properties)) {
    if (value === true && !skip.has(name)) data = withFeature(data, featureFromQemu('x86_64', name))
    else if (name === 'vendor' && typeof value === 'string') data = withVendor(data, value)
  }
  const number = (name: string) => Number(properties[name] ?? 0)
  return withSignature(data, { family: number('family'), model: number('model'), stepping: number('stepping') })
}

/** A model in QEMU's answer to `query-cpu-definitions`. */
export interface QemuCpuDefinition {
  name: string
  /** What the host lacks for it; absent when QEMU does not tell. */
  'unavailable-features'?: readonly string[] | undefined
  deprecated?: boolean | undefined
}

/** The models that QEMU knows, with what stands against them, under libvirt's names of features. */
export function modelsOfQemu(arch: string, definitions: Iterable<QemuCpuDefinition>): UsableModels {
  const models = new Map<string, UsableModel>()
  for (const { name, 'unavailable-features': missing } of definitions)
    models.set(name, { blockers: missing?.map((feature) => featureFromQemu(arch, feature)) })
  return models
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
export function modelTable(arch: string, definitions: Iterable<QemuCpuDefinition>): ModelUsability[] {
  const names = isSupported(arch) ? modelNames(arch) : []
  const known = names && new Set(names)
  return [...definitions]
    .map((one) => ({ ...one, name: modelFromQemu(arch, one.name) }))
    .filter(({ name }) => name !== 'host' && (known?.has(name) ?? true))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((one) => {
      const missing = one['unavailable-features']
      return {
        name: one.name,
        usable: missing === undefined ? 'unknown' : missing.length === 0 ? 'yes' : 'no',
        blockers: [...new Set(missing?.map((feature) => featureFromQemu(arch, feature)))].sort(),
        deprecated: one.deprecated ?? false,
        vendor: vendorOf(arch, one.name),
        canonical: canonicalOf(arch, one.name),
      }
    })
}
