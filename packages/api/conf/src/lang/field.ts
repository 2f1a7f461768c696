// SPDX-License-Identifier: LGPL-2.1-or-later
// The schema language: what an element holds, in the order libvirt prints it.

import { ErrorDomain, ErrorNumber } from '@virt/core'
import type { PrintContext, ReadContext, Rec } from '../runtime/context.js'
import type { Mode } from '../runtime/modes.js'
import type { Scale } from './scale.js'
import type { Value } from './value.js'

/** A condition on the record that holds the field. Schema files give the record its generated type. */
export type Test = (record: never, context: PrintContext) => boolean
/**
 * The text of an error about a value: `%s` stands for it; a function is given it, the document as far as it has been read,
 * and the record of the element, and says nothing where the general error is right.
 */
export type ComplaintText =
  | string
  | ((
      raw: string,
      whole: Readonly<Record<string, unknown>>,
      here: Readonly<Record<string, unknown>>,
    ) => string | undefined)
/** Chooses libvirt's error for a bad or missing text: a message, or message and `virErrorNumber`. */
export type Complaint = ComplaintText | { number: number; domain?: number; message: ComplaintText }
/** An error of libvirt's general XML helpers, which has their own error domain. */
export const general = (message: ComplaintText): Complaint => ({
  number: ErrorNumber.XML_ERROR,
  domain: ErrorDomain.XML,
  message,
})
/** An element, or a function that gives it where two elements contain each other. */
export type ElementRef = Element | (() => Element)

/** What stands in an element, for rules of strict checking. */
export interface Content {
  /** By XML name. */
  readonly attributes: ReadonlyMap<string, string>
  /** XML names, in the order in which they come first. */
  readonly children: ReadonlySet<string>
  /** Attributes of each name's first child. */
  readonly inner: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** XML names of the children, one after the other. */
  readonly sequence: readonly string[]
  /** Attributes of the element around it. */
  readonly outer: ReadonlyMap<string, string>
  /** Values of the fields that say which others there are. */
  readonly values: ReadonlyMap<string, unknown>
}
export type StrictRule = (content: Content) => string | undefined

export type Fields = { readonly [key: string]: Field }

/** What can stand in an element's record, and where it is in the XML. */
export type Shape =
  | { kind: 'attr'; value: Value }
  | { kind: 'leaf'; value: Value }
  | { kind: 'leaves'; value: Value }
  | { kind: 'body'; value: Value }
  | { kind: 'scaled'; scale: Scale }
  | { kind: 'scaledAttr'; scale: Scale; unit: string }
  | { kind: 'scaledBody'; scale: Scale }
  | { kind: 'flag' }
  | { kind: 'only'; value: Value; attribute: string }
  | { kind: 'child'; element: ElementRef }
  | { kind: 'children'; element: ElementRef }
  | { kind: 'wrapped'; element: ElementRef; wrapper: string; keepEmpty: boolean }
  | { kind: 'choice'; tag: string; elements: readonly Element[]; many: boolean }
  | { kind: 'by'; key: string; table: Readonly<Record<string, Field>> }
  | { kind: 'tag'; value: Value }
  | { kind: 'tagOf'; value: Value; key: string; tag: string; element: ElementRef }
  | { kind: 'opaque' }
  | { kind: 'extension'; point: string }
  | { kind: 'custom'; custom: Custom }
  | { kind: 'virtual'; ts: string; json: Readonly<Record<string, unknown>> }

/** A part of an element that no other kind describes: own functions on plain trees. Keep these rare. */
export interface Custom {
  /** Type of the field in the generated interfaces. */
  ts: string
  /** Element read by `read`; absent when only printed. */
  reads?: Element
  /** Makes the field's value of the read element's record and the value so far. */
  read?: (record: never, before: never, context: ReadContext) => unknown
  /** Prints whole lines, each starting with `indent` and ending in a newline. */
  print: (value: never, context: PrintContext, indent: string, record: never) => string
}

