// SPDX-License-Identifier: LGPL-2.1-or-later
// A processor's definition as sets of features.
import { ErrorNumber } from '@virt/core'
import type { CpuPolicy } from '../../domain/types.gen.js'
import { type AnyCpu, cpuError, featuresOf, modelOf } from '../definition.js'
import { type FeatureSet, type X86Feature, type X86Model, x86Map } from './map.js'

/** @throws VirtError internal error: no such model */
export function knownModel(name: string | undefined): X86Model {
  const model = x86Map().model.get(name ?? '')
  if (!model) throw cpuError(ErrorNumber.INTERNAL_ERROR, `Unknown CPU model ${name}`)
  return model
}

/** @throws VirtError internal error: no such feature */
export function knownFeature(name: string): X86Feature {
  const feature = x86Map().feature.get(name)
  if (!feature) throw cpuError(ErrorNumber.INTERNAL_ERROR, `Unknown CPU feature ${name}`)
  return feature
}

/**
 * All features that the processor has: those of its model and those it requires or forces, without what it disables
 * or forbids. What is optional does not count.
 * @throws VirtError internal error: unknown model or feature
 */
export function allFeatures(cpu: AnyCpu): FeatureSet {
  const model = modelOf(cpu)
  let set = model === undefined ? 0n : knownModel(model).features
  for (const { name, policy } of featuresOf(cpu)) {
    if (policy === 'optional') continue
    const { set: one } = knownFeature(name)
    set = policy === 'force' || policy === 'require' ? set | one : set & ~one
  }
  return set
}

/**
 * Features with a policy; those of the model are required.
 * @throws VirtError internal error: unknown model or feature
 */
export function featuresWith(cpu: AnyCpu, policy: CpuPolicy): FeatureSet {
  const model = policy === 'require' ? modelOf(cpu) : undefined
  let set = model === undefined ? 0n : knownModel(model).features
  for (const its of featuresOf(cpu)) if (its.policy === policy) set |= knownFeature(its.name).set
  return set
}
