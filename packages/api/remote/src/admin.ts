// SPDX-License-Identifier: LGPL-2.1-or-later
// Administration of a daemon: libvirt-admin's functions.
import { Param, type ParamType, type ParamValue, systemClock, type TypedParams, VirtError } from '@virt/core'
import { type ProcedureTypes, procedures } from '@virt/rpc'
import { adminSockets, defaultAdminUri } from './admin-uri.js'
import type { Message } from './calls.js'
import { Link } from './link.js'
import { unixWay } from './transport-unix.js'
import type { Way } from './way.js'

/** How to reach a daemon's administration. */
export interface AdminOptions {
  /** Ends the attempt. */
  signal?: AbortSignal
  /** Another way than the URI's. */
  transport?: (signal: AbortSignal) => Promise<Way>
}

/** A pool of threads. `virtd` has none, and keeps the limits for those who look. `virAdmServerGetThreadPoolParameters` */
export interface ThreadPool {
  readonly minWorkers: number
  readonly maxWorkers: number
  readonly workers: number
  readonly freeWorkers: number
  readonly priorityWorkers: number
  readonly jobQueueDepth: number
}

/** Limits of a server's clients, and how many there are. `virAdmServerGetClientLimits` */
export interface ClientLimits {
  readonly maxClients: number
  readonly clients: number
  readonly maxUnauthenticated: number
  readonly unauthenticated: number
}

/** What is known of a client; which facts there are depends on how it came. `virAdmClientGetInfo` */
export interface ClientInfo {
  readonly readOnly: boolean
  readonly saslUserName?: string
  readonly address?: string
  readonly x509DistinguishedName?: string
  readonly unixUserId?: number
  readonly unixUserName?: string
  readonly unixGroupId?: number
  readonly unixGroupName?: string
  readonly processId?: number
  readonly selinuxContext?: string
}

type Calls = ProcedureTypes['admin']
type Name = keyof Calls & string

const messages = new Map<string, Message>(
  procedures('admin')
    .filter(({ kind }) => kind === 'call')
    .map(({ name, number, args, ret }) => [
      name,
      {
        program: 'admin',
        name,
        number,
        encodeRequest: (w, [value]) => args?.encode(w, value as never),
        decodeReply: (r) => ret?.decode(r),
      },
    ]),
)

/** Names on the wire of what is told, by ours. */
type Names = Readonly<Record<string, string>>
const poolNames = {
  minWorkers: 'minWorkers',
  maxWorkers: 'maxWorkers',
  workers: 'nWorkers',
  freeWorkers: 'freeWorkers',
  priorityWorkers: 'prioWorkers',
  jobQueueDepth: 'jobQueueDepth',
} as const satisfies Names
const limitNames = {
  maxClients: 'nclients_max',
  clients: 'nclients',
  maxUnauthenticated: 'nclients_unauth_max',
  unauthenticated: 'nclients_unauth',
} as const satisfies Names
const infoNames = {
  readOnly: 'readonly',
  saslUserName: 'sasl_user_name',
  address: 'sock_addr',
  x509DistinguishedName: 'tls_x509_dname',
  unixUserId: 'unix_user_id',
  unixUserName: 'unix_user_name',
  unixGroupId: 'unix_group_id',
  unixGroupName: 'unix_group_name',
  processId: 'unix_process_id',
  selinuxContext: 'selinux_context',
} as const satisfies Names

function fieldsOf({ shape, values }: TypedParams, names: Names): Record<string, ParamValue> {
  const told = new Map(shape.names.map((name, i) => [name, values[i] as ParamValue]))
  return Object.fromEntries(
    Object.entries(names).flatMap(([field, name]) => {
      const value = told.get(name)
      return value === undefined ? [] : [[field, typeof value === 'bigint' ? Number(value) : value]]
    }),
  )
}

function paramsOf(given: Readonly<Record<string, number | undefined>>, names: Names): TypedParams {
  const set = Object.entries(given).flatMap(([field, value]) => {
    const name = names[field]
    return name === undefined || value === undefined ? [] : [{ name, value }]
  })
  const types: ParamType[] = set.map(() => Param.uint)
  return { shape: { names: set.map((s) => s.name), types }, values: set.map((s) => s.value) }
}

/**
 * Connects to a daemon's administration; only processes of the daemon's own user are let in.
 * @param uri `libvirtd:///system`, `virtqemud:///system`, `libvirtd+unix:///system?socket=PATH`; the system's, or the user's own daemon, when empty
 * @throws VirtError `config-unsupported` for another URI, `system-error` when nobody listens, `connection-lost` when one is not let in
 * @since 0.1.0, `virAdmConnectOpen`
 */