/** One field of an element. Every method returns the field, so that calls chain. */
export class Field {
  readonly shape: Shape
  /** XML name when it differs from the key. */
  xml: string | undefined
  modes: readonly Mode[] | undefined
  printModes: readonly Mode[] | undefined
  readModes: readonly Mode[] | undefined
  /** Attribute without which the element counts as absent. */
  needed: string | undefined
  /** What strict checking takes it for then; anything when nothing is said. */
  withoutNeeded: ElementRef | undefined
  test: Test | undefined
  fallback: unknown
  omitted: unknown
  isRequired = false
  isLate = false
  missing: Complaint | undefined
  invalid: Complaint | undefined
  again: Complaint | undefined
  about: string | undefined
  lenient = false
  ignoresEmpty = false
  blank: unknown
  readsEmpty = false
  lastWins = false
  isUniform = false
  /** Whether libvirt's grammar wants it, where that is not what the parser wants. */
  strictness: boolean | undefined
  /** Attribute in which strict checking wants all of a list to differ. */
  differsIn: string | undefined
  /** Strict checking wants no more than one of a list. */
  isSingle = false
  /** Strict checking wants something in the wrapper, if that is there. */
  isFilled = false
  isAnywhere = false
  /** What strict checking takes the child for. */
  strictElement: ElementRef | undefined
  only: { key: string; values: ReadonlySet<unknown> } | undefined
  shown: ((record: never, context: PrintContext) => unknown) | undefined

  constructor(shape: Shape) {
    this.shape = shape
  }

  /** XML name, where it is not the key. */
  as(name: string): this {
    this.xml = name
    return this
  }

  /** Exists (is read and printed) only in these modes, all of them: `'live'`, `'status'`, `'!migratable'` … */
  when(...modes: Mode[]): this {
    this.modes = modes
    return this
  }

  /** Printed only in these modes, read always. */
  printWhen(...modes: Mode[]): this {
    this.printModes = modes
    return this
  }

  /** Read only in these modes, printed always. */
  readWhen(...modes: Mode[]): this {
    this.readModes = modes
    return this
  }

  /** The child counts as absent unless it has this attribute; strict checking may take it for something else then. */
  having(attribute: string, otherwise?: ElementRef): this {
    this.needed = attribute
    this.withoutNeeded = otherwise
    return this
  }

  /** Printed only if the test holds. */
  if(test: Test): this {
    this.test = test
    return this
  }

  /** Exists only while the record's `key` has one of the values (a discriminator: see `by`). */
  where(key: string, ...values: unknown[]): this {
    this.only = { key, values: new Set(values) }
    return this
  }

  /** Value when the text is absent. Printed like any other; see `omit`. */
  default(value: unknown): this {
    this.fallback = value
    return this
  }

  /** What is printed instead of the kept value: computed from the record; `undefined` prints nothing. */
  show(value: (record: never, context: PrintContext) => unknown): this {
    this.shown = value
    return this
  }

  /** Not printed when it has this value. */
  omit(value: unknown): this {
    this.omitted = value
    return this
  }

  /** Absent is an error: libvirt's general text, or the one given. */
  required(complaint?: Complaint): this {
    this.isRequired = true
    this.missing = complaint
    return this
  }

  /** Required, but looked for only after all children have been read, and after them. */
  late(complaint?: Complaint): this {
    this.isLate = true
    return this.required(complaint)
  }

  /** A text that is not of the value's form gives this error. */
  bad(complaint: Complaint): this {
    this.invalid = complaint
    return this
  }

  /** A second element of this name is an error; without this the first counts. */
  once(complaint: Complaint): this {
    this.again = complaint
    return this
  }

  /** A text that is not of the value's form reads as absent. */
  lax(): this {
    this.lenient = true
    return this
  }

  /** An empty attribute counts as absent, where libvirt asks for it by XPath. */
  orEmpty(): this {
    this.ignoresEmpty = true
    return this
  }

  /** An empty element is of the wrong form; by default it counts as absent. */
  notEmpty(): this {
    this.readsEmpty = true
    return this
  }

