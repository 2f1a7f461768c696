// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast a disk may be.
import type { Disk, DiskIotune, Domain } from '@virt/conf'
import {
  type Call,
  ErrorNumber,
  type ParamValue,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type TypedParams,
} from '@virt/core'
import { Param, paramShape, readParams } from '@virt/stateful'
import { documentOf, impactOf, modifyDomain } from '../domain/modify.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { configUnsupported, invalidArg, operationUnsupported, qemuError } from '../errors.js'
import { asObject, bigintOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import type { Run } from '../process/run.js'
import { bases, type Limit, lengths, limits, throttle } from '../process/throttle.js'
import type { QemuState } from '../state.js'
import { findDisk } from './disk-path.js'

const group = 'group_name'

const shape = paramShape({
  ...Object.fromEntries(limits.map(([limit]) => [limit, Param.ullong])),
  [group]: Param.string,
  ...Object.fromEntries(lengths.map(([limit]) => [limit, Param.ullong])),
})

export const blockTuneSupport: SlotTable = {
  domainGetBlockIoTune: { flags: 7, fn: 'qemuDomainGetBlockIoTune', count: shape.names.length },
  domainSetBlockIoTune: { flags: 3, fn: 'qemuDomainSetBlockIoTune' },
}

/** The largest limit that QEMU takes. */
const most = 1_000_000_000_000_000n

/** Limits that belong together: who sets one of them sets them all. */
const families: readonly (readonly Limit[])[] = ['bytes_sec', 'iops_sec', 'bytes_sec_max', 'iops_sec_max'].map((what) =>
  (['total', 'read', 'write'] as const).map((who) => `${who}_${what}` as Limit),
)

function tunable(document: Domain, name: string, live = false): Disk {
  const disk = findDisk(document, name)
  if (disk === undefined)
    throw invalidArg(live ? `disk '${name}' not found in domain` : `disk '${name}' was not found in the domain config`)
  if (disk.source.type === 'vhostuser')
    throw operationUnsupported('a block I/O throttling is not supported for vhostuser disk')
  return disk
}

type Given = ReadonlyMap<string, ParamValue>

/** Refuses what makes no sense by itself. */
function check(given: Given): void {
  for (const [, value] of given)
    if (typeof value === 'bigint' && value > most)
      throw qemuError(ErrorNumber.ARGUMENT_UNSUPPORTED, `block I/O throttle limit value must be no more than ${most}`)
  for (const family of families) {
    const [total = '', ...parts] = family
    const positive = (name: string): boolean => BigInt((given.get(name) as bigint | undefined) ?? 0n) > 0n
    if (positive(total) && parts.some(positive))
      throw invalidArg(`total and read/write of ${total.slice('total_'.length)} cannot be set at the same time`)
  }
}

/** The limits afterwards. Families that are not named stay as they are. */
function merged(before: DiskIotune | undefined, given: Given): DiskIotune {
  const next: { [K in Limit]?: bigint } & { group_name?: string } = {}
  const take = (names: readonly Limit[], named: boolean): void => {
    for (const name of names) {
      const value = named ? (given.get(name) as bigint | undefined) : before?.[name]
      if (value !== undefined && value !== 0n) next[name] = BigInt(value)
    }
  }
  for (const family of families)
    take(
      family,
      family.some((name) => given.has(name)),
    )
  take(['size_iops_sec'], given.has('size_iops_sec'))
  for (const [name] of lengths) take([name], given.has(name))
  const named = (given.get(group) as string | undefined) ?? before?.group_name
  if (named !== undefined && named !== '') next.group_name = named
  return next as DiskIotune
}

/** Refuses what QEMU would not do. */
function checkBursts(iotune: DiskIotune): DiskIotune {
  for (const [base] of bases) {
    const [limit, burst] = [iotune[base], iotune[`${base}_max`]]
    if (burst === undefined) continue
    if (limit === undefined) throw configUnsupported(`cannot reset '${base}' when '${base}_max' is set`)
    if (burst < limit) throw configUnsupported(`value '${base}_max' cannot be smaller than '${base}'`)
  }
  return iotune
}

function withTune(document: Domain, name: string, iotune: DiskIotune): Domain {
  const { devices } = document
  if (devices === undefined) return document
  const chosen = tunable(document, name)
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
  const given = readParams(params, shape)
  check(given)
  const next = (document: Domain, running = false): DiskIotune => merged(tunable(document, name, running).iotune, given)
  let live: Disk | undefined
  await modifyDomain(state, call, domain, flags, {
    checkLive: (document) => void checkBursts(next(document, true)),
    async live(document, run) {
      live = tunable(document, name)
      const iotune = next(document)
      await throttle(run.monitor, live, iotune)
      return (now) => withTune(now, name, iotune)
    },
    config: (document) => withTune(document, name, next(document)),
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
    const disk = tunable(documentOf(domain, flags), name, live)
    const all = [...limits, ...lengths]
    if (!live || domain.run === undefined) {
      const { iotune } = disk
      return paramsOf((limit) => iotune?.[limit] ?? 0n, iotune?.group_name)
    }
    const row = await job.wait(liveTune(domain.run, disk))
    const names = new Map(all)
    return paramsOf((limit) => bigintOf(row, names.get(limit) ?? '') ?? 0n, textOf(row, 'group'))
  })
}

function paramsOf(value: (limit: Limit) => bigint, name: string | undefined): TypedParams {
  return {
    shape,
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
