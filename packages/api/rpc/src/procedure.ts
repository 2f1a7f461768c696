// SPDX-License-Identifier: LGPL-2.1-or-later
// One procedure of a program, as the protocol defines it.
import type { AclRule } from '@virt/core'
import type { XdrReader, XdrWriter } from './xdr.js'

/** Writes a message whose shape only the table knows. */
export type Encoder = (w: XdrWriter, value: never) => void
export interface MessageCodec {
  readonly encode: Encoder
  readonly decode: (r: XdrReader) => unknown
}

/** What belongs to each number. */
export type Rows<T> = Readonly<Record<number, () => T>>

/** A call, an event or a bare message. */
export interface Procedure {
  readonly program: 'remote' | 'qemu' | 'lxc' | 'admin' | 'keepalive'
  readonly number: number
  readonly name: string
  readonly kind: string
  readonly args?: MessageCodec | undefined
  readonly ret?: MessageCodec | undefined
  readonly msg?: MessageCodec | undefined
  readonly stream?: string
  readonly fdsIn?: boolean
  readonly fdsOut?: boolean
  /** May run on reserved workers in libvirtd. */
  readonly priority?: boolean
  /** May be called before authentication. */
  readonly beforeAuth?: boolean
  /** What the caller needs, where no slot's gate asks for it. */
  readonly acl?: readonly AclRule[]
}
