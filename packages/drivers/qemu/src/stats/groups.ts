// SPDX-License-Identifier: LGPL-2.1-or-later
// Statistics of a guest by group. Each group says what it has to say; another group is another row.
import type { Json, ParamType, ParamValue } from '@virt/core'
import { Param } from '@virt/stateful'
import { imagesOf } from '../devices/image.js'
import type { QemuDomain } from '../domain/record.js'
import { asObject, bigintOf, numberOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import type { Run } from '../process/run.js'
import { processTimes, residentMemory, waitedTime } from '../process/usage.js'
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

function cpu({ run, list }: StatsScope): void {
  if (run === undefined) return
  const { user, system } = processTimes(run.facts.pid)
  list.put('cpu.time', Param.ullong, user + system)
  list.put('cpu.user', Param.ullong, user)
  list.put('cpu.system', Param.ullong, system)
}

function balloon({ domain, run, list }: StatsScope): void {
  list.put('balloon.current', Param.ullong, domain.memory)
  list.put('balloon.maximum', Param.ullong, domain.maxMemory)
  if (run !== undefined) list.put('balloon.rss', Param.ullong, residentMemory(run.facts.pid))
}

function vcpu({ domain, run, list }: StatsScope): void {
  list.put('vcpu.current', Param.uint, domain.vcpus)
  list.put('vcpu.maximum', Param.uint, domain.def.vcpu?.count ?? 1)
  for (const { id, thread } of run?.facts.vcpus ?? []) {
    const pid = run?.facts.pid ?? 0
    const { user, system } = processTimes(pid, thread)
    list.put(`vcpu.${id}.state`, Param.int, 1)
    list.put(`vcpu.${id}.time`, Param.ullong, user + system)
    list.put(`vcpu.${id}.delay`, Param.ullong, waitedTime(pid, thread))
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

function byName(answer: Json, key: string): Map<string, JsonObject> {
  return new Map(objectsOf(answer, 'return').map((one) => [textOf(one, key) ?? '', one]))
}

async function block({ domain, run, list, backing }: StatsScope): Promise<void> {
  const disks = domain.def.devices?.disks ?? []
  if (run === undefined) {
    list.put('block.count', Param.uint, disks.length)
    disks.forEach((disk, i) => {
      list.put(`block.${i}.name`, Param.string, disk.target?.dev)
      if (disk.source.type === 'file') list.put(`block.${i}.path`, Param.string, disk.source.file)
    })
    return
  }
  const [devices, nodes] = await Promise.all(
    run.monitor.commands([
      { execute: 'query-blockstats' },
      { execute: 'query-named-block-nodes', arguments: { flat: true } },
    ]),
  )
  const stats = byName(devices ?? [], 'qdev')
  const images = byName(nodes ?? [], 'node-name')
  const rows = disks.flatMap((disk) =>
    (backing ? imagesOf(disk).images : imagesOf(disk).images.slice(0, 1)).map((image) => ({ disk, image })),
  )
  list.put('block.count', Param.uint, rows.length)
  rows.forEach(({ disk, image }, i) => {
    const put = (name: string, value: ParamValue | undefined, type: ParamType = Param.ullong): void =>
      list.put(`block.${i}.${name}`, type, value)
    put('name', disk.target?.dev, Param.string)
    const { source } = image
    if (source.type === 'file') put('path', source.file, Param.string)
    if (source.type === 'block') put('path', source.dev, Param.string)
    if (image.index > 0) put('backingIndex', image.top ? undefined : image.index, Param.uint)
    if (image.top) {
      const found = [...stats].find(([path]) => path.split('/').includes(disk.alias ?? ''))?.[1]
      const own = asObject(found?.stats)
      if (own !== undefined) for (const [name, theirs] of counters) put(name, bigintOf(own, theirs))
    }
    const node = images.get(`libvirt-${image.index}-format`) ?? images.get(`libvirt-${image.index}-storage`)
    const about = asObject(node?.image)
    if (about === undefined) return
    put('capacity', bigintOf(about, 'virtual-size'))
    put('physical', bigintOf(about, 'actual-size'))
  })
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
  [4, balloon, false],
  [8, vcpu, false],
  [32, block, true],
  [128, iothread, true],
]
