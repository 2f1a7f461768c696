#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// virt-metrics: arguments, signals, and the parts put together.
import { parseArgs } from 'node:util'
import type { Logger } from '@virt/core'
import { Endpoint, metricsOf } from '@virt/metrics'
import { Sampler } from '@virt/sampler'

const usage = `usage: virt-metrics [--uri URI] [--listen HOST:PORT] [--exporter-names] [--max-age SECONDS] [--verbose]

  --uri URI           connection to ask; the default of libvirt without it
  --listen HOST:PORT  where Prometheus finds it; 127.0.0.1:9177 without it
  --exporter-names    also under the names of prometheus-libvirt-exporter
  --max-age SECONDS   how old figures may get; 5 without it
  --verbose           says what happens, on standard error
`

/** Why it does not start. */
class UsageError extends Error {}

function logger(verbose: boolean): Logger {
  const line = (message: string): void => void process.stderr.write(`virt-metrics: ${message}\n`)
  const quiet = (): void => {}
  return { debug: verbose ? line : quiet, info: verbose ? line : quiet, warn: line, error: line }
}

function optionsOf() {
  try {
    return parseArgs({
      options: {
        uri: { type: 'string', default: '' },
        listen: { type: 'string', default: '127.0.0.1:9177' },
        'exporter-names': { type: 'boolean', default: false },
        'max-age': { type: 'string', default: '5' },
        verbose: { type: 'boolean', short: 'v', default: false },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function main(): Promise<void> {
  const options = optionsOf()
  if (options.help === true) return void process.stdout.write(usage)
  if (options.version === true) return void process.stdout.write('virt-metrics 0.1.0\n')
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(options.listen) ?? []
  if (host === undefined || Number(port) > 65_535) throw new UsageError(`'${options.listen}' is not HOST:PORT`)
  const maxAge = Number(options['max-age']) * 1000
  if (!(maxAge >= 0)) throw new UsageError(`'${options['max-age']}' is no number of seconds`)
  const log = logger(options.verbose)
  const sampler = new Sampler({ uri: options.uri, readOnly: true, log })
  sampler.on('link', ({ state, reason }) => log.info(`daemon: ${state}${reason === '' ? '' : ` (${reason})`}`))
  const registry = metricsOf(sampler, { exporterNames: options['exporter-names'], maxAge })
  const endpoint = await Endpoint.start(registry, { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) })
  log.info(`listening on ${host}:${endpoint.port}`)
  sampler.start()
  let stopping = false
  const stop = (): void => {
    if (stopping) process.exit(1)
    stopping = true
    Promise.all([endpoint.close(), sampler.close()]).then(() => process.exit(0), fail)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

function fail(error: unknown): never {
  process.stderr.write(`virt-metrics: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}

main().catch(fail)
