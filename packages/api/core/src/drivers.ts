// SPDX-License-Identifier: LGPL-2.1-or-later
// Which driver answers a URI, and which session serves which family of slots.
import { LocalConnection, localCall } from './call.js'
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { virtError } from './errors.js'
import type { Call, Driver, Family, Session } from './spi.js'
import { parseUri, type Uri } from './uri.js'
import { version } from './version.js'

export const families: readonly Family[] = [
  'hypervisor',
  'network',
  'storage',
  'nodeDevice',
  'nwfilter',
  'secret',
  'interface',
]

/** A session that fills no slot: its family is not offered here. */
const nothing: Session = Object.freeze({ close() {} })

/** What a connection answers without a hypervisor: whose it is, and of which level. */
function onlyNamed(name: string): Session {
  return { connectGetType: () => name, connectGetLibVersion: () => version, close() {} }
}

/** What one connection has open: one session per family, several families may share one. */
export interface SessionSet {
  readonly driver: Driver
  /** The URI as the connection answers it. */
  readonly uri: string
  readonly sessions: Readonly<Record<Family, Session>>
  /** Closes each session once. */
  close(): Promise<void>
  /** Ends each session at once. */
  destroy(reason: Error): void
}

/**
 * The drivers of one place, in order of asking.
 * @since 0.1.0
 */
export class DriverSet {
  readonly drivers: readonly Driver[]
  readonly #peers = new Map<Family, Promise<Session>>()

  constructor(drivers: readonly Driver[]) {
    this.drivers = drivers
  }

  /**
   * Opens the sessions for a URI; an empty one lets the drivers say which they would take.
   * @throws VirtError `no-connect` when no driver takes it, and what the driver throws that cannot open it
   */
  async open(call: Call, name: string, flags: number): Promise<SessionSet> {
    const text = name === '' ? await this.#probe(call) : name
    const uri = parseUri(text)
    for (const driver of this.drivers) {
      if (!(driver.accepts?.(uri) ?? driver.schemes.includes(uri.scheme ?? ''))) continue
      const session = await driver.open(call, uri, flags)
      if (session !== 'declined') return await this.#complete(call, driver, session, uri, text, flags)
    }
    throw virtError(ErrorNumber.NO_CONNECT, ErrorDomain.NONE, text, {
      details: `drivers here: ${this.drivers.map((d) => d.name).join(', ') || 'none'}`,
    })
  }

  /** Starts every driver, lower families first. */
  async start(): Promise<void> {
    for (const driver of this.drivers) await driver.start?.()
  }

  /** Lets every driver read again what it keeps. */
  async reload(): Promise<void> {
    for (const driver of this.drivers) await driver.reload?.()
  }

  /**
   * The session of a family as the place itself uses it, whoever asks for it first; closed by `stop`.
   * @throws VirtError `no-connect` when no driver here has the family
   */
  peer(family: Family, path = '/system'): Promise<Session> {
    let session = this.#peers.get(family)
    if (session === undefined) {
      session = this.#openPeer(family, path)
      this.#peers.set(family, session)
      session.catch(() => this.#peers.delete(family))
    }
    return session
  }

  /** Stops every driver in reverse order; the first error is thrown after all were asked. */
  async stop(): Promise<void> {
    const errors: unknown[] = []
    const peers = [...this.#peers.values()]
    this.#peers.clear()
    for (const peer of await Promise.allSettled(peers))
      if (peer.status === 'fulfilled') await Promise.resolve(peer.value.close()).catch((e: unknown) => errors.push(e))
    for (const driver of [...this.drivers].reverse()) {
      try {
        await driver.stop?.()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }

  async #openPeer(family: Family, path: string): Promise<Session> {
    const driver = this.drivers.find((d) => d.families.includes(family) && !d.families.includes('hypervisor'))
    if (driver === undefined)
      throw virtError(ErrorNumber.NO_CONNECT, ErrorDomain.NONE, family, {
        details: `no ${family} driver here; drivers: ${this.drivers.map((d) => d.name).join(', ') || 'none'}`,
      })
    const uri = parseUri(`${driver.schemes[0]}://${path}`)
    const session = await driver.open(localCall(new LocalConnection(false, undefined, true), undefined), uri, 0)
    if (session === 'declined') throw virtError(ErrorNumber.NO_CONNECT, ErrorDomain.NONE, family)
    return session
  }

  async #probe(call: Call): Promise<string> {
    for (const driver of this.drivers) {
      const uri = await driver.probe?.(call)
      if (uri !== undefined) return uri
    }
    throw virtError(ErrorNumber.NO_CONNECT, ErrorDomain.NONE)
  }

  /** Adds the host's resource drivers for the families that the hypervisor's session lacks. */
  async #complete(
    call: Call,
    driver: Driver,
    session: Session,
    uri: Uri,
    text: string,
    flags: number,
  ): Promise<SessionSet> {
    const opened = [session]
    let closed = false
    const sessions = Object.fromEntries(families.map((f) => [f, nothing])) as Record<Family, Session>
    for (const family of session.families ?? driver.families) sessions[family] = session
    if (sessions.hypervisor === nothing) sessions.hypervisor = onlyNamed(driver.name)
    if (driver.sharesHost === true) {
      for (const other of this.drivers) {
        if (other.families.includes('hypervisor') || !other.families.some((f) => sessions[f] === nothing)) continue
        const extra = await other.open(call, uri, flags)
        if (extra === 'declined') continue
        opened.push(extra)
        for (const family of other.families) if (sessions[family] === nothing) sessions[family] = extra
      }
    }
    return {
      driver,
      uri: session.uri ?? text,
      sessions,
      close: async () => {
        if (closed) return
        closed = true
        for (const s of opened) await s.close()
      },
      destroy: (reason) => {
        for (const s of opened) s.destroy?.(reason)
      },
    }
  }
}
