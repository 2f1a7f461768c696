// SPDX-License-Identifier: GPL-2.0-or-later
// virtd: arguments, sockets, signals. Everything else is in the packages below.
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { DriverSet, isVirtError, processServices } from '@virt/core'
import { Server } from '@virt/server'
import { type Config, loadConfig } from './config.js'
import { driverNames, loadDrivers } from './drivers.js'
import { takeLock } from './lock.js'
import { stderrLog } from './log.js'
import { dirsOf } from './paths.js'
import { listen } from './sockets.js'

const usage = `usage: virtd [--root DIR] [--session] [--only LIST] [--config FILE] [--driver FILE.mjs]

  --root DIR       everything lies below DIR, in libvirt's layout
  --session        a daemon for this user alone, in libvirt's own folders
  --only LIST      drivers to load, comma separated (here: ${driverNames.join(', ')})
  --config FILE    settings; else etc/libvirt/virtd.conf or libvirtd.conf
  --driver FILE    one more driver, from a module that exports 'driver'; may be given again
  --verbose        tell more
  --version, --help
`

function limitsOf(config: Config) {
  return {
    maxClients: config.max_clients,
    maxAnonymousClients: config.max_anonymous_clients,
    maxClientRequests: config.max_client_requests,
    keepaliveInterval: config.keepalive_interval,
    keepaliveCount: config.keepalive_count,
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      root: { type: 'string' },
      session: { type: 'boolean', default: false },
      only: { type: 'string' },
      config: { type: 'string' },
      driver: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
      version: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  if (values.version) return void process.stdout.write('virtd 0.1.0 (libvirt 11.3.0)\n')

  const dirs = dirsOf({ root: values.root === undefined ? undefined : resolve(values.root), session: values.session })
  for (const folder of Object.values(dirs)) mkdirSync(folder, { recursive: true, mode: 0o755 })
  let { config } = await loadConfig(dirs.config, values.config)
  const log = stderrLog(() => (values.verbose ? 1 : config.log_level))
  const lock = takeLock(dirs.run)
  const drivers = new DriverSet(
    await loadDrivers(values.only?.split(','), values.driver, processServices({ log, dirs, daemon: true })),
  )
  const started = drivers.start()
  const server = new Server({ drivers, log, limits: limitsOf(config), started })
  const listeners = await listen(server, dirs.run, config, values.session)
  const path = listeners[0]?.path as string
  announce(path, drivers)

  let stopping: number | undefined
  const stop = async (): Promise<void> => {
    // A second Ctrl-C ends it at once, but npm passes on what the terminal has sent already: that one is no second.
    if (stopping !== undefined) return Date.now() - stopping > 500 ? process.exit(1) : undefined
    stopping = Date.now()
    // A listener is closed when its last connection is: nobody new from here on, then those that are there.
    const closed = Promise.all(listeners.map((l) => l.close()))
    await server.close()
    await closed
    await drivers.stop()
    lock[Symbol.dispose]()
    process.exit(0)
  }
  const onSignal = (): void => {
    stop().catch(fail)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGHUP', () => {
    loadConfig(dirs.config, values.config).then(
      (fresh) => {
        config = fresh.config
        server.limits = { ...server.limits, ...limitsOf(config) }
        log.info('configuration was read again')
      },
      (error: unknown) => log.error(`configuration was not read again: ${textOf(error)}`),
    )
  })
  await started
}

function announce(path: string, drivers: DriverSet): void {
  const schemes = drivers.drivers.flatMap((d) => d.schemes)
  const scheme = schemes.includes('test') ? 'test' : (schemes[0] ?? 'test')
  const uri = `${scheme}+unix:///${scheme === 'test' ? 'default' : 'system'}?socket=${path}`
  process.stdout.write(`virtd is ready (drivers: ${drivers.drivers.map((d) => d.name).join(', ')}). Connect with:

  virsh -c '${uri}' list --all
  python3 -c "import libvirt; print([d.name() for d in libvirt.open('${uri}').listAllDomains()])"
  node -e "import('@virt/core').then(async ({ connect }) => { const c = await connect('${uri}'); for await (const d of c.domains.list()) console.log(d.name); await c.close() })"

Ctrl-C stops it.
`)
}

function textOf(error: unknown): string {
  if (isVirtError(error)) return error.details === undefined ? error.message : `${error.message} (${error.details})`
  return error instanceof Error ? error.message : String(error)
}

function fail(error: unknown): never {
  process.stderr.write(`virtd: ${textOf(error)}\n`)
  process.exit(1)
}

main().catch(fail)
