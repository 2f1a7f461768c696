// SPDX-License-Identifier: LGPL-2.1-or-later
// What conditions, passes and hooks are given.
import type { Element } from '../lang/field.js'

/** A record while the runtime handles it; its fields are those of the generated interface. */
export type Rec = Record<string, unknown>

/** XML elements of another namespace at the root of a document (`qemu:commandline`). */
export interface Namespace {
  /** Prefix used when printing and key under `namespaces`. */
  prefix: string
  uri: string
  /** Fields of this element are the namespaced children of the root; its own name does not matter. */
  element: Element
}

/** A named step over a freshly read document. It may change the document it is given, which nobody else has seen yet. */
export interface Pass<T = unknown> {
  name: string
  run: (document: T, context: PassContext) => void
}

/** What passes are told. */
export interface PassContext {
  bits: number
  has(mode: import('./modes.js').ModeName): boolean
  hooks: DocumentHooks
  /** The driver's own knowledge (capabilities …), passed through from the parse options. */
  driver: unknown
}

/** What a driver adds to a document kind. */
export interface DocumentHooks<T = never> {
  /** Namespaces at the root. */
  namespaces?: readonly Namespace[]
  /** Private data by extension point, as the schema names it (`extension('diskSource')`). */
  extensions?: Readonly<Record<string, Element>>
  /** Extra passes. `postParse` and `addresses` run after the document's own of that stage, the others before. */
  passes?: {
    /** Before everything. */
    basic?: readonly Pass<T>[]
    /** Before devices are looked at: what the hypervisor adds by itself. */
    domain?: readonly Pass<T>[]
    /** Defaults of single devices. */
    devices?: readonly Pass<T>[]
    postParse?: readonly Pass<T>[]
    addresses?: readonly Pass<T>[]
    /** Checks of the whole. */
    rules?: readonly Pass<T>[]
    /** Checks of single parts. */
    validate?: readonly Pass<T>[]
  }
  /** Switches that the document's own passes look at. */
  features?: ReadonlySet<string>
  /** Other knowledge passes need, by name. */
  [extra: string]: unknown
}

/** Given to conditions while printing. */
export interface PrintContext {
  readonly bits: number
  has(mode: import('./modes.js').ModeName): boolean
  readonly hooks: DocumentHooks
  /** Root record of the print. */
  readonly root: Rec
  /** Records from the root down to the parent of the one being printed. */
  readonly parents: readonly Rec[]
}

/** Given to `start` and `finish` while reading. */
export interface ReadContext {
  readonly bits: number
  has(mode: import('./modes.js').ModeName): boolean
  readonly hooks: DocumentHooks
  /** Record of the root, as far as it has been read. */
  whole(): Rec
  /** Record of the enclosing element that is being read. */
  parent(): Rec | undefined
  /** Throws libvirt's error with the place in the text; `number` is `VIR_ERR_XML_ERROR` by default. */
  fail(message: string, number?: number, domain?: number): never
  /** Throws an error of libvirt's general XML helpers, which has their own error domain. */
  reject(message: string): never
}
