// SPDX-License-Identifier: LGPL-2.1-or-later
// Figures of disks, one at a time.
import {
  type Call,
  type DomainBlockInfo,
  type DomainBlockStats,
  type DomainDiskError,
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import { Param, paramShape } from '@virt/stateful'
import { isEmpty } from '../devices/disks.js'
import { fileSizes, pathOf } from '../domain/disk-sizes.js'
import type { QemuDomain } from '../domain/record.js'
import { internalError, invalidArg, operationUnsupported } from '../errors.js'
import { bigintOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import { storageNodes } from '../process/node-names.js'
import type { QemuState } from '../state.js'
import { BlockRows, blockQuestions } from '../stats/block-rows.js'
import { findDisk } from './disk-path.js'
import { runOf } from './impact.js'

const strings = 4

/** Parameters of `virDomainBlockStatsFlags`, with QEMU's names. */
const counters = [
  ['wr_bytes', 'wr_bytes'],
  ['wr_operations', 'wr_operations'],
  ['rd_bytes', 'rd_bytes'],
  ['rd_operations', 'rd_operations'],
  ['flush_operations', 'flush_operations'],
  ['wr_total_times', 'wr_total_time_ns'],
  ['rd_total_times', 'rd_total_time_ns'],
  ['flush_total_times', 'flush_total_time_ns'],
] as const
const countersShape = paramShape(Object.fromEntries(counters.map(([name]) => [name, Param.llong])))

export const blockSupport: SlotTable = {
  domainBlockStats: {},
  domainBlockStatsFlags: { flags: strings, fn: 'qemuDomainBlockStatsFlags' },
  domainGetBlockInfo: { flags: 0, fn: 'qemuDomainGetBlockInfo' },
  domainGetDiskErrors: { flags: 0, fn: 'qemuDomainGetDiskErrors' },
  domainSetBlockThreshold: { flags: 0, fn: 'qemuDomainSetBlockThreshold' },
}

/** What QEMU counts of one disk, or of all together. */
async function countersOf(call: Call, domain: QemuDomain, path: string): Promise<JsonObject> {
  return await domain.jobs.run(call, 'query', async (job) => {
    const { monitor } = runOf(domain)
    const one = path === '' ? undefined : findDisk(domain.def, path)
    if (path !== '' && one === undefined) throw invalidArg(`invalid path: ${path}`)
    if (one?.source.type === 'vhostuser') throw operationUnsupported('block stats are not supported for vhostuser disk')
    const rows = BlockRows.of(await job.wait(Promise.all(monitor.commands(blockQuestions))))
    const disks = one === undefined ? (domain.def.devices?.disks ?? []) : [one]
    const found = disks.map((disk) => {
      const row = rows.counters(disk)
      if (row === undefined && one !== undefined)
        throw internalError(`cannot find statistics for device '${disk.alias ?? ''}'`)
      return row ?? {}
    })
    if (found.length === 1) return found[0] as JsonObject
    const sum = (key: string): bigint => found.reduce((all, row) => all + (bigintOf(row, key) ?? 0n), 0n)
    return Object.fromEntries(counters.map(([, key]) => [key, sum(key)]))
  })
}

function blockStats(row: JsonObject): DomainBlockStats {
  const value = (key: string): bigint => bigintOf(row, key) ?? 0n
  return {
    rdReq: value('rd_operations'),
    rdBytes: value('rd_bytes'),
    wrReq: value('wr_operations'),
    wrBytes: value('wr_bytes'),
    errs: -1n,
  }
}

async function blockInfo(call: Call, domain: QemuDomain, path: string): Promise<DomainBlockInfo> {
  return await domain.jobs.run(call, 'query', async (job) => {
    const disk = findDisk(domain.def, path)
    if (disk === undefined) throw invalidArg(`invalid path ${path} not assigned to domain`)
    if (disk.source.type === 'vhostuser') throw operationUnsupported('block info is not supported for vhostuser disk')
    if (disk.source.type === 'file' && disk.source.fdgroup !== undefined)
      throw operationUnsupported('block info is not supported for FD passed disk image')
    if (isEmpty(disk)) throw invalidArg(`disk '${path}' does not currently have a source assigned`)
    const { run } = domain
    if (run === undefined) return await fileSizes(disk)
    const rows = BlockRows.of(await job.wait(Promise.all(run.monitor.commands(blockQuestions))))
    const index = disk.source.index ?? 0
    const { capacity = 0n, physical: used = 0n } = rows.sizes(index)
    // parity: where nothing was written yet, what the image takes of the host counts as written.
    const allocation = rows.highest(index) || used
    const own = pathOf(disk) === undefined ? undefined : await fileSizes(disk).catch(() => undefined)
    return { capacity, allocation, physical: own?.physical ?? used }
  })
}

/** `virDomainDiskErrorCode`, by QEMU's words. */
const failures: Readonly<Record<string, number>> = { failed: 1, nospace: 2 }

async function diskErrors(call: Call, domain: QemuDomain): Promise<DomainDiskError[]> {
  return await domain.jobs.run(call, 'query', async (job) => {
    const answer = await job.wait(runOf(domain).monitor.command('query-block'))
    const found = objectsOf(answer, 'query-block')
    return (domain.def.devices?.disks ?? []).flatMap((disk): DomainDiskError[] => {
      const row = found.find((one) => (textOf(one, 'qdev') ?? '').split('/').includes(disk.alias ?? ''))
      const error = failures[(row === undefined ? undefined : textOf(row, 'io-status')) ?? '']
      return error === undefined ? [] : [{ disk: disk.target?.dev ?? '', error }]
    })
  })
}

/** The number of the image that `vda` or `vda[3]` names. */
function indexOf(domain: QemuDomain, name: string): number {
  const parts = /^([^[]+)(?:\[(\d+)\])?$/.exec(name)
  if (parts === null && name.includes('[')) throw invalidArg(`failed to parse block device '${name}'`)
  const [, target = name, number] = parts ?? []
  const disk = findDisk(domain.def, target)
  if (disk === undefined) throw invalidArg(`failed to find disk '${target}'`)
  if (disk.source.type === 'vhostuser')
    throw operationUnsupported('setting device threshold is not supported for vhostuser disk')
  if (isEmpty(disk))
    throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, "argument key 'node-name' must not have null value")
  // The image on top has no number of its own there.
  return number === undefined || Number(number) === 0 ? (disk.source.index ?? 0) : Number(number)
}

async function setThreshold(call: Call, domain: QemuDomain, name: string, threshold: bigint): Promise<void> {
  await domain.jobs.run(call, 'modify', async (job) => {
    const { monitor, namedImages } = runOf(domain)
    const index = indexOf(domain, name)
    const names = storageNodes(index)
    const nodes = objectsOf(
      await job.wait(monitor.command('query-named-block-nodes', { flat: true })),
      'query-named-block-nodes',
    )
    const node = names.find((one) => nodes.some((row) => textOf(row, 'node-name') === one)) ?? names[0]
    await job.wait(monitor.command('block-set-write-threshold', { 'node-name': node, 'write-threshold': threshold }))
    if (name.includes('[')) namedImages.add(index)
    else namedImages.delete(index)
  })
}

export function blockSlots(_state: QemuState): SlotMethods & Resolvers {
  return {
    domainBlockStats: async (call, domain: QemuDomain, path) => blockStats(await countersOf(call, domain, path)),
    async domainBlockStatsFlags(call, domain: QemuDomain, path) {
      const row = await countersOf(call, domain, path)
      return { shape: countersShape, values: counters.map(([, key]) => bigintOf(row, key) ?? 0n) }
    },
    domainGetBlockInfo: (call, domain: QemuDomain, path) => blockInfo(call, domain, path),
    domainGetDiskErrors: (call, domain: QemuDomain) => diskErrors(call, domain),
    domainSetBlockThreshold: (call, domain: QemuDomain, name, threshold) => setThreshold(call, domain, name, threshold),
  }
}
