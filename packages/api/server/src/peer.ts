// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is at the other end of a connection.
import type { Identity } from '@virt/core'
import type { Authenticator } from './auth.js'
import type { FdCarrier } from './descriptors.js'

/** What the listener knows of a new connection. */
export interface Peer {
  /** Facts of the transport (SO_PEERCRED, certificate). */
  readonly identity: Identity
  /** The socket allows reading only. */
  readonly readOnly: boolean
  /** Nobody on the way can listen. */
  readonly secure: boolean
  readonly auth: Authenticator
  /** For people and virt-admin: `unix`, `tcp`, `tls`. */
  readonly transport: string
  /** Address of the other end, where it has one. */
  readonly address?: string
  /** Each frame needs a write of its own, as libvirt's clients want it over TLS. */
  readonly separate: boolean
  /** Makes descriptors travel with the bytes, where they can; asked once, when a client asks for it. */
  readonly descriptors?: () => FdCarrier | undefined
  /** What connections are counted by that have not authenticated: an address, a user. */
  readonly source: string
}
