// SPDX-License-Identifier: LGPL-2.1-or-later
// What CPUID and MSRs say of a processor.
import { ErrorNumber } from '@virt/core'
import type { XmlTree } from '../../runtime/tree.js'
import { cpuError } from '../definition.js'
import { type FeatureSet, type Register, type Word, x86Map } from './map.js'
import { packSignature, type Signature, unpackSignature } from './signature.js'

/** Answer of CPUID to a leaf and subleaf. */
export interface CpuidLeaf {
  leaf: number
  sub: number
  eax: number
  ebx: number
  ecx: number
  edx: number
}

/** Value of a model specific register. */
export interface MsrValue {
  index: number
  /** Low half. */
  eax: number
  /** High half. */
  edx: number
}

/** Data of an x86 processor. Each leaf and register is there once. */
export interface X86Data {
  kind: 'x86'
  cpuid: readonly CpuidLeaf[]
  msr: readonly MsrValue[]
}

const registers = ['eax', 'ebx', 'ecx', 'edx'] as const

export const noX86Data: X86Data = { kind: 'x86', cpuid: [], msr: [] }

const isZero = (one: { eax: number; ebx?: number; ecx?: number; edx: number }) =>
  (one.eax | (one.ebx ?? 0) | (one.ecx ?? 0) | one.edx) === 0

function registerOf(data: X86Data, word: Word): number {
  const found =
    word.kind === 'msr'
      ? data.msr.find(({ index }) => index === word.leaf)
      : data.cpuid.find(({ leaf, sub }) => leaf === word.leaf && sub === word.sub)
  return (found as Partial<Record<Register, number>> | undefined)?.[word.register] ?? 0
}

/** The data with a register's bits added. */
function withBits(data: X86Data, word: Word, bits: number): X86Data {
  if (word.kind === 'msr') {
    const before = data.msr.find(({ index }) => index === word.leaf) ?? { index: word.leaf, eax: 0, edx: 0 }
    const value = registerOf(data, word) | bits
    const one = { ...before, [word.register]: value >>> 0 }
    return { ...data, msr: [...data.msr.filter((its) => its !== before), one].sort((a, b) => a.index - b.index) }
  }
  const before = data.cpuid.find(({ leaf, sub }) => leaf === word.leaf && sub === word.sub)
  const empty = { leaf: word.leaf, sub: word.sub, eax: 0, ebx: 0, ecx: 0, edx: 0 }
  const one = { ...(before ?? empty), [word.register]: (registerOf(data, word) | bits) >>> 0 }
  const cpuid = [...data.cpuid.filter((its) => its !== before), one]
  return { ...data, cpuid: cpuid.sort((a, b) => a.leaf - b.leaf || a.sub - b.sub) }
}

/** What a processor is asked to be known: leaves of CPUID with their subleaves, and numbers of model specific registers. */
export interface X86Questions {
  cpuid: Pick<CpuidLeaf, 'leaf' | 'sub'>[]
  msr: number[]
}

/** The questions whose answers the table of features, vendors and signatures has a use for. */
export function x86Questions(): X86Questions {
  const words = new Set(x86Map().features.map(({ word }) => word))
  const cpuid = new Map([0, 1].map((leaf) => [`${leaf} 0`, { leaf, sub: 0 }]))
  const msr = new Set<number>()
  for (const { kind, leaf, sub } of words)
    if (kind === 'msr') msr.add(leaf)
    else cpuid.set(`${leaf} ${sub}`, { leaf, sub })
  return { cpuid: [...cpuid.values()], msr: [...msr] }
}

/** All features that the data has. */
export function featuresIn(data: X86Data): FeatureSet {
  const values = new Map<Word, number>()
  let set = 0n
  for (const { word, bit, set: one } of x86Map().features) {
    let value = values.get(word)
    if (value === undefined) {
      value = registerOf(data, word)
      values.set(word, value)
    }
    if ((value >>> bit) & 1) set |= one
  }
  return set
}

/** The data with more features. */
export function withFeatures(data: X86Data, set: FeatureSet): X86Data {
  const words = new Map<Word, number>()
  for (const { word, bit, set: one } of x86Map().features)
    if (set & one) words.set(word, (words.get(word) ?? 0) | (1 << bit))
  let all = data
  for (const [word, bits] of words) all = withBits(all, word, bits)
  return all
}

const leaf0 = (register: Register): Word => ({ kind: 'cpuid', leaf: 0, sub: 0, register })
const vendorRegisters = ['ebx', 'edx', 'ecx'] as const
const leaf1: Word = { kind: 'cpuid', leaf: 1, sub: 0, register: 'eax' }

/** Name of the vendor, if it is one of the table. */
export function vendorIn(data: X86Data): string | undefined {
  const text = vendorRegisters.map((register) => {
    const value = registerOf(data, leaf0(register))
    return String.fromCharCode(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24)
  })
  return x86Map().vendors.get(text.join(''))
}

/**
 * The data with a vendor.
 * @param text the twelve characters of CPUID leaf 0
 * @throws VirtError internal error: another length
 */
export function withVendor(data: X86Data, text: string): X86Data {
  if (text.length !== 12) throw cpuError(ErrorNumber.INTERNAL_ERROR, `Invalid CPU vendor string '${text}'`)
  let all = data
  for (const [i, register] of vendorRegisters.entries()) {
    const code = (n: number) => text.charCodeAt(4 * i + n) & 0xff
    all = withBits(all, leaf0(register), code(0) | (code(1) << 8) | (code(2) << 16) | (code(3) << 24))
  }
  return all
}

