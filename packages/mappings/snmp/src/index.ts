// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * The guests of a host, seen by SNMP: LIBVIRT-MIB and VIRT-EXT-MIB over the model of `@virt/sampler`, served as an AgentX
 * subagent of net-snmp's `snmpd`, or by an agent of its own.
 *
 * @packageDocumentation
 */

export { Agent, type AgentOptions } from './agent.js'
export { type MasterAddress, parseMaster, Subagent, type SubagentOptions } from './agentx/subagent.js'
export type { Module } from './mib/module.js'
export { moduleText } from './mib/smi.js'
export type { NotifierOptions } from './notifier.js'
export type { Community } from './standalone/responder.js'
export { Standalone, type StandaloneOptions, type TrapSink } from './standalone/server.js'
export {
  type AuthProtocol,
  isAuthProtocol,
  isPrivProtocol,
  type PrivProtocol,
  type UsmUser,
} from './standalone/usm.js'
export type { Trap } from './trap.js'
export { formatOid, type Oid, parseOid } from './wire/oid.js'
