// SPDX-License-Identifier: LGPL-2.1-or-later
// The processor that has what all the given ones have.
import { ErrorNumber } from '@virt/core'
import type { Cpu } from '../../domain/types.gen.js'
import { type AnyCpu, cpuError, modelOf, type UsableModels } from '../definition.js'
import { decodeX86 } from './decode.js'
import { type FeatureSet, x86Map } from './map.js'
import { allFeatures } from './wanted.js'

/** What a baseline is limited to. */
export interface BaselineOptions {
  /** Models that may be the result. All when absent. */
  models?: UsableModels | undefined
  /** Features that may be in it. All when absent. */
  features?: readonly string[] | undefined
  /** Leave out features that block migration. */
  migratable?: boolean | undefined
}

const failed = (message: string) => cpuError(ErrorNumber.OPERATION_FAILED, message)

function knownVendor(name: string): string {
  if (!x86Map().vendorTexts.has(name)) throw failed(`Unknown CPU vendor ${name}`)
  return name
}

/** The vendor that all have; a processor that does not say it has its model's. */
function commonVendor(cpus: readonly AnyCpu[]): string | undefined {
  const [first, ...others] = cpus
  let common = first?.vendor === undefined ? undefined : knownVendor(first.vendor)
  for (const cpu of others) {
    const name = modelOf(cpu)
    const its = x86Map().model.get(name ?? '')?.vendor
    if (cpu.vendor !== undefined && its !== undefined && cpu.vendor !== its)
      throw failed(`CPU vendor ${its} of model ${name} differs from vendor ${cpu.vendor}`)
    const vendor = cpu.vendor ?? its
    if (vendor === undefined) continue
    if (common === undefined) common = knownVendor(vendor)
    else if (common !== vendor) throw failed('CPU vendors do not match')
  }
  return common
}

function commonFeatures(cpus: readonly AnyCpu[], allowed: readonly string[] | undefined): FeatureSet {
  const { feature } = x86Map()
  const sets = cpus.map(allFeatures)
  if (allowed) sets.push(allowed.reduce((set, name) => set | (feature.get(name)?.set ?? 0n), 0n))
  return sets.reduce((all, set) => all & set)
}

/** @throws VirtError operation failed: nothing in common; internal error: unknown model or feature */
export function baselineX86(cpus: readonly AnyCpu[], options: BaselineOptions): Cpu {
  const features = commonFeatures(cpus, options.features)
  const vendor = commonVendor(cpus)
  if (features === 0n) throw failed('CPUs are incompatible')
  const names = [...new Set(cpus.flatMap((cpu) => modelOf(cpu) ?? []))]
  const found = decodeX86(
    { features, vendor, signature: undefined },
    { for: 'guest', models: options.models, preferred: names, migratable: options.migratable },
  )
  const only = names.length === 1 && names[0] === found.model
  const cpu: Cpu = {
    mode: 'custom',
    match: 'exact',
    model: { fallback: only ? 'forbid' : 'allow', name: found.model },
    features: found.features,
  }
  // A processor that does not say its vendor may be of any.
  if (found.vendor !== undefined && cpus.every((one) => one.vendor !== undefined)) cpu.vendor = found.vendor
  return cpu
}
