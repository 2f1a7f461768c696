// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading: one pass over SAX events into plain records, driven by compiled schemas. No tree in between.
import type { Element } from '../lang/field.js'
import type { DocumentHooks, ReadContext, Rec } from './context.js'
import { contentError, type Place, placeOf } from './fault.js'
import { type Frame, type FrameKind, frameKinds, newFrame } from './frame.js'
import { malformed } from './malformed.js'
import { type ModeName, modeBits } from './modes.js'
import { anything, type Default, none, type Plan, planInside, planOf, type Slot, unsure } from './plan.js'
import { type Complaining, complain, missing, readAmount, readAttribute, readText } from './read-value.js'
import { type Attributes, checkForm, type ScanHandler, Scanner } from './scan.js'
import { append, owned, store, trim } from './store.js'
import type { XmlTree } from './tree.js'

const missingAttribute = 'Missing required attribute'

/** What a reader is told besides the schema. */
export interface ReadOptions {
  bits: number
  hooks: DocumentHooks
  /** File the text was read from, which errors about its form name. */
  file: string | undefined
  /** `virErrorDomain` of content errors raised by the document's own checks. */
  domain: number
}

/** Whether the record may have the slot's key by now. */
function isSeen(frame: Frame, slot: Slot): boolean {
  return (frame.seen & slot.bit) !== 0
}

/** Fills in what the document does not say. */
function complete(record: Rec, defaults: readonly Default[]): void {
  for (const { key, value, guardKey, guard } of defaults)
    if (record[key] === undefined && (guard === undefined || guard.has(record[guardKey as string]))) record[key] = value
}

class Reader implements ReadContext, ScanHandler, Complaining {
  readonly bits: number
  readonly hooks: DocumentHooks
  /** Never empty, so that V8 sees one kind of array. */
  private readonly frames: Frame[] = [newFrame()]
  private depth = -1
  private readonly source: string
  private readonly root: ReadonlyMap<string, Element>
  private readonly options: ReadOptions
  private readonly scanner: Scanner
  wantsText = false
  /** Records that attributes of the element outside have made, and no element of their own has filled yet. */
  private prefilled: Set<Rec> | undefined
  private prefixes: Map<string, string> | undefined
  result: Rec | undefined
  rootName = ''

  constructor(text: string, root: ReadonlyMap<string, Element>, options: ReadOptions) {
    this.source = text
    this.root = root
    this.options = options
    this.bits = options.bits
    this.hooks = options.hooks
    this.scanner = new Scanner(text, this)
  }

  run(): Rec {
    try {
      this.scanner.run()
    } catch (error) {
      // libxml2 reads the whole text before libvirt looks at any of it, so errors of form come first.
      checkForm(this.source, (message, at) => this.malformed(message, at))
      throw error
    }
    if (!this.result) this.malformed('Document is empty', 0)
    return this.result
  }

  has(mode: ModeName): boolean {
    return (this.bits & modeBits[mode]) !== 0
  }

  parent(): Rec | undefined {
    return this.frames[this.depth - 1]?.record
  }

  whole(): Rec {
    return this.frames[0]?.record ?? {}
  }

  here(): Rec {
    return this.frames[this.depth]?.record ?? {}
  }

  fail(message: string, number?: number, domain: number = this.options.domain): never {
    throw contentError(message, this.place(), number, domain)
  }

  /** An error of libvirt's general XML helpers, which has their own error domain. */
  reject(message: string): never {
    throw contentError(message, this.place())
  }

  malformed(message: string, at: number): never {
    throw malformed(this.options.file, this.source, message, at, this.options.domain)
  }

  private place(): Place {
    const names: string[] = []
    for (let i = 0; i <= this.depth; i++) names.push(this.frames[i]?.name ?? '')
    return { ...placeOf(this.source, this.scanner.at), path: `/${names.join('/')}` }
  }

  private push(kind: FrameKind, name: string, plan: Plan | undefined, record: Rec, slot: Slot | undefined): Frame {
    const depth = ++this.depth
    this.wantsText = kind === frameKinds.leaf || kind === frameKinds.tree || plan?.body !== undefined
    const { frames } = this
    if (depth === frames.length) frames.push(newFrame())
    const frame = frames[depth] as Frame
    frame.kind = kind
    frame.name = name
    frame.plan = plan
    frame.record = record
    frame.slot = slot
    frame.seen = unsure
    frame.text = ''
    frame.unit = undefined
    frame.tree = undefined
    frame.namespace = undefined
    return frame
  }