export async function openAdmin(uri = '', options: AdminOptions = {}): Promise<Admin> {
  const signal = options.signal ?? new AbortController().signal
  const name = uri === '' ? defaultAdminUri() : uri
  const way = await (options.transport?.(signal) ?? unixWay(adminSockets(name), signal))
  const link = new Link(way, systemClock, () => {})
  const admin = new Admin(name, link)
  try {
    await admin.call('CONNECT_OPEN', { flags: 0 }, signal)
  } catch (error) {
    link.destroy(error as Error)
    throw error
  }
  return admin
}

/** An open connection to a daemon's administration. */
export class Admin implements AsyncDisposable {
  /** The URI that was opened. `virAdmConnectGetURI` */
  readonly uri: string
  readonly #link: Link

  /** Made by `openAdmin`. */
  constructor(uri: string, link: Link) {
    this.uri = uri
    this.#link = link
  }

  /** Whether the daemon can still be reached. `virAdmConnectIsAlive` */
  get alive(): boolean {
    return this.#link.ended === undefined
  }

  /** Runs `fn` once when the connection is gone. `virAdmConnectRegisterCloseCallback` */
  onClose(fn: (error: Error) => void): void {
    this.#link.onLost((_reason, error) => fn(error))
  }

  /** A procedure of the admin program by its name, as the protocol has it. */
  async call<N extends Name>(name: N, args: Calls[N]['args'], signal?: AbortSignal): Promise<Calls[N]['ret']> {
    const message = messages.get(name)
    if (message === undefined) throw new TypeError(`program admin has no procedure ${name}`)
    return (await this.#link.call(message, [args], name, 0, signal)) as Calls[N]['ret']
  }

  /** Level of libvirt that the daemon has, as 11003000. `virAdmConnectGetLibVersion` */
  async libVersion(): Promise<bigint> {
    return BigInt((await this.call('CONNECT_GET_LIB_VERSION', undefined)).libVer)
  }

  /** All servers of the daemon. `virAdmConnectListServers` */
  async servers(): Promise<AdminServer[]> {
    const { servers } = await this.call('CONNECT_LIST_SERVERS', { needResults: 1, flags: 0 })
    return servers.map(({ name }) => new AdminServer(this, name))
  }

  /** One server. @throws VirtError `no-server`. `virAdmConnectLookupServer` */
  async server(name: string): Promise<AdminServer> {
    const { srv } = await this.call('CONNECT_LOOKUP_SERVER', { name, flags: 0 })
    return new AdminServer(this, srv.name)
  }

  /** Filters of the daemon's log, in libvirt's syntax. `virAdmConnectGetLoggingFilters` */
  async logFilters(): Promise<string> {
    return ((await this.call('CONNECT_GET_LOGGING_FILTERS', { flags: 0 })).filters ?? '').trim()
  }

  /** Changes them until the settings are read again. @throws VirtError `invalid-arg`; the old ones then stay. `virAdmConnectSetLoggingFilters` */
  async setLogFilters(filters: string): Promise<void> {
    await this.call('CONNECT_SET_LOGGING_FILTERS', { filters, flags: 0 })
  }

  /** Outputs of the daemon's log, in libvirt's syntax. `virAdmConnectGetLoggingOutputs` */
  async logOutputs(): Promise<string> {
    return (await this.call('CONNECT_GET_LOGGING_OUTPUTS', { flags: 0 })).outputs
  }

  /** Changes them until the settings are read again. @throws VirtError `invalid-arg`; the old ones then stay. `virAdmConnectSetLoggingOutputs` */
  async setLogOutputs(outputs: string): Promise<void> {
    await this.call('CONNECT_SET_LOGGING_OUTPUTS', { outputs, flags: 0 })
  }

  /** Lets the daemon end after so many seconds without clients; 0: never. `virAdmConnectSetDaemonTimeout` */
  async setTimeout(seconds: number): Promise<void> {
    await this.call('CONNECT_SET_DAEMON_TIMEOUT', { timeout: seconds, flags: 0 })
  }

  /** Ends the daemon. @param options.preserve guests are kept as the drivers' settings say. `virAdmConnectDaemonShutdown` */
  async shutdown(options: { preserve?: boolean } = {}): Promise<void> {
    await this.call('CONNECT_DAEMON_SHUTDOWN', { flags: options.preserve === true ? 1 : 0 })
  }

  /** Ends the connection; again does nothing. `virAdmConnectClose` */
  async close(): Promise<void> {
    if (!this.alive) return
    // A daemon that is gone has closed it, too.
    await this.call('CONNECT_CLOSE', undefined).catch(() => {})
    this.#link.destroy(new VirtError('the connection was closed', { code: 'connection-closed' }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A server of a daemon: those whom it serves, and how many. */
export class AdminServer {
  readonly name: string
  readonly #admin: Admin

  /** Made by `Admin.servers` and `Admin.server`. */
  constructor(admin: Admin, name: string) {
    this.#admin = admin
    this.name = name
  }

  /** `virAdmServerGetThreadPoolParameters` */
  async threadPool(): Promise<ThreadPool> {
    const { params } = await this.#admin.call('SERVER_GET_THREADPOOL_PARAMETERS', { srv: this.#ref, flags: 0 })
    return fieldsOf(params, poolNames) as unknown as ThreadPool
  }

  /** Changes what is given. @throws VirtError `invalid-arg` for limits that cannot be; nothing is changed then. `virAdmServerSetThreadPoolParameters` */
  async setThreadPool(
    limits: Partial<Pick<ThreadPool, 'minWorkers' | 'maxWorkers' | 'priorityWorkers'>>,
  ): Promise<void> {
    const params = paramsOf(limits, poolNames)
    await this.#admin.call('SERVER_SET_THREADPOOL_PARAMETERS', { srv: this.#ref, params, flags: 0 })
  }

  /** Everybody who is connected, in the order of coming. `virAdmServerListClients` */
  async clients(): Promise<AdminClient[]> {
    const { clients } = await this.#admin.call('SERVER_LIST_CLIENTS', { srv: this.#ref, needResults: 1, flags: 0 })
    return clients.map((client) => new AdminClient(this.#admin, client))
  }

  /** One client. @throws VirtError `no-client`. `virAdmServerLookupClient` */
  async client(id: number | bigint): Promise<AdminClient> {
    const { clnt } = await this.#admin.call('SERVER_LOOKUP_CLIENT', { srv: this.#ref, id: BigInt(id), flags: 0 })
    return new AdminClient(this.#admin, clnt)
  }

  /** `virAdmServerGetClientLimits` */
  async clientLimits(): Promise<ClientLimits> {
    const { params } = await this.#admin.call('SERVER_GET_CLIENT_LIMITS', { srv: this.#ref, flags: 0 })
    return fieldsOf(params, limitNames) as unknown as ClientLimits
  }

  /** Changes what is given, for clients to come. @throws VirtError `invalid-arg` for limits that cannot be. `virAdmServerSetClientLimits` */
  async setClientLimits(limits: Partial<Pick<ClientLimits, 'maxClients' | 'maxUnauthenticated'>>): Promise<void> {
    const params = paramsOf(limits, limitNames)
    await this.#admin.call('SERVER_SET_CLIENT_LIMITS', { srv: this.#ref, params, flags: 0 })
  }

  /** Reads keys and certificates again; who is connected stays so. @throws VirtError `internal-error` where there are none. `virAdmServerUpdateTlsFiles` */
  async updateTlsFiles(): Promise<void> {
    await this.#admin.call('SERVER_UPDATE_TLS_FILES', { srv: this.#ref, flags: 0 })
  }

  get #ref(): { name: string } {
    return { name: this.name }
  }
}

const transportNames = ['unix', 'tcp', 'tls'] as const

/** A client of a server. */
export class AdminClient {
  /** Counts up in each server. `virAdmClientGetID` */
  readonly id: bigint
  /** When it connected, to the second. `virAdmClientGetTimestamp` */
  readonly since: Date
  /** `virAdmClientGetTransport` */
  readonly transport: 'unix' | 'tcp' | 'tls' | 'unknown'
  readonly #admin: Admin
  readonly #ref: Calls['CLIENT_CLOSE']['args']['clnt']

  /** Made by `AdminServer.clients` and `AdminServer.client`. */
  constructor(admin: Admin, ref: Calls['CLIENT_CLOSE']['args']['clnt']) {
    this.#admin = admin
    this.#ref = ref
    this.id = BigInt(ref.id)
    this.since = new Date(Number(ref.timestamp) * 1000)
    this.transport = transportNames[ref.transport] ?? 'unknown'
  }

  /** `virAdmClientGetInfo` */
  async info(): Promise<ClientInfo> {
    const { params } = await this.#admin.call('CLIENT_GET_INFO', { clnt: this.#ref, flags: 0 })
    return fieldsOf(params, infoNames) as unknown as ClientInfo
  }

  /** Ends its connection. @throws VirtError `no-client` when it is gone. `virAdmClientClose` */
  async disconnect(): Promise<void> {
    await this.#admin.call('CLIENT_CLOSE', { clnt: this.#ref, flags: 0 })
  }
}
