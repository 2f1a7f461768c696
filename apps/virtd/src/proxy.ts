// SPDX-License-Identifier: GPL-2.0-or-later
// The driver of a daemon that has none of its own: it leads to the daemons of single drivers beside it, for clients that
// know one place only. Whose wish it is goes along; who may do what is decided where it is done.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Call, type Driver, families, parseUri, type Services, type Session, type Uri } from '@virt/core'
import { remote } from '@virt/remote'
import { identityParams } from '@virt/server'
import { modular } from './names.js'

/** Where a driver's own daemon listens. */
const socketOf = (folder: string, scheme: string): string => join(folder, `virt${scheme}d-sock`)

/** @param session the user's own daemons rather than the system's */
export function proxyDriver(services: Services, session: boolean): Driver {
  const { run } = services.dirs
  const inner = remote({ keepAlive: false })(services)
  return {
    name: 'proxy',
    spi: 1,
    schemes: [...modular],
    families,
    supports: {},
    accepts: (uri) => uri.scheme !== undefined && modular.has(uri.scheme) && uri.server === undefined,
    // Without any URI: the first that is there.
    probe() {
      const scheme = [...modular].find((name) => existsSync(socketOf(run, name)))
      return scheme === undefined ? undefined : `${scheme}:///${session ? 'session' : 'system'}`
    },
    async open(call, uri) {
      // Always the socket for writing: only over it may be said for whom. Who may only read is stopped by our own gate.
      const opened = await inner.open(call, placeOf(run, uri), 0)
      if (opened === 'declined') return opened
      await told(opened, call)
      // What is done is checked there, with the client's identity.
      return Object.defineProperty(opened, 'delegatesAccess', { value: true })
    },
  }
}

/** The same URI by the socket of its driver's daemon. */
function placeOf(folder: string, uri: Uri): Uri {
  const scheme = uri.scheme ?? ''
  const query = new URLSearchParams([...uri.params.map(([name, value]) => [name, value] as [string, string])])
  query.set('socket', socketOf(folder, scheme))
  return parseUri(`${scheme}+unix://${uri.path ?? ''}?${query.toString().replaceAll('+', '%20')}`)
}

/** Says for whom we ask. @throws VirtError, and the session is closed: nobody is to have our own rights */
async function told(session: Session, call: Call): Promise<void> {
  try {
    await session.connectSetIdentity?.(call, identityParams(call.connection.identity), 0)
  } catch (error) {
    await session.close()
    throw error
  }
}
