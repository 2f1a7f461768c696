// SPDX-License-Identifier: LGPL-2.1-or-later
// What the calls of a migration answer.
import type { ByteStream, DomainRef } from '@virt/core'

/** What a source answers to Begin. */
export interface Begun {
  readonly xml: string
  readonly cookieOut: Uint8Array
}

/** What a destination answers to Prepare. */
export interface Prepared {
  readonly uriOut: string | undefined
  readonly cookieOut: Uint8Array
  /** What the guest comes through, where it has no connection of its own. */
  readonly stream?: ByteStream | undefined
}

/** What it answers to the Prepare of a tunnel. */
export interface PreparedTunnel {
  readonly stream: ByteStream
  readonly cookieOut: Uint8Array
}

/** What a destination answers to Finish. */
export interface Finished {
  readonly dom: DomainRef
  readonly cookieOut: Uint8Array
}
