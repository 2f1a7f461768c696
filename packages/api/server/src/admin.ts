// SPDX-License-Identifier: LGPL-2.1-or-later
// The admin program: what virt-admin may see and change of a daemon. Whom it serves is the listener's matter.
import {
  ErrorDomain,
  ErrorNumber,
  Param,
  type ParamShape,
  type ParamValue,
  paramShape,
  paramsFrom,
  readParams,
  type TypedParams,
  VirtError,
  virtError,
} from '@virt/core'
import { type admin, Program, procedureAt } from '@virt/rpc'
import type { Client } from './client.js'
import { internalError } from './errors.js'
import type { Server } from './server.js'
import { Entries, type Entry, type OwnProcedure, type ProgramTable } from './table.js'
import { changedWorkers } from './workers.js'

/** The daemon, as far as it can be administrated. */
export interface AdminService {
  /** By name, in the order they are listed. */
  readonly servers: ReadonlyMap<string, Server>
  readonly logging: AdminLogging
  /** The daemon is to end after so many seconds without any client; 0: never. */
  setTimeout(seconds: number): void
  /** The daemon is to end. @param preserve guests are to be kept, as the drivers' settings say */
  shutdown(preserve: boolean): void
}

/** A log whose filters and outputs can be read and changed, in libvirt's syntax. */
export interface AdminLogging {
  filters: string
  outputs: string
  readonly filterCount: number
  readonly outputCount: number
}

/** `LIBVIR_VERSION_NUMBER` of the level that is served. */
const level = 11_003_000

const { uint, int, string, boolean } = Param
const poolForm = paramShape({
  minWorkers: uint,
  maxWorkers: uint,
  nWorkers: uint,
  freeWorkers: uint,
  prioWorkers: uint,
  jobQueueDepth: uint,
})
const poolSettings = paramShape({ minWorkers: uint, maxWorkers: uint, prioWorkers: uint })
const limitsForm = paramShape({ nclients_max: uint, nclients: uint, nclients_unauth_max: uint, nclients_unauth: uint })
const limitsSettings = paramShape({ nclients_max: uint, nclients_unauth_max: uint })
const transports: Readonly<Record<string, number>> = { unix: 0, tcp: 1, tls: 2 }

/** Forms of the facts about a client: which there are depends on how it came. */
const infoTypes = {
  readonly: boolean,
  sasl_user_name: string,
  sock_addr: string,
  tls_x509_dname: string,
  unix_user_id: int,
  unix_user_name: string,
  unix_group_id: int,
  unix_group_name: string,
  unix_process_id: int,
  selinux_context: string,
} as const

const nonnull = (client: Client): admin.NonnullClient => ({
  srv: { name: client.server.name },
  id: BigInt(client.id),
  timestamp: BigInt(Math.floor(client.since / 1000)),
  transport: transports[client.peer.transport] ?? 0,
})

/** What is told of a client. */
function infoOf(client: Client): TypedParams {
  const { identity, peer } = client
  const local = peer.transport === 'unix'
  const facts: { [K in keyof typeof infoTypes]: ParamValue | undefined } = {
    readonly: client.readOnly,
    sasl_user_name: identity.saslUserName,
    sock_addr: local ? undefined : peer.address,
    tls_x509_dname: local ? undefined : identity.x509DistinguishedName,
    unix_user_id: local ? identity.unixUserId : undefined,
    unix_user_name: local ? identity.userName : undefined,
    unix_group_id: local ? identity.unixGroupId : undefined,
    unix_group_name: local ? identity.groupName : undefined,
    unix_process_id: local ? identity.processId : undefined,
    selinux_context: identity.selinuxContext,
  }
  const known = Object.entries(facts).filter(([, value]) => value !== undefined) as [
    keyof typeof infoTypes,
    ParamValue,
  ][]
  const shape: ParamShape = { names: known.map(([name]) => name), types: known.map(([name]) => infoTypes[name]) }
  return { shape, values: known.map(([, value]) => value) }
}

