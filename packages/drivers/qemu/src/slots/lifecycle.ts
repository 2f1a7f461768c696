// SPDX-License-Identifier: LGPL-2.1-or-later
// Starting, stopping and everything between.
import { type Call, type DomainRef, permitted, type Resolvers, type SlotMethods, type SlotTable } from '@virt/core'
import { type AsyncJob, type Job, requireActive } from '@virt/stateful'
import { shutdown as agentShutdown } from '../agent/commands.js'
import { alreadyActive, owner, recordFor, subjectOf } from '../domain/owner.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { State } from '../domain/states.js'
import { operationInvalid } from '../errors.js'
import { migrationOf } from '../migration/data.js'
import { happen } from '../process/happen.js'
import { startGuest, starting } from '../process/start.js'
import { fresh } from '../process/start-options.js'
import { destroy } from '../process/stop.js'
import { tie } from '../process/tie.js'
import { startOrRestore } from '../save/start-saved.js'
import type { QemuState } from '../state.js'
import { agentOf } from './agent-lane.js'
import { runOf } from './impact.js'

/** `virDomainCreateFlags` */
const Start = { paused: 1, autodestroy: 2, bypassCache: 4, forceBoot: 8, validate: 16, resetNvram: 32 } as const
/** `virDomainShutdownFlagValues`, `virDomainRebootFlagValues` */
const By = { acpi: 1, agent: 2 } as const
/** `virDomainDestroyFlagsValues` */
const Destroy = { graceful: 1, removeLogs: 2 } as const

export const lifecycleSupport: SlotTable = {
  domainCreateXML: {
    flags: Start.paused | Start.autodestroy | Start.validate | Start.resetNvram,
    fn: 'qemuDomainCreateXML',
  },
  domainCreate: {},
  domainCreateWithFlags: {
    flags: Start.paused | Start.autodestroy | Start.bypassCache | Start.forceBoot | Start.resetNvram,
    fn: 'qemuDomainCreateWithFlags',
  },
  domainSuspend: {},
  // Whose files they were, and whether they can be written to, is up to who has opened them.
  domainFDAssociate: { flags: 3, fn: 'qemuDomainFDAssociate' },
  domainResume: {},
  domainShutdown: {},
  domainShutdownFlags: { flags: By.acpi | By.agent, fn: 'qemuDomainShutdownFlags' },
  domainReboot: { flags: By.acpi | By.agent, fn: 'qemuDomainReboot' },
  domainReset: { flags: 0, fn: 'qemuDomainReset' },
  domainDestroy: {},
  domainDestroyFlags: { flags: Destroy.graceful | Destroy.removeLogs, fn: 'qemuDomainDestroyFlags' },
}

async function suspend(state: QemuState, domain: QemuDomain, job: Job): Promise<void> {
  const run = runOf(domain)
  if (domain.state === State.pmsuspended) throw operationInvalid('domain is pmsuspended')
  if (domain.state === State.paused) return
  run.expected = 'stop'
  try {
    await job.wait(run.monitor.command('stop'))
  } finally {
    run.expected = undefined
  }
  const leaving = migrationOf(domain)
  // Whoever stops a guest that leaves has it arrive sooner: it goes on over there, or here when it stays.
  if (leaving?.data.side === 'source') leaving.data.stopped = state.services.clock.now()
  happen(state, domain, leaving?.data.side === 'source' ? 'migrating' : 'stopped by user')
}

async function resume(state: QemuState, domain: QemuDomain, job: Job): Promise<void> {
  const run = runOf(domain)
  if (domain.state === State.pmsuspended) throw operationInvalid('domain is pmsuspended')
  if (domain.state === State.running) throw operationInvalid('domain is already running')
  run.expected = 'resume'
  try {
    await job.wait(run.monitor.command('cont'))
  } finally {
    run.expected = undefined
  }
  happen(state, domain, 'continued')
}

