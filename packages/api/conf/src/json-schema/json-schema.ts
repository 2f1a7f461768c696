// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON Schema (draft 2020-12) of what `fromInput` takes, and so of every typed document as JSON: bigints that JSON cannot
// hold are texts of digits.
import { Element, type ElementRef, type Field } from '../lang/field.js'
import type { Value } from '../lang/value.js'
import type { DocumentHooks } from '../runtime/context.js'

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** Where an element's record has a word that is not in its XML: see `tagOf` and `choice`. */
type Tags = Readonly<Record<string, string>>

const digits = { type: 'string', pattern: '^-?[0-9]+$' }
const amount: JsonSchema = {
  description: "An amount in the document's unit, or with one of its own, as '4 GiB'",
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^ *[0-9]+(\\.[0-9]+)? *([bB]|[bB]ytes?|[kKmMgGtTpPeE]([iI]?[bB])?)? *$' },
  ],
}
const anyXml: JsonSchema = {
  description: 'XML: its text, or as a tree',
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      required: ['name', 'attributes', 'children'],
      properties: {
        name: { type: 'string' },
        attributes: { type: 'object', additionalProperties: { type: 'string' } },
        children: { type: 'array', items: { $ref: '#/$defs/xml' } },
      },
    },
  ],
}

const elementOf = (ref: ElementRef): Element => (ref instanceof Element ? ref : ref())
const capital = (name: string): string =>
  name.replace(/(?:^|[^A-Za-z0-9]+)(.)?/g, (_, next?: string) => next?.toUpperCase() ?? '')
const isList = ({ shape }: Field): boolean =>
  ['leaves', 'children', 'wrapped'].includes(shape.kind) || (shape.kind === 'choice' && shape.many)
/** What stands for "it has to be absent": an empty list is as good. */
const absent = (field: Field): JsonSchema | false => (isList(field) ? { type: 'array', maxItems: 0 } : false)

class SchemaWriter {
  readonly defs: Record<string, JsonSchema> = { xml: anyXml, amount }
  readonly #names = new Map<string, string>()
  readonly #ids = new Map<Element, number>()
  readonly #hooks: DocumentHooks

  constructor(hooks: DocumentHooks) {
    this.#hooks = hooks
  }

