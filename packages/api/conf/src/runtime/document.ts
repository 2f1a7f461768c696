// SPDX-License-Identifier: LGPL-2.1-or-later
// A document kind: its schema, its passes and the functions users call.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { type Change, editText } from '../edit/edit.js'
import { type JsonSchema, jsonSchemaOf } from '../json-schema/json-schema.js'
import { Element } from '../lang/field.js'
import { validateText } from '../strict/validate.js'
import type { DocumentHooks, Namespace, Pass, PassContext, Rec } from './context.js'
import { fromInput } from './input.js'
import { bitsOf, type ModeName, type Modes, modeBits } from './modes.js'
import { Printing, printElement } from './print.js'
import { readDocument } from './read.js'

/** How to read a document. Modes are switched on by name. */
export interface ParseOptions extends Modes {
  hooks?: DocumentHooks | undefined
  /** Path of the file the text was read from, which errors name instead. */
  file?: string | undefined
  /** The driver's own knowledge for passes. */
  driver?: unknown
  /** Skip every pass: only the schema reads. */
  raw?: boolean | undefined
}

/** How to print a document. Modes are switched on by name. */
export interface PrintOptions extends Modes {
  hooks?: DocumentHooks | undefined
  /** Spaces before the first level. */
  indent?: number | undefined
}

/** What a document kind is made of. */
export interface DocumentParts<T> {
  /** Root element; several where libvirt accepts more than one. */
  root: Element | readonly Element[]
  /** `virErrorDomain` of its errors. */
  domain: number
  /** File of the grammar that libvirt has for it, which errors of strict checking name. */
  grammar?: string
  /** Namespaces that strict checking knows, whatever the driver; absent: those of its hooks. */
  namespaces?: readonly Namespace[]
  /** Before a driver's `domain` passes. */
  early?: readonly Pass<T>[]
  /** After a driver's `devices` passes. */
  devices?: readonly Pass<T>[]
  postParse?: readonly Pass<T>[]
  addresses?: readonly Pass<T>[]
  /** Checks of the whole, behind the driver's. */
  rules?: readonly Pass<T>[]
  /** Checks of single parts, behind the driver's. */
  validate?: readonly Pass<T>[]
  /** Modes that are always on. */
  modes?: Modes
  /** Definitions of guests inside. Hooks of the driver are about these, not about the document around them. */
  inner?: (document: T) => Iterable<Inner>
}

/** A document inside another. */
export interface Inner {
  run(context: PassContext): void
}

/** A document of a kind inside another: its passes run when those of the outer one do. */
export function innerOf<T extends object>(kind: DocumentKind<T>, document: T | undefined, modes: Modes = {}): Inner[] {
  if (!document) return []
  const run = ({ bits, hooks, driver }: PassContext) =>
    runPasses(kind.parts, document, passContext(bits | bitsOf(modes), { hooks, driver }))
  return [{ run }]
}

/** A kind of document: reads, prints and checks texts and typed values. */
export interface DocumentKind<T, I = object> {
  readonly root: Element
  readonly parts: DocumentParts<T>
  /**
   * Reads a text: schema, then the passes `postParse`, `addresses`, `validate`, each followed by the driver's.
   * @throws VirtError with libvirt's number, domain and text; `details` quotes the place.
   */
  parse(text: string | Uint8Array, options?: ParseOptions): T
  /** Prints a typed value as libvirt does, ending in a newline. */
  print(document: T, options?: PrintOptions): string
  /** Prints a typed value, and says for which modes the text is right: for all that differ in nothing the document has. */
  printOnce(document: T, options?: PrintOptions): { text: string; serves: (modes: Modes) => boolean }
  /** Runs the passes over a copy of a typed value and returns it. */
  complete(document: T, options?: ParseOptions): T
  /**
   * Makes a typed value of a plain object as people write it: amounts with units (`'4 GiB'`), numbers for bigints, lists
   * and defaults left out.
   * @throws VirtError `invalid-arg` that names the place
   */
  fromInput(given: I, options?: Pick<ParseOptions, 'hooks'>): T
  /**
   * Changes a text by changing what it says: the rest of it (comments, blanks, order, what nobody here knows) stays.
   * @param change is given the typed document as the text has it, nothing added; it may change it, or return another
   * @throws VirtError of the text; `invalid-arg` that names a wrong place of the object; `operation-failed` when this text
   *   cannot say what is wanted
   */
  edit(text: string, change: Change<T, I>, options?: Pick<ParseOptions, 'hooks'>): Promise<string>
  /**
   * The JSON Schema (draft 2020-12) of what `fromInput` takes, typed values among it: a bigint that JSON cannot hold is a
   * text of digits, as `jsonReplacer` of `@virt/core` writes it.
   */
  jsonSchema(options?: Pick<ParseOptions, 'hooks'>): JsonSchema
  /**
   * Holds a text against libvirt's grammar, and reads nothing.
   * @throws VirtError `xml-invalid-schema`; `details` says where and why
   */
  checkText(text: string | Uint8Array, options?: ParseOptions): void
  /** Checks a typed value. @throws VirtError */
  validate(document: T, options?: ParseOptions): void
}

