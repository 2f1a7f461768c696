// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon put together: settings, log, lock, drivers, server, sockets; how it is read anew and how it stops.
import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { connect, type Dirs, DriverSet, type Logger, processServices, type Services, systemClock } from '@virt/core'
import { load } from '@virt/native'
import { accessDriver, type Limits, Logging, PolkitAuthority, Server } from '@virt/server'
import { adminLimits, adminServer } from './administration.js'
import { Authentication } from './authentication.js'
import { type Config, type Loaded, loadConfig } from './config.js'
import { loadDrivers } from './drivers.js'
import { textOf } from './error-text.js'
import { Idle } from './idle.js'
import { type Inherited, takeInherited } from './inherited.js'
import { Listeners } from './listeners.js'
import { takeLock } from './lock.js'
import { openSink } from './log-sinks.js'
import { Memory } from './memory.js'
import { daemonName } from './names.js'
import { ServiceManager } from './service-manager.js'
import type { Listener } from './sockets.js'
import { refuseUnserved } from './unserved.js'

/** Name and level, as it tells them. */
export const version = 'virtd 0.1.0 (libvirt 11.3.0)'

/** What the command line says. */
export interface DaemonOptions {
  readonly dirs: Dirs
  readonly session: boolean
  /** Names of drivers; all when absent. */
  readonly only: readonly string[] | undefined
  /** The file of settings; absent: those in the folder of settings. */
  readonly config: string | undefined
  /** Modules of third parties' drivers. */
  readonly drivers: readonly string[]
  readonly verbose: boolean
  /** Seconds without clients after which it ends; absent: never. */
  readonly timeout?: number | undefined
  /** Sockets that were handed over; by default those of systemd. */
  readonly inherited?: Inherited
}

/** Settings that are looked at only when the daemon starts: a change of them needs another start. */
const atStart = [
  'listen_tls',
  'listen_tcp',
  'tls_port',
  'tcp_port',
  'listen_addr',
  'unix_sock_group',
  'unix_sock_ro_perms',
  'unix_sock_rw_perms',
  'unix_sock_admin_perms',
  'unix_sock_dir',
  'auth_unix_ro',
  'auth_unix_rw',
  'auth_tcp',
  'auth_tls',
  'access_drivers',
  'host_uuid',
  'host_uuid_source',
  'ovs_timeout',
] as const satisfies readonly (keyof Config)[]

/** A daemon that runs. */
export class Daemon {
  readonly drivers: DriverSet
  /** Resolves when it is to end: nobody has wanted it for a while, or an administrator says so. */
  readonly unwanted: Promise<void>
  readonly logging: Logging
  readonly log: Logger
  readonly #options: DaemonOptions
  readonly #server: Server
  readonly #admin: Server
  readonly #lock: Disposable
  readonly #listeners: Listeners
  readonly #authentication: Authentication
  readonly #authority: PolkitAuthority
  readonly #manager: ServiceManager
  readonly #idle: Idle
  #config: Config
  #reloading: Promise<void> = Promise.resolve()

  private constructor(options: DaemonOptions, parts: Parts) {
    this.#options = options
    this.drivers = parts.drivers
    this.logging = parts.logging
    this.log = parts.log
    this.#server = parts.server
    this.#admin = parts.admin
    this.#lock = parts.lock
    this.#listeners = parts.listeners
    this.#authentication = parts.authentication
    this.#authority = parts.authority
    this.#manager = parts.manager
    this.#idle = parts.idle
    this.unwanted = parts.unwanted
    this.#config = parts.config
  }

  /** Where clients connect; the first is the one for reading and writing. */
  get sockets(): readonly Listener[] {
    return this.#listeners.all
  }