  /** A reference to an element's definition. */
  element(ref: ElementRef, owner: string, key: string, tags: Tags = {}): JsonSchema {
    const element = elementOf(ref)
    if (!this.#ids.has(element)) this.#ids.set(element, this.#ids.size)
    const id = `${this.#ids.get(element)} ${JSON.stringify(tags)}`
    let name = this.#names.get(id)
    if (name === undefined) {
      name = this.#freeName(element.typeName ?? owner + capital(key), tags)
      this.#names.set(id, name)
      this.defs[name] = {}
      this.defs[name] = this.#object(element, name, tags)
    }
    const $ref = { $ref: `#/$defs/${name}` }
    const body = Object.values(element.fields).find(({ shape }) => shape.kind === 'body' || shape.kind === 'scaledBody')
    return body === undefined || Object.keys(tags).length > 0
      ? $ref
      : { anyOf: [$ref, this.#field(body, name, 'text')] }
  }

  #freeName(base: string, tags: Tags): string {
    const wanted = base + Object.values(tags).map(capital).join('')
    for (let i = 1; ; i++) {
      const name = i === 1 ? wanted : `${wanted}${i}`
      if (this.defs[name] === undefined) return name
    }
  }

  #object(element: Element, owner: string, tags: Tags): JsonSchema {
    const properties: Record<string, unknown> = {}
    const required = Object.keys(tags)
    const conditions: JsonSchema[] = []
    for (const [key, value] of Object.entries(tags)) properties[key] = { const: value }
    const fields = new Map(Object.entries(element.fields))
    for (const [key, field] of fields) {
      const { shape } = field
      if (shape.kind === 'tagOf') {
        properties[shape.key] = this.#outer(field, owner)
        if (field.isRequired && field.fallback === undefined) required.push(shape.key)
      } else if (shape.kind === 'by') {
        properties[key] ??= true
        conditions.push(...this.#forms(key, field, fields, owner))
      } else if (properties[key] === undefined || properties[key] === true) {
        const schema = this.#field(field, owner, key)
        properties[key] = field.about === undefined ? schema : { description: field.about, ...schema }
        if (field.only !== undefined)
          conditions.push({
            if: this.#holds(fields, field.only.key, [...field.only.values]),
            else: { properties: { [key]: absent(field) } },
          })
        else if (field.isRequired && shape.kind === 'attr' && field.fallback === undefined) required.push(key)
      }
    }
    if (element.hasNamespaces) properties.namespaces = this.#namespaces(owner)
    return {
      description: element.about ?? `<${element.name}>`,
      type: 'object',
      properties,
      additionalProperties: false,
      ...(required.length > 0 ? { required } : {}),
      ...(conditions.length > 0 ? { allOf: conditions } : {}),
    }
  }

  /** That a field has one of these values, which it may have by default. */
  #holds(fields: ReadonlyMap<string, Field>, key: string, values: readonly unknown[]): JsonSchema {
    const byDefault = values.includes(fields.get(key)?.fallback)
    return { properties: { [key]: { enum: values } }, ...(byDefault ? {} : { required: [key] }) }
  }

  #forms(key: string, field: Field, fields: ReadonlyMap<string, Field>, owner: string): JsonSchema[] {
    if (field.shape.kind !== 'by') return []
    const { key: discriminator, table } = field.shape
    const made = Object.entries(table).map(([value, one]) => ({
      anyOf: [
        { not: this.#holds(fields, discriminator, [value]) },
        { properties: { [key]: this.#field(one, owner + capital(value), key) } },
      ],
    }))
    const [first] = Object.values(table)
    const none = first === undefined ? false : absent(first)
    const other = {
      if: this.#holds(fields, discriminator, Object.keys(table)),
      else: { properties: { [key]: none } },
    }
    return [...made, other]
  }

  /** A child whose word stands on its parent. */
  #outer(field: Field, owner: string): JsonSchema {
    const { shape } = field
    if (shape.kind !== 'tagOf') return {}
    const schema = this.element(shape.element, owner, shape.key)
    const word = { properties: { [shape.tag]: this.#value(shape.value) } }
    return { allOf: [schema, field.fallback === undefined ? { ...word, required: [shape.tag] } : word] }
  }

  #value(value: Value): JsonSchema {
    if (value.ts === 'bigint') return { anyOf: [value.json, digits] }
    return value.json
  }

  #field(field: Field, owner: string, key: string): JsonSchema {
    const { shape } = field
    switch (shape.kind) {
      case 'attr':
      case 'leaf':
      case 'body':
      case 'only':
      case 'tag': {
        const value = this.#value(shape.value)
        return field.blank === undefined ? value : { anyOf: [value, { const: field.blank }] }
      }
      case 'leaves':
        return { type: 'array', items: this.#value(shape.value) }
      case 'scaled':
      case 'scaledAttr':
      case 'scaledBody':
        return { $ref: '#/$defs/amount' }
      case 'flag':
        return { type: 'boolean' }
      case 'child':
        return this.element(shape.element, owner, key)
      case 'children':
      case 'wrapped':
        return { type: 'array', items: this.element(shape.element, owner, key.replace(/s$/, '')) }
      case 'choice': {
        const anyOf = shape.elements.map((one) => this.element(one, owner, one.name, { [shape.tag]: one.name }))
        return shape.many ? { type: 'array', items: { anyOf } } : { anyOf }
      }
      case 'opaque':
        return { $ref: '#/$defs/xml' }
      case 'virtual':
        return shape.json
      case 'custom':
        return shape.custom.reads === undefined ? {} : this.element(shape.custom.reads, owner, key)
      default:
        return {}
    }
  }

  #namespaces(owner: string): JsonSchema {
    const known = this.#hooks.namespaces ?? []
    return {
      description: "Elements of drivers' namespaces, by prefix",
      type: 'object',
      properties: Object.fromEntries(
        known.map(({ prefix, element }) => [prefix, this.element(element, owner, `namespace-${prefix}`)]),
      ),
      additionalProperties: false,
    }
  }
}

/** The schema of documents with that root. */
export function jsonSchemaOf(root: Element, hooks: DocumentHooks): JsonSchema {
  const writer = new SchemaWriter(hooks)
  const start = writer.element(root, '', root.typeName ?? root.name)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `<${root.name}>`,
    ...start,
    $defs: writer.defs,
  }
}
