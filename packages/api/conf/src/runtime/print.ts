// SPDX-License-Identifier: LGPL-2.1-or-later
// Printing: every field is a small function of record and context that returns its text, concatenated in schema order.
import type { Element, Field, Test } from '../lang/field.js'
import { printScaled } from '../lang/scale.js'
import type { Value } from '../lang/value.js'
import { type Getter, getter } from './access.js'
import type { DocumentHooks, PrintContext, Rec } from './context.js'
import { escapeXml } from './escape.js'
import { KeyPaths } from './key-paths.js'
import { type ModeName, type ModeTest, modeBits, modeTest } from './modes.js'
import { elementOf } from './plan.js'
import { printTree, type XmlTree } from './tree.js'

/** State of one print. */
export class Printing implements PrintContext {
  readonly bits: number
  readonly hooks: DocumentHooks
  readonly root: Rec
  readonly parents: Rec[] = []
  /** Bits of the modes that anything in the document asked for: the others make no difference to it. */
  asked = 0
  /** Namespace prefix with its colon, while a namespace's elements are printed. */
  prefix = ''

  constructor(bits: number, hooks: DocumentHooks, root: Rec) {
    this.bits = bits
    this.hooks = hooks
    this.root = root
  }

  has(mode: ModeName): boolean {
    this.asked |= modeBits[mode]
    return (this.bits & modeBits[mode]) !== 0
  }
}

type AttributePrinter = (record: Rec, context: Printing) => string
type ChildPrinter = (record: Rec, context: Printing, indent: string) => string

/** The printers of records that have the same keys. */
interface Selection {
  attributes: readonly AttributePrinter[]
  children: readonly ChildPrinter[]
}

interface PrintPlan {
  name: string
  /** What is printed of a record, by its keys: records are sparse, schemas are long. */
  selections: KeyPaths<Selection>
  /** Printers in schema order; a field may have one of each kind. */
  attributes: (AttributePrinter | undefined)[]
  children: (ChildPrinter | undefined)[]
  /** Places in the lists above by the record's key, and those to look at whatever the record holds. */
  places: Map<string, number[]>
  always: number[]
  hasChildren: boolean
  body: ((record: Rec) => string) | undefined
  printsEmpty: boolean
  printsOpen: boolean
  printsSpaced: boolean
  hasNamespaces: boolean
  test: Test | undefined
  view: ((record: never, context: PrintContext) => object) | undefined
}

const plans = new WeakMap<Element, PrintPlan>()

function planOf(element: Element): PrintPlan {
  const made = plans.get(element)
  if (made) return made
  const plan: PrintPlan = {
    name: element.name,
    selections: new KeyPaths((record) => select(plan, record)),
    attributes: [],
    children: [],
    places: new Map(),
    always: [],
    hasChildren: false,
    body: undefined,
    printsEmpty: element.printsEmpty,
    printsOpen: element.printsOpen,
    printsSpaced: element.printsSpaced,
    hasNamespaces: element.hasNamespaces,
    test: element.test,
    view: element.viewer,
  }
  plans.set(element, plan)
  for (const [key, field] of Object.entries(element.fields)) add(plan, key, field)
  return plan
}

/** The printers for the keys a record has, in the order of the schema. */
function select(plan: PrintPlan, record: Rec): Selection {
  const places = [...plan.always]
  for (const key in record) places.push(...(plan.places.get(key) ?? []))
  places.sort((a, b) => a - b)
  return {
    attributes: places.flatMap((place) => plan.attributes[place] ?? []),
    children: places.flatMap((place) => plan.children[place] ?? []),
  }
}

const indents: string[] = []

/** The indentation of what is inside: the same strings each time, which no one has to make. */
function deeper(indent: string): string {
  const { length } = indent
  indents[length] ??= ' '.repeat(length + 2)
  return indents[length]
}

/** Prints an element with everything in it, lines starting with `indent`; empty when there is nothing to say. */
export function printElement(
  element: Element,
  source: Rec,
  context: Printing,
  indent: string,
  name: string = element.name,
): string {
  return printPlanned(planOf(element), source, context, indent, name)
}

/** As `printElement`, with the plan at hand: made at the first use, as elements may contain each other. */
function elementPrinter(
  element: Element,
  name: string = element.name,
): (source: Rec, context: Printing, indent: string) => string {
  let plan: PrintPlan | undefined
  return (source, context, indent) => {
    plan ??= planOf(element)
    return printPlanned(plan, source, context, indent, name)
  }
}

