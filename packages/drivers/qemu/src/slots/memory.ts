// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's memory: how much it has, and what its balloon knows of it.
import type { Domain } from '@virt/conf'
import type { Call, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { impactOf } from '@virt/stateful'
import { modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import { internalError, invalidArg, operationInvalid } from '../errors.js'
import { balloonPath, Tag, toldStats } from '../process/balloon.js'
import { balloonOf, setStatsPeriod } from '../process/memory-figures.js'
import { residentMemory } from '../process/usage.js'
import type { QemuState } from '../state.js'
import { runOf } from './impact.js'

const Flag = { live: 1, config: 2, maximum: 4 } as const

export const memorySupport: SlotTable = {
  domainSetMaxMemory: {},
  domainSetMemory: {},
  domainSetMemoryFlags: { flags: Flag.live | Flag.config | Flag.maximum, fn: 'qemuDomainSetMemoryFlags' },
  domainSetMemoryStatsPeriod: { flags: Flag.live | Flag.config, fn: 'qemuDomainSetMemoryStatsPeriod' },
  domainMemoryStats: { flags: 0, fn: 'qemuDomainMemoryStats' },
}

const maximumOf = (document: Domain): bigint => document.memory?.value ?? 0n

function withMaximum(document: Domain, memory: bigint): Domain {
  if ((document.cpu?.numa?.cells.length ?? 0) > 0)
    throw operationInvalid('initial memory size of a domain with NUMA nodes cannot be modified with this API')
  const current = document.currentMemory ?? maximumOf(document)
  return {
    ...document,
    memory: { ...document.memory, value: memory },
    currentMemory: current > memory ? memory : current,
  }
}

function checkCurrent(document: Domain, memory: bigint): void {
  if (memory > maximumOf(document)) throw invalidArg('cannot set memory higher than max memory')
}

/** KiB of devices that a guest takes memory of as it likes: no balloon can give them. */
function growing({ devices }: Domain): bigint {
  const found = (devices?.memorys ?? []).filter(({ model }) => model === 'virtio-mem')
  return found.reduce((sum, { target }) => sum + (target?.size ?? 0n), 0n)
}

/** The document with a size, in KiB. */
function withCurrent(document: Domain, memory: bigint): Domain {
  checkCurrent(document, memory)
  return { ...document, currentMemory: memory }
}

async function setMemory(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  memory: bigint,
  flags: number,
): Promise<void> {
  if (flags & Flag.maximum) {
    // parity: that is said before anything about the definition.
    if (impactOf(domain, flags).live) throw operationInvalid('cannot resize the maximum memory on an active domain')
    await modifyDomain(state, call, domain, flags, {
      config: (document) => withMaximum(document, memory),
    })
    return
  }
  await modifyDomain(state, call, domain, flags, {
    checkLive(document) {
      checkCurrent(document, memory + growing(document))
      if (balloonOf(document) === undefined)
        throw operationInvalid(
          'Unable to change memory of active domain without the balloon device and guest OS balloon driver',
        )
    },
    async live(_document, run) {
      await run.monitor.command('balloon', { value: memory * 1024n })
      // How far the guest has come is told by events.
      return undefined
    },
    config: (document) => withCurrent(document, memory),
  })
}

export function memorySlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainSetMaxMemory: (call, domain: QemuDomain, memory) => setMemory(state, call, domain, memory, Flag.maximum),
    domainSetMemory: (call, domain: QemuDomain, memory) => setMemory(state, call, domain, memory, Flag.live),
    domainSetMemoryFlags: (call, domain: QemuDomain, memory, flags) => setMemory(state, call, domain, memory, flags),
    async domainSetMemoryStatsPeriod(call, domain: QemuDomain, period, flags) {
      const changed = (document: Domain): Domain => {
        const { devices } = document
        if (devices?.memballoon === undefined || balloonOf(document) === undefined)
          throw internalError('No memory balloon device configured, can not set the collection period')
        return { ...document, devices: { ...devices, memballoon: { ...devices.memballoon, stats: period } } }
      }
      await modifyDomain(state, call, domain, flags, {
        checkLive: (document) => void changed(document),
        async live(document, run) {
          await setStatsPeriod(run.monitor, balloonOf(document)?.alias ?? '', period)
          return changed
        },
        config: changed,
      })
    },
    async domainMemoryStats(call, domain: QemuDomain) {
      impactOf(domain, Flag.live)
      const resident = { tag: Tag.resident, val: residentMemory(runOf(domain).facts.pid) }
      const balloon = balloonOf(domain.def)
      if (balloon === undefined) return [resident]
      const told = await domain.jobs.run(call, 'query', async (job) => {
        const { monitor } = runOf(domain)
        const question = { path: balloonPath(balloon.alias), property: 'guest-stats' }
        return await job.wait(monitor.command('qom-get', question))
      })
      return [{ tag: Tag.balloon, val: domain.memory }, ...toldStats(told), resident]
    },
  }
}