/** The agent's answer counts where it was asked for, and where it is there and nothing else was. */
async function powerButton(domain: QemuDomain, call: Call, flags: number, mode: 'powerdown' | 'reboot'): Promise<void> {
  // parity: a shutdown, and what asks the agent alone, has another error domain here than everything else.
  const agentAlone = (flags & (By.agent | By.acpi)) === By.agent
  if ((mode === 'powerdown' || agentAlone) && !domain.active) throw operationInvalid('domain is not running')
  const run = runOf(domain)
  const asksAgent = (flags & By.agent) !== 0 || (flags === 0 && run.agent !== undefined)
  if (asksAgent) {
    try {
      await domain.jobs.runAgent(call, 'agentModify', async () => {
        run.rebooting = mode === 'reboot' && run.rebooting
        await agentShutdown(agentOf(domain), mode)
      })
      return
    } catch (error) {
      if ((flags & By.agent) !== 0 && !(flags & By.acpi)) throw error
    }
  }
  await domain.jobs.run(call, 'modify', async (job) => {
    requireActive(domain)
    if (mode === 'powerdown' && domain.state !== State.running) throw operationInvalid('domain is not running')
    run.rebooting = mode === 'reboot'
    await job.wait(run.monitor.command('system_powerdown'))
  })
}

export function lifecycleSlots(state: QemuState): SlotMethods & Resolvers {
  const { domains } = state

  /** Starts a guest within a job; what a start needs to be true is looked at when its turn has come. */
  const start = async (call: Call, domain: QemuDomain, flags: number, before: () => void): Promise<void> => {
    await domain.jobs.runAsync(call, starting, async (job: AsyncJob) => {
      before()
      await startGuest(state, domain, job, fresh((flags & Start.paused) !== 0, (flags & Start.resetNvram) !== 0))
      if (flags & Start.autodestroy) tie(state, call, domain)
    })
  }

  const create = async (call: Call, domain: QemuDomain, flags: number): Promise<DomainRef> => {
    await domain.jobs.runAsync(call, starting, async (job: AsyncJob) => {
      if (domain.active) throw operationInvalid('domain is already running')
      await startOrRestore(state, domain, job, {
        paused: (flags & Start.paused) !== 0,
        forceBoot: (flags & Start.forceBoot) !== 0,
        resetVariables: (flags & Start.resetNvram) !== 0,
      })
      if (flags & Start.autodestroy) tie(state, call, domain)
    })
    return refOf(domain)
  }

  const createXml = async (call: Call, xml: string, flags: number): Promise<DomainRef> => {
    const document = await state.readNew(xml, (flags & Start.validate) !== 0)
    return await permitted(call, subjectOf(document), flags, async () => {
      const existing = owner(state, document, true)
      const domain = existing ?? recordFor(state, document)
      if (existing === undefined) domains.add(domain)
      await start(call, domain, flags, () => {
        if (domain.active) throw alreadyActive(domain)
        if (existing === undefined) return
        domains.change(domain, () => {
          if (domain.persistent) domain.keepNext()
          domain.def = document
        })
      })
      return refOf(domain)
    })
  }

  const kill = async (call: Call, domain: QemuDomain, flags: number): Promise<void> => {
    await domain.jobs.run(call, 'destroy', async () => {
      requireActive(domain)
      await destroy(state, domain, (flags & Destroy.graceful) !== 0)
      if (flags & Destroy.removeLogs) await state.log(domain.name).remove()
    })
  }

  return {
    domainCreateXML: createXml,
    domainCreate: async (call, domain: QemuDomain) => void (await create(call, domain, 0)),
    domainCreateWithFlags: create,
    async domainFDAssociate(call, domain: QemuDomain, name, _flags, fds) {
      if (fds.length > 0) domain.fileGroups.take(state.native, call, name, fds)
    },
    domainSuspend: (call, domain: QemuDomain) => domain.jobs.run(call, 'suspend', (job) => suspend(state, domain, job)),
    domainResume: (call, domain: QemuDomain) => domain.jobs.run(call, 'modify', (job) => resume(state, domain, job)),
    domainShutdown: (call, domain: QemuDomain) => powerButton(domain, call, 0, 'powerdown'),
    domainShutdownFlags: (call, domain: QemuDomain, flags) => powerButton(domain, call, flags, 'powerdown'),
    domainReboot: (call, domain: QemuDomain, flags) => powerButton(domain, call, flags, 'reboot'),
    domainReset: (call, domain: QemuDomain) =>
      domain.jobs.run(call, 'modify', async (job) => {
        await job.wait(runOf(domain).monitor.command('system_reset'))
      }),
    domainDestroy: (call, domain: QemuDomain) => kill(call, domain, 0),
    domainDestroyFlags: kill,
  }
}
