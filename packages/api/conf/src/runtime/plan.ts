// SPDX-License-Identifier: LGPL-2.1-or-later
// A schema element compiled for reading: flat tables instead of builder objects. Made once per element.
import { Element, type ElementRef, type Field } from '../lang/field.js'
import type { Value } from '../lang/value.js'
import { maker, type Setter, setter } from './access.js'
import type { ReadContext, Rec } from './context.js'
import { modeTest } from './modes.js'

/** How one XML attribute or child element is read into the record. */
export interface Slot {
  /** Key of the record. */
  key: string
  set: Setter
  /** Stands for the key, or for several: one that is not set tells that the record cannot have it yet. */
  bit: number
  /** Name in the XML, for error texts. */
  xml: string
  kind: Field['shape']['kind'] | 'wrapper'
  field: Field
  value: Value | undefined
  parse: (raw: string) => unknown
  /** The element inside, and its plan once one has been met: a document touches few of the elements there are. */
  inner: Element | undefined
  plan: Plan | undefined
  /** Attribute, tag or wrapped key, by kind. */
  extra: string
  mask: number
  want: number
  guardKey: string | undefined
  guard: ReadonlySet<unknown> | undefined
  lastWins: boolean
  /** Read before the others. */
  first: boolean
  /** Next candidate of the same XML name, when this one's guard fails. */
  next: Slot | undefined
}

/** The bit of keys that may always be in the record, and all bits together. */
export const unsure: number = 1 << 30
export const anything = -1

/** What a key is when the document does not say. */
export interface Default {
  key: string
  value: unknown
  guardKey: string | undefined
  guard: ReadonlySet<unknown> | undefined
}

/** A compiled element. Most of its lists are empty: whoever reads looks first, as even the loop over nothing costs. */
export interface Plan {
  name: string
  element: Element
  /** Attributes by XML name; slots of one name with different guards are chained. */
  attributes: Map<string, Slot>
  /** Attributes that others' guards look at: read first. */
  discriminators: Slot[]
  /** Attributes stored in a child, which exists whether or not they are given. */
  outer: Slot[]
  requiredAttributes: Slot[]
  /** Attributes in the order in which they are read, where that of the text does not count. */
  ordered: Slot[] | undefined
  children: Map<string, Slot>
  body: Slot | undefined
  lists: string[]
  /** Makes a record with empty lists. */
  fresh: () => Rec
  /** What a record has that the document does not give: known with the attributes, and at the end. */
  attributeDefaults: Default[]
  childDefaults: Default[]
  required: Slot[]
  tags: Slot[]
  start: ((record: never, context: ReadContext) => void) | undefined
  finish: ((record: never, context: ReadContext) => void) | undefined
  hasNamespaces: boolean
}

const plans = new WeakMap<Element, Plan>()
/** The one empty list that fresh records hold. Frozen: lists are replaced, not pushed to. */
export const none: readonly never[] = Object.freeze([])

/** The element a reference means. */
export function elementOf(ref: ElementRef): Element {
  return ref instanceof Element ? ref : ref()
}

/** The plan of the element inside a slot that has one. */
export function planInside(slot: Slot): Plan {
  slot.plan ??= planOf(slot.inner as Element)
  return slot.plan
}

/** Compiles an element, once; elements that contain each other are fine. */
export function planOf(element: Element): Plan {
  const made = plans.get(element)
  if (made) return made
  const plan: Plan = {
    name: element.name,
    element,
    attributes: new Map(),
    discriminators: [],
    outer: [],
    requiredAttributes: [],
    ordered: undefined,
    children: new Map(),
    body: undefined,
    lists: [],
    fresh: () => ({}),
    attributeDefaults: [],
    childDefaults: [],
    required: [],
    tags: [],
    start: element.starter,
    finish: element.finisher,
    hasNamespaces: element.hasNamespaces,
  }
  plans.set(element, plan)
  for (const [key, field] of Object.entries(element.fields)) add(plan, key, field, field.only?.key, field.only?.values)
  plan.fresh = maker(plan.lists, none)
  number(plan)
  plan.required.sort((a, b) => Number(a.field.isLate) - Number(b.field.isLate))
  const guardKeys = new Set<string>()
  for (const field of Object.values(element.fields)) {
    if (field.only) guardKeys.add(field.only.key)
    if (field.shape.kind === 'by') guardKeys.add(field.shape.key)
  }
  for (const slot of plan.attributes.values())
    if (slot.kind === 'attr' && guardKeys.has(slot.key)) {
      slot.first = true
      plan.discriminators.push(slot)
    }
  if (element.tellsLast) plan.ordered = [...chained(plan.attributes)].reverse()
  return plan
}

