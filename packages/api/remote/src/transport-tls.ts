// SPDX-License-Identifier: LGPL-2.1-or-later
// A daemon's TLS port: certificates say who is who, in both directions.

import { existsSync } from 'node:fs'
import { constants, homedir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import { ErrorDomain, ErrorNumber, systemError, timeLimit, type Uri, VirtError, virtError } from '@virt/core'
import {
  checkSanity,
  folderTlsPaths,
  readTlsMaterial,
  separateRecords,
  systemTlsPaths,
  type TlsPaths,
  tlsAccepted,
  tlsPriority,
  verdictText,
} from '@virt/rpc/tls'
import { connectTcp } from './transport-tcp.js'
import { flagOf, paramOf, type Way } from './way.js'

const defaultPort = 16514
/** How long handshake and confirmation may take together, in ms: libvirt has no limit of its own here. */
const handshakeTime = 30_000

/** Where this user's certificates are: the URI's folder, the user's own when all is there, the system's. */
export function tlsPathsOf(uri: Uri, home: string = homedir(), uid: number = process.geteuid?.() ?? 0): TlsPaths {
  const given = paramOf(uri, 'pkipath')
  if (given !== undefined) return folderTlsPaths(given, 'client')
  const system = systemTlsPaths('client')
  if (uid === 0) return system
  const own = folderTlsPaths(join(home, '.pki/libvirt'), 'client')
  const pair = existsSync(own.cert) && existsSync(own.key)
  return {
    ca: existsSync(own.ca) ? own.ca : system.ca,
    crl: own.crl !== undefined && existsSync(own.crl) ? own.crl : system.crl,
    cert: pair ? own.cert : system.cert,
    key: pair ? own.key : system.key,
  }
}

export async function tls(uri: Uri, signal: AbortSignal): Promise<Way> {
  const host = uri.server ?? 'localhost'
  const paths = tlsPathsOf(uri)
  const material = readTlsMaterial(paths, 'client')
  if (!flagOf(uri, 'no_sanity')) checkSanity(material, paths, 'client')
  const trusting = flagOf(uri, 'no_verify')
  const priority = paramOf(uri, 'tls_priority')
  const socket = await connectTcp(host, uri.port || defaultPort, signal)
  const time = timeLimit(signal, handshakeTime)
  const limit = time.signal
  const secure = connect({
    socket,
    ...material,
    ...(priority === undefined ? { minVersion: 'TLSv1.2' } : tlsPriority(priority)),
    // The verdict is ours, so that its words are libvirt's.
    rejectUnauthorized: false,
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
  })
  const abort = (): void => void secure.destroy(late(limit))
  if (limit.aborted) abort()
  else limit.addEventListener('abort', abort, { once: true })
  try {
    await handshake(secure)
    if (!trusting) verify(secure, host)
    await confirmation(secure)
    separateRecords(secure)
    return { duplex: secure, secure: true, encrypted: true, separate: true }
  } catch (error) {
    secure.destroy()
    throw limit.aborted ? late(limit) : error
  } finally {
    time[Symbol.dispose]()
    limit.removeEventListener('abort', abort)
  }
}

const denied = (text: string, details?: string, cause?: unknown): VirtError =>
  virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.RPC, text, {
    ...(details === undefined ? {} : { details }),
    ...(cause === undefined ? {} : { cause }),
  })

const late = (limit: AbortSignal): VirtError =>
  new VirtError('the TLS handshake did not come to an end', {
    code: (limit.reason as Error | undefined)?.name === 'TimeoutError' ? 'timeout' : 'aborted',
    cause: limit.reason,
  })

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error instanceof VirtError ? error : failed(error))
    socket.once('error', fail)
    socket.once('close', () => reject(denied('TLS handshake failed The TLS connection was non-properly terminated.')))
    socket.once('secureConnect', () => {
      socket.removeListener('error', fail)
      socket.removeAllListeners('close')
      resolve()
    })
  })
}

/** What OpenSSL and Node call it, in GnuTLS's words. */
const handshakeReasons: readonly [RegExp, string][] = [
  [/ECONNRESET/, 'Error in the pull function.'],
  [/disconnected before secure/, 'The TLS connection was non-properly terminated.'],
  [/wrong version number|unknown protocol|http request/i, 'An unexpected TLS packet was received.'],
  [/alert/, 'A TLS fatal alert has been received.'],
]

function failed(error: Error): VirtError {
  const reason = (error as Error & { reason?: string }).reason ?? error.message
  const words = handshakeReasons.find(([pattern]) => pattern.test(reason))?.[1] ?? reason
  return denied(`TLS handshake failed ${words}`, `is it a TLS port? (${reason})`, error)
}

/** @throws VirtError when the certificate is not trusted or not the host's */
function verify(socket: TLSSocket, host: string): void {
  const refuse = (why: string): never => {
    throw denied("Failed to verify peer's certificate", why)
  }
  if (!socket.authorized && socket.authorizationError) {
    const code = String((socket.authorizationError as unknown as { code?: string }).code ?? socket.authorizationError)
    if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') refuse(`Certificate failed validation: ${verdictText(code)} (${code})`)
  }
  if (checkServerIdentity(host, socket.getPeerCertificate()) !== undefined)
    refuse(`Certificate [session] owner does not match the hostname ${host}`)
}

const unread = (): VirtError =>
  systemError(constants.errno.EIO, ErrorDomain.RPC, 'Unable to read TLS confirmation', 'Input/output error')
const unverified = (): VirtError =>
  virtError(ErrorNumber.RPC, ErrorDomain.RPC, 'server verification (of our certificate or IP address) failed')

/** The daemon says one byte when it has accepted us. */
function confirmation(socket: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    const unreadable = (): void => settle(unread())
    const settle = (error?: VirtError): void => {
      socket.removeListener('readable', read)
      for (const event of ['end', 'close', 'error']) socket.removeListener(event, unreadable)
      if (error === undefined) resolve()
      else reject(error)
    }
    const read = (): void => {
      const byte = socket.read(1) as Buffer | null
      if (byte === null) return
      settle(byte[0] === tlsAccepted ? undefined : unverified())
    }
    for (const event of ['end', 'close', 'error']) socket.once(event, unreadable)
    socket.on('readable', read)
    read()
  })
}
