// SPDX-License-Identifier: LGPL-2.1-or-later
// Strict checking of a text against a schema: what the VALIDATE flags ask for. Verdicts are those of libvirt's own
// grammar, so that content the parser would drop, and values it would not look at, are refused.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Element } from '../lang/field.js'
import { readScaled, type Scale } from '../lang/scale.js'
import type { Value } from '../lang/value.js'
import type { Namespace } from '../runtime/context.js'
import { placeOf, quote } from '../runtime/fault.js'
import { malformed } from '../runtime/malformed.js'
import { elementOf } from '../runtime/plan.js'
import { type Attributes, checkForm, type ScanHandler, Scanner } from '../runtime/scan.js'
import { type Slot, type StrictPlan, strictPlanOf } from './plan.js'

/** What is being checked. */
export interface StrictKind {
  roots: ReadonlyMap<string, Element>
  /** Name that libvirt's grammar has, for the error's text. */
  grammar: string
  namespaces: readonly Namespace[]
  /** `virErrorDomain` of the error about malformed text. */
  domain: number
  file: string | undefined
}

interface Frame {
  name: string
  plan: StrictPlan | undefined
  /** How the element came into its parent. */
  slot: Slot | undefined
  /** Anything may stand in it. */
  free: boolean
  /** Values of the fields that say which others there are. */
  values: Map<string, unknown> | undefined
  seen: Map<Slot, number>
  /** Names of child elements. */
  children: Set<string>
  sequence: string[]
  /** Attributes of the first child of each name. */
  inner: Map<string, Map<string, string>>
  last: number
  attributes: Map<string, string>
  text: string
  /** What lists have had that must differ. */
  identities: Set<string> | undefined
}

const none: Map<string, string> = new Map()

/** Whether a text has a form, as grammars see it. */
function holds(form: Value | Scale, raw: string): boolean {
  if ('standard' in form) return /^[0-9]+$/.test(raw) && 'value' in readScaled(raw, undefined, form)
  if (form.strict !== undefined) return form.strict(raw)
  if (raw === '') return form.parse('') !== undefined
  // Blanks around words and numbers do not count.
  const text = form.ts === 'string' && form.members === undefined ? raw : raw.trim()
  return form.parse(text) !== undefined
}

class Checker implements ScanHandler {
  readonly wantsText = true
  readonly #text: string
  readonly #kind: StrictKind
  readonly #frames: Frame[] = []
  readonly #scanner: Scanner
  readonly #prefixes = new Map<string, string>()
  /** What wrappers hold. */
  readonly #items = new Map<Slot, Slot>()

  constructor(text: string, kind: StrictKind) {
    this.#text = text
    this.#kind = kind
    this.#scanner = new Scanner(text, this)
  }

  run(): void {
    try {
      this.#scanner.run()
    } catch (error) {
      // libxml2 reads the whole text before it looks at the grammar, so errors of form come first.
      checkForm(this.#text, (message, at) => this.malformed(message, at))
      throw error
    }
  }

  malformed(message: string, at: number): never {
    throw malformed(this.#kind.file, this.#text, message, at, this.#kind.domain)
  }

  /** @param own what libxml2 says when the fault is in the root itself */
  #refuse(reason: string, own: string): never {
    const [root, top] = this.#frames
    const inside = `Extra element ${top?.name} in interleave\nElement ${root?.name} failed to validate content\n`
    const path = this.#frames.map((frame) => frame.name).join('/')
    const { line, column } = placeOf(this.#text, this.#scanner.at)
    const grammar = `Unable to validate doc against /usr/share/libvirt/schemas/${this.#kind.grammar}`
    throw virtError(
      ErrorNumber.XML_INVALID_SCHEMA,
      ErrorDomain.XML,
      `${grammar}\n${this.#frames.length > 1 ? inside : own}`,
      { details: `/${path} at line ${line}, column ${column}: ${reason}\n${quote(this.#text, line, column)}` },
    )
  }

  open(name: string, attributes: Attributes): void {
    for (let i = 0; i < attributes.length; i += 2) {
      const attribute = attributes.list[i] as string
      if (attribute.startsWith('xmlns:')) this.#prefixes.set(attribute.slice(6), attributes.list[i + 1] as string)
    }
    const parent = this.#frames.at(-1)
    if (parent === undefined) this.#openRoot(name, attributes)
    else if (parent.free) this.#push(name, { free: true })
    else this.#openChild(parent, name, attributes)
  }

  #openRoot(name: string, attributes: Attributes): void {
    const element = this.#kind.roots.get(name)
    // Which root there is, is said by the parser in words of its own.
    if (element === undefined) {
      this.#push(name, { free: true })
      return
    }
    this.#enter(element, name, undefined, attributes, undefined)
  }

  #push(name: string, more: Partial<Frame>): Frame {
    const frame: Frame = {
      name,
      plan: undefined,
      slot: undefined,
      free: false,
      values: undefined,
      seen: new Map(),
      children: new Set(),
      sequence: [],
      inner: new Map(),
      last: -1,
      attributes: none,
      text: '',
      identities: undefined,
      ...more,
    }
    this.#frames.push(frame)
    return frame
  }

