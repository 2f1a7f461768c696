// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks: figures, throttling, errors.
import type { Disk, DiskIotune, Domain } from '@virt/conf'
import {
  ErrorNumber,
  type ParamShape,
  type ParamType,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
} from '@virt/core'
import { Param, paramShape, paramsFrom, readParams, requireActive } from '@virt/stateful'
import { documentOf, oneDocument, replace } from './domain-impact.js'
import type { TestDomain } from './domain-record.js'
import { invalidArg, testError } from './errors.js'
import type { TestState } from './state.js'

/** The file or device of a disk's source, as calls may name it. */
export function sourcePath(disk: Disk): string | undefined {
  const { source } = disk
  return source.file ?? source.dev ?? source.dir
}

/** A disk by its target or source. */
export function findDisk(document: Domain, path: string): Disk | undefined {
  const disks = document.devices?.disks ?? []
  return disks.find((one) => one.target?.dev === path) ?? disks.find((one) => sourcePath(one) === path)
}

const throttles = [
  'total_bytes_sec',
  'read_bytes_sec',
  'write_bytes_sec',
  'total_iops_sec',
  'read_iops_sec',
  'write_iops_sec',
] as const
const bursts = throttles.map((name) => `${name}_max` as const)
const lengths = throttles.map((name) => `${name}_max_length` as const)

const iotune: ParamShape = paramShape({
  ...Object.fromEntries([...throttles, ...bursts].map((name): [string, ParamType] => [name, Param.ullong])),
  size_iops_sec: Param.ullong,
  group_name: Param.string,
  ...Object.fromEntries(lengths.map((name): [string, ParamType] => [name, Param.ullong])),
})

const maxThrottle = 1_000_000_000_000_000n

/** Total against read and write, of each kind. */
const exclusive = ['bytes_sec', 'iops_sec', 'bytes_sec_max', 'iops_sec_max'] as const

function checkThrottles(tune: DiskIotune): void {
  const set = (name: string): boolean => Boolean(tune[name as keyof DiskIotune])
  for (const kind of exclusive)
    if (set(`total_${kind}`) && (set(`read_${kind}`) || set(`write_${kind}`)))
      throw invalidArg(`total and read/write of ${kind} cannot be set at the same time`)
  for (const name of throttles)
    if ((tune[name] ?? 0n) > (tune[`${name}_max`] ?? 0n))
      throw invalidArg(`${name} cannot be set higher than ${name}_max`)
}

/** Bytes of every imaginary disk. */
const capacity = 1099506450432n
const allocation = 1099511627776n
/** `virDomainDiskErrorCode`: unspecified, no space. */
const errorKinds = 2

export const blockSupport: SlotTable = {
  domainBlockStats: {},
  domainGetBlockInfo: { flags: 0, fn: 'testDomainGetBlockInfo' },
  domainGetBlockIoTune: { flags: 7, fn: 'testDomainGetBlockIoTune', count: iotune.names.length },
  domainSetBlockIoTune: { flags: 3, fn: 'testDomainSetBlockIoTune' },
  domainGetDiskErrors: { flags: 0, fn: 'testDomainGetDiskErrors' },
}

export function blockSlots(state: TestState): SlotMethods & Resolvers {
  const { clock } = state.services
  return {
    domainBlockStats(_call, domain: TestDomain, path) {
      if (path === '') throw testError(ErrorNumber.OPERATION_UNSUPPORTED, 'summary statistics are not supported yet')
      requireActive(domain)
      if (findDisk(domain.def, path) === undefined) throw invalidArg(`invalid path: ${path}`)
      const now = clock.now()
      const us = BigInt(now) * 1000n
      return {
        rdReq: us / 10n,
        rdBytes: us / 20n,
        wrReq: us / 30n,
        wrBytes: us / 40n,
        errs: BigInt(Math.floor(now / 2000)),
      }
    },
    domainGetBlockInfo(_call, domain: TestDomain, path) {
      const disk = findDisk(domain.def, path)
      if (disk === undefined) throw invalidArg(`invalid path ${path} not assigned to domain`)
      if (sourcePath(disk) === undefined && disk.source.type !== 'network')
        throw invalidArg(`disk '${disk.target?.dev}' does not currently have a source assigned`)
      return { allocation, capacity, physical: allocation }
    },
    domainGetBlockIoTune(_call, domain: TestDomain, path, flags) {
      const document = documentOf(domain, oneDocument(domain, flags & 3))
      // Without a disk only the number of parameters is asked for.
      if (path === undefined) return paramsFrom(iotune, {})
      const disk = findDisk(document, path)
      if (disk === undefined) throw invalidArg(`disk '${path}' was not found in the domain config`)
      return paramsFrom(iotune, { ...disk.iotune })
    },
    domainSetBlockIoTune(_call, domain: TestDomain, path, params, flags) {
      const given = readParams(params, iotune)
      const which = oneDocument(domain, flags)
      const document = documentOf(domain, which)
      const disk = findDisk(document, path)
      if (disk === undefined) throw invalidArg(`missing persistent configuration for disk '${path}'`)
      const tune: DiskIotune = { ...disk.iotune }
      for (const [name, value] of given) {
        if (name === 'group_name') {
          tune.group_name = String(value) === '' ? undefined : String(value)
          continue
        }
        const number = BigInt(value as bigint)
        if (number > maxThrottle)
          throw testError(
            ErrorNumber.ARGUMENT_UNSUPPORTED,
            `block I/O throttle limit value must be no more than ${maxThrottle}`,
          )
        tune[name as (typeof throttles)[number]] = number
      }
      checkThrottles(tune)
      const { devices } = document
      if (devices === undefined) return
      const disks = devices.disks.map((one) => (one === disk ? { ...disk, iotune: tune } : one))
      replace(state, domain, which, { ...document, devices: { ...devices, disks } })
    },
    domainGetDiskErrors(_call, domain: TestDomain) {
      requireActive(domain)
      return (domain.def.devices?.disks ?? []).map((disk, i) => ({
        disk: disk.target?.dev ?? '',
        error: (i % errorKinds) + 1,
      }))
    },
  }
}
