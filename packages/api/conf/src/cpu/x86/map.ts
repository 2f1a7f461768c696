// SPDX-License-Identifier: LGPL-2.1-or-later
// The models and features of x86. A feature is one bit of a word of CPUID or of an MSR, so that a set of features is a
// number: bit n stands for the n-th feature.
import { tables } from '../tables.gen.js'
import { matchesSignature, readSignatures, type Signature } from './signature.js'

/** Registers of CPUID; an MSR has the first and the last. */
export type Register = 'eax' | 'ebx' | 'ecx' | 'edx'

/** A register that features are bits of. */
export interface Word {
  kind: 'cpuid' | 'msr'
  /** Leaf of CPUID (EAX in), or index of the MSR. */
  leaf: number
  /** Subleaf of CPUID (ECX in). */
  sub: number
  register: Register
}

/** A set of features. */
export type FeatureSet = bigint

export interface X86Feature {
  readonly name: string
  readonly set: FeatureSet
  readonly word: Word
  readonly bit: number
}

export interface X86Model {
  readonly name: string
  /** The version that the name stands for. */
  readonly canonical: string | undefined
  readonly vendor: string | undefined
  readonly signatures: readonly Signature[]
  readonly features: FeatureSet
  /** Features that hypervisors' model of the name always had, but libvirt's has only been told of later: not in `features`. */
  readonly added: FeatureSet
  /** Features that the model had once: not in `features`, and always named in definitions. */
  readonly removed: FeatureSet
  /** Whether it may be chosen to describe a host or a guest. */
  readonly decode: ReadonlySet<string>
  /** How a partial check of a guest is done: `compat` by libvirt, otherwise by the hypervisor. */
  readonly check: string | undefined
}

interface ModelData {
  of?: string
  decode?: string
  check?: string
  vendor?: string
  signatures?: string
  like?: string
  without?: string
  features?: string
  added?: string
  removed?: string
}

interface TableData {
  vendors: Record<string, string>
  words: Record<string, string>
  unmigratable: string[]
  aliases: Record<string, Record<string, string>>
  models: Record<string, ModelData>
}

export interface X86Map {
  /** Vendors by the text of CPUID. */
  readonly vendors: ReadonlyMap<string, string>
  readonly vendorTexts: ReadonlyMap<string, string>
  readonly features: readonly X86Feature[]
  readonly feature: ReadonlyMap<string, X86Feature>
  /** Other names of features, by who uses them. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Features that a guest cannot take along. */
  readonly unmigratable: ReadonlySet<string>
  /** In the order of the table: newer ones of a family come later. */
  readonly models: readonly X86Model[]
  readonly model: ReadonlyMap<string, X86Model>
}

const list = (names = ''): string[] => names.split(' ').filter(Boolean)

function readWord(text: string): Word {
  const [kind, leaf, sub, register = sub] = text.split(' ')
  const isMsr = kind === 'msr'
  return {
    kind: isMsr ? 'msr' : 'cpuid',
    leaf: Number(leaf),
    sub: isMsr ? 0 : Number(sub),
    register: register as Register,
  }
}

function readFeatures(words: Record<string, string>): X86Feature[] {
  const features: X86Feature[] = []
  for (const [text, names] of Object.entries(words)) {
    const word = readWord(text)
    for (const [bit, name] of list(names).entries())
      if (name !== '-') features.push({ name, set: 1n << BigInt(features.length), word, bit })
  }
  return features
}

type Sets = Readonly<Pick<X86Model, 'features' | 'added' | 'removed'>>
const nothing: Sets = { features: 0n, added: 0n, removed: 0n }

/** A model's features: what it says of some, on top of what another has. */
function setsOf(data: ModelData, base: Sets, setOf: (names: string | undefined) => FeatureSet): Sets {
  const said = { features: setOf(data.features), added: setOf(data.added), removed: setOf(data.removed) }
  const other = ~(said.features | said.added | said.removed | setOf(data.without))
  return {
    features: (base.features & other) | said.features,
    added: (base.added & other) | said.added,
    removed: (base.removed & other) | said.removed,
  }
}

function readModels(data: TableData, feature: ReadonlyMap<string, X86Feature>): X86Model[] {
  const setOf = (names: string | undefined) => list(names).reduce((set, its) => set | (feature.get(its)?.set ?? 0n), 0n)
  const sets = new Map<string, Sets>()
  const models = new Map<string, X86Model>()
  const versions = new Map(Object.entries(data.models).map(([name, { of }]) => [of, name]))
  for (const [name, one] of Object.entries(data.models)) {
    const its = setsOf(one, sets.get(one.like ?? one.of ?? '') ?? nothing, setOf)
    sets.set(name, its)
    const ancestor = models.get(one.of ?? '')
    models.set(name, {
      name,
      canonical: versions.get(name),
      vendor: one.vendor ?? ancestor?.vendor,
      signatures: one.signatures === undefined ? (ancestor?.signatures ?? []) : readSignatures(one.signatures),
      ...its,
      decode: new Set(list(one.decode)),
      check: one.check,
    })
  }
  return [...models.values()]
}

function load(): X86Map {
  const data = JSON.parse(tables.x86 ?? '') as TableData
  const features = readFeatures(data.words)
  const feature = new Map(features.map((one) => [one.name, one]))
  const models = readModels(data, feature)
  return {
    vendors: new Map(Object.entries(data.vendors).map(([name, text]) => [text, name])),
    vendorTexts: new Map(Object.entries(data.vendors)),
    features,
    feature,
    aliases: data.aliases,
    unmigratable: new Set(data.unmigratable),
    models,
    model: new Map(models.map((one) => [one.name, one])),
  }
}

let loaded: X86Map | undefined

/** The table, read on first use. */
export function x86Map(): X86Map {
  loaded ??= load()
  return loaded
}

/** Names of a set's features, in the order of the table. */
export function namesOf(set: FeatureSet): string[] {
  const bits = set.toString(2)
  const { features } = x86Map()
  const names: string[] = []
  for (let i = bits.length - 1; i >= 0; i--) if (bits[i] === '1') names.push(features[bits.length - 1 - i]?.name ?? '')
  return names
}

/** How many features a set has. */
export function sizeOf(set: FeatureSet): number {
  let size = 0
  for (const bit of set.toString(2)) if (bit === '1') size++
  return size
}

/** Whether a model is of a processor with this signature. */
export function hasSignature({ signatures }: X86Model, signature: Signature): boolean {
  return signatures.some((one) => matchesSignature(one, signature))
}