function printPlanned(plan: PrintPlan, source: Rec, context: Printing, indent: string, name: string): string {
  const tag = context.prefix + name
  const record = plan.view ? (plan.view(source as never, context) as Rec) : source
  if (plan.test && !plan.test(record as never, context)) return ''
  const selection = plan.selections.of(record)
  let attributes = ''
  for (const print of selection.attributes) attributes += print(record, context)
  if (plan.body) {
    const text = plan.body(record)
    if (text !== '' || !plan.hasChildren) {
      if (text !== '') return `${indent}<${tag}${attributes}>${text}</${tag}>\n`
      return attributes !== '' || plan.printsEmpty ? `${indent}<${tag}${attributes}/>\n` : ''
    }
  }
  const inner = deeper(indent)
  let children = ''
  if (selection.children.length > 0) {
    context.parents.push(record)
    for (const print of selection.children) children += print(record, context, inner)
    context.parents.pop()
  }
  if (plan.hasNamespaces && record.namespaces !== undefined) {
    const extra = printNamespaces(record.namespaces as Record<string, Rec>, context, inner)
    attributes += extra.attributes
    children += extra.children
  }
  if (plan.printsSpaced) children = space(children, inner)
  if (children !== '' || plan.printsOpen) return `${indent}<${tag}${attributes}>\n${children}${indent}</${tag}>\n`
  if (attributes !== '' || plan.printsEmpty) return `${indent}<${tag}${attributes}/>\n`
  return ''
}

/** Puts an empty line before, between and after the elements right inside, each of which has lines of its own. */
function space(children: string, indent: string): string {
  return `\n${children.replace(new RegExp(`^${indent}</.*$`, 'gm'), '$&\n')}`
}

function printNamespaces(
  data: Record<string, Rec>,
  context: Printing,
  indent: string,
): { attributes: string; children: string } {
  let attributes = ''
  let children = ''
  for (const namespace of context.hooks.namespaces ?? []) {
    const record = data[namespace.prefix]
    if (!record) continue
    context.prefix = `${namespace.prefix}:`
    let text = ''
    for (const print of planOf(namespace.element).children) text += print?.(record, context, indent) ?? ''
    context.prefix = ''
    if (text === '') continue
    attributes += ` xmlns:${namespace.prefix}='${escapeXml(namespace.uri)}'`
    children += text
  }
  return { attributes, children }
}

/** Numbers up to this one keep their text. */
const few = 64

/** The text of an attribute with a value. The few values that come again and again are put together once. */
function attributeFunction(name: string, value: Value): (raw: unknown) => string {
  const before = ` ${name}='`
  const print = textFunction(value)
  const make = (raw: unknown): string => `${before}${print(raw)}'`
  if (value.members !== undefined) {
    const made = new Map<unknown, string>()
    const remember = (raw: unknown): string => {
      const text = make(raw)
      if (made.size <= members.length) made.set(raw, text)
      return text
    }
    const { members } = value
    return (raw) => made.get(raw) ?? remember(raw)
  }
  if (value.ts === 'number') {
    const made = new Array<string | undefined>(few).fill(undefined)
    return (raw) => {
      const index = raw as number
      if (index >>> 0 !== index || index >= few) return make(raw)
      made[index] ??= make(raw)
      return made[index]
    }
  }
  return make
}

function textFunction(value: Value): (raw: unknown) => string {
  const print = value.print as ((raw: unknown) => string) | undefined
  if (value.plain) return print ?? String
  return print ? (raw) => escapeXml(print(raw)) : (raw) => escapeXml(String(raw))
}

const holds = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0)

type Gate = (record: Rec, context: Printing) => boolean

/** @param key where the record has what the field prints; absent when the field makes it up */
function gateOf(field: Field, key?: string): Gate | undefined {
  const gates: Gate[] = []
  const modes = [...(field.modes ?? []), ...(field.printModes ?? [])]
  if (modes.length > 0) {
    const { mask, want }: ModeTest = modeTest(modes)
    gates.push((record, context) => {
      if (key === undefined || holds(record[key])) context.asked |= mask
      return (context.bits & mask) === want
    })
  }
  const only = field.only
  if (only) gates.push((record) => only.values.has(record[only.key]))
  const test = field.test
  if (test) gates.push((record, context) => test(record as never, context))
  const [first, ...rest] = gates
  if (!first || rest.length === 0) return first
  return (record, context) => gates.every((gate) => gate(record, context))
}

