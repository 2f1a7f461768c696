// SPDX-License-Identifier: LGPL-2.1-or-later
// One record of TLS for each write. libvirt's ends wait for the socket while what they want is in a record that they have
// begun to read: of two frames in one record they see the second only when something else comes.
import type { Writable } from 'node:stream'

/** Keeps Node from joining what waits to be written: each write becomes records of its own. */
export function separateRecords(socket: Writable): void {
  // A stream without it writes one piece after the other.
  ;(socket as { _writev?: unknown })._writev = null
}