  /**
   * Starts a daemon. Nothing is touched before the settings have been found to be good.
   * @returns the daemon, whose sockets accept, and `started`, which settles when its drivers have started
   */
  static async start(options: DaemonOptions): Promise<{ daemon: Daemon; started: Promise<void> }> {
    const loaded = loadConfig(options.dirs.config, options.config)
    const { config } = loaded
    refuseUnserved(config)
    for (const folder of Object.values(options.dirs)) mkdirSync(folder, { recursive: true, mode: 0o755 })
    const logging = new Logging({ open: openSink, greeting: [`virt version: ${version}`, `hostname: ${hostname()}`] })
    applyLogging(logging, config, options.verbose, process.env)
    const log = logging.logger('remote.remote_daemon')
    tellOf(loaded, log)
    const authority = new PolkitAuthority()
    const access = accessDriver(config.access_drivers, {
      log: logging.logger('access.accessdriverpolkit'),
      clock: systemClock,
      authority,
    })
    const manager = ServiceManager.of(process.env, systemClock, log)
    const name = daemonName(options.only)
    const lock = takeLock(options.dirs.run, name.pid)
    try {
      const drivers: DriverSet = new DriverSet(
        await loadDrivers(
          options.only,
          options.drivers,
          (name) => servicesOf(options, config, logging.logger(`${name}.${name}_driver`), () => drivers),
          options.session ? 'session' : 'system',
        ),
      )
      const started = drivers.start()
      // Whoever awaits it learns of a failure; until then it is no unhandled one.
      started.catch(() => {})
      const { idle, unwanted, end } = endOf(drivers)
      idle.seconds = options.timeout ?? 0
      const memory = new Memory(systemClock)
      const serverLog = logging.logger('rpc.netserver')
      const server: Server = new Server({
        name: name.server,
        drivers,
        log: serverLog,
        limits: limitsOf(config),
        workers: { min: config.min_workers, max: config.max_workers, priority: config.prio_workers },
        access,
        started,
        onClients: (count) => {
          idle.clients(server, count)
          memory.clients(count)
        },
      })
      const admin = adminServer({ server, logging, idle, log: serverLog, end }, config)
      const authentication = new Authentication(config, {
        folder: options.dirs.config,
        authority,
        log: serverLog,
        clock: systemClock,
        knowsPeers: () => load() !== undefined,
      })
      const listeners = await Listeners.open({
        server,
        admin,
        config,
        authentication,
        log: serverLog,
        run: options.dirs.run,
        stem: name.sockets,
        settings: options.dirs.config,
        session: options.session,
        inherited: options.inherited ?? takeInherited(),
      })
      if (listeners.hasTls) server.reloadTls = async () => daemon.reloadTls()
      manager.ready()
      const parts = {
        config,
        logging,
        log,
        lock,
        drivers,
        server,
        admin,
        listeners,
        authentication,
        authority,
        manager,
      }
      const daemon: Daemon = new Daemon(options, { ...parts, idle, unwanted })
      return { daemon, started }
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  }

  /** Reads the settings again, and lets the drivers do so; what is wrong is logged, and the old ones stay. One after the other. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload())
    return this.#reloading
  }

  /** Reads certificates and lists of revoked ones again, for clients to come. @throws VirtError, and the old ones stay */
  reloadTls(): void {
    this.#listeners.reloadTls(this.#config)
  }

  /** Stops: nobody new, then those who are there, then the drivers. */
  async stop(): Promise<void> {
    this.#manager.stopping()
    this.#idle.stop()
    // A listener is closed when its last connection is.
    const closed = this.#listeners.close()
    await Promise.all([this.#server.close(), this.#admin.close()])
    await closed
    await this.#reloading
    await this.drivers.stop()
    await this.#authority.close()
    this.#lock[Symbol.dispose]()
    await this.logging.close()
  }

  async #reload(): Promise<void> {
    this.#manager.reloading()
    try {
      const loaded = loadConfig(this.#options.dirs.config, this.#options.config)
      refuseUnserved(loaded.config)
      this.#listeners.reloadTls(loaded.config)
      this.#authentication.reload(loaded.config)
      applyLogging(this.logging, loaded.config, this.#options.verbose, process.env)
      tellOf(loaded, this.log)
      for (const key of atStart)
        if (String(loaded.config[key]) !== String(this.#config[key]))
          this.log.warn(`'${key}' has changed: that counts from the next start on`)
      this.#config = loaded.config
      this.#server.limits = { ...this.#server.limits, ...limitsOf(loaded.config) }
      this.#admin.limits = { ...this.#admin.limits, ...adminLimits(loaded.config) }
      await this.drivers.reload()
      this.log.info('settings were read again')
    } catch (error) {
      this.log.error(`settings were not read again: ${textOf(error)}`)
    }
    this.#manager.ready()
  }
}

interface Parts {
  readonly config: Config
  readonly logging: Logging
  readonly log: Logger
  readonly lock: Disposable
  readonly drivers: DriverSet
  readonly server: Server
  readonly admin: Server
  readonly listeners: Listeners
  readonly authentication: Authentication
  readonly authority: PolkitAuthority
  readonly manager: ServiceManager
  readonly idle: Idle
  readonly unwanted: Promise<void>
}

/** What ends a daemon from within. */
function endOf({ drivers }: DriverSet): { idle: Idle; unwanted: Promise<void>; end: () => void } {
  let end = (): void => {}
  const unwanted = new Promise<void>((resolve) => {
    end = resolve
  })
  const busy = (): boolean => drivers.some((driver) => driver.busy?.() === true)
  return { idle: new Idle(systemClock, busy, end), unwanted, end }
}

/** What a driver gets of the daemon. */
function servicesOf(options: DaemonOptions, config: Config, log: Logger, drivers: () => DriverSet): Services {
  return processServices({
    log,
    dirs: options.dirs,
    daemon: true,
    host: {
      ...(config.host_uuid === undefined ? {} : { uuid: config.host_uuid }),
      uuidSource: config.host_uuid_source,
      ovsTimeout: config.ovs_timeout,
    },
    peer: (family) => drivers().peer(family, options.session ? '/session' : '/system'),
    connect: async (uri, { keepAlive, signal }) => {
      const { remote } = await import('@virt/remote')
      return await connect(uri, { drivers: [remote({ keepAlive })], ...(signal === undefined ? {} : { signal }) })
    },
  })
}

/** The environment comes before the file, as with libvirt. @throws VirtError `invalid-arg`; nothing is changed then */
export function applyLogging(
  logging: Logging,
  config: Pick<Config, 'log_level' | 'log_filters' | 'log_outputs'>,
  verbose: boolean,
  env: NodeJS.ProcessEnv,
): void {
  const level = logging.level
  const filters = logging.filters
  try {
    logging.level = levelIn(env) ?? (verbose ? 1 : config.log_level)
    logging.filters = env.LIBVIRT_LOG_FILTERS ?? config.log_filters ?? ''
    logging.outputs = env.LIBVIRT_LOG_OUTPUTS ?? config.log_outputs ?? ''
  } catch (error) {
    logging.level = level
    logging.filters = filters
    throw error
  }
}

const levelNames: Readonly<Record<string, number>> = { debug: 1, info: 2, warning: 3, error: 4 }
function levelIn({ LIBVIRT_DEBUG: text }: NodeJS.ProcessEnv): number | undefined {
  if (text === undefined || text === '') return undefined
  return levelNames[text] ?? (/^[1-4]$/.test(text) ? Number(text) : undefined)
}

function tellOf({ file, remarks }: Loaded, log: Logger): void {
  if (file !== undefined) log.info(`settings are those of ${file}`)
  for (const remark of remarks) log.warn(remark)
}

function limitsOf(config: Config): Partial<Limits> {
  return {
    maxClients: config.max_clients,
    maxQueuedClients: config.max_queued_clients,
    maxAnonymousClients: config.max_anonymous_clients,
    maxClientRequests: config.max_client_requests,
    keepaliveInterval: config.keepalive_interval,
    keepaliveCount: config.keepalive_count,
  }
}
