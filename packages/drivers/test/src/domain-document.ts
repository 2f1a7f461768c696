// SPDX-License-Identifier: LGPL-2.1-or-later
// Domain documents of this driver: how they are read, kept and printed.
import { type DocumentHooks, type Domain, domain, fields, type Namespace, values } from '@virt/conf'
import { type Codec, DocumentCache } from '@virt/stateful'

/** What a node file may say of a domain beyond its definition. */
export interface TestNamespace {
  runstate?: string
  transient?: unknown
  hasmanagedsave?: unknown
}

let namespaces: readonly Namespace[] | undefined

/** What the driver adds to every document with a domain in it. */
export const hooks: DocumentHooks = {
  // Made when a document is read: until then the reader need not be there.
  get namespaces() {
    namespaces ??= [
      {
        prefix: 'test',
        uri: 'http://libvirt.org/schemas/domain/test/1.0',
        element: fields.element('test', {
          runstate: fields.leaf(values.text),
          transient: fields.opaque(),
          hasmanagedsave: fields.opaque(),
        }),
      },
    ]
    return namespaces
  },
}

/** Gives every interface without a name the first free one. */
function nameInterfaces(document: Domain): Domain {
  const { devices } = document
  if (devices === undefined || devices.interfaces.every((one) => one.target?.dev !== undefined)) return document
  const taken = new Set(devices.interfaces.map((one) => one.target?.dev))
  const interfaces = devices.interfaces.map((one) => {
    if (one.target?.dev !== undefined) return one
    let number = 0
    while (taken.has(`testnet${number}`)) number++
    const dev = `testnet${number}`
    taken.add(dev)
    return { ...one, target: { ...one.target, dev } }
  })
  return { ...document, devices: { ...devices, interfaces } }
}

/** The architecture of a guest that names none. */
const defaultArch = 'i686'

function withArch(document: Domain): Domain {
  const { os } = document
  if (os?.type === undefined || os.type.arch !== undefined) return document
  return { ...document, os: { ...os, type: { ...os.type, arch: defaultArch } } }
}

/**
 * Reads a definition from a client or a file.
 * @throws VirtError with what is wrong in it
 */
export function parseDefinition(xml: string, validate = false): { document: Domain; own: TestNamespace } {
  const parsed = domain.parse(xml, { inactive: true, hooks, validate })
  return { document: completed(parsed), own: (parsed.namespaces?.test ?? {}) as TestNamespace }
}

/** A definition with what the driver adds, and without what is not the definition's. */
export function completed(parsed: Domain): Domain {
  const { namespaces: _own, id: _id, ...document } = parsed
  return nameInterfaces(withArch(document))
}

/** Reads what `printDomain` has printed. */
export function readBack(xml: string): Domain {
  return domain.parse(xml, { raw: true, hooks })
}

/** How a document is printed for a caller. */
export interface PrintModes {
  inactive?: boolean
  secure?: boolean
  migratable?: boolean
}

/** Prints a document; `id` is that of the running domain. */
export function printDomain(document: Domain, id: number, modes: PrintModes): string {
  return domain.print(id > 0 ? { ...document, id } : document, { ...modes, hooks })
}

/** Text of a document at rest as it is while the domain runs: the id is the second attribute of the root element. */
export function withId(text: string, id: number): string {
  const type = text.indexOf("'", text.indexOf("type='") + 6) + 1
  return `${text.slice(0, type)} id='${id}'${text.slice(type)}`
}

/** For which modes the text at rest is right. */
export class Printed {
  readonly #serves: (modes: PrintModes) => boolean
  /** Modes that a field asked for and that turned out to make no difference. */
  readonly #same: Set<string> = new Set()

  constructor(serves: (modes: PrintModes) => boolean) {
    this.#serves = serves
  }

  serves(modes: PrintModes): boolean {
    return this.#serves(modes) || this.#same.has(keyOf(modes))
  }

  alsoServes(modes: PrintModes): void {
    this.#same.add(keyOf(modes))
  }
}

const keyOf = (modes: PrintModes): string => `${modes.inactive}${modes.secure}${modes.migratable}`

const codec: Codec<Domain, Printed> = {
  write(document) {
    const { text, serves } = domain.printOnce(document, { secure: true, hooks })
    return { text, note: new Printed(serves) }
  },
  read: readBack,
}

/** The documents of all instances of this process that are in use. */
export const documents: DocumentCache<Domain, Printed> = new DocumentCache(codec)
