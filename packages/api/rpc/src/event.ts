// SPDX-License-Identifier: LGPL-2.1-or-later
// What ties an event id to its messages.
import type { EventFamily } from '@virt/core'
import type { XdrReader, XdrWriter } from './xdr.js'

/** One event as it travels. In the callback style a message is the callback id (int) followed by what `encode` writes. */
export interface EventCodec {
  readonly family: EventFamily
  readonly id: number
  readonly key: string
  readonly program: 'remote' | 'qemu'
  /** Procedure of the callback style. */
  readonly number?: number
  encode?(w: XdrWriter, payload: unknown): void
  /** Procedure of the older style, without callback ids. */
  readonly legacyNumber?: number
  encodeLegacy?(w: XdrWriter, payload: unknown): void
  /** Reads the payload behind the callback id. */
  decode(r: XdrReader): unknown
  /** Field of the payload that holds the object. */
  readonly subject?: string
}
