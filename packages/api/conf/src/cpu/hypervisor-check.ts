// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a hypervisor can run a guest's processor on this host: by what it says of the model, or by comparing with all that it has.
import { ErrorNumber } from '@virt/core'
import {
  type AnyCpu,
  type CpuComparison,
  cpuError,
  featuresOf,
  isHostCpu,
  modelOf,
  type UsableModels,
} from './definition.js'
import { checksByComparing, compare } from './models.js'

/** What a hypervisor has for guests on this host, and says of its models. */
export interface HypervisorOffer {
  /** All that it can give a guest. */
  host?: AnyCpu | undefined
  /** Its models. */
  models?: UsableModels | undefined
  /** Names of all features that it can give a guest; absent: it does not say. */
  features?: readonly string[] | undefined
}

/** Whether nothing more is wanted than a model that the hypervisor can run (`virQEMUCapsIsCPUUsable`). */
function isPlainlyUsable(cpu: AnyCpu, models: UsableModels | undefined): boolean {
  if (models?.get(modelOf(cpu) ?? '')?.usable !== true) return false
  return featuresOf(cpu).every(({ policy }) => policy === 'disable')
}

/**
 * Compares what a hypervisor offers with what a guest is to have. Models that libvirt has the true features of are left to
 * what the hypervisor says of them (`virCPUCompareUnusable`).
 * @param options.failIncompatible throw where it cannot run
 * @throws VirtError cpu-incompatible; internal error: unknown model or feature
 * @since 0.1.0
 */
export function compareWithHypervisor(
  arch: string,
  cpu: AnyCpu,
  { host, models, features }: HypervisorOffer,
  options: { failIncompatible?: boolean } = {},
): CpuComparison {
  if (isPlainlyUsable(cpu, models)) return 'superset'
  if (checksByComparing(arch, cpu)) return compare(arch, host, cpu, options)
  const said = isHostCpu(cpu) ? [] : featuresOf(cpu)
  const without = new Set(said.flatMap(({ name, policy }) => (policy === 'disable' ? name : [])))
  const offered = features && new Set(features)
  const missing = [
    ...(models?.get(modelOf(cpu) ?? '')?.blockers ?? []).filter((name) => !without.has(name)),
    ...said.flatMap(({ name, policy }) => (policy === 'require' && offered?.has(name) === false ? name : [])),
  ]
  if (missing.length === 0) return 'superset'
  if (options.failIncompatible === true)
    throw cpuError(ErrorNumber.CPU_INCOMPATIBLE, `Host CPU does not provide required features: ${missing.join(', ')}`)
  return 'incompatible'
}
