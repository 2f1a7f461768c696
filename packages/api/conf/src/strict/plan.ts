// SPDX-License-Identifier: LGPL-2.1-or-later
// A schema element compiled for strict checking: what may stand in it, how often, in which form.
import type { Element, ElementRef, Field } from '../lang/field.js'
import type { Scale } from '../lang/scale.js'
import type { Value } from '../lang/value.js'
import { modeBits, modeTest } from '../runtime/modes.js'
import { elementOf } from '../runtime/plan.js'

/** One attribute or child element. */
export interface Slot {
  readonly name: string
  readonly field: Field
  /** Key of the record. */
  readonly key: string
  /** Form of the text: a value, or an amount with a unit. */
  readonly value: Value | Scale | undefined
  /** Only attribute of a child that has nothing else; `unit` of one that is an amount. */
  readonly attribute: string | undefined
  /** The attribute holds the unit of the amount. */
  readonly isUnit?: boolean
  readonly inner: ElementRef | undefined
  /** Whether the child wraps a list of `inner`. */
  readonly wraps: boolean
  /** Whether the child may hold anything at all. */
  readonly opaque: boolean
  readonly many: boolean
  readonly needed: boolean
  /** Values of another field for which this one exists. */
  readonly guard: { readonly key: string; readonly values: ReadonlySet<unknown> } | undefined
}

/** Compiled element. */
export interface StrictPlan {
  readonly element: Element
  readonly attributes: ReadonlyMap<string, readonly Slot[]>
  readonly children: ReadonlyMap<string, readonly Slot[]>
  readonly body: Slot | undefined
  readonly needed: readonly Slot[]
  /** Fields that say which others there are. */
  readonly guards: ReadonlySet<string>
  /** Attributes whose value is a field of a child: `[attribute slot, key of the child, key in the child]`. */
  readonly tags: readonly (readonly [Slot, string, string])[]
  readonly order: ReadonlyMap<Slot, number>
}

const plans = new WeakMap<Element, StrictPlan>()

export function strictPlanOf(element: Element): StrictPlan {
  let plan = plans.get(element)
  if (plan === undefined) {
    plan = new Compiler(element).plan()
    plans.set(element, plan)
  }
  return plan
}

/** Whether a field exists only where a driver keeps the state of what runs. */
function isPrivate(field: Field): boolean {
  const { want } = modeTest([...(field.modes ?? []), ...(field.readModes ?? [])])
  return (want & modeBits.status) !== 0
}

class Compiler {
  readonly #element: Element
  readonly #attributes = new Map<string, Slot[]>()
  readonly #children = new Map<string, Slot[]>()
  readonly #needed: Slot[] = []
  readonly #guards = new Set<string>()
  readonly #tags: [Slot, string, string][] = []
  readonly #order = new Map<Slot, number>()
  #body: Slot | undefined

  constructor(element: Element) {
    this.#element = element
  }

  plan(): StrictPlan {
    const { fields, tolerated } = this.#element
    for (const [key, field] of Object.entries({ ...fields, ...tolerated })) this.#add(key, field, undefined)
    return {
      element: this.#element,
      attributes: this.#attributes,
      children: this.#children,
      body: this.#body,
      needed: this.#needed,
      guards: this.#guards,
      tags: this.#tags,
      order: this.#order,
    }
  }

  #enter(table: Map<string, Slot[]>, slot: Slot): void {
    const list = table.get(slot.name)
    if (list === undefined) table.set(slot.name, [slot])
    else list.push(slot)
    if (slot.needed) this.#needed.push(slot)
    this.#order.set(slot, this.#order.size)
  }

  #add(key: string, field: Field, outer: Slot['guard']): void {
    if (isPrivate(field) && !field.isAnywhere) return
    const guard = field.isAnywhere ? undefined : (field.only ?? outer)
    if (guard !== undefined) this.#guards.add(guard.key)
    const { shape } = field
    const slot: Slot = {
      name: field.xml ?? key,
      field,
      key,
      value: 'scale' in shape ? shape.scale : 'value' in shape ? shape.value : undefined,
      attribute: shape.kind === 'only' ? shape.attribute : shape.kind === 'scaled' ? 'unit' : undefined,
      inner: field.strictElement ?? ('element' in shape ? shape.element : undefined),
      wraps: shape.kind === 'wrapped',
      opaque: shape.kind === 'opaque',
      many:
        !field.isSingle &&
        (shape.kind === 'leaves' || shape.kind === 'children' || (shape.kind === 'choice' && shape.many)),
      needed: field.strictness ?? (field.isRequired && shape.kind !== 'only'),
      guard,
    }
    switch (shape.kind) {
      case 'attr':
        this.#enter(this.#attributes, slot)
        return
      case 'scaledAttr':
        this.#enter(this.#attributes, slot)
        this.#enter(this.#attributes, { ...slot, name: shape.unit, needed: false, isUnit: true })
        return
      case 'tagOf':
        this.#enter(this.#attributes, { ...slot, inner: undefined })
        this.#tags.push([slot, shape.key, shape.tag])
        return
      case 'body':
        this.#body = slot
        return
      case 'scaledBody':
        this.#body = slot
        this.#enter(this.#attributes, { ...slot, name: 'unit', needed: false, isUnit: true })
        return
      case 'child':
      case 'children':
        this.#enter(this.#children, { ...slot, name: field.xml ?? elementOf(shape.element).name })
        return
      case 'wrapped':
        this.#enter(this.#children, { ...slot, name: shape.wrapper })
        return
      case 'choice':
        for (const inner of shape.elements)
          this.#enter(this.#children, { ...slot, name: inner.name, inner, needed: false })
        return
      case 'by': {
        const values = new Map<Field, unknown[]>()
        for (const [value, one] of Object.entries(shape.table)) values.set(one, [...(values.get(one) ?? []), value])
        for (const [one, of] of values) this.#add(key, one, { key: shape.key, values: new Set(of) })
        return
      }
      case 'custom': {
        const { reads } = shape.custom
        if (reads) this.#enter(this.#children, { ...slot, name: field.xml ?? reads.name, inner: reads, many: true })
        return
      }
      case 'extension':
        this.#enter(this.#children, { ...slot, opaque: true })
        return
      case 'tag':
      case 'virtual':
        return
      default:
        this.#enter(this.#children, slot)
    }
  }
}
