// SPDX-License-Identifier: LGPL-2.1-or-later
// A daemon's TCP port: bytes that anybody on the way can read, unless SASL hides them.
import { connect, type Socket } from 'node:net'
import {
  ErrorDomain,
  ErrorNumber,
  errnoOf,
  systemError,
  type Uri,
  unresolvedText,
  VirtError,
  virtError,
} from '@virt/core'
import type { Way } from './way.js'

const defaultPort = 16509

export async function tcp(uri: Uri, signal: AbortSignal): Promise<Way> {
  const duplex = await connectTcp(uri.server ?? 'localhost', uri.port || defaultPort, signal)
  return { duplex, secure: false, encrypted: false }
}

/** Connects to a port. @throws VirtError `system-error` as libvirt words it; `aborted` */
export async function connectTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return await new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, autoSelectFamily: true })
    const abort = (): void =>
      void socket.destroy(
        new VirtError(`connecting to ${host}:${port} was aborted`, { code: 'aborted', cause: signal.reason }),
      )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      socket.removeListener('error', refuse)
    }
    const refuse = (error: Error): void => {
      settle()
      reject(error instanceof VirtError ? error : refused(host, port, error))
    }
    socket.once('error', refuse)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}

function refused(host: string, port: number, error: Error): VirtError {
  // Several addresses were tried: the last one's reason counts, as in libvirt.
  const last = error instanceof AggregateError ? (error.errors.at(-1) as Error) : error
  const name = unresolvedText(last)
  if (name !== undefined)
    return virtError(
      ErrorNumber.SYSTEM_ERROR,
      ErrorDomain.RPC,
      `Unable to resolve address '${host}' service '${port}': ${name}`,
      { cause: error },
    )
  const { errno, text } = errnoOf(last)
  const plain = systemError(errno, ErrorDomain.RPC, `unable to connect to server at '${host}:${port}'`, text)
  return new VirtError(plain.message, {
    number: plain.number,
    domain: plain.domain,
    str1: plain.str1,
    str2: plain.str2,
    int1: errno,
    details:
      'is the daemon listening there (listen_tcp, listen_tls, or its -tcp and -tls sockets), and no firewall between?',
    cause: error,
  })
}
