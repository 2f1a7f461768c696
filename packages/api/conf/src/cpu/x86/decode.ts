// SPDX-License-Identifier: LGPL-2.1-or-later
// From the data of a processor to the model that describes it best.
import { ErrorNumber } from '@virt/core'
import { cpuError, type FeaturePolicy, type UsableModel, type UsableModels, withMissing } from '../definition.js'
import { featuresIn, signatureIn, vendorIn, type X86Data } from './data.js'
import { type FeatureSet, hasSignature, namesOf, sizeOf, type X86Model, x86Map } from './map.js'
import type { Signature } from './signature.js'

/** What decoding is asked for. */
export interface DecodeOptions {
  /** Whom the result describes: a host cannot be said to lack a feature of its model. */
  for: 'host' | 'guest'
  /** Models to choose from; all when absent. */
  models?: UsableModels | undefined
  /** Models that are taken where others are not clearly better. The only one of them wins in any case. */
  preferred?: readonly string[] | undefined
  /** Leave out features that block migration. */
  migratable?: boolean | undefined
}

/** What was found. */
export interface Decoded {
  model: string
  vendor: string | undefined
  signature: Signature | undefined
  /** Features beyond the model, required, then those that it has too much, disabled. */
  features: FeaturePolicy[]
}

interface Candidate {
  model: X86Model
  more: FeatureSet
  less: FeatureSet
  /** Features to be named as disabled, those that the model had once among them. */
  disabled: number
}

/** How the data differs from a model. What blocks the hypervisor's model is disabled, whatever the data says. */
function differFrom(
  model: X86Model,
  data: FeatureSet,
  its: UsableModel | undefined,
  options: DecodeOptions,
): Candidate {
  const { feature } = x86Map()
  const more = data & ~model.features
  let less = model.features & ~data
  for (const name of its?.blockers ?? []) less |= (feature.get(name)?.set ?? 0n) & ~more
  const silent = options.for === 'guest' ? model.removed & ~(more | less) : 0n
  return { model, more, less, disabled: sizeOf(less | silent) }
}

/**
 * Lengths of a candidate's list of features. A disabled feature counts more than an enabled one, each further one more
 * than the one before.
 * parity: cpu_x86.c looks at fewer features for each disabled one that it has met, so only half of them count that way.
 */
function weigh({ more, disabled }: Candidate): { all: number; disabled: number } {
  const counted = Math.ceil(disabled / 2)
  const weight = (counted * (counted + 3)) / 2
  return { all: sizeOf(more) + disabled - counted + weight, disabled: weight }
}

/** Whether a candidate is better than the best so far. A model of the same family, model and stepping always is. */
function isBetter(one: Candidate, best: Candidate, signature: Signature | undefined, options: DecodeOptions): boolean {
  if (signature) {
    const fits = hasSignature(one.model, signature)
    if (fits !== hasSignature(best.model, signature)) return fits
  }
  if (options.for === 'host') return sizeOf(one.more) < sizeOf(best.more)
  const a = weigh(one)
  const b = weigh(best)
  if (a.all < b.all || (a.all === b.all && a.disabled < b.disabled)) return true
  return (options.preferred?.includes(one.model.name) ?? false) && a.disabled < b.disabled
}

/** Haswells whose TSX does not work: family 6, and the first stepping that is right. */
const brokenTsx: ReadonlyMap<number, number> = new Map([
  [60, Number.POSITIVE_INFINITY],
  [63, 4],
  [69, Number.POSITIVE_INFINITY],
  [70, Number.POSITIVE_INFINITY],
])

function withoutBrokenTsx(set: FeatureSet, vendor: string | undefined, signature: Signature | undefined): FeatureSet {
  if (vendor !== 'Intel' || signature?.family !== 6) return set
  if ((signature.stepping ?? 0) >= (brokenTsx.get(signature.model) ?? 0)) return set
  const { feature } = x86Map()
  return set & ~((feature.get('hle')?.set ?? 0n) | (feature.get('rtm')?.set ?? 0n))
}

/** A processor as sets: what decoding begins with. */
export interface Decodable {
  features: FeatureSet
  vendor: string | undefined
  signature: Signature | undefined
}

/** The sets of raw data. */
export function decodableOf(data: X86Data): Decodable {
  return { features: featuresIn(data), vendor: vendorIn(data), signature: signatureIn(data) }
}

/** The best of all models that may be used; later ones of the table are looked at first. */
function choose(features: FeatureSet, { vendor, signature }: Decodable, options: DecodeOptions): Candidate | undefined {
  const { models, preferred = [] } = options
  const only = preferred.length === 1 ? preferred[0] : undefined
  let best: Candidate | undefined
  for (const model of x86Map().models.toReversed()) {
    const its = models?.get(model.name)
    if (models && !its) continue
    if (vendor !== undefined && model.vendor !== undefined && vendor !== model.vendor) continue
    if (!model.decode.has(options.for)) continue
    const one = differFrom(model, features, its, options)
    if (options.for === 'host' && one.disabled > 0) continue
    if (model.name === only) return one
    if (!best || isBetter(one, best, signature, options)) best = one
  }
  return best
}

/**
 * Describes a processor by the closest model and what it has more or less.
 * @throws VirtError internal error: no model fits
 */
export function decodeX86(data: Decodable, options: DecodeOptions): Decoded {
  const best = choose(withoutBrokenTsx(data.features, data.vendor, data.signature), data, options)
  if (!best) throw cpuError(ErrorNumber.INTERNAL_ERROR, 'Cannot find suitable CPU model for given data')
  const named = (set: FeatureSet, policy: 'require' | 'disable') => namesOf(set).map((name) => ({ name, policy }))
  let features: FeaturePolicy[] = [...named(best.more, 'require'), ...named(best.less, 'disable')]
  if (options.for === 'guest') features = withMissing(features, namesOf(best.model.removed), 'disable')
  if (options.migratable) {
    const { unmigratable } = x86Map()
    features = features.filter(({ name }) => !unmigratable.has(name))
  }
  return { model: best.model.name, vendor: data.vendor, signature: data.signature, features }
}