function enter(
  plan: PrintPlan,
  key: string | undefined,
  attribute: AttributePrinter | undefined,
  child: ChildPrinter | undefined,
): void {
  const place = plan.attributes.length
  plan.attributes.push(attribute)
  plan.children.push(child)
  if (child !== undefined) plan.hasChildren = true
  if (key === undefined) plan.always.push(place)
  else plan.places.set(key, [...(plan.places.get(key) ?? []), place])
}

function add(plan: PrintPlan, key: string, field: Field): void {
  const shape = field.shape
  const gate = gateOf(field, field.shown || field.shape.kind === 'custom' ? undefined : key)
  switch (shape.kind) {
    case 'attr':
    case 'scaledAttr':
      enter(plan, field.shown ? undefined : key, attributePrinter(key, field, gate), undefined)
      return
    case 'tagOf':
      enter(plan, shape.key, attributePrinter(key, field, gate), undefined)
      return
    case 'by': {
      const fields = Object.entries(shape.table)
      const table = new Map<unknown, AttributePrinter>()
      for (const [value, one] of fields)
        if (one.shape.kind === 'attr') table.set(value, attributePrinter(key, one, gateOf(one)))
      const discriminator = shape.key
      const where = fields.some(([, one]) => one.shown) ? undefined : key
      const attribute: AttributePrinter = (record, context) => table.get(record[discriminator])?.(record, context) ?? ''
      enter(
        plan,
        where,
        table.size > 0 ? attribute : undefined,
        table.size < fields.length ? childPrinter(key, field, gate) : undefined,
      )
      return
    }
    case 'scaledBody': {
      const { scale } = shape
      const unit: AttributePrinter = (record) => {
        const value = record[key]
        return value === undefined ? '' : ` unit='${printScaled(value as bigint, scale)[1]}'`
      }
      enter(plan, key, unit, undefined)
      plan.body = (record) => {
        const value = record[key]
        return value === undefined ? '' : printScaled(value as bigint, scale)[0]
      }
      return
    }
    case 'body': {
      const print = textFunction(shape.value)
      plan.body = (record) => {
        const value = record[key]
        return value === undefined ? '' : print(value)
      }
      return
    }
    case 'tag':
    case 'virtual':
      return
    default:
      enter(plan, field.shown || shape.kind === 'custom' ? undefined : key, undefined, childPrinter(key, field, gate))
  }
}

function attributePrinter(key: string, field: Field, gate: Gate | undefined): AttributePrinter {
  const shape = field.shape
  if (shape.kind === 'scaledAttr') {
    const { scale, unit } = shape
    const name = field.xml ?? key
    return (record, context) => {
      const value = record[key]
      if (value === undefined || value === field.omitted || (gate && !gate(record, context))) return ''
      const [number, word] = printScaled(value as bigint, scale)
      return ` ${name}='${number}' ${unit}='${word}'`
    }
  }
  if (shape.kind !== 'attr' && shape.kind !== 'tagOf') throw new TypeError('not an attribute')
  const print = attributeFunction(field.xml ?? key, shape.value)
  const omitted = field.omitted
  const shown = field.shown as ((record: Rec, context: Printing) => unknown) | undefined
  const get: Getter = getter(key)
  if (shape.kind === 'attr' && !shown && !gate)
    return (record) => {
      const value = get(record)
      return value === undefined || value === omitted ? '' : print(value)
    }
  if (shape.kind === 'attr')
    return (record, context) => {
      const value = shown ? shown(record, context) : get(record)
      if (value === undefined || value === omitted || (gate && !gate(record, context))) return ''
      return print(value)
    }
  const { key: childKey, tag } = shape
  return (record, context) => {
    const value = (record[childKey] as Rec | undefined)?.[tag]
    if (value === undefined || value === omitted || (gate && !gate(record, context))) return ''
    return print(value)
  }
}

