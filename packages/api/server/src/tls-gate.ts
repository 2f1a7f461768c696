// SPDX-License-Identifier: LGPL-2.1-or-later
// The daemon's side of TLS: handshake, whose certificate it is, and the byte that says they may go on.
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type SecureContextOptions, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Identity, Logger } from '@virt/core'
import {
  distinguishedName,
  globMatches,
  separateRecords,
  type TlsMaterial,
  tlsAccepted,
  tlsPriority,
  verdictText,
} from '@virt/rpc/tls'

/** What TLS is done with. */
export interface TlsSettings {
  readonly material: TlsMaterial
  /** A priority string of GnuTLS: `tls_priority`. */
  readonly priority?: string | undefined
  /** Whether clients need a certificate that holds; the opposite of `tls_no_verify_certificate`. */
  readonly verify: boolean
  /** Patterns of names that may come in: `tls_allowed_dn_list`. */
  readonly allowed?: readonly string[] | undefined
}

/** A client that was let in. */
export interface TlsPeer {
  readonly socket: TLSSocket
  /** Their name, where the certificate holds. */
  readonly identity: Identity
}

/** Lets clients of a TLS port in. What is reloaded counts for those who come afterwards. */
export class TlsGate {
  readonly #server: TlsServer
  readonly #log: Logger
  readonly #pending = new Map<string, { done(socket: TLSSocket): void; failed(error: Error): void }>()
  #settings: TlsSettings

  /** @throws VirtError for settings that cannot be */
  constructor(settings: TlsSettings, log: Logger) {
    this.#settings = settings
    this.#log = log
    // It never listens: sockets are handed to it when there is room for them. The limit of time is the caller's.
    this.#server = createServer({
      ...contextOf(settings),
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: 0x7fffffff,
    })
    this.#server.on('secureConnection', (socket) => {
      const waiting = this.#pending.get(routeOf(socket))
      if (waiting === undefined) socket.destroy()
      else waiting.done(socket)
    })
    this.#server.on('tlsClientError', (error, socket) => this.#pending.get(routeOf(socket))?.failed(error))
  }

  /** Takes new certificates and settings, or keeps the old ones. @throws VirtError */
  reload(settings: TlsSettings): void {
    this.#server.setSecureContext(contextOf(settings))
    this.#settings = settings
  }

  /** Handshake, check, and the byte that says so. @throws Error for the log; the socket is destroyed then */
  async accept(socket: Socket, signal: AbortSignal): Promise<TlsPeer> {
    try {
      const secure = await this.#handshake(socket, signal)
      separateRecords(secure)
      const identity = this.#check(secure)
      secure.write(Uint8Array.of(tlsAccepted))
      return { socket: secure, identity }
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  #handshake(socket: Socket, signal: AbortSignal): Promise<TLSSocket> {
    const route = routeOf(socket)
    return new Promise<TLSSocket>((resolve, reject) => {
      signal.throwIfAborted()
      const settle = (finish: () => void): void => {
        this.#pending.delete(route)
        socket.removeListener('close', closed)
        signal.removeEventListener('abort', aborted)
        finish()
      }
      const failed = (error: Error & { reason?: string }): void =>
        settle(() => reject(new Error(`TLS handshake failed: ${error.reason ?? error.message}`)))
      const closed = (): void => failed(new Error('the connection was closed'))
      const aborted = (): void => settle(() => reject(signal.reason as Error))
      this.#pending.set(route, { done: (secure) => settle(() => resolve(secure)), failed })
      // Whoever hangs up before it stands is not waited for.
      socket.allowHalfOpen = false
      socket.once('close', closed)
      signal.addEventListener('abort', aborted, { once: true })
      this.#server.emit('connection', socket)
    })
  }

  /** @throws Error why the certificate is not good enough */
  #check(socket: TLSSocket): Identity {
    const { verify, allowed } = this.#settings
    try {
      const name = nameOf(socket)
      if (allowed !== undefined && !allowed.some((pattern) => globMatches(pattern, name)))
        throw new Error(`Client's Distinguished Name is not on the list of allowed clients: ${name}`)
      return { x509DistinguishedName: name }
    } catch (error) {
      if (verify) throw error
      this.#log.info(`a bad certificate was let pass, as the settings want it: ${(error as Error).message}`)
      return {}
    }
  }
}

/** The name that a certificate proves. @throws Error why it proves nothing */
function nameOf(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) throw new Error('Unable to verify TLS peer: No certificate was found.')
  if (!socket.authorized) {
    // It is a code, other than the types say.
    const code = String(socket.authorizationError)
    throw new Error(`Certificate failed validation: ${verdictText(code)} (${code})`)
  }
  return distinguishedName(certificate.subject)
}

/** What tells connections apart. */
function routeOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}

function contextOf({ material, priority }: TlsSettings): SecureContextOptions & { honorCipherOrder?: boolean } {
  return {
    ...material,
    ...(priority === undefined ? { minVersion: 'TLSv1.2' } : tlsPriority(priority)),
    // A session that is taken up again would bring back the verdict on a certificate that was revoked since.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
}
