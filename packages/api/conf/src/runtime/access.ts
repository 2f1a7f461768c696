// SPDX-License-Identifier: LGPL-2.1-or-later
// Field access by name, one function per field: each keeps its own inline cache, where one shared `record[key]` would
// be megamorphic and cost several times as much. Where the process forbids making code, plain closures do.
import type { Rec } from './context.js'

export type Setter = (record: Rec, value: unknown) => void
export type Getter = (record: Rec) => unknown

let allowed = true

function make<F>(parameters: string, body: string, plain: F): F {
  if (!allowed) return plain
  try {
    return new Function(parameters, body) as F
  } catch {
    allowed = false
    return plain
  }
}

/** A function that sets `key`. */
export function setter(key: string): Setter {
  return make<Setter>('r,v', `r[${JSON.stringify(key)}]=v`, (record, value) => {
    record[key] = value
  })
}

/** A function that gets `key`. */
export function getter(key: string): Getter {
  return make<Getter>('r', `return r[${JSON.stringify(key)}]`, (record) => record[key])
}
