// SPDX-License-Identifier: LGPL-2.1-or-later
// The way to the agent in a guest: there while the guest has its end of the channel open.
import type { Channel, Domain } from '@virt/conf'
import { Agent } from '../agent/agent.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { unixTransport } from '../monitor/transport.js'
import type { QemuState } from '../state.js'
import type { Run } from './run.js'

const agentName = 'org.qemu.guest_agent.0'
/** `virConnectDomainEventAgentLifecycleState` and `…Reason` */
const connected = 1
const disconnected = 2
const reasons = { unknown: 0, domainStarted: 1, channel: 2 } as const

/** The channel that the agent is at the other end of; undefined: the guest has none. */
export function agentChannel({ devices }: Domain): Channel | undefined {
  return devices?.channels.find((one) => one.target?.type === 'virtio' && one.target.name === agentName)
}

function tell(state: QemuState, domain: QemuDomain, now: number, reason: number): void {
  state.domains.change(domain, (change) => {
    change.emit('domain', 'agentLifecycle', { dom: refOf(domain), state: now, reason })
  })
}

/** Tells that a guest has begun, whose agent is not there yet. */
export function agentAwaited(state: QemuState, domain: QemuDomain): void {
  if (agentChannel(domain.def) !== undefined) tell(state, domain, disconnected, reasons.domainStarted)
}

/** Somebody in the guest has opened the channel. */
export function connectAgent(state: QemuState, domain: QemuDomain, run: Run, fromStart = false): void {
  const channel = agentChannel(domain.def)
  const path = channel?.type === 'unix' ? channel.sources[0]?.path : undefined
  if (path === undefined || run.agent !== undefined) return
  try {
    const agent = new Agent(unixTransport(state.native, path), { clock: state.services.clock })
    agent.responseTimeout = domain.agentTimeout
    run.agent = agent
    void agent.closed.then(() => {
      if (run.agent === agent) run.agent = undefined
    })
  } catch (error) {
    state.services.log.warn(`${domain.name}: no way to the guest agent: ${(error as Error).message}`)
    return
  }
  tell(state, domain, connected, fromStart ? reasons.domainStarted : reasons.channel)
}

/** The guest's end of the channel is closed. */
export function disconnectAgent(state: QemuState, domain: QemuDomain, run: Run): void {
  run.agent?.close()
  run.agent = undefined
  tell(state, domain, disconnected, reasons.channel)
}