  text(chunk: string): void {
    if (this.depth < 0) return
    const frame = this.frames[this.depth]
    if (frame === undefined) return
    if (frame.kind === frameKinds.leaf || (frame.kind === frameKinds.element && frame.plan?.body)) frame.text += chunk
    else if (frame.kind === frameKinds.tree && frame.tree) {
      const list = frame.tree.children
      const last = list.length - 1
      if (typeof list[last] === 'string') list[last] += chunk
      else list.push(chunk)
    }
  }

  open(name: string, attributes: Attributes): void {
    if (this.depth < 0) {
      this.openRoot(name, attributes)
      return
    }
    const top = this.frames[this.depth] as Frame
    switch (top.kind) {
      case frameKinds.element:
        this.openChild(top, name, attributes)
        return
      case frameKinds.wrapper: {
        const slot = top.slot as Slot
        const local = top.namespace === undefined ? name : name.slice(name.indexOf(':') + 1)
        if (local !== slot.extra) this.unknown(name)
        else this.openElement(planInside(slot), slot, name, attributes)
        return
      }
      case frameKinds.tree: {
        const tree: XmlTree = { name, attributes: attributes.toObject(), children: [] }
        top.tree?.children.push(tree)
        this.push(frameKinds.tree, name, undefined, top.record, undefined).tree = tree
        return
      }
      default:
        this.push(
          top.kind === frameKinds.leaf ? frameKinds.leaf : frameKinds.skip,
          name,
          undefined,
          top.record,
          undefined,
        )
    }
  }

  private openRoot(name: string, attributes: Attributes): void {
    const element = this.root.get(name)
    if (!element) {
      const expected = this.root.keys().next().value ?? ''
      this.reject(`expecting root element of '${expected}', not '${name}'`)
    }
    for (let i = 0; i < attributes.length; i += 2) {
      const attribute = attributes.list[i] as string
      if (!attribute.startsWith('xmlns:')) continue
      this.prefixes ??= new Map()
      this.prefixes.set(attribute.slice(6), attributes.list[i + 1] as string)
    }
    this.rootName = name
    this.openElement(planOf(element), undefined, name, attributes)
  }

  private unknown(name: string): void {
    this.push(frameKinds.skip, name, undefined, (this.frames[this.depth] as Frame).record, undefined)
  }

  private openChild(top: Frame, name: string, attributes: Attributes): void {
    const plan = top.plan as Plan
    let slot = plan.children.get(name)
    if (slot === undefined && name.includes(':')) {
      if (!top.namespace || this.uriOf(name, attributes) !== top.namespace.uri) {
        this.openNamespaced(top, name, attributes)
        return
      }
      slot = plan.children.get(name.slice(name.indexOf(':') + 1))
    }
    const record = top.record
    while (slot !== undefined && !this.holds(slot, record)) slot = slot.next
    if (slot === undefined) {
      this.unknown(name)
      return
    }
    this.openSlot(slot, record, name, attributes, top)
  }

  private openSlot(slot: Slot, record: Rec, name: string, attributes: Attributes, top: Frame): void {
    const key = slot.key
    switch (slot.kind) {
      case 'leaf':
        if (isSeen(top, slot) && record[key] !== undefined && !slot.lastWins) break
        top.seen |= slot.bit
        this.push(frameKinds.leaf, name, undefined, record, slot)
        return
      case 'scaled':
        if (record[key] !== undefined && !slot.lastWins) break
        this.push(frameKinds.leaf, name, undefined, record, slot).unit = attributes.get('unit')
        return
      case 'leaves':
        this.push(frameKinds.leaf, name, undefined, record, slot)
        return
      case 'flag':
        record[key] = true
        break
      case 'only': {
        if (isSeen(top, slot) && record[key] !== undefined && !slot.lastWins) {
          this.refuseAgain(slot)
          break
        }
        top.seen |= slot.bit
        const raw = attributes.get(slot.extra)
        const value = raw === undefined ? undefined : readAttribute(this, slot, slot.extra, name, raw)
        if (value !== undefined) record[key] = value
        else if (slot.field.isRequired) missing(this, slot, missingAttribute, slot.extra, name)
        break
      }
      case 'child': {
        const before = isSeen(top, slot) ? (record[key] as Rec | undefined) : undefined
        if (before !== undefined && !slot.lastWins && this.prefilled?.has(before) !== true) {
          this.refuseAgain(slot)
          break
        }
        if (slot.field.needed !== undefined && attributes.get(slot.field.needed) === undefined) break
        top.seen |= slot.bit
        this.openElement(planInside(slot), slot, name, attributes, before)
        if (top.namespace) (this.frames[this.depth] as Frame).namespace = top.namespace
        return
      }
      case 'children':
      case 'custom':
        this.openElement(planInside(slot), slot, name, attributes)
        if (top.namespace) (this.frames[this.depth] as Frame).namespace = top.namespace
        return
      case 'choice':
        if (record[key] !== undefined && record[key] !== none && !Array.isArray(record[key])) break
        if (slot.field.isUniform && ((record[key] as Rec[])[0]?.[slot.extra] ?? name) !== name) break
        this.openElement(planInside(slot), slot, name, attributes)
        return
      case 'wrapper':
        this.push(frameKinds.wrapper, name, undefined, record, slot).namespace = top.namespace
        return
      case 'opaque': {
        if (record[key] !== undefined) break
        const tree: XmlTree = { name, attributes: attributes.toObject(), children: [] }
        this.push(frameKinds.tree, name, undefined, record, slot).tree = tree
        return
      }
      case 'extension': {
        const element = this.hooks.extensions?.[slot.extra]
        if (!element || record[key] !== undefined) break
        this.openElement(planOf(element), slot, name, attributes)
        return
      }
    }
    this.push(frameKinds.skip, name, undefined, record, undefined)
  }