function poolOf(server: Server, asking: Client): TypedParams {
  // The call that asks is one of those under way.
  let busy = asking.server === server ? 1 : 0
  let waiting = 0
  for (const client of server.clients.values()) {
    busy += client.calls.running
    waiting += client.calls.waiting
  }
  const { workers } = server
  return paramsFrom(poolForm, {
    minWorkers: workers.min,
    maxWorkers: workers.max,
    nWorkers: workers.count,
    freeWorkers: Math.max(0, workers.count - busy),
    prioWorkers: workers.priority,
    jobQueueDepth: waiting,
  })
}

function setPool(server: Server, params: TypedParams): void {
  const given = readParams(params, poolSettings) as ReadonlyMap<string, number>
  const names = { minWorkers: 'min', maxWorkers: 'max', prioWorkers: 'priority' } as const
  const change = Object.fromEntries([...given].map(([name, value]) => [names[name as keyof typeof names], value]))
  server.workers = changedWorkers(server.workers, change)
}

function setLimits(server: Server, params: TypedParams): void {
  const given = readParams(params, limitsSettings) as ReadonlyMap<string, number>
  const maxClients = given.get('nclients_max') ?? server.limits.maxClients
  const maxAnonymousClients = given.get('nclients_unauth_max') ?? server.limits.maxAnonymousClients
  if (maxClients < maxAnonymousClients)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.RPC,
      'The overall maximum number of clients waiting for authentication must not be less than the overall maximum number of clients',
    )
  server.limits = { ...server.limits, maxClients, maxAnonymousClients }
}

/** What answers each procedure; flags are checked before. */
function answers(service: AdminService): Readonly<Record<string, OwnProcedure>> {
  const named = (name: string): Server => {
    const found = service.servers.get(name)
    if (found === undefined) throw virtError(ErrorNumber.NO_SERVER, ErrorDomain.RPC, `No server named '${name}'`)
    return found
  }
  const server = (args: unknown): Server => named((args as { srv: admin.NonnullServer }).srv.name)
  const clientIn = (of: Server, id: bigint): Client => {
    const found = of.clients.get(Number(id))
    if (found === undefined)
      throw virtError(ErrorNumber.NO_CLIENT, ErrorDomain.RPC, `No client with matching ID '${id}'`)
    return found
  }
  const client = (args: unknown): Client => {
    const { clnt } = args as { clnt: admin.NonnullClient }
    return clientIn(named(clnt.srv.name), BigInt(clnt.id))
  }
  const { logging } = service
  return {
    CONNECT_OPEN: { run: () => undefined },
    CONNECT_CLOSE: { run: () => undefined, after: (asking) => asking.closeAfterOutput() },
    CONNECT_GET_LIB_VERSION: { run: () => ({ libVer: BigInt(level) }) },
    CONNECT_LIST_SERVERS: {
      run: (_client, _call, args) => {
        const all = [...service.servers.keys()].map((name) => ({ name }))
        return { servers: (args as admin.ConnectListServersArgs).needResults ? all : [], ret: all.length }
      },
    },
    CONNECT_LOOKUP_SERVER: {
      run: (_client, _call, args) => {
        const { name } = args as admin.ConnectLookupServerArgs
        return { srv: { name: named(name).name } }
      },
    },
    SERVER_GET_THREADPOOL_PARAMETERS: {
      run: (asking, _call, args) => ({ params: poolOf(server(args), asking) }),
    },
    SERVER_SET_THREADPOOL_PARAMETERS: {
      run: (_client, _call, args) => setPool(server(args), (args as admin.ServerSetThreadpoolParametersArgs).params),
    },
    SERVER_LIST_CLIENTS: {
      run: (_client, _call, args) => {
        const all = [...server(args).clients.values()].map(nonnull)
        return { clients: (args as admin.ServerListClientsArgs).needResults ? all : [], ret: all.length }
      },
    },
    SERVER_LOOKUP_CLIENT: {
      run: (_client, _call, args) => ({
        clnt: nonnull(clientIn(server(args), BigInt((args as admin.ServerLookupClientArgs).id))),
      }),
    },
    CLIENT_GET_INFO: { run: (_client, _call, args) => ({ params: infoOf(client(args)) }) },
    CLIENT_CLOSE: { run: (_client, _call, args) => client(args).destroy() },
    SERVER_GET_CLIENT_LIMITS: {
      run: (_client, _call, args) => {
        const { clients, anonymous, limits } = server(args)
        return {
          params: paramsFrom(limitsForm, {
            nclients_max: limits.maxClients,
            nclients: clients.size,
            nclients_unauth_max: limits.maxAnonymousClients,
            nclients_unauth: anonymous,
          }),
        }
      },
    },
    SERVER_SET_CLIENT_LIMITS: {
      run: (_client, _call, args) => setLimits(server(args), (args as admin.ServerSetClientLimitsArgs).params),
    },
    SERVER_UPDATE_TLS_FILES: {
      run: (_client, _call, args) => {
        const { reloadTls } = server(args)
        if (reloadTls === undefined) throw internalError('no tls service found, unable to update tls files')
        return reloadTls()
      },
    },
    CONNECT_GET_LOGGING_OUTPUTS: { run: () => ({ outputs: logging.outputs, noutputs: logging.outputCount }) },
    CONNECT_GET_LOGGING_FILTERS: {
      // parity: a blank follows each filter, also the last (seen with 9.0).
      run: () => ({
        filters: logging.filterCount === 0 ? undefined : `${logging.filters} `,
        nfilters: logging.filterCount,
      }),
    },
    CONNECT_SET_LOGGING_OUTPUTS: {
      run: (_client, _call, args) => {
        logging.outputs = (args as admin.ConnectSetLoggingOutputsArgs).outputs ?? ''
      },
    },
    CONNECT_SET_LOGGING_FILTERS: {
      run: (_client, _call, args) => {
        logging.filters = (args as admin.ConnectSetLoggingFiltersArgs).filters ?? ''
      },
    },
    CONNECT_SET_DAEMON_TIMEOUT: {
      run: (_client, _call, args) => service.setTimeout((args as admin.ConnectSetDaemonTimeoutArgs).timeout),
    },
    CONNECT_DAEMON_SHUTDOWN: {
      run: (_client, _call, args) => {
        const preserve = ((args as admin.ConnectDaemonShutdownArgs).flags & 1) !== 0
        // Its answer goes out first.
        setImmediate(() => service.shutdown(preserve))
      },
    },
  }
}