  #isThere(slot: Slot, { values }: Frame): boolean {
    if (slot.guard === undefined || values === undefined || !values.has(slot.guard.key)) return true
    return slot.guard.values.has(values.get(slot.guard.key))
  }

  #openChild(parent: Frame, name: string, attributes: Attributes): void {
    const unexpected = `Element ${parent.name} has extra content: ${name}\n`
    const slot = this.#find(parent, name)
    if (slot === undefined) return this.#refuse(`unexpected element <${name}>`, unexpected)
    const before = parent.seen.get(slot) ?? 0
    if (before > 0 && !slot.many) this.#refuse(`more than one <${name}>`, unexpected)
    parent.seen.set(slot, before + 1)
    if (parent.plan?.element.rule !== undefined) {
      if (!parent.children.has(name)) parent.inner.set(name, new Map(Object.entries(attributes.toObject())))
      parent.children.add(name)
      parent.sequence.push(name)
    }
    const key = slot.field.differsIn
    if (key !== undefined) this.#checkUnique(parent, name, `${name} ${key} ${attributes.get(key)}`, unexpected)
    const place = parent.plan?.order.get(slot) ?? -1
    const isOrdered = parent.plan?.element.orderedFor?.({ values: parent.values ?? new Map() })
    if (isOrdered === true && place < parent.last) this.#refuse(`<${name}> is not at its place`, unexpected)
    parent.last = place
    this.#openSlot(slot, parent, name, attributes)
  }

  #checkUnique(parent: Frame, name: string, identity: string, unexpected: string): void {
    parent.identities ??= new Set()
    if (parent.identities.has(identity)) this.#refuse(`two <${name}> are alike`, unexpected)
    parent.identities.add(identity)
  }

  /** What the schema says of a child element. */
  #find(parent: Frame, name: string): Slot | undefined {
    const colon = name.indexOf(':')
    if (colon < 0) return this.#local(parent, name)
    const prefix = name.slice(0, colon)
    const uri = this.#prefixes.get(prefix)
    const namespace = this.#kind.namespaces.find((one) => one.uri === uri)
    if (namespace === undefined) return undefined
    const local = name.slice(colon + 1)
    if (parent.plan?.element.hasNamespaces !== true) return this.#local(parent, local)
    return strictPlanOf(namespace.element).children.get(local)?.[0]
  }

  #local(parent: Frame, name: string): Slot | undefined {
    if (parent.plan !== undefined) return parent.plan.children.get(name)?.find((one) => this.#isThere(one, parent))
    const { slot } = parent
    if (slot?.wraps !== true || slot.inner === undefined || elementOf(slot.inner).name !== name) return undefined
    let item = this.#items.get(slot)
    if (item === undefined) {
      item = { ...slot, wraps: false, many: true, needed: false, guard: undefined }
      this.#items.set(slot, item)
    }
    return item
  }

  #openSlot(slot: Slot, parent: Frame, name: string, attributes: Attributes): void {
    const { needed } = slot.field
    const isLess = needed !== undefined && attributes.get(needed) === undefined
    const { withoutNeeded } = slot.field
    if (isLess && withoutNeeded !== undefined) this.#enter(elementOf(withoutNeeded), name, slot, attributes, undefined)
    else if (slot.opaque || isLess) this.#push(name, { free: true })
    else if (slot.wraps || slot.inner === undefined) this.#openPlain(slot, name, attributes)
    else {
      const inner = elementOf(slot.inner)
      this.#enter(inner, name, slot, attributes, this.#tagsFor(slot, parent))
    }
  }

  /** An element with nothing but text, one attribute, or a list. */
  #openPlain(slot: Slot, name: string, attributes: Attributes): void {
    this.#push(name, { slot })
    for (let i = 0; i < attributes.length; i += 2) {
      const attribute = attributes.list[i] as string
      if (attribute.startsWith('xmlns')) continue
      if (attribute !== slot.attribute) this.#unknownAttribute(attribute)
      if (attribute === 'unit' && slot.field.shape.kind === 'scaled')
        this.#checkUnit(slot, attributes.list[i + 1] as string)
      else this.#checkValue(slot, attribute, attributes.list[i + 1] as string)
    }
    const may = slot.field.strictness === false
    if (slot.field.shape.kind === 'only' && !may && attributes.get(slot.attribute ?? '') === undefined)
      this.#refuse(`attribute ${slot.attribute} is missing`, '')
  }

  #unknownAttribute(attribute: string): never {
    const name = this.#frames.at(-1)?.name
    this.#refuse(`unexpected attribute ${attribute}`, `Invalid attribute ${attribute} for element ${name}\n`)
  }

  #checkUnit(slot: Slot, unit: string): void {
    const form = slot.value
    const known = form !== undefined && 'standard' in form && 'value' in readScaled('0', unit, form)
    if (unit === '' || !known) this.#refuse(`unit '${unit}' is none`, '')
  }

  #checkValue(slot: Slot, what: string, raw: string): void {
    const { value } = slot
    if (value === undefined) return
    // The word for what is not said at all has no place in a definition.
    const unsaid = raw === 'default' && slot.field.omitted === raw && 'parse' in value && value.strict === undefined
    if (!unsaid && holds(value, raw)) return
    const root = this.#frames[0]?.name
    this.#refuse(`${what} must not be '${raw}'`, `Element ${root} failed to validate content\n`)
  }

  /** Values that the parent keeps for the child. */
  #tagsFor(slot: Slot, parent: Frame): Map<string, unknown> | undefined {
    const found = parent.plan?.tags.filter(([, key]) => key === slot.key) ?? []
    const entries = found.flatMap(([outer, , tag]) => {
      const value = parent.values?.get(`@${outer.name}`)
      return value === undefined ? [] : [[tag, value] as const]
    })
    return entries.length === 0 ? undefined : new Map(entries)
  }

  #enter(
    element: Element,
    name: string,
    slot: Slot | undefined,
    attributes: Attributes,
    given: Map<string, unknown> | undefined,
  ): void {
    const plan = strictPlanOf(element)
    const values = this.#guardValues(plan, attributes, given)
    const raws = new Map<string, string>()
    const frame = this.#push(name, { plan, slot, values, attributes: raws })
    for (let i = 0; i < attributes.length; i += 2) {
      const attribute = attributes.list[i] as string
      if (attribute.startsWith('xmlns')) continue
      raws.set(attribute, attributes.list[i + 1] as string)
      const own = plan.attributes.get(attribute)?.find((one) => this.#isThere(one, frame))
      if (own === undefined) this.#unknownAttribute(attribute)
      const raw = attributes.list[i + 1] as string
      if (own.isUnit === true) this.#checkUnit(own, raw)
      else this.#checkValue(own, attribute, raw)
      frame.seen.set(own, 1)
    }
  }

  #guardValues(
    plan: StrictPlan,
    attributes: Attributes,
    given: Map<string, unknown> | undefined,
  ): Map<string, unknown> | undefined {
    if (plan.guards.size === 0 && plan.tags.length === 0) return given
    const values = new Map(given)
    const read = ({ name, value, field }: Slot): unknown => {
      const raw = attributes.get(name)
      const form = value !== undefined && 'parse' in value ? value : undefined
      return raw === undefined ? field.fallback : form?.parse(raw.trim())
    }
    for (const slots of plan.attributes.values())
      for (const slot of slots) {
        if (!plan.guards.has(slot.key)) continue
        const value = read(slot)
        if (value !== undefined || !values.has(slot.key)) values.set(slot.key, value)
      }
    for (const [slot] of plan.tags) values.set(`@${slot.name}`, read(slot))
    return values
  }

  text(chunk: string): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined || frame.free) return
    const form = frame.plan === undefined ? frame.slot?.field.shape.kind : frame.plan.body && 'body'
    if (form === 'leaf' || form === 'leaves' || form === 'scaled' || form === 'body') frame.text += chunk
    else if (/[^ \t\r\n]/.test(chunk))
      this.#refuse('unexpected text', `Element ${frame.name} has extra content: text\n`)
  }

  close(): void {
    const frame = this.#frames.at(-1)
    if (frame !== undefined && !frame.free) this.#checkClosing(frame)
    this.#frames.pop()
  }

  #checkClosing(frame: Frame): void {
    const { plan, slot, text } = frame
    if (plan === undefined) {
      const kind = slot?.field.shape.kind
      if (slot?.wraps === true && slot.field.isFilled && frame.seen.size === 0)
        this.#refuse(`${frame.name} is empty`, `Element ${frame.name} failed to validate content\n`)
      if (slot !== undefined && (kind === 'leaf' || kind === 'leaves' || kind === 'scaled'))
        this.#checkValue(slot, 'its text', text)
      return
    }
    if (plan.body !== undefined) this.#checkValue(plan.body, 'its text', text)
    for (const needed of plan.needed)
      if (!frame.seen.has(needed) && this.#isThere(needed, frame) && needed !== plan.body)
        this.#refuse(
          `${needed.name} is missing`,
          `Expecting an element ${needed.name}, got nothing\nInvalid sequence in interleave\nElement ${frame.name} failed to validate content\n`,
        )
    const { rule } = plan.element
    if (rule === undefined) return
    const wrong = rule({
      attributes: frame.attributes,
      children: frame.children,
      inner: frame.inner,
      sequence: frame.sequence,
      outer: this.#frames.at(-2)?.attributes ?? none,
      values: frame.values ?? new Map(),
    })
    if (wrong !== undefined) this.#refuse(wrong, `Element ${frame.name} failed to validate content\n`)
  }
}

/**
 * Checks a text.
 * @throws VirtError `xml-invalid-schema`; `details` says where and why
 */
export function validateText(text: string, kind: StrictKind): void {
  new Checker(text, kind).run()
}
