// SPDX-License-Identifier: GPL-2.0-or-later
// virtd: arguments and signals. What they start is in daemon.ts.
import { existsSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Daemon, type DaemonOptions, version } from './daemon.js'
import { driverNames } from './drivers.js'
import { textOf } from './error-text.js'
import { dirsOf } from './paths.js'
import { giveUpRights } from './rights.js'

const usage = `usage: virtd [--root DIR] [--session] [--only LIST] [--config FILE] [--driver FILE.mjs] [--timeout SECONDS]

  --root DIR       everything lies below DIR, in libvirt's layout
  --session        a daemon for this user alone, in libvirt's own folders
  --only LIST      drivers to load, comma separated (here: ${driverNames.join(', ')}); 'proxy' leads to the daemons of single drivers
  --config FILE    settings; else etc/libvirt/virtd.conf or libvirtd.conf
  --driver FILE    one more driver, from a module that exports 'driver'; may be given again
  --timeout SECONDS  end when there has been no client for so long; 0: never
  --verbose        tell more
  --version, --help
`

function optionsOf(args?: readonly string[]): DaemonOptions | string {
  const { values } = parseArgs({
    ...(args === undefined ? {} : { args: [...args] }),
    options: {
      root: { type: 'string' },
      session: { type: 'boolean', default: false },
      only: { type: 'string' },
      config: { type: 'string' },
      driver: { type: 'string', multiple: true, default: [] },
      timeout: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      version: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return usage
  if (values.version) return `${version}\n`
  return {
    dirs: dirsOf({ root: values.root === undefined ? undefined : resolve(values.root), session: values.session }),
    session: values.session,
    only: values.only?.split(',').filter((name) => name !== ''),
    config: values.config === undefined ? undefined : resolve(values.config),
    drivers: values.driver,
    verbose: values.verbose,
    timeout: secondsOf(values.timeout),
  }
}

function secondsOf(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,6}$/.test(text)) throw new Error(`Invalid value for timeout: ${text}`)
  return text === undefined ? undefined : Number(text)
}

async function main(): Promise<void> {
  const options = optionsOf()
  if (typeof options === 'string') return say(options)
  giveUpRights(options)
  const { daemon, started } = await Daemon.start(options)

  let stopping: number | undefined
  const stop = (): void => {
    // A second Ctrl-C ends it at once, but npm passes on what the terminal has sent already: that one is no second.
    if (stopping !== undefined) return Date.now() - stopping > 500 ? process.exit(1) : undefined
    stopping = Date.now()
    daemon.stop().then(() => process.exit(0), fail)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  daemon.unwanted.then(stop, fail)
  process.on('SIGHUP', () => void daemon.reload()) // never rejects
  announce(daemon)
  await started
}

// The bindings come with the system's Python, which need not be the first that a shell finds.
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

function announce({ drivers: { drivers }, sockets }: Daemon): void {
  const schemes = drivers.flatMap((d) => d.schemes)
  const scheme = schemes.includes('test') ? 'test' : (schemes[0] ?? 'test')
  const uri = `${scheme}+unix:///${scheme === 'test' ? 'default' : 'system'}?socket=${sockets[0]?.path}`
  say(`virtd is ready (drivers: ${drivers.map((d) => d.name).join(', ')}). Connect with:

  virsh -c '${uri}' list --all
  ${python} -c "import libvirt; print([d.name() for d in libvirt.open('${uri}').listAllDomains()])"
  node -e "import('@virt/core').then(async ({ connect }) => { const c = await connect('${uri}'); for await (const d of c.domains.list()) console.log(d.name); await c.close() })"

Ctrl-C stops it.
`)
}

/** Writes to standard output, whose stream costs more to make than all that is said. */
function say(text: string): void {
  try {
    writeSync(1, text)
  } catch {
    // Nobody listens.
  }
}

function fail(error: unknown): never {
  process.stderr.write(`virtd: ${textOf(error)}\n`)
  process.exit(1)
}

main().catch(fail)
