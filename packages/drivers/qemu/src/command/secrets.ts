// SPDX-License-Identifier: LGPL-2.1-or-later
// Secrets on command lines: everybody can read those, so they are encrypted with a key that only QEMU's user can read.
import { createCipheriv } from 'node:crypto'
import type { Props } from './props.js'

/** Name of the object that holds the key. */
export const masterKey = 'masterKey0'
/** Bytes of the key, and of what encryption begins with. */
export const masterKeySize = 32
export const vectorSize = 16

/** A secret of the secret driver, as documents refer to it. */
export interface SecretReference {
  readonly type: 'volume' | 'iscsi' | 'ceph' | 'tls' | 'vtpm'
  readonly uuid?: string | undefined
  readonly usage?: string | undefined
}

/** What QEMU is to be given without its being seen. */
export type Concealed = SecretReference | { readonly text: string }

/** A secret as QEMU's `secret` objects have it. */
export function sealSecret(value: Uint8Array, key: Uint8Array, vector: Uint8Array): Props {
  const cipher = createCipheriv('aes-256-cbc', key, vector)
  const data = Buffer.concat([cipher.update(value), cipher.final()]).toString('base64')
  return { data, keyid: masterKey, iv: Buffer.from(vector).toString('base64'), format: 'base64' }
}

/** An object with a secret. */
export function secretObject(id: string, sealed: Props): Props {
  return { 'qom-type': 'secret', id, ...sealed }
}

/** The secret that an element names. */
export function referenceOf(
  type: SecretReference['type'],
  named: { readonly uuid?: string | undefined; readonly usage?: string | undefined } | undefined,
): SecretReference {
  return { type, uuid: named?.uuid, usage: named?.usage }
}
