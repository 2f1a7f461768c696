// SPDX-License-Identifier: LGPL-2.1-or-later
// What people and applications write beside a definition: title, description, and elements of their own.
import type { XmlTree } from '@virt/conf'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { getElement, setElement } from './metadata.js'

/** A document that has notes. */
export interface Noted {
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly metadata?: XmlTree | undefined
}

/** Whose notes: as errors tell of them. */
export interface NotesKind {
  readonly domain: number
  /** The error's number when there is no such note. */
  readonly absent: number
}
/** Notes of guests. */
export const domainNotes: NotesKind = { domain: ErrorDomain.DOMAIN, absent: ErrorNumber.NO_DOMAIN_METADATA }
/** Notes of networks. */
export const networkNotes: NotesKind = { domain: ErrorDomain.NETWORK, absent: ErrorNumber.NO_NETWORK_METADATA }

/** `virDomainMetadataType`, `virNetworkMetadataType` */
const types = ['description', 'title', 'element'] as const

/** @throws VirtError `invalid-arg` for a type that there is not */
export function checkNoteType(kind: NotesKind, type: number): void {
  if (types[type] === undefined)
    throw virtError(ErrorNumber.INVALID_ARG, kind.domain, `unknown metadata type '${type}'`)
}

/**
 * A note.
 * @param uri namespace of an application's element
 * @throws VirtError when there is none
 */
export function noteOf(kind: NotesKind, document: Noted, type: number, uri: string | undefined): string {
  const name = types[type] ?? 'element'
  const text = name === 'element' ? getElement(document.metadata, uri ?? '') : document[name]
  if (text === undefined) throw virtError(kind.absent, kind.domain, 'Requested metadata element is not present')
  return text
}

/**
 * The document with another note.
 * @param text nothing takes it away
 * @param key prefix of an application's element
 * @throws VirtError `invalid-arg`, and what is wrong with an element
 */
export function withNote<T extends Noted>(
  kind: NotesKind,
  document: T,
  type: number,
  text: string | undefined,
  key = '',
  uri = '',
): T {
  checkNoteType(kind, type)
  const name = types[type]
  if (name === 'description' || name === 'title') return { ...document, [name]: text || undefined }
  return { ...document, metadata: setElement(document.metadata, text, key, uri, kind.domain) }
}
