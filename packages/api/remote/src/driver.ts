// SPDX-License-Identifier: LGPL-2.1-or-later
// The remote driver: opens a daemon's connection in libvirt's order.
import {
  type Call,
  type Driver,
  type DriverFactory,
  families,
  remoteName,
  type Services,
  type Session,
  splitScheme,
  type Uri,
  VirtError,
} from '@virt/core'
import { procedures, remote as protocol } from '@virt/rpc'
import { Link } from './link.js'
import { RemoteSession } from './session.js'
import { RemoteEvents } from './subscriptions.js'
import { type Transport, transportOf } from './transport.js'

/** How the remote driver behaves. */
export interface RemoteOptions {
  /** Seconds between keepalive pings and how many may stay unanswered; `false` turns them off. 5 and 5 by default. */
  keepAlive?: { interval: number; count: number } | false
  /** Another way to the daemon than the URI's, for tests and for tunnels of one's own. */
  transport?: Transport
}

const numberOf = (name: string): number =>
  procedures.find((p) => p.program === 'remote' && p.name === name)?.number as number
const Call_ = {
  open: numberOf('CONNECT_OPEN'),
  authList: numberOf('AUTH_LIST'),
  feature: numberOf('CONNECT_SUPPORTS_FEATURE'),
  uri: numberOf('CONNECT_GET_URI'),
  register: numberOf('CONNECT_REGISTER_CLOSE_CALLBACK'),
} as const
const Feature = { keepalive: 10, eventCallback: 14, closeCallback: 15 } as const

/**
 * Drives any daemon that speaks libvirt's remote protocol.
 * @since 0.1.0
 */
export function remote(options: RemoteOptions = {}): DriverFactory {
  return (services: Services): Driver => ({
    name: 'remote',
    spi: 1,
    schemes: [],
    supports: {},
    families,
    // Whatever has a transport or a host, and every driver that lives in a daemon.
    accepts: (uri: Uri) => uri.scheme !== undefined,
    open: (call, uri, flags) => open(options, services, call, uri, flags),
  })
}

async function open(options: RemoteOptions, services: Services, call: Call, uri: Uri, flags: number): Promise<Session> {
  const readOnly = (flags & 1) !== 0
  const way = await (options.transport ?? transportOf(uri))(uri, call.signal, readOnly)
  let events: RemoteEvents | undefined
  const link = new Link(way.duplex, services.clock, (frame) => events?.receive(frame))
  events = new RemoteEvents(link)
  const abort = (): void =>
    link.destroy(new VirtError('opening the connection was aborted', { code: 'aborted', cause: call.signal.reason }))
  call.signal.addEventListener('abort', abort, { once: true })
  try {
    await authenticate(link)
    const keepalive = await feature(link, Feature.keepalive)
    const name = remoteName(uri)
    await link.call({
      program: 'remote',
      procedure: Call_.open,
      op: 'virConnectOpen',
      encode: (w) => protocol.encodeConnectOpenArgs(w, { name, flags: readOnly ? 1 : 0 }),
    })
    const known =
      splitScheme(uri)[0] === 'remote'
        ? await link.call({
            program: 'remote',
            procedure: Call_.uri,
            op: 'virConnectGetURI',
            decode: (r) => protocol.decodeConnectGetUriRet(r).uri,
          })
        : undefined
    if (!(await feature(link, Feature.eventCallback)))
      throw new VirtError('the daemon is too old: it has no event callbacks', {
        code: 'config-unsupported',
        details: 'libvirt 1.3.3 or newer is needed',
      })
    if (await feature(link, Feature.closeCallback))
      await link
        .call({ program: 'remote', procedure: Call_.register, op: 'virConnectRegisterCloseCallback' })
        .catch(() => {})
    const alive = options.keepAlive ?? { interval: 5, count: 5 }
    if (keepalive && alive !== false) link.startKeepalive(alive.interval, alive.count)
    return new RemoteSession(link, events, { uri: known, secure: way.secure, encrypted: way.encrypted })
  } catch (error) {
    link.destroy(error as Error)
    throw error
  } finally {
    call.signal.removeEventListener('abort', abort)
  }
}

async function authenticate(link: Link): Promise<void> {
  const types = await link.call({
    program: 'remote',
    procedure: Call_.authList,
    op: 'authList',
    decode: (r) => protocol.decodeAuthListRet(r).types,
  })
  if (types[0] === 0) return
  throw new VirtError(`authentication failed: unsupported authentication type ${types[0]}`, {
    code: 'auth-failed',
    details: 'the daemon wants SASL or polkit',
  })
}

/** A feature that cannot be asked for is not there. */
async function feature(link: Link, number: number): Promise<boolean> {
  try {
    return await link.call({
      program: 'remote',
      procedure: Call_.feature,
      op: 'supportsFeature',
      encode: (w) => w.int(number),
      decode: (r) => r.int() === 1,
    })
  } catch (error) {
    if (link.ended !== undefined) throw error
    return false
  }
}
