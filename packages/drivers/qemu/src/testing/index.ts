// SPDX-License-Identifier: LGPL-2.1-or-later
// @virt/qemu/testing: the driver's inner parts and stand-ins for QEMU, for tests.
export { Agent } from '../agent/agent.js'
export * as agentCommands from '../agent/commands.js'
export { guestInterfaces } from '../agent/interfaces.js'
export { parseCaps, printCaps } from '../capabilities/cache.js'
export { acceleratorOf, findMachine, type QemuCaps, withFlags } from '../capabilities/caps.js'

export { guestOf } from '../capabilities/guest.js'
export { QapiSchema } from '../capabilities/qapi-schema.js'
export { jobsOf } from '../monitor/block-jobs.js'
export { cpuTable } from '../monitor/cpus.js'
export { leavesOf } from '../monitor/feature-words.js'
export { Monitor } from '../monitor/monitor.js'
export { type FarEnd, pipe } from './pipe.js'
export { probeRecording } from './probe.js'
export { Recording } from './recorded.js'
