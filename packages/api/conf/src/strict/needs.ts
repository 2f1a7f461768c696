// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules of strict checking that come again and again.
import type { Content, StrictRule } from '../lang/field.js'

/** The first of the names that is neither an attribute nor a child. */
function missing({ attributes, children }: Content, names: readonly string[]): string | undefined {
  const name = names.find((one) => !attributes.has(one) && !children.has(one))
  return name === undefined ? undefined : `${name} is missing`
}

/** What has to be there depends on another field: names in the XML by its value. */
export function needs(key: string, table: Readonly<Record<string, readonly string[]>>): StrictRule {
  return (content) => missing(content, table[String(content.values.get(key))] ?? [])
}

/** At most one of the attributes and children may be there. */
export function atMostOne(...names: string[]): StrictRule {
  return ({ attributes, children }) => {
    const found = names.filter((one) => attributes.has(one) || children.has(one))
    return found.length > 1 ? `${found.join(' and ')} exclude each other` : undefined
  }
}

/** All rules have to hold. */
export function all(...rules: StrictRule[]): StrictRule {
  return (content) => {
    for (const rule of rules) {
      const wrong = rule(content)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}