const noHooks: DocumentHooks = Object.freeze({})

/** What passes are told that run over a document inside another. */
export function passContextOf(options: ParseOptions): PassContext {
  return passContext(bitsOf(options), options)
}

function passContext(bits: number, options: ParseOptions): PassContext {
  return {
    bits,
    has: (mode: ModeName) => (bits & modeBits[mode]) !== 0,
    hooks: options.hooks ?? noHooks,
    driver: options.driver,
  }
}

/** Own and drivers' stages in the order they run. */
const stages = [
  ['driver', 'basic'],
  ['own', 'early'],
  ['driver', 'domain'],
  ['driver', 'devices'],
  ['own', 'devices'],
  ['own', 'postParse'],
  ['driver', 'postParse'],
  ['own', 'addresses'],
  ['driver', 'addresses'],
  ['driver', 'rules'],
  ['own', 'validate'],
  ['driver', 'validate'],
  ['own', 'rules'],
] as const

function runPasses<T>(parts: DocumentParts<T>, document: T, context: PassContext, only?: 'validate'): void {
  for (const one of parts.inner?.(document) ?? []) one.run(context)
  for (const [whose, stage] of stages) {
    const checks = stage === 'validate' || stage === 'rules'
    if ((only && !checks) || (parts.inner && whose === 'driver')) continue
    if (checks && context.has('skipValidate')) continue
    const passes = whose === 'own' ? parts[stage] : (context.hooks.passes?.[stage] as readonly Pass<T>[] | undefined)
    for (const pass of passes ?? []) pass.run(document, context)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(text: string | Uint8Array): string {
  if (typeof text === 'string') return text
  try {
    return utf8.decode(text)
  } catch (cause) {
    throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.XML, 'Input is not proper UTF-8, indicate encoding !', { cause })
  }
}

/** Declares a document kind. */
export function documentKind<T extends object, I extends object = object>(parts: DocumentParts<T>): DocumentKind<T, I> {
  const elements = parts.root instanceof Element ? [parts.root] : parts.root
  const roots = new Map(elements.map((one) => [one.name, one]))
  const always = bitsOf(parts.modes ?? {})
  const [root] = elements
  if (!root) throw new TypeError('a document needs a root element')
  const grammar = parts.grammar ?? `${root.name}.rng`
  const strictly = (text: string, { hooks = noHooks, file }: ParseOptions) => {
    const namespaces = parts.namespaces ?? hooks.namespaces ?? []
    validateText(text, { roots, grammar, namespaces, domain: parts.domain, file })
  }
  return {
    root,
    parts,
    parse(text, options = {}) {
      const bits = bitsOf(options) | always
      const hooks = options.hooks ?? noHooks
      const decoded = decode(text)
      if ((bits & modeBits.validate) !== 0) strictly(decoded, options)
      const { record } = readDocument(decoded, roots, {
        bits,
        hooks,
        file: options.file,
        domain: parts.domain,
      })
      const document = record as T
      if (!options.raw) runPasses(parts, document, passContext(bits, options))
      return document
    },
    print(document, options = {}) {
      const record = document as Rec
      const context = new Printing(bitsOf(options) | always, options.hooks ?? noHooks, record)
      return printElement(root, record, context, ' '.repeat(options.indent ?? 0))
    },
    printOnce(document, options = {}) {
      const record = document as Rec
      const bits = bitsOf(options) | always
      const context = new Printing(bits, options.hooks ?? noHooks, record)
      const text = printElement(root, record, context, ' '.repeat(options.indent ?? 0))
      const { asked } = context
      return { text, serves: (modes) => (((bitsOf(modes) | always) ^ bits) & asked) === 0 }
    },
    complete(document, options = {}) {
      const copy = structuredClone(document)
      runPasses(parts, copy, passContext(bitsOf(options) | always, options))
      return copy
    },
    fromInput(given, options = {}) {
      return fromInput(root, given, options.hooks ?? noHooks) as T
    },
    edit(text, change, options = {}) {
      return editText(this, text, change, options.hooks ?? noHooks)
    },
    jsonSchema(options = {}) {
      return jsonSchemaOf(root, options.hooks ?? noHooks)
    },
    checkText(text, options = {}) {
      strictly(decode(text), options)
    },
    validate(document, options = {}) {
      runPasses(parts, document, passContext(bitsOf(options) | always, options), 'validate')
    },
  }
}