  /** Value when the element is there but empty. */
  whenEmpty(value: unknown): this {
    this.blank = value
    return this
  }

  /** Where libvirt walks the children, the last of several counts; by default the first does. */
  last(): this {
    this.lastWins = true
    return this
  }

  /** The parser does without it, but strict checking does not. */
  must(): this {
    this.strictness = true
    return this
  }

  /** The parser wants it, but strict checking lets it be absent. */
  may(): this {
    this.strictness = false
    return this
  }

  /** Strict checking wants something in the wrapper of a list, if that is there. */
  filled(): this {
    this.isFilled = true
    return this
  }

  /** Strict checking takes it whatever the mode is, and the field that `where` looks at. */
  anywhere(): this {
    this.isAnywhere = true
    return this
  }

  /** Strict checking wants no more than one of a list. */
  single(): this {
    this.isSingle = true
    return this
  }

  /** Strict checking wants less, or more, of the child than the parser. */
  strictly(element: ElementRef): this {
    this.strictElement = element
    return this
  }

  /** Strict checking wants the elements of a list to differ in an attribute. */
  unique(attribute: string): this {
    this.differsIn = attribute
    return this
  }

  /** Of `choices`: the first element decides, others than its kind are not read. */
  uniform(): this {
    this.isUniform = true
    return this
  }

  /** One sentence for the generated docs. */
  doc(sentence: string): this {
    this.about = sentence
    return this
  }
}

/** `key='…'`. */
export function attr(value: Value): Field {
  return new Field({ kind: 'attr', value })
}
/** `<key>…</key>`, no attributes. */
export function leaf(value: Value): Field {
  return new Field({ kind: 'leaf', value })
}
/** Any number of `<key>…</key>`: a list of values. */
export function leaves(value: Value): Field {
  return new Field({ kind: 'leaves', value })
}
/** The element's own text. */
export function body(value: Value): Field {
  return new Field({ kind: 'body', value })
}
/** `<key unit='…'>N</key>`: an amount in the scale's unit. */
export function scaled(scale: Scale): Field {
  return new Field({ kind: 'scaled', scale })
}
/** `key='N' unit='…'`: an amount in two attributes. */
export function scaledAttr(scale: Scale, unit = 'unit'): Field {
  return new Field({ kind: 'scaledAttr', scale, unit })
}
/** The element's own text as an amount, with its `unit` attribute. */
export function scaledBody(scale: Scale): Field {
  return new Field({ kind: 'scaledBody', scale })
}
/** `<key/>`: true when present. */
export function flag(): Field {
  return new Field({ kind: 'flag' })
}
/** `<key attribute='…'/>`: an element that is nothing but one attribute. */
export function only(attribute: string, value: Value): Field {
  return new Field({ kind: 'only', attribute, value })
}
/** At most one child element. */
export function child(element: ElementRef): Field {
  return new Field({ kind: 'child', element })
}
/** A list of child elements, in document order. */
export function children(element: ElementRef): Field {
  return new Field({ kind: 'children', element })
}
/** A list of child elements inside `<wrapper>`, which is printed only with content. */
export function wrapped(wrapper: string, element: ElementRef, keepEmpty = false): Field {
  return new Field({ kind: 'wrapped', element, wrapper, keepEmpty })
}
/** One child out of several elements; its record says which in `tag`. */
export function choice(tag: string, ...elements: Element[]): Field {
  return new Field({ kind: 'choice', tag, elements, many: false })
}
/** Any number of children out of several elements, in document order. */
export function choices(tag: string, ...elements: Element[]): Field {
  return new Field({ kind: 'choice', tag, elements, many: true })
}
/** The field differs by the value of the record's `key`: the record becomes a discriminated union. */
export function by(key: string, table: Record<string, Field>): Field {
  return new Field({ kind: 'by', key, table })
}
/** Discriminator of a record whose value stands outside its XML element; see `tagOf`. */
export function tag(value: Value): Field {
  return new Field({ kind: 'tag', value })
}
/** Attribute that is stored as `tag` field of the child under `key`, which then always exists. */
export function tagOf(key: string, tagKey: string, value: Value, element: ElementRef): Field {
  return new Field({ kind: 'tagOf', value, key, tag: tagKey, element })
}
/** XML of other people's namespaces, kept as a tree and printed in libvirt's (libxml2's) normal form. */
export function opaque(): Field {
  return new Field({ kind: 'opaque' })
}
/** A place where a driver's `DocumentHooks.extensions[point]` may put private data. */
export function extension(point: string): Field {
  return new Field({ kind: 'extension', point })
}
/** What no other kind describes. */
export function custom(parts: Custom): Field {
  return new Field({ kind: 'custom', custom: parts })
}
/** A field of the record that is not in the XML at all: passes and drivers fill it. */
export function virtual(ts: string, json: Record<string, unknown> = {}): Field {
  return new Field({ kind: 'virtual', ts, json })
}

