// SPDX-License-Identifier: LGPL-2.1-or-later
// Talking with QEMU and with the guest's agent as they are, past everything that this driver knows.
import {
  type Call,
  formatJson,
  isVirtError,
  type Json,
  parseJson,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
} from '@virt/core'
import { agentDeadline } from '../agent/agent.js'
import type { QemuDomain } from '../domain/record.js'
import { internalError, invalidArg, operationInvalid } from '../errors.js'
import { asObject } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import { failureOf } from '../monitor/qmp-error.js'
import { taint } from '../process/taints.js'
import type { QemuState } from '../state.js'
import { withAgent } from './agent-lane.js'
import { runOf } from './impact.js'

/** `virDomainQemuMonitorCommandFlags` */
const human = 1
/** The least number that is a time-out. */
const leastTimeout = -2

export const passthroughSupport: SlotTable = {
  domainQemuMonitorCommand: { flags: human, fn: 'qemuDomainQemuMonitorCommandWithFiles' },
  domainQemuMonitorCommandWithFiles: { flags: human, fn: 'qemuDomainQemuMonitorCommandWithFiles' },
  domainQemuAgentCommand: { flags: 0, fn: 'qemuDomainQemuAgentCommand' },
}

/** A command that a caller has written. @throws VirtError when it is none */
function commandOf(text: string): JsonObject {
  let command: Json
  try {
    command = parseJson(text)
  } catch (error) {
    if (isVirtError(error)) throw error
    throw internalError(`cannot parse json ${text}: ${(error as Error).message}`)
  }
  const object = asObject(command)
  if (object === undefined) throw internalError(`cannot parse json ${text}: it is no object`)
  return object
}

async function monitorCommand(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  text: string,
  flags: number,
  fds: readonly number[],
): Promise<string> {
  if (fds.length > 1) throw invalidArg('at most 1 fd can be passed to qemu along with a command')
  return await domain.jobs.run(call, 'query', async (job) => {
    const { monitor } = runOf(domain)
    await taint(state, domain, 'custom-monitor')
    if (!(flags & human)) return formatJson(await job.wait(monitor.exchange(commandOf(text), { fds })))
    const answer = await job.wait(
      monitor.exchange({ execute: 'human-monitor-command', arguments: { 'command-line': text } }, { fds }),
    )
    if ('error' in answer) throw humanFailure(text, answer.error)
    return typeof answer.return === 'string' ? answer.return : ''
  })
}

function humanFailure(text: string, error: Json | undefined): Error {
  const { class: kind, desc } = failureOf(error)
  if (kind === 'CommandNotFound') return operationInvalid(`Human monitor command is not available to run ${text}`)
  return internalError(`unable to execute QEMU command 'human-monitor-command': ${desc}`)
}

export function passthroughSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainQemuMonitorCommand: (call, domain: QemuDomain, text, flags) =>
      monitorCommand(state, call, domain, text, flags, []),
    domainQemuMonitorCommandWithFiles: async (call, domain: QemuDomain, text, flags, fds) => ({
      result: await monitorCommand(state, call, domain, text, flags, fds),
      fds: [],
    }),
    async domainQemuAgentCommand(call, domain: QemuDomain, text, timeout) {
      return await withAgent(call, domain, 'agentModify', async (agent) => {
        await taint(state, domain, 'custom-ga-command')
        if (timeout < leastTimeout)
          throw invalidArg(`guest agent timeout '${timeout}' is less than the minimum '${leastTimeout}'`)
        const answer = await agent.pass(commandOf(text), { deadline: agentDeadline(timeout) })
        return answer === undefined ? undefined : formatJson(answer)
      })
    },
  }
}
