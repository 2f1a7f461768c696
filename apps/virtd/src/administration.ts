// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's second server: administration, for virt-admin.
import { DriverSet, type Logger } from '@virt/core'
import { type AdminService, adminPrograms, type Limits, type Logging, Server, type WorkerLimits } from '@virt/server'
import type { Config } from './config.js'
import type { Idle } from './idle.js'

/** The parts of a daemon that are administrated. */
export interface Administrated {
  /** The server of the API. */
  readonly server: Server
  readonly logging: Logging
  readonly idle: Idle
  readonly log: Logger
  /** Ends the daemon. */
  end(): void
}

/** The server for administration; it can be administrated itself. */
export function adminServer({ server, logging, idle, log, end }: Administrated, config: Config): Server {
  const servers = new Map([[server.name, server]])
  const service: AdminService = {
    servers,
    logging,
    setTimeout(seconds) {
      idle.seconds = seconds
    },
    shutdown(preserve) {
      log.info(`shutdown was asked for${preserve ? ', guests are to be preserved' : ''}`)
      end()
    },
  }
  const made: Server = new Server({
    name: 'admin',
    drivers: new DriverSet([]),
    programs: adminPrograms(service),
    log,
    limits: adminLimits(config),
    workers: adminWorkers(config),
    onClients: (count) => idle.clients(made, count),
  })
  servers.set(made.name, made)
  return made
}

/** Limits of the settings. */
export function adminLimits(config: Config): Partial<Limits> {
  return {
    maxClients: config.admin_max_clients,
    maxQueuedClients: config.admin_max_queued_clients,
    // Nobody has to authenticate here.
    maxAnonymousClients: 0,
    maxClientRequests: config.admin_max_client_requests,
    keepaliveInterval: config.admin_keepalive_interval,
    keepaliveCount: config.admin_keepalive_count,
  }
}

function adminWorkers(config: Config): WorkerLimits {
  return { min: config.admin_min_workers, max: config.admin_max_workers, priority: 0 }
}