/** An element: name, fields in print order, and what happens after reading. */
export class Element {
  readonly name: string
  readonly fields: Fields
  /** Name in the generated interfaces; the exported constant's name when absent. */
  typeName: string | undefined
  about: string | undefined
  printsEmpty = false
  printsOpen = false
  printsSpaced = false
  tellsLast = false
  orderedFor: ((content: Pick<Content, 'values'>) => boolean) | undefined
  rule: StrictRule | undefined
  tolerated: Fields = {}
  hasNamespaces = false
  finisher: ((record: never, context: ReadContext) => void) | undefined
  starter: ((record: never, context: ReadContext) => void) | undefined
  test: Test | undefined
  viewer: ((record: never, context: PrintContext) => object) | undefined

  constructor(name: string, fields: Fields) {
    this.name = name
    this.fields = fields
  }

  /** Printed as `<name/>` even when it has nothing to say. */
  keepEmpty(): this {
    this.printsEmpty = true
    return this
  }

  /** Of several attributes with bad texts, the one declared last is told, as if all had been read in turn regardless. */
  tellLast(): this {
    this.tellsLast = true
    return this
  }

  /** Never printed as `<name/>`: an empty one has its end tag on a line of its own, or behind a text that is empty. */
  keepOpen(): this {
    this.printsOpen = true
    return this
  }

  /** Strict checking wants the children in the order of the schema; with a test, only where it holds. */
  ordered(test: (content: Pick<Content, 'values'>) => boolean = () => true): this {
    this.orderedFor = test
    return this
  }

  /** What strict checking takes besides the fields; nobody reads it. */
  tolerates(fields: Fields): this {
    this.tolerated = fields
    return this
  }

  /** What strict checking wants of several attributes and children together. Answers what is wrong. */
  strict(rule: StrictRule): this {
    this.rule = rule
    return this
  }

  /** Printed with an empty line around each child. */
  spaced(): this {
    this.printsSpaced = true
    return this
  }

  /** Runs when the element has been read: defaults and checks that need several fields. May change the record. */
  finish(fn: (record: never, context: ReadContext) => void): this {
    this.finisher = fn
    return this
  }

  /** Runs when the attributes have been read, before any child. */
  start(fn: (record: never, context: ReadContext) => void): this {
    this.starter = fn
    return this
  }

  /** Printed only if the test holds for the record. */
  if(test: Test): this {
    this.test = test
    return this
  }

  /** Prints another record instead: the same, or one made of it for the mode. */
  view(view: (record: never, context: PrintContext) => object): this {
    this.viewer = view
    return this
  }

  /** Takes drivers' namespaces (`qemu:commandline`). */
  namespaces(): this {
    this.hasNamespaces = true
    return this
  }

  named(typeName: string): this {
    this.typeName = typeName
    return this
  }

  doc(sentence: string): this {
    this.about = sentence
    return this
  }
}

/** Declares an element. Keys are the record's keys; XML names are the same unless `.as()` says otherwise. */
export function element(name: string, fields: Fields): Element {
  return new Element(name, fields)
}

export type { Rec }
