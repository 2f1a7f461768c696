// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents as libvirt-gconfig's users know them: a typed value, and the text that it came from.
import {
  type DocumentKind,
  domain,
  domainSnapshot,
  hostInterface,
  network,
  nodeDevice,
  nwfilter,
  secret,
  storagePool,
  storageVolume,
} from '@virt/conf'

const kinds = {
  domain,
  domainSnapshot,
  hostInterface,
  network,
  nodeDevice,
  nwfilter,
  secret,
  storagePool,
  storageVolume,
}

/** Kinds of documents, and their typed forms. */
export interface ConfigTypes {
  domain: ReturnType<typeof domain.parse>
  domainSnapshot: ReturnType<typeof domainSnapshot.parse>
  hostInterface: ReturnType<typeof hostInterface.parse>
  network: ReturnType<typeof network.parse>
  nodeDevice: ReturnType<typeof nodeDevice.parse>
  nwfilter: ReturnType<typeof nwfilter.parse>
  secret: ReturnType<typeof secret.parse>
  storagePool: ReturnType<typeof storagePool.parse>
  storageVolume: ReturnType<typeof storageVolume.parse>
}
/** Name of a kind of documents. */
export type ConfigKind = keyof ConfigTypes

/** Puts null bytes apart, compares and copies: documents are plain values. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))

/**
 * A document: change `doc` as you like.
 * @since 0.1.0, `GVirConfigObject`
 */
export class Config<K extends ConfigKind = ConfigKind> {
  readonly kind: K
  /** The typed value. */
  doc: ConfigTypes[K]
  readonly #source: string | undefined
  readonly #before: string | undefined

  private constructor(kind: K, doc: ConfigTypes[K], source: string | undefined) {
    this.kind = kind
    this.doc = doc
    this.#source = source
    this.#before = source === undefined ? undefined : textOf(doc)
  }

  /** Reads XML. @throws VirtError that quotes line and column */
  static fromXml<K extends ConfigKind>(kind: K, xml: string): Config<K> {
    return new Config(kind, structuredClone(parserOf(kind).parse(xml, { raw: true })), xml)
  }

  /** Takes a typed value. */
  static of<K extends ConfigKind>(kind: K, doc: ConfigTypes[K]): Config<K> {
    return new Config(kind, structuredClone(doc), undefined)
  }

  /** The XML: the text that was read when nothing was changed since, with all that it held. */
  toXml(): string {
    if (this.#source !== undefined && textOf(this.doc) === this.#before) return this.#source
    return parserOf(this.kind).print(this.doc, { inactive: true, secure: true })
  }

  /** Checks it. @throws VirtError that says what is wrong and where */
  validate(): void {
    parserOf(this.kind).parse(this.toXml(), { validate: true })
  }
}

function parserOf<K extends ConfigKind>(kind: K): DocumentKind<ConfigTypes[K]> {
  return kinds[kind] as unknown as DocumentKind<ConfigTypes[K]>
}

/** A document in any form that is taken: as it is held here, or as XML. */
export type ConfigInput<K extends ConfigKind> = Config<K> | string

/** The XML of a document in any form. */
export const xmlOf = <K extends ConfigKind>(config: ConfigInput<K>): string =>
  typeof config === 'string' ? config : config.toXml()
