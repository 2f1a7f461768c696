// SPDX-License-Identifier: LGPL-2.1-or-later
// What the models of all architectures do with a typed <cpu>: look at it, and make changed copies.
import { ErrorDomain, type VirtError, virtError } from '@virt/core'
import type { Cpu, CpuPolicy } from '../domain/types.gen.js'
import type { HostCpu } from './types.gen.js'

/** A processor: of a host (it has an architecture and its features no policy) or of a guest. */
export type AnyCpu = HostCpu | Cpu

/** A feature of a processor by name, and what a guest wants with it. */
export interface FeaturePolicy {
  name: string
  policy: CpuPolicy
}

/** How two processors relate: what a host offers over what is wanted. */
export type CpuComparison = 'identical' | 'superset' | 'incompatible'

/** A model that a hypervisor knows. */
export interface UsableModel {
  /** Whether this host can have it; absent: the hypervisor does not say. */
  usable?: boolean | undefined
  /** Features that the hypervisor lacks for it. */
  blockers?: readonly string[] | undefined
}

/** Models that a hypervisor knows, by name. */
export type UsableModels = ReadonlyMap<string, UsableModel>

/** The error of a CPU driver. */
export function cpuError(number: number, message: string | undefined): VirtError {
  return virtError(number, ErrorDomain.CPU, message)
}

export function isHostCpu(cpu: AnyCpu): cpu is HostCpu {
  return 'arch' in cpu && cpu.arch !== undefined
}

/** Name of the model, if it has one. */
export function modelOf(cpu: AnyCpu): string | undefined {
  return (isHostCpu(cpu) ? cpu.model : cpu.model?.name) || undefined
}

/** Features with their policies; a host has what it names. */
export function featuresOf(cpu: AnyCpu): FeaturePolicy[] {
  return isHostCpu(cpu)
    ? cpu.features.map(({ name = '' }) => ({ name, policy: 'require' }))
    : cpu.features.map(({ name = '', policy = 'require' }) => ({ name, policy }))
}

/** The features with `changes` on top: policies of those there are replaced, others come last. */
export function withPolicies(features: readonly FeaturePolicy[], changes: Iterable<FeaturePolicy>): FeaturePolicy[] {
  const policies = new Map(features.map(({ name, policy }) => [name, policy]))
  for (const { name, policy } of changes) policies.set(name, policy)
  return [...policies].map(([name, policy]) => ({ name, policy }))
}

/** The features, and those of `names` that are not among them with a policy of their own. */
export function withMissing(
  features: readonly FeaturePolicy[],
  names: readonly string[],
  policy: CpuPolicy,
): FeaturePolicy[] {
  const known = new Set(features.map(({ name }) => name))
  return [...features, ...names.filter((name) => !known.has(name)).map((name) => ({ name, policy }))]
}

/** The guest with another model, features and vendor; `undefined` removes a model or a vendor. */
export function remodel(
  guest: Cpu,
  parts: { name: string | undefined; vendor: string | undefined; features: readonly FeaturePolicy[] },
): Cpu {
  const { model: before, vendor: _, ...rest } = guest
  const model = { ...before, name: parts.name }
  const copy: Cpu = { ...rest, features: parts.features }
  if (parts.name !== undefined) copy.model = { fallback: 'allow', ...model }
  if (parts.vendor !== undefined) copy.vendor = parts.vendor
  return copy
}
