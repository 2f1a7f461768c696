// SPDX-License-Identifier: LGPL-2.1-or-later
// Field access by name, one function per field: each keeps its own inline cache, where one shared `record[key]` would
// be megamorphic and cost several times as much. Making one costs as much as a hundred slow accesses, so that only fields
// that are used often get theirs; where the process forbids making code, plain closures do.
import type { Rec } from './context.js'

export type Setter = (record: Rec, value: unknown) => void

/** Accesses after which a field has its own function. */
const often = 2000
let allowed = true

function make<F>(parameters: string, body: string): F | undefined {
  if (!allowed) return undefined
  try {
    return new Function(parameters, body) as F
  } catch {
    allowed = false
    return undefined
  }
}

/** A function that sets `key`. */
export function setter(key: string): Setter {
  let own: Setter | undefined
  let uses = 0
  return (record, value) => {
    if (own !== undefined) own(record, value)
    else {
      record[key] = value
      if (++uses === often) own = make('r,v', `r[${JSON.stringify(key)}]=v`)
    }
  }
}

/** A function that makes records which hold `value` under each of the keys. All have one shape from the first on. */
export function maker(keys: readonly string[], value: unknown): () => Rec {
  if (keys.length === 0) return () => ({})
  const own = make<(value: unknown) => Rec>('v', `return {${keys.map((key) => `${JSON.stringify(key)}:v`).join(',')}}`)
  return own === undefined ? () => Object.fromEntries(keys.map((key) => [key, value])) : () => own(value)
}