/** Gives bits to the keys that come from child elements alone. */
function number(plan: Plan): void {
  const others = new Set(plan.outer.map(({ key }) => key))
  for (const slot of chained(plan.attributes)) others.add(slot.key)
  const bits = new Map<string, number>()
  for (const slot of chained(plan.children)) {
    if (others.has(slot.key)) continue
    if (!bits.has(slot.key)) bits.set(slot.key, bits.size < 30 ? 1 << bits.size : unsure)
    slot.bit = bits.get(slot.key) ?? unsure
  }
}

function* chained(table: ReadonlyMap<string, Slot>): Generator<Slot> {
  for (const first of table.values())
    for (let slot: Slot | undefined = first; slot !== undefined; slot = slot.next) yield slot
}

function nothing(): undefined {
  return undefined
}

function add(
  plan: Plan,
  key: string,
  field: Field,
  guardKey: string | undefined,
  guard: ReadonlySet<unknown> | undefined,
): void {
  const shape = field.shape
  const test = modeTest([...(field.modes ?? []), ...(field.readModes ?? [])])
  const value = 'value' in shape ? shape.value : undefined
  const slot: Slot = {
    key,
    set: setter(key),
    bit: unsure,
    xml: field.xml ?? key,
    kind: shape.kind,
    field,
    value,
    parse: value?.parse ?? nothing,
    inner: undefined,
    plan: undefined,
    extra: '',
    mask: test.mask,
    want: test.want,
    guardKey,
    guard,
    lastWins: field.lastWins,
    first: false,
    next: undefined,
  }
  if (field.isRequired && shape.kind === 'attr' && !field.isLate) plan.requiredAttributes.push(slot)
  else if (field.isRequired && shape.kind !== 'by' && shape.kind !== 'only' && shape.kind !== 'tagOf')
    plan.required.push(slot)
  if (field.fallback !== undefined && shape.kind !== 'tagOf') {
    const isAttribute = shape.kind === 'attr' || shape.kind === 'scaledAttr'
    const list = isAttribute ? plan.attributeDefaults : plan.childDefaults
    list.push({ key, value: field.fallback, guardKey, guard })
  }
  switch (shape.kind) {
    case 'attr':
      enter(plan.attributes, slot.xml, slot)
      return
    case 'tagOf':
      slot.extra = shape.tag
      slot.key = shape.key
      slot.set = setter(shape.key)
      slot.inner = elementOf(shape.element)
      plan.outer.push(slot)
      return
    case 'scaledAttr':
      slot.extra = shape.unit
      enter(plan.attributes, slot.xml, slot)
      return
    case 'scaledBody':
      plan.body = slot
      return
    case 'body':
      plan.body = slot
      return
    case 'scaled':
    case 'leaf':
    case 'flag':
    case 'opaque':
      enter(plan.children, slot.xml, slot)
      return
    case 'leaves':
      plan.lists.push(key)
      enter(plan.children, slot.xml, slot)
      return
    case 'only':
      slot.extra = shape.attribute
      enter(plan.children, slot.xml, slot)
      return
    case 'child':
    case 'children': {
      const inner = elementOf(shape.element)
      if (shape.kind === 'children') plan.lists.push(key)
      slot.inner = inner
      slot.xml = field.xml ?? inner.name
      enter(plan.children, slot.xml, slot)
      return
    }
    case 'wrapped': {
      const inner = elementOf(shape.element)
      if (!plan.lists.includes(key)) plan.lists.push(key)
      slot.inner = inner
      slot.kind = 'wrapper'
      slot.xml = shape.wrapper
      slot.extra = inner.name
      enter(plan.children, shape.wrapper, slot)
      return
    }
    case 'choice':
      if (shape.many) plan.lists.push(key)
      slot.extra = shape.tag
      for (const inner of shape.elements) enter(plan.children, inner.name, { ...slot, xml: inner.name, inner })
      return
    case 'by': {
      const byField = new Map<Field, unknown[]>()
      for (const [value, one] of Object.entries(shape.table)) byField.set(one, [...(byField.get(one) ?? []), value])
      for (const [one, values] of byField) add(plan, key, one, shape.key, new Set(values))
      return
    }
    case 'custom':
      if (shape.custom.reads) {
        slot.inner = shape.custom.reads
        slot.xml = field.xml ?? shape.custom.reads.name
        enter(plan.children, slot.xml, slot)
      }
      return
    case 'extension':
      slot.extra = shape.point
      enter(plan.children, slot.xml, slot)
      return
    case 'tag':
      plan.tags.push(slot)
      return
    case 'virtual':
      return
  }
}

function enter(table: Map<string, Slot>, name: string, slot: Slot): void {
  const first = table.get(name)
  if (!first) {
    table.set(name, slot)
    return
  }
  let last = first
  while (last.next) last = last.next
  last.next = slot
}
