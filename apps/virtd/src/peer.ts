// SPDX-License-Identifier: GPL-2.0-or-later
// Who is at the other end of a unix socket. Node cannot ask the kernel; the native addon can, where it is installed.
import type { Socket } from 'node:net'
import type { Identity } from '@virt/core'

type Ask = (socket: Socket) => Identity
let ask: Ask = () => ({})

/** What the kernel says of the peer; nothing without the addon, and nothing is then taken for granted. */
export function peerIdentity(socket: Socket): Identity {
  return ask(socket)
}

/**
 * Puts the addon's answer in place.
 * @public
 */
export function setPeerIdentity(fn: Ask): void {
  ask = fn
}
