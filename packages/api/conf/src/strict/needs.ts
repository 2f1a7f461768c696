// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules of strict checking that come again and again.
import type { Content, StrictRule } from '../lang/field.js'

/** The first of the names that is neither an attribute nor a child; `<name>` is a child only. */
function missing({ attributes, children }: Content, names: readonly string[]): string | undefined {
  const name = names.find((one) =>
    one.startsWith('<') ? !children.has(one.slice(1, -1)) : !attributes.has(one) && !children.has(one),
  )
  return name === undefined ? undefined : `${name} is missing`
}

/** The value of a field that says which others there are; empty when it is not said. */
const wordOf = ({ attributes, values }: Content, key: string): string =>
  String(values.get(key) ?? attributes.get(key) ?? '')

/** What has to be there depends on another field: names in the XML by its value. */
export function needs(key: string, table: Readonly<Record<string, readonly string[]>>): StrictRule {
  return (content) => missing(content, table[wordOf(content, key)] ?? [])
}

/** At most one of the attributes and children may be there. */
export function atMostOne(...names: string[]): StrictRule {
  return ({ attributes, children }) => {
    const found = names.filter((one) => attributes.has(one) || children.has(one))
    return found.length > 1 ? `${found.join(' and ')} exclude each other` : undefined
  }
}

/** What may be there depends on another field: names in the XML by its value; other values have all of them. */
export function only(
  key: string,
  names: readonly string[],
  table: Readonly<Record<string, readonly string[]>>,
): StrictRule {
  return (content) => {
    const { attributes, children } = content
    const value = wordOf(content, key)
    const may = table[value]
    const odd = may && names.find((one) => (attributes.has(one) || children.has(one)) && !may.includes(one))
    return odd === undefined ? undefined : `${odd} does not belong to ${key} ${value}`
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
