// SPDX-License-Identifier: GPL-2.0-or-later
// All doors of the daemon: which there are, who may come in by which, and what of that can change while it runs.
import { mkdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Identity, Logger } from '@virt/core'
import { load } from '@virt/native'
import { type Arrival, type Server, TlsGate } from '@virt/server'
import type { Authentication, Visitor } from './authentication.js'
import type { Config } from './config.js'
import type { Inherited } from './inherited.js'
import { peerIdentity } from './peer.js'
import { openPort, sourceOf } from './ports.js'
import { groupId, type Listener, openSocket } from './sockets.js'
import { type TlsPlace, tlsSettings } from './tls-files.js'

/** What the doors are made of. */
export interface ListenOptions {
  readonly server: Server
  /** Serves administration. */
  readonly admin: Server
  readonly config: Config
  readonly authentication: Authentication
  readonly log: Logger
  /** The folder for sockets. */
  readonly run: string
  /** What their names begin with: `libvirt`, `virtqemud` … */
  readonly stem: string
  /** Folder of libvirt's settings. */
  readonly settings: string
  readonly session: boolean
  readonly inherited: Inherited
}

/** The doors, open. */
export class Listeners {
  readonly all: readonly Listener[]
  readonly #place: TlsPlace
  readonly #gate: TlsGate | undefined

  private constructor(all: readonly Listener[], place: TlsPlace, gate: TlsGate | undefined) {
    this.all = all
    this.#place = place
    this.#gate = gate
  }

  /** Opens them all, or none. The first is the one for reading and writing. */
  static async open(options: ListenOptions): Promise<Listeners> {
    const { config, inherited, log, settings, session } = options
    const place = { settings, session }
    const own = inherited.size === 0
    const tls = own ? config.listen_tls : inherited.has('tls')
    const gate = tls ? new TlsGate(tlsSettings(config, place), log) : undefined
    const open: Listener[] = []
    try {
      for (const door of await doorsOf(options, gate)) open.push(await door())
    } catch (error) {
      for (const listener of open) await listener.close()
      throw error
    }
    return new Listeners(open, place, gate)
  }

  /** Whether there are certificates to read again. */
  get hasTls(): boolean {
    return this.#gate !== undefined
  }

  /** Reads certificates and lists of revoked ones again, for clients to come. @throws VirtError, and the old ones stay */
  reloadTls(config: Config): void {
    this.#gate?.reload(tlsSettings(config, this.#place))
  }

  /** Nobody new from here on. Resolves when the last connection has ended. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((listener) => listener.close()))
  }
}

/** The doors that settings and systemd want, in the order in which they are opened. */
async function doorsOf(options: ListenOptions, gate: TlsGate | undefined): Promise<(() => Promise<Listener>)[]> {
  const { server, admin, config, authentication, run, stem, session, inherited } = options
  const folder = config.unix_sock_dir ?? run
  const own = inherited.size === 0
  if (own) mkdirSync(folder, { recursive: true })
  const gid = config.unix_sock_group === undefined ? undefined : groupId(config.unix_sock_group)
  const privileged = process.getuid?.() === 0
  const backlog = server.limits.maxQueuedClients
  const socket = (door: 'unix_rw' | 'unix_ro', suffix: string, mode: number) => () =>
    openSocket({ path: join(folder, `${stem}${suffix}`), mode, gid, backlog, fd: inherited.get(door) }, (connection) =>
      fromUnix(options, door, connection),
    )
  const port = (door: 'tcp' | 'tls', service: string) => () => {
    const fd = inherited.get(door)
    return openPort(
      { host: config.listen_addr, service, key: `${door}_port`, backlog, ...(fd === undefined ? {} : { fd }) },
      (connection) => fromPort(options, door, gate, connection),
    )
  }
  const doors: [wanted: boolean, () => Promise<Listener>][] = [
    [
      own || inherited.has('unix_rw'),
      socket(
        'unix_rw',
        '-sock',
        config.unix_sock_rw_perms ?? (session || authentication.kinds.unix_rw !== 'polkit' ? 0o700 : 0o777),
      ),
    ],
    [
      own ? !session : inherited.has('unix_ro'),
      socket('unix_ro', '-sock-ro', config.unix_sock_ro_perms ?? (privileged ? 0o777 : 0o700)),
    ],
    [
      own || inherited.has('admin'),
      () =>
        openSocket(
          {
            path: join(folder, `${stem}-admin-sock`),
            mode: config.unix_sock_admin_perms ?? 0o700,
            gid,
            backlog: admin.limits.maxQueuedClients,
            fd: inherited.get('admin'),
          },
          (connection) => fromAdministrator(admin, options.log, connection),
        ),
    ],
    [own ? config.listen_tcp : inherited.has('tcp'), port('tcp', config.tcp_port)],
    [gate !== undefined, port('tls', config.tls_port)],
  ]
  return doors.filter(([wanted]) => wanted).map(([, open]) => open)
}

function fromUnix(options: ListenOptions, door: 'unix_rw' | 'unix_ro', socket: Socket): void {
  const identity = peerIdentity(socket, options.log)
  const source = `user ${identity.unixUserId ?? 'unknown'}`
  const auth = options.authentication.of(door, visitor(socket, identity, source, true))
  const descriptors = () => load()?.sockets.passing(socket)
  const peer = { identity, readOnly: door === 'unix_ro', secure: true, auth, transport: 'unix', descriptors }
  arrive(options, socket, source, !auth.done, () => ({ duplex: socket, peer }))
}

/** Only the daemon's own user is let in, whatever the mode of the socket says. */
function fromAdministrator(admin: Server, log: Logger, socket: Socket): void {
  const identity = peerIdentity(socket, log)
  const { unixUserId } = identity
  if (unixUserId === undefined || unixUserId !== process.geteuid?.()) {
    const who = unixUserId === undefined ? 'nobody can say who it is' : `it is user ${unixUserId}`
    log.warn(`a client was turned away from administration: ${who}`)
    socket.destroy()
  } else if (!admin.offer(socket, { identity, transport: 'unix' })) socket.destroy()
}

function fromPort(options: ListenOptions, door: 'tcp' | 'tls', gate: TlsGate | undefined, socket: Socket): void {
  const source = sourceOf(socket)
  const address = `${socket.remoteAddress}:${socket.remotePort}`
  const peerOf = (identity: Identity, secure: boolean) => {
    const auth = options.authentication.of(door, visitor(socket, identity, source, secure))
    return { identity, secure, auth, transport: door, address, separate: door === 'tls' }
  }
  if (gate === undefined || door === 'tcp') {
    const peer = peerOf({}, false)
    arrive(options, socket, source, !peer.auth.done, () => ({ duplex: socket, peer }))
    return
  }
  arrive(options, socket, source, true, async (signal) => {
    const { socket: duplex, identity } = await gate.accept(socket, signal)
    return { duplex, peer: peerOf(identity, true) }
  })
}

function visitor(socket: Socket, identity: Identity, source: string, secure: boolean): Visitor {
  return {
    identity,
    source,
    secure,
    // Made for those who are waited for only.
    get gone() {
      const controller = new AbortController()
      socket.once('close', () => controller.abort(new Error('the client has gone')))
      return controller.signal
    },
  }
}

function arrive(
  { server, log }: ListenOptions,
  socket: Socket,
  source: string,
  anonymous: boolean,
  prepare: Arrival['prepare'],
): void {
  if (server.arrive({ duplex: socket, source, anonymous, prepare })) return
  log.warn(`${server.queued} clients wait already, one more from ${source} was turned away`)
  socket.destroy()
}
