// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys, interrupts and sleep: what is done to a guest from outside.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { suspend as agentSuspend } from '../agent/commands.js'
import type { QemuDomain } from '../domain/record.js'
import { argumentUnsupported, invalidArg, operationFailed, operationInvalid } from '../errors.js'
import { qnumOf } from '../input/keycodes.js'
import { asObject, booleanOf } from '../monitor/json-access.js'
import type { QemuState } from '../state.js'
import { withAgent } from './agent-lane.js'
import { runOf } from './impact.js'

export const inputSupport: SlotTable = {
  domainSendKey: { flags: 0, fn: 'qemuDomainSendKey' },
  domainInjectNMI: { flags: 0, fn: 'qemuDomainInjectNMI' },
  domainPMSuspendForDuration: { flags: 0, fn: 'qemuDomainPMSuspendForDuration' },
  domainPMWakeup: { flags: 0, fn: 'qemuDomainPMWakeup' },
}

/** The highest number of a key that QEMU takes. */
const mostKey = 0xffff

function keyOf(data: number, i: number): { type: 'number'; data: number } {
  if (data > mostKey) throw operationFailed(`keycode ${i} is invalid: 0x${data.toString(16).toUpperCase()}`)
  return { type: 'number', data }
}

/** `virNodeSuspendTarget` */
const Target = { memory: 0, disk: 1, hybrid: 2 } as const

/** @throws VirtError when the document keeps the guest from sleeping so */
function checkSleep({ def }: QemuDomain, target: number): void {
  const { pm } = def
  if ((target === Target.memory || target === Target.hybrid) && pm?.['suspend-to-mem'] === false)
    throw operationInvalid('S3 state is disabled for this domain')
  if ((target === Target.disk || target === Target.hybrid) && pm?.['suspend-to-disk'] === false)
    throw operationInvalid('S4 state is disabled for this domain')
}

export function inputSlots(_state: QemuState): SlotMethods & Resolvers {
  return {
    async domainSendKey(call, domain: QemuDomain, codeset, holdtime, keycodes) {
      const numbers = keycodes.map((code) => qnumOf(codeset, code))
      await domain.jobs.run(call, 'modify', async (job) => {
        const { monitor } = runOf(domain)
        const args = { keys: numbers.map(keyOf), ...(holdtime === 0 ? {} : { 'hold-time': holdtime }) }
        await job.wait(monitor.command('send-key', args))
      })
    },
    async domainInjectNMI(call, domain: QemuDomain) {
      await domain.jobs.run(call, 'modify', async (job) => {
        await job.wait(runOf(domain).monitor.command('inject-nmi'))
      })
    },
    async domainPMSuspendForDuration(call, domain: QemuDomain, target, duration) {
      if (duration !== 0n) throw argumentUnsupported('Duration not supported. Use 0 for now')
      const kind = Object.values(Target).find((one) => one === target)
      if (kind === undefined) throw invalidArg(`Unknown suspend target: ${target}`)
      // parity: the error has this driver's domain, other calls' has the domain's.
      if (!domain.active) throw operationInvalid('domain is not running')
      // Whether it can wake up is asked before it sleeps: it would have to be destroyed.
      await domain.jobs.run(call, 'query', async (job) => {
        const machine = asObject(await job.wait(runOf(domain).monitor.command('query-current-machine'))) ?? {}
        if (booleanOf(machine, 'wakeup-suspend-support') === false)
          throw operationInvalid('Domain does not have suspend support')
        checkSleep(domain, kind)
      })
      await withAgent(call, domain, 'agentModify', (agent) => agentSuspend(agent, kind))
    },
    async domainPMWakeup(call, domain: QemuDomain) {
      await domain.jobs.run(call, 'modify', async (job) => {
        const { monitor } = runOf(domain)
        await job.wait(monitor.command('system_wakeup'))
      })
    },
  }
}
