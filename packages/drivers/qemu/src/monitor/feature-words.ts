// SPDX-License-Identifier: LGPL-2.1-or-later
// The CPU that a guest really sees, in the words of its processor's own registers.
import type { Json } from '@virt/core'
import { internalError } from '../errors.js'
import { numberOf, objectsOf, textOf } from './json-access.js'

/** One answer of the CPUID instruction. */
export interface CpuidLeaf {
  readonly eaxIn: number
  readonly ecxIn: number
  eax: number
  ebx: number
  ecx: number
  edx: number
}

const registers: Readonly<Record<string, 'eax' | 'ebx' | 'ecx' | 'edx'>> = {
  EAX: 'eax',
  EBX: 'ebx',
  ECX: 'ecx',
  EDX: 'edx',
}

/**
 * The leaves with anything in them, lowest first.
 * @param words what `qom-get` answers for `feature-words` or `filtered-features`
 * @throws VirtError for what is no such thing
 */
export function leavesOf(words: Json): CpuidLeaf[] {
  const leaves = new Map<string, CpuidLeaf>()
  for (const word of objectsOf(words, 'feature-words')) {
    const register = registers[textOf(word, 'cpuid-register') ?? '']
    const eaxIn = numberOf(word, 'cpuid-input-eax')
    const features = numberOf(word, 'features')
    if (register === undefined) throw internalError('unknown CPU register')
    if (eaxIn === undefined || features === undefined) throw internalError('missing or invalid CPU feature data')
    if (features === 0) continue
    const ecxIn = numberOf(word, 'cpuid-input-ecx') ?? 0
    const key = `${eaxIn}:${ecxIn}`
    const leaf = leaves.get(key) ?? { eaxIn, ecxIn, eax: 0, ebx: 0, ecx: 0, edx: 0 }
    leaf[register] = (leaf[register] | features) >>> 0
    leaves.set(key, leaf)
  }
  return [...leaves.values()].sort((a, b) => a.eaxIn - b.eaxIn || a.ecxIn - b.ecxIn)
}
