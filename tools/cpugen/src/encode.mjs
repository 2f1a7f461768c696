// SPDX-License-Identifier: GPL-2.0-or-later
// The compact form of a table. Bits are lists of names, and a model's features what it has more and less than another's.

const kinds = ['features', 'added', 'removed']

/** Names by bit, in words; `-` where a bit has none. The order of words and bits is the order of features. */
function words(features) {
  const found = new Map()
  for (const { name, at } of features) {
    const names = found.get(at.word) ?? []
    found.set(at.word, names)
    if (at.bit < names.length) throw new Error(`${name} is not in the order of bits`)
    while (names.length < at.bit) names.push('-')
    names.push(name)
  }
  return Object.fromEntries([...found].map(([word, names]) => [word, names.join(' ')]))
}

/** How a model's features differ from another's. */
function difference(features, base) {
  const parts = { without: [...base.keys()].filter((name) => !features.has(name)) }
  for (const kind of kinds)
    parts[kind] = [...features].filter(([name, its]) => its === kind && base.get(name) !== kind).map(([name]) => name)
  return Object.fromEntries(Object.entries(parts).flatMap(([k, names]) => (names.length ? [[k, names.join(' ')]] : [])))
}

/** The shortest way to say a model's features: alone, or like one before. */
function encodeFeatures(model, before) {
  let best = difference(model.features, new Map())
  for (const { name, features } of before) {
    const one = { like: name, ...difference(model.features, features) }
    if (JSON.stringify(one).length < JSON.stringify(best).length) best = one
  }
  return best
}

const isEmpty = (v) => v === undefined || v === '' || (typeof v === 'object' && Object.keys(v).length === 0)
const filled = (record) => Object.fromEntries(Object.entries(record).filter(([, v]) => !isEmpty(v)))

/** Fails for names that the table does not have. */
function checkNames({ vendors, features, models }) {
  const known = new Set([...features, ...models, ...vendors].map(({ name }) => name))
  for (const { name, of, vendor, features: its } of models)
    for (const word of [...its.keys(), of, vendor])
      if (word !== undefined && !known.has(word)) throw new Error(`model ${name} speaks of ${word}, which is not there`)
}

/** A table as data. */
export function encode(table) {
  checkNames(table)
  const { vendors, features, models } = table
  const aliases = features.flatMap(({ name, aliases: all }) => all.map((alias) => [alias, name]))
  const sources = [...new Set(aliases.map(([{ source }]) => source))]
  const bits = features.every(({ at }) => at)
  return filled({
    vendors: Object.fromEntries(vendors.map(({ name, string, value }) => [name, string ?? value ?? ''])),
    ...(bits ? { words: words(features) } : { features: features.map(({ name }) => name).join(' ') }),
    unmigratable: features.filter(({ migratable }) => !migratable).map(({ name }) => name),
    ...(aliases.length > 0 && {
      aliases: Object.fromEntries(
        sources.map((source) => [
          source,
          Object.fromEntries(aliases.filter(([a]) => a.source === source).map(([a, name]) => [a.name, name])),
        ]),
      ),
    }),
    models: Object.fromEntries(
      models.map((model, i) => [
        model.name,
        filled({
          of: model.of,
          decode: model.decode.join(' '),
          check: model.check,
          vendor: model.vendor,
          signatures: model.signatures.join(' '),
          pvr: model.pvr.join(' '),
          ...encodeFeatures(model, models.slice(0, i)),
        }),
      ]),
    ),
  })
}

/** Text of a record: what is nested to `depth` on lines of its own, the rest in one. */
export function format(value, depth, indent = '') {
  if (depth === 0 || typeof value !== 'object' || Array.isArray(value)) return inline(value)
  const inner = `${indent}  `
  const lines = Object.entries(value).map(
    ([key, one]) => `${inner}${JSON.stringify(key)}: ${format(one, depth - 1, inner)}`,
  )
  return `{\n${lines.join(',\n')}\n${indent}}`
}

function inline(value) {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([k, v]) => `${JSON.stringify(k)}: ${inline(v)}`)
    .join(', ')} }`
}
