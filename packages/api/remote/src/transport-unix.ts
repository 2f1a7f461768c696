// SPDX-License-Identifier: LGPL-2.1-or-later
// A unix socket of this host: the one the URI names, else the places where daemons listen.
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { ErrorDomain, splitScheme, systemError, type Uri, VirtError } from '@virt/core'
import type { Way } from './transport.js'

/** Daemons of single drivers, by the URI's driver. */
const modular: Readonly<Record<string, string>> = {
  qemu: 'virtqemud',
  lxc: 'virtlxcd',
  xen: 'virtxend',
  bhyve: 'virtbhyved',
  vbox: 'virtvboxd',
  vz: 'virtvzd',
  ch: 'virtchd',
  network: 'virtnetworkd',
  storage: 'virtstoraged',
  nodedev: 'virtnodedevd',
  interface: 'virtinterfaced',
  nwfilter: 'virtnwfilterd',
  secret: 'virtsecretd',
}

/** Sockets that a URI may mean, in the order in which they are tried. */
export function socketPaths(uri: Uri, readOnly: boolean, env: NodeJS.ProcessEnv = process.env): string[] {
  const param = (name: string): string | undefined => uri.params.find(([key]) => key === name)?.[1]
  const given = param('socket')
  if (given !== undefined) return [given]
  const [driver] = splitScheme(uri)
  const session = uri.path === '/session' || (uri.path !== '/system' && (process.getuid?.() ?? 0) !== 0)
  const folder = session ? join(env.XDG_RUNTIME_DIR ?? join(env.HOME ?? '/', '.cache'), 'libvirt') : '/run/libvirt'
  const suffix = readOnly && !session ? '-sock-ro' : '-sock'
  const mode = param('mode') ?? env.LIBVIRT_REMOTE_MODE ?? 'auto'
  const name = modular[driver]
  const direct = name === undefined ? [] : [join(folder, `${name}${suffix}`)]
  const legacy = [join(folder, `libvirt${suffix}`), ...(session ? [] : [`/var/run/libvirt/libvirt${suffix}`])]
  if (mode === 'direct') {
    if (direct.length === 0)
      throw new VirtError(`no daemon of its own serves '${driver}'`, {
        code: 'invalid-arg',
        details: 'mode=direct needs a driver with a daemon',
      })
    return direct
  }
  if (mode !== 'auto' && mode !== 'legacy')
    throw new VirtError(`unknown mode '${mode}'`, { code: 'invalid-arg', details: 'mode is auto, direct or legacy' })
  return mode === 'legacy' ? legacy : [...direct, ...legacy]
}

export async function unix(uri: Uri, signal: AbortSignal, readOnly: boolean): Promise<Way> {
  const paths = socketPaths(uri, readOnly)
  // As libvirt: the first that is there is the one; without any, the error names the last and tells of all.
  const path = paths.find((p) => existsSync(p)) ?? (paths.at(-1) as string)
  return await new Promise<Way>((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true })
    const abort = (): void =>
      void socket.destroy(
        new VirtError(`connecting to '${path}' was aborted`, { code: 'aborted', cause: signal.reason }),
      )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      resolve({ duplex: socket, secure: true, encrypted: false })
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
  const number = constants.errno[code as keyof typeof constants.errno] ?? 0
  const plain = systemError(
    number,
    ErrorDomain.RPC,
    `Failed to connect socket to '${path}'`,
    reasons[code] ?? error.message,
  )
  const advice = code === 'EACCES' ? 'add the user to the group that the socket belongs to' : 'is the daemon running?'
  return new VirtError(plain.message, {
    number: plain.number,
    domain: plain.domain,
    str1: '%s',
    str2: plain.message,
    int1: number,
    details: `tried ${tried.join(', ')}; ${advice}`,
    cause: error,
  })
}
