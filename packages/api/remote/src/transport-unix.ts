// SPDX-License-Identifier: LGPL-2.1-or-later
// A unix socket of this host: the one the URI names, else the places where daemons listen.
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { ErrorDomain, ErrorNumber, splitScheme, systemError, type Uri, VirtError, virtError } from '@virt/core'
import { paramOf, type Way } from './way.js'

/** Daemons of single drivers whose name is not `virt<driver>d`. */
const daemonOf: Readonly<Record<string, string>> = {
  nodedev: 'virtnodedevd',
  cloudhypervisor: 'virtchd',
}

/** What socket paths depend on, beside the URI. */
export interface Surroundings {
  readonly uid: number
  readonly env: Readonly<Record<string, string | undefined>>
  exists(path: string): boolean
}
const here: Surroundings = {
  uid: process.geteuid?.() ?? 0,
  env: process.env,
  exists: existsSync,
}

/**
 * Sockets that a URI may mean, in the order in which they are tried: with `mode=auto` the driver's own daemon if it is
 * there, else the one daemon for all.
 * @throws VirtError `invalid-arg` for an unknown mode, or a host beside a unix socket
 */
export function socketPaths(uri: Uri, readOnly: boolean, place: Surroundings = here): string[] {
  if (uri.server !== undefined)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.REMOTE,
      `using unix socket and remote server '${uri.server}' is not supported.`,
    )
  const mode = paramOf(uri, 'mode') ?? 'auto'
  if (mode !== 'auto' && mode !== 'direct' && mode !== 'legacy')
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.REMOTE, `Unknown remote mode '${mode}'`, {
      details: 'mode is auto, direct or legacy',
    })
  const given = paramOf(uri, 'socket')
  if (given !== undefined) return [given]
  const [driver] = splitScheme(uri)
  const unnamed = driver === 'remote' && uri.path === undefined
  const user = place.uid > 0 && (uri.path === '/session' || driver === 'test' || unnamed)
  const folder = user
    ? join(place.env.XDG_RUNTIME_DIR ?? join(place.env.HOME ?? '/', '.cache'), 'libvirt')
    : '/var/run/libvirt'
  const suffix = readOnly && !user ? '-sock-ro' : '-sock'
  const legacy = join(folder, `libvirt${suffix}`)
  if (mode === 'legacy' || driver === 'remote') return [legacy]
  const direct = join(folder, `${daemonOf[driver] ?? `virt${driver}d`}${suffix}`)
  if (mode === 'direct') return [direct]
  return place.exists(direct) ? [direct, legacy] : [legacy]
}

/** One buffer for all sockets: what is read into it is used up before the next read. */
let shared: Buffer | undefined

export async function unix(uri: Uri, signal: AbortSignal, readOnly: boolean): Promise<Way> {
  const paths = socketPaths(uri, readOnly)
  const path = paths[0] as string
  shared ??= Buffer.allocUnsafeSlow(256 * 1024)
  let sink: ((chunk: Buffer) => void) | undefined
  return await new Promise<Way>((resolve, reject) => {
    const onread = {
      buffer: shared as Buffer,
      callback: (size: number, buffer: Uint8Array): boolean => {
        sink?.((buffer as Buffer).subarray(0, size))
        return true
      },
    }
    const socket = connect({ path, onread })
    const abort = (): void =>
      void socket.destroy(
        new VirtError(`connecting to '${path}' was aborted`, { code: 'aborted', cause: signal.reason }),
      )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      resolve({
        duplex: socket,
        secure: true,
        encrypted: false,
        receive: (fn) => {
          sink = fn
        },
      })
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', abort)
      reject(error instanceof VirtError ? error : refused(path, paths, error))
    })
  })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ECONNREFUSED: 'Connection refused',
  EACCES: 'Permission denied',
  EAGAIN: 'Resource temporarily unavailable',
}

function refused(path: string, tried: readonly string[], error: NodeJS.ErrnoException): VirtError {
  const code = error.code ?? ''
  const errno = constants.errno[code as keyof typeof constants.errno] ?? 0
  const plain = systemError(
    errno,
    ErrorDomain.RPC,
    `Failed to connect socket to '${path}'`,
    reasons[code] ?? error.message,
  )
  const advice = code === 'EACCES' ? 'add the user to the group that the socket belongs to' : 'is the daemon running?'
  return new VirtError(plain.message, {
    number: plain.number,
    domain: plain.domain,
    str1: plain.str1,
    str2: plain.str2,
    int1: errno,
    details: `tried ${tried.join(', ')}; ${advice}`,
    cause: error,
  })
}
