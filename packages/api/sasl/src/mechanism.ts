// SPDX-License-Identifier: LGPL-2.1-or-later
// What every mechanism looks like from outside: bytes in, bytes out, and what holds afterwards.
import type { SaslLayer } from './layer.js'

/** One move of a client: what goes to the server (`undefined` is not the same as empty), and whether we are content. */
export interface ClientMove {
  readonly data: Buffer | undefined
  readonly complete: boolean
}

/** One move of a server. */
export interface ServerMove {
  readonly data: Buffer | undefined
  readonly complete: boolean
}

/** The client half of a mechanism. Every call is one message; what breaks the rules rejects with {@link SaslError}. */
export interface ClientMechanism {
  /** What goes along with the first message, for mechanisms where the client speaks first. */
  start(): Promise<ClientMove>
  step(challenge: Uint8Array): Promise<ClientMove>
  /** Protects what follows; set when complete, where one was agreed. */
  readonly layer: SaslLayer | undefined
}

/** The server half of a mechanism. */
export interface ServerMechanism {
  /** @param data what the client said; absent when it let the server begin */
  step(data: Uint8Array | undefined): Promise<ServerMove>
  readonly layer: SaslLayer | undefined
  /** Who came in; set when complete. */
  readonly user: string | undefined
}

/** How strong a connection has to be, and may be: `sasl_security_properties_t`. */
export interface SecurityProperties {
  /** Least strength in bits. */
  readonly minSsf: number
  /** Most strength in bits; 0 when something below protects already. */
  readonly maxSsf: number
  /** Largest protected packet we take, bytes. */
  readonly maxBuffer: number
  /** Whether a password may go over as it is. */
  readonly plaintext: boolean
}

/** What a message of a mechanism may be long, bytes: libvirt's `REMOTE_AUTH_SASL_DATA_MAX`. */
export const maxMessage = 65536

/** What a name or a password may be long, bytes. */
export const maxName = 1024

/**
 * What libvirt's client demands: nothing where the transport is secure, 56 bits and no passwords in clear elsewhere.
 * @since 0.1.0
 */
export function clientProperties(secure: boolean): SecurityProperties {
  return properties(secure, 56)
}

/**
 * What libvirt's daemon demands.
 * @param minSsf least bits over a transport that is not secure: `tcp_min_ssf`
 * @since 0.1.0
 */
export function serverProperties(secure: boolean, minSsf = 112): SecurityProperties {
  return properties(secure, minSsf)
}

const properties = (secure: boolean, minSsf: number): SecurityProperties =>
  secure
    ? { minSsf: 0, maxSsf: 0, maxBuffer: 8192, plaintext: true }
    : { minSsf, maxSsf: 100_000, maxBuffer: 8192, plaintext: false }