/** Flag bits that a procedure knows. */
const known: Readonly<Record<string, number>> = { CONNECT_DAEMON_SHUTDOWN: 1 }

function flagged(name: string, { run, ...rest }: OwnProcedure): OwnProcedure {
  return {
    ...rest,
    run(client, call, args) {
      const { flags = 0 } = (args ?? {}) as { flags?: number }
      const unknown = (flags & ~(known[name] ?? 0)) >>> 0
      if (unknown !== 0) throw unknownFlags(name, unknown)
      return run(client, call, args)
    },
  }
}

function unknownFlags(name: string, bits: number): VirtError {
  // Where libvirt looks at them.
  const fn = `admin${name === 'CONNECT_OPEN' ? 'Dispatch' : ''}${name
    .toLowerCase()
    .replace('threadpool', 'thread_pool')
    .replace(/(^|_)([a-z])/g, (_, _gap, letter: string) => letter.toUpperCase())}`
  return new VirtError(`unsupported flags (0x${bits.toString(16)}) in function ${fn}`, {
    number: ErrorNumber.INVALID_ARG,
    domain: ErrorDomain.ADMIN,
    str1: fn,
    str2: 'flags',
    int1: 0,
    int2: 0,
  })
}

/**
 * The admin program of a daemon, to be served by a server of its own: `new Server({ name: 'admin', programs: adminPrograms(…) })`.
 * @since 0.1.0
 */
export function adminPrograms(service: AdminService): ProgramTable {
  const table = answers(service)
  const entryOf = (number: number): Entry | undefined => {
    const procedure = procedureAt('admin', number)
    const answer = table[procedure?.name ?? '']
    if (procedure === undefined || answer === undefined) return undefined
    const { ret } = procedure
    const own: OwnProcedure = {
      ...flagged(procedure.name, answer),
      ...(ret === undefined ? {} : { encode: (w, value) => ret.encode(w, value as never) }),
    }
    return { procedure, own, binding: undefined, info: undefined }
  }
  return new Map([[Program.admin, new Entries(entryOf)]])
}