  private refuseAgain({ field }: Slot): void {
    if (field.again !== undefined) complain(this, field.again, '', '')
  }

  /** The namespace of a name with a prefix, and note of it for the elements inside. */
  private uriOf(name: string, attributes: Attributes): string | undefined {
    const prefix = name.slice(0, name.indexOf(':'))
    const own = attributes.get(`xmlns:${prefix}`)
    if (own === undefined) return this.prefixes?.get(prefix)
    this.prefixes ??= new Map()
    this.prefixes.set(prefix, own)
    return own
  }

  private openNamespaced(top: Frame, name: string, attributes: Attributes): void {
    const colon = name.indexOf(':')
    const uri = this.uriOf(name, attributes)
    const namespace = top.plan?.hasNamespaces ? this.hooks.namespaces?.find((one) => one.uri === uri) : undefined
    if (!namespace) {
      this.push(frameKinds.skip, name, undefined, top.record, undefined)
      return
    }
    const plan = planOf(namespace.element)
    top.record.namespaces ??= {}
    const all = top.record.namespaces as Record<string, Rec>
    const record = all[namespace.prefix] ?? plan.fresh()
    all[namespace.prefix] = record
    const slot = plan.children.get(name.slice(colon + 1))
    if (!slot) {
      this.push(frameKinds.skip, name, undefined, top.record, undefined)
      return
    }
    const marker: Frame = { ...top, plan, namespace, seen: anything }
    this.openSlot(slot, record, name, attributes, marker)
  }

  private openElement(plan: Plan, slot: Slot | undefined, name: string, attributes: Attributes, before?: Rec): void {
    const record = before !== undefined && this.prefilled?.delete(before) === true ? before : plan.fresh()
    if (slot?.kind === 'choice') record[slot.extra] = name
    const frame = this.push(frameKinds.element, name, plan, record, slot)
    if (plan.body?.kind === 'scaledBody') frame.unit = attributes.get('unit')
    if (plan.outer.length > 0)
      for (const one of plan.outer)
        if (this.holds(one, record)) this.prefill(one, record, name, attributes.get(one.xml))
    if (plan.discriminators.length > 0) this.readDiscriminators(plan, record, name, attributes)
    if (attributes.length > 0) this.readAttributes(plan, record, name, attributes)
    if (plan.requiredAttributes.length > 0)
      for (const one of plan.requiredAttributes)
        if (attributes.get(one.xml) === undefined && this.holds(one, record))
          missing(this, one, missingAttribute, one.xml, name)
    if (plan.attributeDefaults.length > 0) complete(record, plan.attributeDefaults)
    if (plan.start) {
      plan.start(record as never, this)
      frame.seen = anything
    }
  }

  /** Attributes that say which of the others there are. */
  private readDiscriminators(plan: Plan, record: Rec, name: string, attributes: Attributes): void {
    for (const one of plan.discriminators) {
      const raw = attributes.get(one.xml)
      if (raw === undefined) {
        if (record[one.key] === undefined && one.field.fallback !== undefined) record[one.key] = one.field.fallback
      } else if (this.holds(one, record)) {
        const value = readAttribute(this, one, one.xml, name, raw)
        if (value !== undefined) one.set(record, value)
      }
    }
  }

  private readAttributes(plan: Plan, record: Rec, name: string, attributes: Attributes): void {
    const { list, length } = attributes
    for (const one of plan.ordered ?? []) {
      const raw = attributes.get(one.xml)
      if (raw !== undefined && !one.first && this.holds(one, record)) this.readInto(record, one, name, raw, attributes)
    }
    for (let i = 0; i < length && plan.ordered === undefined; i += 2) {
      let one = plan.attributes.get(list[i] as string)
      while (one !== undefined && !this.holds(one, record)) one = one.next
      if (one !== undefined && !one.first) this.readInto(record, one, name, list[i + 1] as string, attributes)
    }
  }

