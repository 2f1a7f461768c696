// SPDX-License-Identifier: LGPL-2.1-or-later
/** Bounds of a server; the names are libvirtd.conf's. */
export interface Limits {
  /** Connections at once. */
  readonly maxClients: number
  /** Connections that may wait for room among the others; more are turned away. */
  readonly maxQueuedClients: number
  /** Connections at once that have not authenticated. */
  readonly maxAnonymousClients: number
  /** Unanswered calls of one connection before the server stops reading from it. */
  readonly maxClientRequests: number
  /** Bytes that may wait for a client that does not read, beyond the reply in progress. */
  readonly maxOutput: number
  /** Bytes of all clients together that wait to be sent, or are part of a packet that has not come whole. */
  readonly maxHeld: number
  /** Milliseconds a client may take until the transport stands: TLS and its certificates. */
  readonly handshakeTimeout: number
  /** Milliseconds a client may be silent before it has authenticated; nobody waits longer for room either. */
  readonly authTimeout: number
  /** Seconds between keepalive pings, and pings without answer; -1 turns them off. */
  readonly keepaliveInterval: number
  readonly keepaliveCount: number
}

export const defaultLimits: Limits = {
  maxClients: 5000,
  maxQueuedClients: 1000,
  maxAnonymousClients: 20,
  maxClientRequests: 5,
  maxOutput: 16 * 1024 * 1024,
  maxHeld: 48 * 1024 * 1024,
  handshakeTimeout: 10_000,
  authTimeout: 60_000,
  keepaliveInterval: 5,
  keepaliveCount: 5,
}
