// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast a disk may be.
import type { Disk, DiskIotune, Domain } from '@virt/conf'
import type { Call, Resolvers, SlotMethods, SlotTable, TypedParams } from '@virt/core'
import { impactOf, Param, readParams } from '@virt/stateful'
import { type Limit, lengths, limits } from '../devices/throttle-names.js'
import { documentOf, modifyDomain } from '../domain/modify.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { configUnsupported, invalidArg, operationUnsupported } from '../errors.js'
import { asObject, bigintOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import type { Run } from '../process/run.js'
import { throttle } from '../process/throttle.js'
import type { QemuState } from '../state.js'
import { findDisk } from './disk-path.js'
import { checkBursts, checkLimits, mergedLimits, tuneShape } from './throttle-limits.js'

export const blockTuneSupport: SlotTable = {
  domainGetBlockIoTune: { flags: 7, fn: 'qemuDomainGetBlockIoTune' },
  domainSetBlockIoTune: { flags: 3, fn: 'qemuDomainSetBlockIoTune' },
}

/** How a disk is looked for, as what it is told when there is none. */
const missing = {
  live: (name: string) => `disk '${name}' not found in domain`,
  config: (name: string) => `disk '${name}' was not found in the domain config`,
  persistent: (name: string) => `missing persistent configuration for disk '${name}'`,
} as const

function tunable(document: Domain, name: string, where: keyof typeof missing): Disk {
  const disk = findDisk(document, name)
  if (disk === undefined) throw invalidArg(missing[where](name))
  if (disk.source.type === 'vhostuser')
    throw operationUnsupported('a block I/O throttling is not supported for vhostuser disk')
  if (disk.throttlefilters.length > 0)
    throw configUnsupported(
      `block 'iotune' can't be used together with 'throttlefilters' for disk '${disk.target?.dev ?? ''}'`,
    )
  return disk
}

function withTune(document: Domain, name: string, iotune: DiskIotune): Domain {
  const { devices } = document
  if (devices === undefined) return document
  const chosen = tunable(document, name, 'config')
  const disks = devices.disks.map((disk) =>
    disk === chosen ? { ...disk, iotune: Object.keys(iotune).length === 0 ? undefined : iotune } : disk,
  )
  return { ...document, devices: { ...devices, disks } }
}

async function setTune(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  name: string,
  params: TypedParams,
  flags: number,
): Promise<void> {
  const given = readParams(params, tuneShape)
  // parity: what there is of the guest is looked at before the limits.
  impactOf(domain, flags)
  checkLimits(given)
  const next = (document: Domain, where: 'live' | 'persistent'): DiskIotune =>
    mergedLimits(tunable(document, name, where).iotune, given)
  let live: Disk | undefined
  await modifyDomain(state, call, domain, flags, {
    checkLive: (document) => void checkBursts(next(document, 'live')),
    async live(document, run) {
      live = tunable(document, name, 'live')
      const iotune = next(document, 'live')
      await throttle(run.monitor, live, iotune)
      return (now) => withTune(now, name, iotune)
    },
    config: (document) => withTune(document, name, next(document, 'persistent')),
  })
  if (live !== undefined) tell(state, domain, live, params)
}

/** Who listens is told of what was set, as it was. */
function tell(state: QemuState, domain: QemuDomain, disk: Disk, { shape: given, values }: TypedParams): void {
  const params: TypedParams = {
    shape: {
      names: ['blkdeviotune.disk', ...given.names.map((name) => `blkdeviotune.${name}`)],
      types: [Param.string, ...given.types],
    },
    values: [disk.target?.dev ?? '', ...values],
  }
  state.domains.change(domain, (change) => change.emit('domain', 'tunable', { dom: refOf(domain), params }))
}

/** What QEMU has in force. */
async function liveTune({ monitor }: Run, disk: Disk): Promise<JsonObject> {
  const rows = objectsOf(await monitor.command('query-block'), 'query-block')
  const found = rows.find((one) => (textOf(one, 'qdev') ?? '').split('/').includes(disk.alias ?? ''))
  return asObject(found?.inserted) ?? {}
}

async function getTune(call: Call, domain: QemuDomain, name: string, flags: number): Promise<TypedParams> {
  return await domain.jobs.run(call, 'query', async (job) => {
    const { live } = impactOf(domain, flags)
    const document = documentOf(domain, flags)
    // parity: their number does not depend on the disk.
    if (call.countOnly) return paramsOf(() => 0n, undefined)
    const disk = tunable(document, name, live ? 'live' : 'config')
    if (!live || domain.run === undefined) {
      const { iotune } = disk
      return paramsOf((limit) => iotune?.[limit] ?? 0n, iotune?.group_name)
    }
    const row = await job.wait(liveTune(domain.run, disk))
    const names = new Map([...limits, ...lengths].map(([limit, name]) => [limit, name]))
    return paramsOf((limit) => bigintOf(row, names.get(limit) ?? '') ?? 0n, textOf(row, 'group'))
  })
}

function paramsOf(value: (limit: Limit) => bigint, name: string | undefined): TypedParams {
  return {
    shape: tuneShape,
    values: [...limits.map(([limit]) => value(limit)), name ?? '', ...lengths.map(([limit]) => value(limit))],
  }
}

export function blockTuneSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainGetBlockIoTune: (call, domain: QemuDomain, name = '', flags) => getTune(call, domain, name, flags & 3),
    domainSetBlockIoTune: (call, domain: QemuDomain, name, params, flags) =>
      setTune(state, call, domain, name, params, flags),
  }
}