/** Bits of leaf 1 that are not reserved. */
const signatureBits = 0x0fff3fff

/** The processor's signature, unless all of it is zero or not there. */
export function signatureIn(data: X86Data): Required<Pick<Signature, 'family' | 'model' | 'stepping'>> | undefined {
  const eax = registerOf(data, leaf1) & signatureBits
  return eax === 0 ? undefined : unpackSignature(eax)
}

/** The data with a signature. */
export function withSignature(data: X86Data, signature: Signature): X86Data {
  return withBits(data, leaf1, packSignature(signature))
}

/** Features of the hypervisor's own leaves. They are in no model; a guest's data is only asked for them. */
const hypervisorFeatures: Readonly<Record<string, readonly [leaf: number, eax: number]>> = {
  kvm_pv_unhalt: [0x40000001, 0x80],
  'hv-runtime': [0x40000003, 0x1],
  'hv-synic': [0x40000003, 0x4],
  'hv-stimer': [0x40000003, 0x8],
  'hv-relaxed': [0x40000003, 0x20],
  'hv-vapic': [0x40000003, 0x30],
  'hv-vpindex': [0x40000003, 0x40],
  'hv-reset': [0x40000003, 0x80],
  'hv-frequencies': [0x40000003, 0x800],
  'hv-reenlightenment': [0x40000003, 0x2000],
  'hv-tlbflush': [0x40000004, 0x4],
  'hv-ipi': [0x40000004, 0x400],
  'hv-evmcs': [0x40000004, 0x4000],
}

/** The register and bits of a feature, of the processor's or the hypervisor's leaves. */
function bitsOfFeature(name: string): { word: Word; bits: number } | undefined {
  const feature = x86Map().feature.get(name)
  if (feature) return { word: feature.word, bits: (1 << feature.bit) >>> 0 }
  const its = hypervisorFeatures[name]
  return its && { word: { kind: 'cpuid', leaf: its[0], sub: 0, register: 'eax' }, bits: its[1] }
}

/** @throws VirtError internal error: no such feature */
export function dataHasFeature(data: X86Data, name: string): boolean {
  const feature = bitsOfFeature(name)
  if (!feature) throw cpuError(ErrorNumber.INTERNAL_ERROR, `unknown CPU feature ${name}`)
  return (registerOf(data, feature.word) & feature.bits) >>> 0 === feature.bits
}

/** The data with one more feature; unknown ones change nothing. */
export function withFeature(data: X86Data, name: string): X86Data {
  const feature = bitsOfFeature(name)
  return feature ? withBits(data, feature.word, feature.bits) : data
}

/** Whether a feature is told by an MSR. */
export function isMsrFeature(name: string): boolean {
  return bitsOfFeature(name)?.word.kind === 'msr'
}

/** Whether nothing is set at all. */
export function isBlank(data: X86Data): boolean {
  return data.cpuid.every(isZero) && data.msr.every(isZero)
}

export function identicalX86(a: X86Data, b: X86Data): boolean {
  const text = ({ cpuid, msr }: X86Data) =>
    [
      ...cpuid.map((one) => [one.leaf, one.sub, ...registers.map((register) => one[register])].join()),
      ...msr.map(({ index, eax, edx }) => `msr ${[index, eax, edx].join()}`),
    ].sort()
  return text(a).join(' ') === text(b).join(' ')
}

const number = (raw: string | undefined): number | undefined =>
  raw !== undefined && /^\s*(0[xX][0-9a-fA-F]{1,8}|\d{1,10})$/.test(raw) && Number(raw) <= 0xffffffff
    ? Number(raw)
    : undefined

/** Reads the children of `<cpudata arch='x86'>`. @throws VirtError internal error: not of its form */
export function readX86Data(tree: XmlTree): X86Data {
  const elements = tree.children.filter((one) => typeof one !== 'string')
  if (elements.length === 0) throw cpuError(ErrorNumber.INTERNAL_ERROR, 'no x86 CPU data found')
  let data = noX86Data
  for (const [i, { name, attributes }] of elements.entries()) {
    const kind = name === 'cpuid' ? 'cpuid' : 'msr'
    const leaf = number(kind === 'cpuid' ? attributes.eax_in : attributes.index)
    const sub = kind === 'cpuid' ? number(attributes.ecx_in ?? '0') : 0
    const values = registers.map((register) => [register, number(attributes[register] ?? '0')] as const)
    if (leaf === undefined || sub === undefined || values.some(([, value]) => value === undefined))
      throw cpuError(ErrorNumber.INTERNAL_ERROR, `Invalid ${kind}[${i}]`)
    for (const [register, value = 0] of values)
      if (kind === 'cpuid' || register === 'eax' || register === 'edx')
        data = withBits(data, { kind, leaf, sub, register }, value)
  }
  return data
}

const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`

/** `<cpudata arch='x86'>`; leaves and registers without any bit are left out. */
export function printX86Data({ cpuid, msr }: X86Data): string {
  const lines = [
    ...cpuid
      .filter((one) => !isZero(one))
      .map(
        (one) =>
          `  <cpuid eax_in='${hex(one.leaf)}' ecx_in='${hex(one.sub)}' ` +
          `${registers.map((register) => `${register}='${hex(one[register])}'`).join(' ')}/>\n`,
      ),
    ...msr
      .filter((one) => !isZero(one))
      .map(({ index, eax, edx }) => `  <msr index='0x${index.toString(16)}' eax='${hex(eax)}' edx='${hex(edx)}'/>\n`),
  ]
  return `<cpudata arch='x86'>\n${lines.join('')}</cpudata>\n`
}
