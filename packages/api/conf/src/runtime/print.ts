// SPDX-License-Identifier: LGPL-2.1-or-later
// Printing: every field is a small function of record and context that returns its text, concatenated in schema order.
import type { Element, Field, Test } from '../lang/field.js'
import { printScaled } from '../lang/scale.js'
import type { Value } from '../lang/value.js'
import type { DocumentHooks, PrintContext, Rec } from './context.js'
import { escapeXml } from './escape.js'
import { KeyPaths } from './key-paths.js'
import { type ModeName, type ModeTest, modeBits, modeTest } from './modes.js'
import { elementOf } from './plan.js'
import { Tags } from './tags.js'
import { printTree, type XmlTree } from './tree.js'

/** State of one print. */
export class Printing implements PrintContext {
  readonly bits: number
  readonly hooks: DocumentHooks
  readonly root: Rec
  readonly parents: Rec[] = []
  /** Bits of the modes that anything in the document asked for: the others make no difference to it. */
  asked = 0
  /** Values of the records that are being printed, of the outer ones first, and where those of the next begin. */
  readonly values: unknown[] = []
  top = 0
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

/** Both are given the value that the record has under the field's key, where the field has a place there. */
type AttributePrinter = (value: unknown, record: Rec, context: Printing) => string
type ChildPrinter = (value: unknown, record: Rec, context: Printing, indent: string) => string

/** A printer, and where among the record's keys its value is. */
interface Placed<P> {
  print: P
  at: number
}

/** The printers of records that have the same keys. */
interface Selection {
  attributes: readonly Placed<AttributePrinter>[]
  children: readonly Placed<ChildPrinter>[]
  /** How many keys the records have. */
  count: number
}

interface PrintPlan {
  tags: Tags
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
    tags: new Tags(element.name),
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
  const keys: string[] = []
  for (const key in record) keys.push(key)
  const places = plan.always.map((place) => ({ place, at: 0 }))
  for (const [at, key] of keys.entries()) for (const place of plan.places.get(key) ?? []) places.push({ place, at })
  places.sort((a, b) => a.place - b.place)
  const of = <P>(printers: readonly (P | undefined)[]): Placed<P>[] =>
    places.flatMap(({ place, at }) => {
      const print = printers[place]
      return print === undefined ? [] : [{ print, at }]
    })
  return { attributes: of(plan.attributes), children: of(plan.children), count: keys.length }
}

const indents: string[] = []

/** The indentation of what is inside: the same strings each time, which no one has to make. */
function deeper(indent: string): string {
  const { length } = indent
  indents[length] ??= ' '.repeat(length + 2)
  return indents[length]
}

/** Prints an element with everything in it, lines starting with `indent`; empty when there is nothing to say. */
export function printElement(element: Element, source: Rec, context: Printing, indent: string): string {
  const plan = planOf(element)
  return printPlanned(plan, source, context, indent, plan.tags)
}

/** As `printElement`, with the plan at hand: made at the first use, as elements may contain each other. */
function elementPrinter(
  element: Element,
  name: string = element.name,
): (source: Rec, context: Printing, indent: string) => string {
  const tags = new Tags(name)
  let plan: PrintPlan | undefined
  return (source, context, indent) => {
    plan ??= planOf(element)
    return printPlanned(plan, source, context, indent, tags)
  }
}

function printPlanned(plan: PrintPlan, source: Rec, context: Printing, indent: string, tags: Tags): string {
  const { prefix, values, top } = context
  const record = plan.view ? (plan.view(source as never, context) as Rec) : source
  if (plan.test && !plan.test(record as never, context)) return ''
  const selection = plan.selections.of(record, values, top)
  let attributes = ''
  for (const { print, at } of selection.attributes) attributes += print(values[top + at], record, context)
  if (plan.body) {
    const text = plan.body(record)
    if (text !== '' || !plan.hasChildren) {
      if (text !== '' || plan.printsOpen)
        return `${tags.open(indent, prefix) + attributes}>${text}${tags.finish(prefix)}`
      return attributes !== '' || plan.printsEmpty ? `${tags.open(indent, prefix) + attributes}/>\n` : ''
    }
  }
  const inner = deeper(indent)
  let children = printChildren(selection, record, context, inner)
  if (plan.hasNamespaces && record.namespaces !== undefined) {
    const extra = printNamespaces(record.namespaces as Record<string, Rec>, context, inner)
    attributes += extra.attributes
    children += extra.children
  }
  if (plan.printsSpaced) children = space(children, inner)
  if (children !== '' || plan.printsOpen)
    return `${tags.open(indent, prefix) + attributes}>\n${children}${tags.close(indent, prefix)}`
  if (attributes !== '' || plan.printsEmpty) return `${tags.open(indent, prefix) + attributes}/>\n`
  return ''
}

function printChildren(selection: Selection, record: Rec, context: Printing, indent: string): string {
  if (selection.children.length === 0) return ''
  const { values, top } = context
  let children = ''
  context.parents.push(record)
  context.top = top + selection.count
  for (const { print, at } of selection.children) children += print(values[top + at], record, context, indent)
  context.top = top
  context.parents.pop()
  return children
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
    const { selections } = planOf(namespace.element)
    const text = printChildren(selections.of(record, context.values, context.top), record, context, indent)
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
  const where = field.shown || shape.kind === 'custom' ? undefined : key
  const gate = gateOf(field, where)
  switch (shape.kind) {
    case 'attr':
    case 'scaledAttr':
      enter(plan, where, attributePrinter(key, field, gate), undefined)
      return
    case 'tagOf':
      enter(plan, shape.key, attributePrinter(key, field, gate), undefined)
      return
    case 'by':
      addBy(plan, key, field, gate)
      return
    case 'scaledBody': {
      const { scale } = shape
      const unit: AttributePrinter = (value) =>
        value === undefined ? '' : ` unit='${printScaled(value as bigint, scale)[1]}'`
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
      enter(plan, where, undefined, childPrinter(key, field, gate))
  }
}

/** A field whose form depends on another: each form has its own printer. */
function addBy(plan: PrintPlan, key: string, field: Field, gate: Gate | undefined): void {
  const { shape } = field
  if (shape.kind !== 'by') return
  const discriminator = shape.key
  const attributes = new Map<unknown, AttributePrinter>()
  const children = new Map<unknown, ChildPrinter>()
  const forms = Object.entries(shape.table)
  for (const [value, one] of forms) {
    if (one.shape.kind === 'attr') attributes.set(value, attributePrinter(key, one, gateOf(one)))
    else children.set(value, childPrinter(key, one, gateOf(one)))
  }
  enter(
    plan,
    forms.some(([, one]) => one.shown) ? undefined : key,
    attributes.size === 0
      ? undefined
      : (_value, record, context) => attributes.get(record[discriminator])?.(record[key], record, context) ?? '',
    children.size === 0
      ? undefined
      : (_value, record, context, indent) =>
          gate && !gate(record, context)
            ? ''
            : (children.get(record[discriminator])?.(record[key], record, context, indent) ?? ''),
  )
}

function attributePrinter(key: string, field: Field, gate: Gate | undefined): AttributePrinter {
  const shape = field.shape
  const omitted = field.omitted
  if (shape.kind === 'scaledAttr') {
    const { scale, unit } = shape
    const name = field.xml ?? key
    return (value, record, context) => {
      if (value === undefined || value === omitted || (gate && !gate(record, context))) return ''
      const [number, word] = printScaled(value as bigint, scale)
      return ` ${name}='${number}' ${unit}='${word}'`
    }
  }
  if (shape.kind !== 'attr' && shape.kind !== 'tagOf') throw new TypeError('not an attribute')
  const print = attributeFunction(field.xml ?? key, shape.value)
  const shown = field.shown as ((record: Rec, context: Printing) => unknown) | undefined
  const guarded: AttributePrinter = (value, record, context) =>
    value === undefined || value === omitted || (gate && !gate(record, context)) ? '' : print(value)
  if (shape.kind === 'tagOf') {
    const { tag } = shape
    return (value, record, context) => guarded((value as Rec | undefined)?.[tag], record, context)
  }
  if (shown) return (_value, record, context) => guarded(shown(record, context), record, context)
  if (gate) return guarded
  return (value) => (value === undefined || value === omitted ? '' : print(value))
}

function childPrinter(key: string, field: Field, gate: Gate | undefined): ChildPrinter {
  const shape = field.shape
  const name = field.xml ?? key
  const omitted = field.omitted
  const shown = field.shown as ((record: Rec, context: Printing) => unknown) | undefined
  const guarded =
    (print: (value: never, context: Printing, indent: string) => string): ChildPrinter =>
    (given, record, context, indent) => {
      const value = shown ? shown(record, context) : given
      if (value === undefined || value === omitted || (gate && !gate(record, context))) return ''
      return print(value as never, context, indent)
    }
  switch (shape.kind) {
    case 'leaf': {
      const print = textFunction(shape.value)
      const tags = new Tags(name, '>')
      return guarded((value, { prefix }, indent) => tags.open(indent, prefix) + print(value) + tags.finish(prefix))
    }
    case 'scaled': {
      const { scale } = shape
      const tags = new Tags(name, " unit='")
      return guarded((value: bigint, { prefix }, indent) => {
        const [number, unit] = printScaled(value, scale)
        return `${tags.open(indent, prefix)}${unit}'>${number}${tags.finish(prefix)}`
      })
    }
    case 'leaves': {
      const print = textFunction(shape.value)
      const tags = new Tags(name, '>')
      return guarded((values: unknown[], { prefix }, indent) => {
        let out = ''
        for (const value of values) out += tags.open(indent, prefix) + print(value) + tags.finish(prefix)
        return out
      })
    }
    case 'flag': {
      const tags = new Tags(name, '/>\n')
      return guarded((value, { prefix }, indent) => (value ? tags.open(indent, prefix) : ''))
    }
    case 'only': {
      const print = textFunction(shape.value)
      const tags = new Tags(name, ` ${shape.attribute}='`)
      return guarded((value, { prefix }, indent) => `${tags.open(indent, prefix) + print(value)}'/>\n`)
    }
    case 'child': {
      const element = elementOf(shape.element)
      return guarded(elementPrinter(element, field.xml ?? element.name))
    }
    case 'children': {
      const element = elementOf(shape.element)
      const print = elementPrinter(element, field.xml ?? element.name)
      return guarded((values: Rec[], context, indent) => {
        let out = ''
        for (const value of values) out += print(value, context, indent)
        return out
      })
    }
    case 'wrapped': {
      const print = elementPrinter(elementOf(shape.element))
      const { wrapper, keepEmpty } = shape
      const tags = new Tags(wrapper)
      return guarded((values: Rec[], context, indent) => {
        if (values.length === 0 && !keepEmpty) return ''
        const inner = deeper(indent)
        let out = ''
        for (const value of values) out += print(value, context, inner)
        const { prefix } = context
        if (out === '') return keepEmpty ? `${tags.open(indent, prefix)}/>\n` : ''
        return `${tags.open(indent, prefix)}>\n${out}${tags.close(indent, prefix)}`
      })
    }
    case 'choice': {
      const printers = new Map(shape.elements.map((one) => [one.name, elementPrinter(one)]))
      const { tag, many } = shape
      const one = (value: Rec, context: Printing, indent: string): string =>
        printers.get(value[tag] as string)?.(value, context, indent) ?? ''
      return guarded((value: Rec | Rec[], context, indent) => {
        if (!many) return one(value as Rec, context, indent)
        let out = ''
        for (const item of value as Rec[]) out += one(item, context, indent)
        return out
      })
    }
    case 'opaque':
      return guarded((value: XmlTree, _context, indent) => `${indent}${printTree(value, indent)}\n`)
    case 'extension': {
      const point = shape.point
      const tags = new Tags(name)
      return guarded((value: Rec, context, indent) => {
        const element = context.hooks.extensions?.[point]
        return element ? printPlanned(planOf(element), value, context, indent, tags) : ''
      })
    }
    case 'custom': {
      const print = shape.custom.print
      return (_value, record, context, indent) => {
        if (gate && !gate(record, context)) return ''
        return print(record[key] as never, context, indent, record as never)
      }
    }
    default:
      throw new TypeError(`no printer for ${shape.kind}`)
  }
}