function childPrinter(key: string, field: Field, gate: Gate | undefined): ChildPrinter {
  const shape = field.shape
  const name = field.xml ?? key
  const omitted = field.omitted
  const shown = field.shown as ((record: Rec, context: Printing) => unknown) | undefined
  const guarded = (print: (value: never, record: Rec, context: Printing, indent: string) => string): ChildPrinter => {
    const get: Getter = getter(key)
    return (record, context, indent) => {
      const value = shown ? shown(record, context) : get(record)
      if (value === undefined || value === omitted || (gate && !gate(record, context))) return ''
      return print(value as never, record, context, indent)
    }
  }
  switch (shape.kind) {
    case 'leaf': {
      const print = textFunction(shape.value)
      return guarded((value, _record, context, indent) => {
        const tag = context.prefix + name
        return `${indent}<${tag}>${print(value)}</${tag}>\n`
      })
    }
    case 'scaled': {
      const { scale } = shape
      return guarded((value: bigint, _record, context, indent) => {
        const [number, unit] = printScaled(value, scale)
        const tag = context.prefix + name
        return `${indent}<${tag} unit='${unit}'>${number}</${tag}>\n`
      })
    }
    case 'leaves': {
      const print = textFunction(shape.value)
      return guarded((values: unknown[], _record, context, indent) => {
        const tag = context.prefix + name
        let out = ''
        for (const value of values) out += `${indent}<${tag}>${print(value)}</${tag}>\n`
        return out
      })
    }
    case 'flag':
      return guarded((value, _record, context, indent) => (value ? `${indent}<${context.prefix}${name}/>\n` : ''))
    case 'only': {
      const after = `${name} ${shape.attribute}='`
      const print = textFunction(shape.value)
      return guarded((value, _record, context, indent) => `${indent}<${context.prefix}${after}${print(value)}'/>\n`)
    }
    case 'child': {
      const element = elementOf(shape.element)
      const print = elementPrinter(element, field.xml ?? element.name)
      return guarded((value: Rec, _record, context, indent) => print(value, context, indent))
    }
    case 'children': {
      const element = elementOf(shape.element)
      const print = elementPrinter(element, field.xml ?? element.name)
      return guarded((values: Rec[], _record, context, indent) => {
        let out = ''
        for (const value of values) out += print(value, context, indent)
        return out
      })
    }
    case 'wrapped': {
      const print = elementPrinter(elementOf(shape.element))
      const { wrapper, keepEmpty } = shape
      return guarded((values: Rec[], _record, context, indent) => {
        if (values.length === 0 && !keepEmpty) return ''
        const inner = deeper(indent)
        let out = ''
        for (const value of values) out += print(value, context, inner)
        const tag = context.prefix + wrapper
        if (out === '') return keepEmpty ? `${indent}<${tag}/>\n` : ''
        return `${indent}<${tag}>\n${out}${indent}</${tag}>\n`
      })
    }
    case 'choice': {
      const printers = new Map(shape.elements.map((one) => [one.name, elementPrinter(one)]))
      const { tag, many } = shape
      const one = (value: Rec, context: Printing, indent: string): string =>
        printers.get(value[tag] as string)?.(value, context, indent) ?? ''
      return guarded((value: Rec | Rec[], _record, context, indent) => {
        if (!many) return one(value as Rec, context, indent)
        let out = ''
        for (const item of value as Rec[]) out += one(item, context, indent)
        return out
      })
    }
    case 'by': {
      const table = new Map<unknown, ChildPrinter>()
      for (const [value, one] of Object.entries(shape.table))
        if (one.shape.kind !== 'attr') table.set(value, childPrinter(key, one, gateOf(one)))
      const discriminator = shape.key
      return (record, context, indent) => {
        if (gate && !gate(record, context)) return ''
        return table.get(record[discriminator])?.(record, context, indent) ?? ''
      }
    }
    case 'opaque':
      return guarded((value: XmlTree, _record, _context, indent) => `${indent}${printTree(value, indent)}\n`)
    case 'extension': {
      const point = shape.point
      return guarded((value: Rec, _record, context, indent) => {
        const element = context.hooks.extensions?.[point]
        return element ? printElement(element, value, context, indent, name) : ''
      })
    }
    case 'custom': {
      const print = shape.custom.print
      return (record, context, indent) => {
        if (gate && !gate(record, context)) return ''
        return print(record[key] as never, context, indent, record as never)
      }
    }
    default:
      throw new TypeError(`no printer for ${shape.kind}`)
  }
}
