// SPDX-License-Identifier: LGPL-2.1-or-later
// The remote driver: takes every URI that leads to a daemon.
import {
  type AuthCallback,
  type Call,
  type Driver,
  type DriverFactory,
  families,
  type Services,
  type Uri,
} from '@virt/core'
import type { ReconnectOptions } from './reconnect.js'
import { RemoteSession } from './session.js'
import type { Transport } from './way.js'

/** How the remote driver behaves. */
export interface RemoteOptions {
  /** Seconds between keepalive pings and how many may stay unanswered; `false` turns them off. 5 and 5 by default. */
  keepAlive?: { interval: number; count: number } | false
  /**
   * Comes back after a lost connection: calls that were under way are rejected with `connection-lost`, new ones wait,
   * subscriptions are restored, and the connection emits `resync`, as what happened meanwhile is not known.
   */
  reconnect?: ReconnectOptions | boolean
  /** Another way to the daemon than the URI's, for tests and for tunnels of one's own. */
  transport?: Transport
}

/**
 * Drives any daemon that speaks libvirt's remote protocol.
 * @since 0.1.0
 */
export function remote(options: RemoteOptions = {}): DriverFactory {
  const reconnect = options.reconnect === true ? {} : options.reconnect || undefined
  return (services: Services): Driver => ({
    name: 'remote',
    spi: 1,
    schemes: [],
    supports: {},
    families,
    // Whatever has a transport or a host, and every driver that lives in a daemon.
    accepts: (uri: Uri) => uri.scheme !== undefined,
    // Without any URI the daemon chooses, and is asked what it chose.
    probe: () => 'remote:',
    open: (call: Call & { auth?: AuthCallback }, uri, flags) =>
      RemoteSession.open(
        {
          uri,
          readOnly: (flags & 1) !== 0,
          clock: services.clock,
          ask: call.auth,
          transport: options.transport,
          keepAlive: options.keepAlive ?? { interval: 5, count: 5 },
        },
        reconnect,
        call.signal,
      ),
  })
}
