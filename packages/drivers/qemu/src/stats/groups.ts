// SPDX-License-Identifier: LGPL-2.1-or-later
// Statistics of a guest by group. Each group says what it has to say; another group is another row.
import type { Disk } from '@virt/conf'
import type { ParamType, ParamValue } from '@virt/core'
import { Param } from '@virt/stateful'
import { isEmpty } from '../devices/disks.js'
import { type Image, imagesOf } from '../devices/image.js'
import { fileSizes } from '../domain/disk-sizes.js'
import type { QemuDomain } from '../domain/record.js'
import { asObject, bigintOf, numberOf, objectsOf, textOf } from '../monitor/json-access.js'
import { balloonPath, toldStats } from '../process/balloon.js'
import { cardStats, linkFigures } from '../process/link-figures.js'
import type { Run } from '../process/run.js'
import { haltPolls, processTimes, queueTime, residentMemory, waitedTime } from '../process/usage.js'
import { isDirect } from '../resources/macvtaps.js'
import { BlockRows, blockQuestions } from './block-rows.js'
import type { StatsList } from './list.js'

/** What a group has at hand. */
export interface StatsScope {
  readonly domain: QemuDomain
  /** Absent: the guest does not run, or must not be waited for. */
  readonly run: Run | undefined
  readonly list: StatsList
  /** Images below the guest's own, too. */
  readonly backing: boolean
}

type Group = (scope: StatsScope) => Promise<void> | void

function cpu({ domain, run, list }: StatsScope): void {
  // parity: one that does not run has used nothing, but is told of.
  const { user, system } = domain.active && run !== undefined ? processTimes(run.facts.pid) : { user: 0n, system: 0n }
  list.put('cpu.time', Param.ullong, user + system)
  list.put('cpu.user', Param.ullong, user)
  list.put('cpu.system', Param.ullong, system)
  if (run === undefined) return
  list.put('cpu.cache.monitor.count', Param.uint, 0)
  const { success, fail } = haltPolls(run.facts.pid)
  list.put('cpu.haltpoll.success.time', Param.ullong, success)
  list.put('cpu.haltpoll.fail.time', Param.ullong, fail)
}

/** Names of what the guest's balloon tells, by `virDomainMemoryStatTags`. */
const balloonNames: readonly (readonly [tag: number, name: string])[] = [
  [0, 'swap_in'],
  [1, 'swap_out'],
  [2, 'major_fault'],
  [3, 'minor_fault'],
  [4, 'unused'],
  [5, 'available'],
  [8, 'usable'],
  [9, 'last-update'],
  [10, 'disk_caches'],
  [11, 'hugetlb_pgalloc'],
  [12, 'hugetlb_pgfail'],
]

async function balloon({ domain, run, list }: StatsScope): Promise<void> {
  list.put('balloon.current', Param.ullong, domain.memory)
  list.put('balloon.maximum', Param.ullong, domain.maxMemory)
  if (run === undefined) return
  const device = domain.def.devices?.memballoon
  if (device !== undefined && device.model !== 'none') {
    const question = { path: balloonPath(device.alias ?? 'balloon0'), property: 'guest-stats' }
    const told = toldStats(await run.monitor.command('qom-get', question))
    for (const [tag, name] of balloonNames)
      list.put(`balloon.${name}`, Param.ullong, told.find((one) => one.tag === tag)?.val)
  }
  list.put('balloon.rss', Param.ullong, residentMemory(run.facts.pid))
}

function vcpu({ domain, run, list }: StatsScope): void {
  list.put('vcpu.current', Param.uint, domain.vcpus)
  list.put('vcpu.maximum', Param.uint, domain.def.vcpu?.count ?? 1)
  for (const { id, thread } of run?.facts.vcpus ?? []) {
    const pid = run?.facts.pid ?? 0
    const { user, system } = processTimes(pid, thread)
    list.put(`vcpu.${id}.state`, Param.int, 1)
    list.put(`vcpu.${id}.time`, Param.ullong, user + system)
    list.put(`vcpu.${id}.wait`, Param.ullong, queueTime(pid, thread))
    list.put(`vcpu.${id}.delay`, Param.ullong, waitedTime(pid, thread))
  }
}

/** Figures of a card, with their places in the call's answer. */
const cardFields = [
  ['rx.bytes', 'rxBytes'],
  ['rx.pkts', 'rxPackets'],
  ['rx.errs', 'rxErrs'],
  ['rx.drop', 'rxDrop'],
  ['tx.bytes', 'txBytes'],
  ['tx.pkts', 'txPackets'],
  ['tx.errs', 'txErrs'],
  ['tx.drop', 'txDrop'],
] as const

async function cards({ domain, run, list }: StatsScope): Promise<void> {
  if (run === undefined) return
  const all = domain.def.devices?.interfaces ?? []
  list.put('net.count', Param.uint, all.length)
  for (const [i, card] of all.entries()) {
    const device = card.target?.dev
    if (device === undefined) continue
    list.put(`net.${i}.name`, Param.string, device)
    const figures = await linkFigures(device)
    if (figures === undefined) continue
    const stats = cardStats(figures, isDirect(card))
    for (const [name, key] of cardFields) list.put(`net.${i}.${name}`, Param.ullong, stats[key])
  }
}

/** Names of counters, with QEMU's. */
const counters = [
  ['rd.reqs', 'rd_operations'],
  ['rd.bytes', 'rd_bytes'],
  ['rd.times', 'rd_total_time_ns'],
  ['wr.reqs', 'wr_operations'],
  ['wr.bytes', 'wr_bytes'],
  ['wr.times', 'wr_total_time_ns'],
  ['fl.reqs', 'flush_operations'],
  ['fl.times', 'flush_total_time_ns'],
] as const

