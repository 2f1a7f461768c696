// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests' processors: made definite by a host's, by what a hypervisor has made of them, or for other models.
import { ErrorNumber } from '@virt/core'
import type { Cpu, CpuPolicy } from '../../domain/types.gen.js'
import {
  type AnyCpu,
  cpuError,
  type FeaturePolicy,
  featuresOf,
  isHostCpu,
  modelOf,
  remodel,
  type UsableModels,
  withMissing,
  withPolicies,
} from '../definition.js'
import { featuresIn, isBlank, noX86Data, type X86Data } from './data.js'
import { decodeX86 } from './decode.js'
import { namesOf, x86Map } from './map.js'
import { allFeatures, featuresWith, knownModel } from './wanted.js'

/** The host's model for a guest that wants it, with what the guest says of single features. */
function takeHostModel(guest: Cpu, host: AnyCpu): Cpu {
  const features = withPolicies(featuresOf(host), featuresOf(guest))
  // A guest that names its vendor means any host of at least its model; one that takes the host's model takes all of it.
  const vendor = guest.mode === 'custom' ? guest.vendor : host.vendor
  return { ...remodel(guest, { name: modelOf(host), vendor, features }), mode: 'custom', match: 'exact' }
}

/**
 * @param relative whether the definition depends on the host
 * @param removed policy of features that the model had once and the definition does not name
 */
export function updateX86(guest: Cpu, host: AnyCpu | undefined, relative: boolean, removed: CpuPolicy): Cpu {
  let updated = guest
  if (relative) {
    if (!host) throw cpuError(ErrorNumber.CONFIG_UNSUPPORTED, 'unknown host CPU model')
    const has = allFeatures(host)
    const features = featuresOf(guest).map(({ name, policy }): FeaturePolicy => {
      if (policy !== 'optional') return { name, policy }
      const { feature } = x86Map()
      const one = feature.get(name)
      if (!one) throw cpuError(ErrorNumber.INTERNAL_ERROR, `unknown CPU feature ${name}`)
      return { name, policy: (has & one.set) === 0n ? 'disable' : 'require' }
    })
    updated = { ...guest, features }
    if (guest.mode === 'host-model' || guest.match === 'minimum') updated = takeHostModel(updated, host)
  }
  const model = knownModel(modelOf(updated))
  return { ...updated, features: withMissing(featuresOf(updated), namesOf(model.removed), removed) }
}

/** A check that is full accepts no difference between what was wanted and what the hypervisor made. */
function refuseDifferences(added: readonly string[], missing: readonly string[], disabled: X86Data): void {
  const parts = [
    ...(added.length > 0 ? [`extra features: ${added.join(',')}`] : []),
    ...(missing.length > 0 ? [`missing features: ${missing.join(',')}`] : []),
  ]
  if (parts.length === 0 && isBlank(disabled)) return
  const why = parts.length === 0 ? '' : `: ${parts.join(', ')}`
  throw cpuError(ErrorNumber.OPERATION_FAILED, `guest CPU doesn't match specification${why}`)
}

/**
 * The definition with what the hypervisor has enabled and disabled.
 * @param enabled data of the guest's processor
 * @param disabled what was wanted and could not be had
 * @throws VirtError operation failed: `check` is `full` and something differs
 */
export function updateLiveX86(cpu: Cpu, enabled: X86Data = noX86Data, disabled: X86Data = noX86Data): Cpu {
  // Nobody knows what such a guest should have, only what it should not have.
  const open = cpu.mode === 'host-passthrough' || cpu.mode === 'maximum'
  const wanted = allFeatures(cpu)
  const unwanted = open ? featuresWith(cpu, 'disable') : ~wanted
  const on = featuresIn(enabled)
  const off = featuresIn(disabled)
  const added = on & unwanted & ~wanted
  const missing = off | (wanted & ~on)
  if (cpu.check === 'full') refuseDifferences(namesOf(added), namesOf(missing), disabled)
  const changes: FeaturePolicy[] = []
  for (const { name, set } of x86Map().features) {
    if ((added & set) !== 0n) changes.push({ name, policy: 'require' })
    if ((missing & set) !== 0n) changes.push({ name, policy: 'disable' })
  }
  const removed = namesOf(x86Map().model.get(modelOf(cpu) ?? '')?.removed ?? 0n)
  return { ...cpu, features: withMissing(withPolicies(featuresOf(cpu), changes), removed, 'disable') }
}

/** The same processor as one of other models. */
export function translateX86(cpu: Cpu, models: UsableModels | undefined): Cpu {
  const model = x86Map().model.get(modelOf(cpu) ?? '')
  const features = allFeatures(cpu)
  const { stepping = 0, ...signature } = model?.signatures[0] ?? { family: 0, model: 0 }
  const data = { features, vendor: model?.vendor, signature: model?.signatures[0] && { ...signature, stepping } }
  const found = decodeX86(data, { for: 'guest', models })
  return remodel(cpu, {
    name: found.model,
    vendor: cpu.vendor,
    features: withPolicies(found.features, featuresOf(cpu)),
  })
}

/** All features of a host, or of a guest that only requires and disables, by name. */
export function expandX86(cpu: AnyCpu): FeaturePolicy[] {
  const model = x86Map().model.get(modelOf(cpu) ?? '')
  if (!model) throw cpuError(ErrorNumber.INTERNAL_ERROR, `unknown CPU model ${modelOf(cpu)}`)
  const own = namesOf(model.features).map((name): FeaturePolicy => ({ name, policy: 'require' }))
  const said = featuresOf(cpu).filter(({ policy }) => policy === 'require' || policy === 'disable')
  const features = withPolicies(own, said)
  return isHostCpu(cpu) ? features : withMissing(features, namesOf(model.removed), 'disable')
}

/** @throws VirtError unsupported configuration: unknown feature */
export function validateX86(cpu: AnyCpu): void {
  for (const { name } of featuresOf(cpu))
    if (!x86Map().feature.has(name)) throw cpuError(ErrorNumber.CONFIG_UNSUPPORTED, `unknown CPU feature: ${name}`)
}

/** @throws VirtError internal error: unknown feature or model */
export function hasFeatureX86(cpu: AnyCpu, name: string): boolean {
  const has = allFeatures(cpu)
  const feature = x86Map().feature.get(name)
  if (!feature) throw cpuError(ErrorNumber.INTERNAL_ERROR, `unknown CPU feature ${name}`)
  return (has & feature.set) !== 0n
}

/** Features that a guest may take along to another host. */
export function isMigratable(name: string): boolean {
  return !x86Map().unmigratable.has(name)
}
