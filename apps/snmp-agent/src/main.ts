#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// virt-snmp: arguments, signals, and the parts put together.
import { readFileSync } from 'node:fs'
import type { Logger } from '@virt/core'
import { Sampler } from '@virt/sampler'
import { Agent, moduleText, Standalone, Subagent } from '@virt/snmp'
import { networkInterfaceIndexes } from './interfaces.js'
import { type Settings, settingsOf, UsageError, usage } from './settings.js'

function logger(verbose: boolean): Logger {
  const line = (message: string): void => void process.stderr.write(`virt-snmp: ${message}\n`)
  const quiet = (): void => {}
  return { debug: verbose ? line : quiet, info: verbose ? line : quiet, warn: line, error: line }
}

async function serve(settings: Settings): Promise<void> {
  const log = logger(settings.verbose)
  const sampler = new Sampler({ uri: settings.uri, readOnly: !settings.writable, log })
  const agent = new Agent(sampler, {
    writable: settings.writable,
    refreshMs: settings.refreshMs,
    notifyRate: settings.notifyRate,
    lowSpacePercent: settings.lowSpacePercent,
    ...(settings.compatNotify && { compat: { notifyInstance: 'zero' } }),
    ifIndex: networkInterfaceIndexes(),
    log,
  })
  sampler.on('link', ({ state, reason }) => log.info(`daemon: ${state}${reason === '' ? '' : ` (${reason})`}`))
  const server = await front(agent, settings, log)
  sampler.start()
  let stopping = false
  const stop = (): void => {
    if (stopping) process.exit(1)
    stopping = true
    Promise.all([server.close(), sampler.close()]).then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

/** What managers talk to: a master that we register with, or a socket of our own. */
async function front(agent: Agent, settings: Settings, log: Logger): Promise<{ close(): Promise<void> }> {
  if (settings.listen !== undefined) {
    const { listen, users, communities, sinks, level, stateFile, contact, location } = settings
    const standalone = await Standalone.start(agent, {
      ...listen,
      users,
      communities,
      sinks,
      level,
      stateFile,
      contact,
      location,
      log,
    })
    log.info(`listening on ${listen.host}:${standalone.port}`)
    return standalone
  }
  const subagent = new Subagent(agent, settings.agentx ?? { path: '/var/agentx/master' }, { log })
  subagent.start()
  // The timers of the waits between attempts keep nobody alive.
  const stay = setInterval(() => {}, 0x7fffffff)
  return {
    close: async () => {
      clearInterval(stay)
      await subagent.close()
    },
  }
}

function printMib(name: string): void {
  const { modules } = new Agent(new Sampler())
  const module = modules.find((one) => one.name === name)
  if (module === undefined)
    throw new UsageError(`there is no ${name}; there are ${modules.map((m) => m.name).join(', ')}`)
  process.stdout.write(moduleText(module))
}

async function main(): Promise<void> {
  const settings = settingsOf(process.argv.slice(2), (path) => readFileSync(path, 'utf8'))
  if ('help' in settings) process.stdout.write(usage)
  else if ('version' in settings) process.stdout.write('virt-snmp 0.1.0\n')
  else if ('mib' in settings) printMib(settings.mib)
  else await serve(settings)
}

function fail(error: unknown): never {
  process.stderr.write(`virt-snmp: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}

main().catch(fail)
