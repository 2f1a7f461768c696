// SPDX-License-Identifier: LGPL-2.1-or-later
// The imaginary guest: file systems, clock, keys, signals, passwords.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { paramShape, requireActive } from '@virt/stateful'
import type { TestDomain } from './domain-record.js'
import { State } from './domain-state.js'
import { internalError, invalidArg, operationInvalid } from './errors.js'
import { keycodeKnown, keycodeSets } from './keycodes.js'
import type { TestState } from './state.js'

const noParams = paramShape({})
/** Highest `virDomainProcessSignal`. */
const maxSignal = 64
const messageTypes = 7

function mounts(domain: TestDomain, mountpoints: readonly string[]): readonly string[] {
  const { frozen } = domain.guest
  if (mountpoints.length === 0) return [...frozen.keys()]
  for (const path of mountpoints) if (!frozen.has(path)) throw operationInvalid(`mount point not found: ${path}`)
  return mountpoints
}

/** Freezes or thaws; how many file systems changed. */
function setFrozen(domain: TestDomain, mountpoints: readonly string[], value: boolean): number {
  requireActive(domain)
  const { frozen } = domain.guest
  let changed = 0
  for (const path of mounts(domain, mountpoints)) {
    if (frozen.get(path) === value) continue
    frozen.set(path, value)
    changed++
  }
  return changed
}

export const agentSupport: SlotTable = {
  domainFSFreeze: { flags: 0, fn: 'testDomainFSFreeze' },
  domainFSThaw: { flags: 0, fn: 'testDomainFSThaw' },
  domainFSTrim: { flags: 0, fn: 'testDomainFSTrim' },
  domainGetFSInfo: { flags: 0, fn: 'testDomainGetFSInfo' },
  domainGetTime: { flags: 0, fn: 'testDomainGetTime' },
  domainSetTime: { flags: 1, fn: 'testDomainSetTime' },
  domainSetUserPassword: { flags: 1, fn: 'testDomainSetUserPassword' },
  domainSendKey: { flags: 0, fn: 'testDomainSendKey' },
  domainSendProcessSignal: { flags: 0, fn: 'testDomainSendProcessSignal' },
  domainInjectNMI: { flags: 0, fn: 'testDomainInjectNMI' },
  domainGetMessages: { flags: messageTypes, fn: 'testDomainGetMessages' },
  domainGetLaunchSecurityInfo: { flags: 0, fn: 'testDomainGetLaunchSecurityInfo' },
}

export function agentSlots(_state: TestState): SlotMethods & Resolvers {
  return {
    domainFSFreeze: (_call, domain: TestDomain, mountpoints) => setFrozen(domain, mountpoints, true),
    domainFSThaw: (_call, domain: TestDomain, mountpoints) => setFrozen(domain, mountpoints, false),
    domainFSTrim(_call, domain: TestDomain, mountPoint) {
      requireActive(domain)
      mounts(domain, mountPoint === undefined ? [] : [mountPoint])
    },
    domainGetFSInfo(_call, domain: TestDomain) {
      requireActive(domain)
      const name = domain.def.devices?.disks[0]?.target?.dev
      if (name === undefined) return []
      return [...domain.guest.frozen.keys()].map((mountpoint, i) => ({
        mountpoint,
        name: `${name}${i + 1}`,
        fstype: 'ext4',
        devAliases: [name],
      }))
    },
    domainGetTime(_call, domain: TestDomain) {
      if (domain.state !== State.running) throw operationInvalid('domain is not running')
      return { ...domain.guest.time }
    },
    domainSetTime(_call, domain: TestDomain, seconds, nseconds) {
      requireActive(domain)
      domain.guest.time = { seconds, nseconds }
    },
    domainSetUserPassword(_call, domain: TestDomain) {
      requireActive(domain)
    },
    domainSendKey(_call, domain: TestDomain, codeset, _holdtime, keycodes) {
      requireActive(domain)
      for (const code of keycodes)
        if (!keycodeKnown(codeset, code))
          throw internalError(`invalid keycode ${code} of ${keycodeSets[codeset]} codeset`)
    },
    domainSendProcessSignal(_call, _domain: TestDomain, pid, signal) {
      if (pid !== 1n) throw invalidArg('only sending a signal to pid 1 is supported')
      if (signal > maxSignal) throw invalidArg(`signum value ${signal} is out of range`)
    },
    domainInjectNMI(_call, domain: TestDomain) {
      requireActive(domain)
    },
    domainGetMessages: () => [],
    domainGetLaunchSecurityInfo: () => ({ shape: noParams, values: [] }),
  }
}
