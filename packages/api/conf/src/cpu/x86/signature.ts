// SPDX-License-Identifier: LGPL-2.1-or-later
// Family, model and stepping of a processor, as EAX of CPUID leaf 1 has them.

/** What a model's signature says: without a stepping it means all of them. */
export interface Signature {
  family: number
  model: number
  stepping?: number | undefined
  /** Last stepping of a range. */
  lastStepping?: number | undefined
}

/** Reads `6/94 6/85/5-7`: family, model and, if it matters, the stepping. */
export function readSignatures(text: string): Signature[] {
  return text.split(' ').map((one) => {
    const [family, model, steppings] = one.split('/')
    const [stepping, lastStepping = stepping] = steppings?.split('-') ?? []
    const known = { family: Number(family), model: Number(model) }
    return stepping === undefined ? known : { ...known, stepping: Number(stepping), lastStepping: Number(lastStepping) }
  })
}

/** Whether a processor has the signature a model names. */
export function matchesSignature(wanted: Signature, { family, model, stepping = 0 }: Signature): boolean {
  if (wanted.family !== family || wanted.model !== model) return false
  const { stepping: first, lastStepping: last = first } = wanted
  return first === undefined || last === undefined || (first <= stepping && stepping <= last)
}

/** The register of a signature. A family above 15 is 15 and what exceeds it; the type of processor is 0. */
export function packSignature({ family, model, stepping = 0 }: Signature): number {
  const beyond = Math.max(0, family - 0xf)
  const packed = (beyond << 20) | ((model >> 4) << 16) | ((family - beyond) << 8) | ((model & 0xf) << 4)
  return (packed | (stepping & 0xf)) >>> 0
}

/** The signature in a register. */
export function unpackSignature(eax: number): Required<Pick<Signature, 'family' | 'model' | 'stepping'>> {
  return {
    family: ((eax >>> 20) & 0xff) + ((eax >>> 8) & 0xf),
    model: ((eax >>> 12) & 0xf0) + ((eax >>> 4) & 0xf),
    stepping: eax & 0xf,
  }
}
