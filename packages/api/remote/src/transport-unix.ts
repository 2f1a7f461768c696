// SPDX-License-Identifier: LGPL-2.1-or-later
// A unix socket of this host: the first at which somebody listens.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ErrorDomain, systemFailure, type Uri, VirtError } from '@virt/core'
import { daemonProgram, startDaemon } from './autostart.js'
import { type SocketChoice, socketChoice } from './socket-paths.js'
import type { FdCarrier, Way } from './way.js'

/** One buffer for all sockets: what is read into it is used up before the next read. */
let shared: Buffer | undefined

export async function unix(uri: Uri, signal: AbortSignal, readOnly: boolean): Promise<Way> {
  return await unixWay(socketChoice(uri, readOnly), signal)
}

/** How long a daemon that was started may take until it listens, and the pause between two looks, ms. */
const startTime = 30_000
const startPause = 50

/**
 * Connects to the first place at which somebody listens; where nobody does, a daemon of the user's own is started.
 * @throws VirtError `system-error` naming every place; `aborted`
 */
export async function unixWay(choice: SocketChoice, signal: AbortSignal): Promise<Way> {
  const first = await firstOf(choice, signal)
  if ('duplex' in first) return first
  const program = choice.session ? daemonProgram(choice.expected) : undefined
  if (program === undefined) throw refused(choice, first)
  const daemon = startDaemon(program)
  for (let waited = 0; ; waited += startPause) {
    await sleep(startPause, undefined, { signal }).catch(() => {})
    const next = await firstOf(choice, signal)
    if ('duplex' in next) return next
    // Another client may have been quicker, whose daemon is then the one that counts.
    if (waited >= startTime || (daemon.failure !== undefined && waited >= 10 * startPause))
      throw refused(choice, next, daemon.failure)
  }
}

/** Nobody listens at any place. */
interface Refusal {
  readonly path: string
  readonly error: NodeJS.ErrnoException
}

/** The first place with a daemon, or why the one that should have one has none. @throws VirtError when it is another reason */
async function firstOf(choice: SocketChoice, signal: AbortSignal): Promise<Way | Refusal> {
  let refusal: Refusal | undefined
  for (const { path } of choice.places) {
    const way = await wayTo(path, signal)
    if ('duplex' in way) return way
    if (way.error.code !== 'ENOENT' && way.error.code !== 'ECONNREFUSED') throw refused(choice, way)
    if (refusal === undefined || (refusal.error.code === 'ENOENT' && way.error.code !== 'ENOENT')) refusal = way
    if (refusal.error.code === 'ENOENT' && path === choice.expected.path) refusal = way
  }
  return refusal as Refusal
}

async function wayTo(path: string, signal: AbortSignal): Promise<Way | Refusal> {
  shared ??= Buffer.allocUnsafeSlow(256 * 1024)
  let sink: ((chunk: Buffer) => void) | undefined
  const onread = {
    buffer: shared,
    callback: (size: number, buffer: Uint8Array): boolean => {
      sink?.((buffer as Buffer).subarray(0, size))
      return true
    },
  }
  const socket = connect({ path, onread })
  const error = await connected(socket, path, signal)
  if (error !== undefined) return { path, error }
  let carrier: Promise<FdCarrier | undefined> | undefined
  return {
    duplex: socket,
    secure: true,
    encrypted: false,
    receive: (fn) => {
      sink = fn
    },
    descriptors() {
      carrier ??= carrierOf(socket, (bytes) => sink?.(bytes))
      return carrier
    },
  }
}

/** The part of @virt/native used here. */
interface NativeModule {
  load(): { sockets: { passing(socket: Socket, deliver: (bytes: Buffer) => void): FdCarrier } } | undefined
}

/** Descriptors by the addon, where it is installed. */
async function carrierOf(socket: Socket, deliver: (bytes: Buffer) => void): Promise<FdCarrier | undefined> {
  // By a variable: the package need not be there, not even for types.
  const name = '@virt/native'
  const found = (await import(name).catch(() => undefined)) as NativeModule | undefined
  return found?.load()?.sockets.passing(socket, deliver)
}

/** @returns why it is not. @throws VirtError `aborted` */
function connected(socket: Socket, path: string, signal: AbortSignal): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      void socket.destroy(
        new VirtError(`connecting to '${path}' was aborted`, { code: 'aborted', cause: signal.reason }),
      )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      resolve(undefined)
    })
    socket.once('error', (error) => {
      signal.removeEventListener('abort', abort)
      if (error instanceof VirtError) reject(error)
      else resolve(error)
    })
  })
}

function refused({ places }: SocketChoice, { path, error }: Refusal, started?: string): VirtError {
  const plain = systemFailure(error, ErrorDomain.RPC, `Failed to connect socket to '${path}'`)
  const advice =
    error.code === 'EACCES' ? 'add the user to the group that the socket belongs to' : 'is the daemon running?'
  return new VirtError(plain.message, {
    number: plain.number,
    domain: plain.domain,
    str1: plain.str1,
    str2: plain.str2,
    int1: plain.int1,
    details: `tried ${places.map((p) => p.path).join(', ')}; ${started ?? advice}`,
    cause: error,
  })
}