interface BlockScope {
  readonly list: StatsList
  readonly i: number
  readonly disk: Disk
  readonly image: Image
}

function putBlock({ list, i }: BlockScope, name: string, value: ParamValue | undefined, type: ParamType): void {
  list.put(`block.${i}.${name}`, type, value)
}

/** Name and place. */
function describe(scope: BlockScope): void {
  const { disk, image } = scope
  const { source } = image
  putBlock(scope, 'name', disk.target?.dev, Param.string)
  if (source.type === 'file') putBlock(scope, 'path', source.file, Param.string)
  if (source.type === 'block') putBlock(scope, 'path', source.dev, Param.string)
  if (image.index > 0) putBlock(scope, 'backingIndex', image.index, Param.uint)
}

async function idleBlock(scope: BlockScope): Promise<void> {
  describe(scope)
  if (isEmpty(scope.disk)) return
  const sizes = await fileSizes(scope.disk).catch(() => undefined)
  if (sizes === undefined) return
  putBlock(scope, 'allocation', sizes.allocation, Param.ullong)
  putBlock(scope, 'capacity', sizes.capacity, Param.ullong)
  putBlock(scope, 'physical', sizes.physical, Param.ullong)
}

function runningBlock(scope: BlockScope, rows: BlockRows): void {
  const { disk, image } = scope
  describe(scope)
  const own = image.top ? rows.counters(disk) : rows.countersOf(image.index)
  if (own !== undefined)
    for (const [name, theirs] of counters) putBlock(scope, name, bigintOf(own, theirs), Param.ullong)
  const { capacity, physical } = rows.sizes(image.index)
  if (capacity !== undefined) putBlock(scope, 'allocation', rows.highest(image.index), Param.ullong)
  putBlock(scope, 'capacity', capacity, Param.ullong)
  putBlock(scope, 'physical', physical, Param.ullong)
}

async function block({ domain, run, list, backing }: StatsScope): Promise<void> {
  const scopes = (domain.def.devices?.disks ?? [])
    .flatMap((disk) =>
      (backing ? imagesOf(disk).images : imagesOf(disk).images.slice(0, 1)).map((image) => ({ disk, image })),
    )
    .map((one, i): BlockScope => ({ ...one, list, i }))
  list.put('block.count', Param.uint, scopes.length)
  if (run === undefined) {
    for (const scope of scopes) await idleBlock(scope)
    return
  }
  const rows = BlockRows.of(await Promise.all(run.monitor.commands(blockQuestions)))
  for (const scope of scopes) runningBlock(scope, rows)
}

async function iothread({ run, list }: StatsScope): Promise<void> {
  if (run === undefined) return
  const threads = objectsOf(await run.monitor.command('query-iothreads'), 'return')
  list.put('iothread.count', Param.uint, threads.length)
  for (const thread of threads) {
    const id = /^iothread(\d+)$/.exec(textOf(thread, 'id') ?? '')?.[1]
    if (id === undefined) continue
    list.put(`iothread.${id}.poll-max-ns`, Param.ullong, bigintOf(thread, 'poll-max-ns'))
    list.put(`iothread.${id}.poll-grow`, Param.uint, numberOf(thread, 'poll-grow'))
    list.put(`iothread.${id}.poll-shrink`, Param.uint, numberOf(thread, 'poll-shrink'))
  }
}

/** `virDomainDirtyRateStatus` by QEMU's words. */
const rateStates: readonly string[] = ['unstarted', 'measuring', 'measured']

async function dirtyRate({ run, list }: StatsScope): Promise<void> {
  if (run === undefined) return
  const rate = asObject(await run.monitor.command('query-dirty-rate')) ?? {}
  const status = rateStates.indexOf(textOf(rate, 'status') ?? '')
  list.put('dirtyrate.calc_status', Param.int, status)
  list.put('dirtyrate.calc_start_time', Param.llong, bigintOf(rate, 'start-time'))
  list.put('dirtyrate.calc_period', Param.int, numberOf(rate, 'calc-time'))
  list.put('dirtyrate.calc_mode', Param.string, textOf(rate, 'mode') ?? 'page-sampling')
  if (rateStates[status] !== 'measured') return
  list.put('dirtyrate.megabytes_per_second', Param.llong, bigintOf(rate, 'dirty-rate'))
  if (!Array.isArray(rate['vcpu-dirty-rate'])) return
  for (const one of objectsOf(rate['vcpu-dirty-rate'], 'vcpu-dirty-rate'))
    list.put(
      `dirtyrate.vcpu.${numberOf(one, 'id') ?? 0}.megabytes_per_second`,
      Param.ullong,
      bigintOf(one, 'dirty-rate'),
    )
}

const nothing: Group = () => {}

/** Groups by their bits (`virDomainStatsTypes`), and whether they ask QEMU. */
export const statsGroups: readonly (readonly [bit: number, group: Group, asks: boolean])[] = [
  [
    1,
    ({ domain, list }) => {
      list.put('state.state', Param.int, domain.state)
      list.put('state.reason', Param.int, domain.reason)
    },
    false,
  ],
  [2, cpu, false],
  [4, balloon, true],
  [8, vcpu, false],
  [16, cards, false],
  [32, block, true],
  // Events of the processor, and monitors of the memory's bandwidth, that no guest has here: nothing is told of them.
  [64, nothing, false],
  [128, iothread, true],
  [256, nothing, false],
  [512, dirtyRate, true],
  // KVM's own counters.
  [1024, nothing, false],
]
