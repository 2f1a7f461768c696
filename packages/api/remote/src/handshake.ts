// SPDX-License-Identifier: LGPL-2.1-or-later
// What happens between a connected way and an open connection, in libvirt's order.
import { type AuthCallback, type Clock, remoteName, type Uri, VirtError } from '@virt/core'
import { type Frame, remote } from '@virt/rpc'
import { type AuthKind, authenticate } from './auth.js'
import { message } from './calls.js'
import { Link } from './link.js'
import { transportOf } from './transport.js'
import type { Transport, Way } from './way.js'

/** How a connection is made; the same each time it is made anew. */
export interface Dialing {
  readonly uri: Uri
  readonly readOnly: boolean
  readonly clock: Clock
  readonly ask: AuthCallback | undefined
  /** Another way to the daemon than the URI's. */
  readonly transport: Transport | undefined
  /** Seconds and number of pings. */
  readonly keepAlive: { readonly interval: number; readonly count: number } | false
  /** Gets every event message. */
  readonly onMessage: (frame: Frame) => void
}

/** An open connection. */
export interface Dialed {
  readonly link: Link
  readonly way: Way
  /** How we have said who we are. */
  readonly auth: AuthKind
  /** Features of the daemon itself; asked for when the connection is open, needed only for events. */
  readonly events: Promise<boolean>
  /** The daemon's URI, asked for where the client named none. */
  readonly uri: string | undefined
}

/** `VIR_DRV_FEATURE_*` that the client itself asks for. */
export const Feature = {
  fdPassing: 8,
  typedStrings: 9,
  keepalive: 10,
  eventCallback: 14,
  closeCallback: 15,
  networkUpdateOrder: 16,
} as const

const open = message<void, [string, number]>('CONNECT_OPEN', (w, name, flags) =>
  remote.encodeConnectOpenArgs(w, { name, flags }),
)
const supports = message<boolean, [number]>(
  'CONNECT_SUPPORTS_FEATURE',
  (w, number) => w.int(number),
  (r) => r.int() === 1,
)
const getUri = message('CONNECT_GET_URI', undefined, (r) => remote.decodeConnectGetUriRet(r).uri)
const register = message('CONNECT_REGISTER_CLOSE_CALLBACK')

/**
 * Connects, authenticates, opens.
 * @throws VirtError what transport, authentication or daemon say; `aborted` when the signal ends it
 */
export async function dial(dialing: Dialing, signal: AbortSignal): Promise<Dialed> {
  const { uri, readOnly } = dialing
  const way = await (dialing.transport ?? transportOf(uri))(uri, signal, readOnly, dialing.ask)
  const link = new Link(way, dialing.clock, dialing.onMessage)
  const abort = (): void =>
    link.destroy(new VirtError('opening the connection was aborted', { code: 'aborted', cause: signal.reason }))
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    // Neither a user who is asked nor a server of tickets is waited for when there is nobody any more to tell it to.
    const auth = await Promise.race([authenticate({ link, uri, way, ask: dialing.ask }), endOf(link)])
    const keepalive = feature(link, Feature.keepalive)
    await Promise.all([keepalive, link.call(open, [remoteName(uri), readOnly ? 1 : 0], 'virConnectOpen')])
    const unnamed = uri.scheme === 'remote' && uri.path === undefined && uri.server === undefined
    const name = unnamed ? await link.call(getUri, [], 'virConnectGetURI') : undefined
    const events = feature(link, Feature.eventCallback)
    // Both are courtesies: a daemon without them says so later, where they matter.
    events.catch(() => {})
    link.call(register, [], 'virConnectRegisterCloseCallback').catch(() => {})
    const alive = dialing.keepAlive
    if (alive !== false && (await keepalive)) link.startKeepalive(alive.interval, alive.count)
    return { link, way, auth, events, uri: name }
  } catch (error) {
    link.destroy(error as Error)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Rejects when the link ends. */
function endOf(link: Link): Promise<never> {
  return new Promise((_, reject) => link.onLost((_reason, error) => reject(error)))
}

/** Whether the other end has a feature; one that cannot be asked for is not there. */
export async function feature(link: Link, number: number): Promise<boolean> {
  try {
    return await link.call(supports, [number], 'supportsFeature')
  } catch (error) {
    if (link.ended !== undefined) throw error
    return false
  }
}
