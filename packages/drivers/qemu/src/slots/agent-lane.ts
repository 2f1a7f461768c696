// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls that the agent in the guest answers: one after the other, in a lane that excludes nothing else of the guest.
import { type Call, ErrorNumber } from '@virt/core'
import { type AgentJobKind, requireActive } from '@virt/stateful'
import type { Agent } from '../agent/agent.js'
import type { QemuDomain } from '../domain/record.js'
import { State } from '../domain/states.js'
import { operationInvalid, qemuError } from '../errors.js'
import { agentChannel } from '../process/agent-channel.js'

/** The agent of a guest. @throws VirtError with why there is none to talk with */
export function agentOf(domain: QemuDomain): Agent {
  if (domain.state !== State.running) throw operationInvalid('domain is not running')
  const agent = domain.run?.agent
  if (agent !== undefined) return agent
  throw agentChannel(domain.def) === undefined
    ? qemuError(ErrorNumber.ARGUMENT_UNSUPPORTED, 'QEMU guest agent is not configured')
    : qemuError(ErrorNumber.AGENT_UNRESPONSIVE, 'QEMU guest agent is not connected')
}

/**
 * Has the agent asked.
 * @param activeFirst whether a guest that is off is told so before anything is said of agents: the errors differ in their domain
 */
export async function withAgent<T>(
  call: Call,
  domain: QemuDomain,
  kind: AgentJobKind,
  ask: (agent: Agent) => Promise<T>,
  activeFirst = true,
): Promise<T> {
  return await domain.jobs.runAgent(call, kind, async (job) => {
    if (activeFirst) requireActive(domain)
    return await job.wait(ask(agentOf(domain)))
  })
}
