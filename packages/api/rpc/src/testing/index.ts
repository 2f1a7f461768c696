// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * A daemon for tests of clients: a connection in memory that can split, stall and die, and a peer that answers as told.
 *
 * ```ts
 * import { FakePeer, wire } from '@virt/rpc/testing'
 *
 * const w = wire({ split: 3 })
 * const peer = new FakePeer(w.peer, { CONNECT_GET_HOSTNAME: () => ({ hostname: 'somewhere' }) })
 * // w.client is the duplex for the client under test
 * ```
 * @packageDocumentation
 */
export { FakeClock } from './clock.js'
export { type Packet, type PacketHeader, readPacket, writePacket } from './packet.js'
export { FakePeer, type Handler, later, PeerCall } from './peer.js'
export { type Faults, type Wire, wire } from './wire.js'
