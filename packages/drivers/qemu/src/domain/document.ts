// SPDX-License-Identifier: LGPL-2.1-or-later
// Domain documents of this driver: how they are read, kept and printed.
import { type DocumentHooks, type Domain, domain, type QemuHost, qemuDomainHooks } from '@virt/conf'
import { type Codec, DocumentCache } from '@virt/stateful'

/** Modes that a document is printed in. */
export interface PrintModes {
  readonly inactive?: boolean
  readonly secure?: boolean
  readonly migratable?: boolean
}

/** For which modes the text at rest is right. */
export class Printed {
  readonly #serves: (modes: PrintModes) => boolean
  /** Modes that a field asked for and that turned out to make no difference. */
  readonly #same = new Set<string>()

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

/** Text of a document at rest as it is while the guest runs: the id is the second attribute of the root element. */
export function withId(text: string, id: number): string {
  const type = text.indexOf("'", text.indexOf("type='") + 6) + 1
  return `${text.slice(0, type)} id='${id}'${text.slice(type)}`
}

/** What the guest had for a number when the document was printed is no part of its definition. */
function withoutId(document: Domain): Domain {
  if (document.id === undefined) return document
  const { id: _id, ...others } = document
  return others
}

/** Documents as one driver reads and prints them. */
export class Documents {
  readonly hooks: DocumentHooks
  /** Those that are in use. */
  readonly cache: DocumentCache<Domain, Printed>

  constructor(host: QemuHost, securityModel: string) {
    this.hooks = { ...qemuDomainHooks(host), securityModel }
    const { hooks } = this
    const codec: Codec<Domain, Printed> = {
      write(document) {
        const { text, serves } = domain.printOnce(document, { secure: true, hooks })
        return { text, note: new Printed(serves) }
      },
      read: (text) => domain.parse(text, { raw: true, hooks }),
    }
    this.cache = new DocumentCache(codec)
  }

  /** Reads a definition from a client. @throws VirtError with what is wrong in it */
  parse(xml: string, modes: { readonly abiUpdate?: boolean; readonly validate?: boolean } = {}): Domain {
    return withoutId(domain.parse(xml, { ...modes, inactive: true, hooks: this.hooks }))
  }

  /** Reads a definition of our own, which was checked when it was taken; what this host lacks keeps nothing from being read. */
  load(xml: string): Domain {
    const modes = { inactive: true, skipValidate: true, allowPostParseFail: true }
    return withoutId(domain.parse(xml, { ...modes, hooks: this.hooks }))
  }

  print(document: Domain, id: number, modes: PrintModes): string {
    return domain.print(id > 0 ? { ...document, id } : document, { ...modes, hooks: this.hooks })
  }

  /** What is kept on disk of a definition. */
  configText(document: Domain): string {
    return this.print(document, -1, { inactive: true, secure: true })
  }
}