  private readInto(record: Rec, slot: Slot, name: string, raw: string, attributes: Attributes): void {
    const value =
      slot.kind === 'scaledAttr'
        ? readAmount(this, slot, raw, attributes.get(slot.extra))
        : readAttribute(this, slot, slot.xml, name, raw)
    if (value !== undefined) slot.set(record, value)
  }

  /** Whether a slot counts in this mode and for this record. */
  private holds(slot: Slot, record: Rec): boolean {
    return (
      (this.bits & slot.mask) === slot.want &&
      (slot.guard === undefined || slot.guard.has(record[slot.guardKey as string]))
    )
  }

  private prefill(slot: Slot, record: Rec, name: string, raw: string | undefined): void {
    const value = raw === undefined ? slot.field.fallback : readAttribute(this, slot, slot.xml, name, raw)
    if (value === undefined) {
      if (slot.field.isRequired) missing(this, slot, missingAttribute, slot.xml, name)
      return
    }
    const inner = planInside(slot).fresh()
    inner[slot.extra] = value
    this.prefilled ??= new Set()
    this.prefilled.add(inner)
    record[slot.key] = inner
  }

  close(): void {
    const frame = this.frames[this.depth] as Frame
    this.closeFrame(frame)
    if (this.depth < 0) {
      this.wantsText = false
      return
    }
    const outer = this.frames[this.depth] as Frame
    this.wantsText = outer.kind === frameKinds.leaf || outer.kind === frameKinds.tree || outer.plan?.body !== undefined
  }

  private closeFrame(frame: Frame): void {
    switch (frame.kind) {
      case frameKinds.element:
        this.closeElement(frame)
        return
      case frameKinds.leaf:
        this.closeLeaf(frame)
        return
      case frameKinds.tree:
        if (frame.slot && frame.tree) {
          const kept = owned(trim(frame.tree))
          if (kept !== undefined) frame.record[frame.slot.key] = kept
        }
    }
    this.depth--
  }

  private closeLeaf(frame: Frame): void {
    const slot = frame.slot
    if (slot === undefined) {
      // Text of a child inside a leaf counts, as in XPath's string().
      const outer = this.frames[this.depth - 1]
      if (outer) outer.text += frame.text
      this.depth--
      return
    }
    const value = readText(this, slot, frame.name, frame.text, frame.unit)
    if (value !== undefined) {
      if (slot.kind === 'leaves') append(frame.record, slot.key, value)
      else slot.set(frame.record, value)
    }
    this.depth--
  }

  private closeElement(frame: Frame): void {
    const plan = frame.plan as Plan
    const record = frame.record
    if (plan.body !== undefined && (plan.children.size === 0 || /\S/.test(frame.text))) {
      const value = readText(this, plan.body, frame.name, frame.text, frame.unit)
      if (value !== undefined) record[plan.body.key] = value
    }
    if (plan.childDefaults.length > 0) complete(record, plan.childDefaults)
    if (plan.required.length > 0) this.require(plan, record, frame.name)
    if (plan.finish) plan.finish(record as never, this)
    const slot = frame.slot
    const parent = this.depth > 0 ? (this.frames[this.depth - 1] as Frame).record : undefined
    this.depth--
    if (slot === undefined || parent === undefined) {
      this.result = record
      return
    }
    store(slot, this.owner(frame, parent), record, this)
  }

  private require(plan: Plan, record: Rec, name: string): void {
    for (const slot of plan.required) {
      if (record[slot.key] !== undefined || !this.holds(slot, record)) continue
      missing(this, slot, slot.kind === 'attr' ? missingAttribute : 'missing element', slot.xml, name)
    }
  }

  /** Namespaced children belong to the namespace's own record, not to the root's. */
  private owner(frame: Frame, parent: Rec): Rec {
    const namespace = frame.namespace
    const outer = this.frames[this.depth]
    if (!namespace || outer?.namespace === namespace) return parent
    return (parent.namespaces as Record<string, Rec> | undefined)?.[namespace.prefix] ?? parent
  }
}

/** Reads a document whose root is one of the elements. */
export function readDocument(
  text: string,
  roots: ReadonlyMap<string, Element>,
  options: ReadOptions,
): { name: string; record: Rec } {
  const reader = new Reader(text, roots, options)
  const record = reader.run()
  return { name: reader.rootName, record }
}
