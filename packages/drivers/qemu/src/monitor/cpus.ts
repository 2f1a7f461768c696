// SPDX-License-Identifier: LGPL-2.1-or-later
// The vCPUs as QEMU has them: threads that run, and places where one could be plugged in, made one table in libvirt's order.
import type { Json } from '@virt/core'
import { asObject, bigintOf, numberOf, objectsOf, textOf } from './json-access.js'
import type { JsonObject } from './monitor.js'

/** Where a vCPU is; absent parts are none that QEMU knows. */
export interface CpuPlace {
  readonly socket: number | undefined
  readonly die: number | undefined
  readonly cluster: number | undefined
  readonly core: number | undefined
  readonly thread: number | undefined
  readonly node: number | undefined
}

/** One vCPU. */
export interface CpuEntry {
  online: boolean
  hotpluggable: boolean
  /** Thread of the host that runs it. */
  threadId: number | undefined
  /** QEMU's number of it. */
  qemuId: number | undefined
  /** Which it was when they were brought up, from 1 on. */
  enableOrder: number | undefined
  type: string | undefined
  alias: string | undefined
  qomPath: string | undefined
  place: CpuPlace | undefined
  /** vCPUs that come and go with this one, itself included; 0: it belongs to one before it. */
  vcpus: number
  halted: boolean | undefined
  /** `props` of QEMU, for a hotplug at this place. */
  props: JsonObject | undefined
}

interface RunningCpu {
  readonly index: number | undefined
  readonly qomPath: string | undefined
  readonly threadId: number | undefined
  readonly halted: boolean | undefined
}

interface Pluggable {
  readonly type: string | undefined
  readonly qomPath: string | undefined
  readonly alias: string | undefined
  readonly vcpus: number
  readonly place: CpuPlace
  readonly props: JsonObject
}

const peripheral = '/machine/peripheral/'

/**
 * The table of a guest's vCPUs.
 * @param running reply of `query-cpus-fast`
 * @param pluggable reply of `query-hotpluggable-cpus`; absent where the machine has no such thing
 * @param count how many vCPUs the guest may have
 * @throws VirtError when a reply is malformed
 */
export function cpuTable(running: Json, pluggable: Json | undefined, count: number): CpuEntry[] {
  const threads = objectsOf(running, 'cpu').map(runningOf)
  const places = pluggable === undefined ? [] : objectsOf(pluggable, 'query-hotpluggable-cpus').map(pluggableOf)
  return byPlace(threads, places, count) ?? byIndex(threads, count)
}

function runningOf(object: JsonObject): RunningCpu {
  const state = textOf(object, 'cpu-state')
  return {
    index: numberOf(object, 'cpu-index'),
    // The threads of a core are below it.
    qomPath: textOf(object, 'qom-path')?.replace(/\/thread\[\d+\].*$/, ''),
    threadId: numberOf(object, 'thread-id'),
    // Only s390 tells.
    halted: state === undefined ? undefined : state === 'stopped' || state === 'check-stop',
  }
}

function pluggableOf(object: JsonObject): Pluggable {
  const props = asObject(object.props) ?? {}
  const qomPath = textOf(object, 'qom-path')
  return {
    type: textOf(object, 'type'),
    qomPath,
    alias: qomPath?.startsWith(peripheral) ? qomPath.slice(peripheral.length) : undefined,
    vcpus: Number(bigintOf(object, 'vcpus-count') ?? 1n),
    place: {
      socket: numberOf(props, 'socket-id'),
      die: numberOf(props, 'die-id'),
      cluster: numberOf(props, 'cluster-id'),
      core: numberOf(props, 'core-id'),
      thread: numberOf(props, 'thread-id'),
      node: numberOf(props, 'node-id'),
    },
    props,
  }
}

const order: readonly (keyof CpuPlace)[] = ['socket', 'die', 'cluster', 'core', 'thread']

function compare(a: Pluggable, b: Pluggable): number {
  for (const part of order) {
    const difference = (a.place[part] ?? -1) - (b.place[part] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

function blank(): CpuEntry {
  return {
    online: false,
    hotpluggable: false,
    threadId: undefined,
    qemuId: undefined,
    enableOrder: undefined,
    type: undefined,
    alias: undefined,
    qomPath: undefined,
    place: undefined,
    vcpus: 0,
    halted: undefined,
    props: undefined,
  }
}

/** In the order of sockets, cores and threads; undefined when the two replies do not belong together. */
function byPlace(threads: readonly RunningCpu[], places: Pluggable[], count: number): CpuEntry[] | undefined {
  if (places.reduce((sum, { vcpus }) => sum + vcpus, 0) !== count) return undefined
  const table: CpuEntry[] = []
  const starts = new Map<string, number>()
  for (const { type, qomPath, alias, vcpus, place, props } of [...places].sort(compare)) {
    const online = qomPath !== undefined
    if (qomPath !== undefined) starts.set(qomPath, table.length)
    for (let i = 0; i < vcpus; i++) {
      const own = i === 0 ? { type, alias, qomPath, place, vcpus, props } : {}
      table.push({ ...blank(), online, hotpluggable: alias !== undefined || !online, ...own })
    }
  }
  let enabled = 0
  for (const { index, qomPath, threadId, halted } of threads) {
    const start = qomPath === undefined ? undefined : starts.get(qomPath)
    if (start === undefined) return undefined
    let at = start
    while (table[at]?.qemuId !== undefined) at++
    const entry = table[at]
    if (entry === undefined || (at > start && entry.vcpus !== 0)) return undefined
    if (at === start) entry.enableOrder = ++enabled
    entry.qemuId = index
    entry.threadId = threadId
    entry.halted = halted
  }
  return table
}

/** In QEMU's own order. */
function byIndex(threads: readonly RunningCpu[], count: number): CpuEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const thread = threads[i]
    if (thread === undefined) return blank()
    const { index, threadId, halted, qomPath } = thread
    return { ...blank(), online: true, qemuId: index, threadId, halted, qomPath }
  })
}
