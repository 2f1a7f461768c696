// SPDX-License-Identifier: LGPL-2.1-or-later
// How much of the host's disks a guest may use.
import type { BlkioDevice, Blkiotune, Domain } from '@virt/conf'
import {
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type VirtError,
  virtError,
} from '@virt/core'
import { blkioWeight, type Cgroup, type DeviceLimit, setBlkioWeight, setDeviceLimit } from '@virt/linux'
import { impactOf, Param, paramShape, paramsFrom, readParams } from '@virt/stateful'
import { documentOf, modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import { deviceNumber } from '../resources/device-number.js'
import { setting } from '../resources/group.js'
import type { QemuState } from '../state.js'
import { groupWith, requireSystem } from './tuning-impact.js'

/** Lists by device: `PATH,VALUE,…`; bytes have 64 bits, the others 32. */
const deviceLists: Readonly<Record<string, DeviceLimit>> = {
  device_weight: 'weight',
  device_read_iops_sec: 'read_iops_sec',
  device_write_iops_sec: 'write_iops_sec',
  device_read_bytes_sec: 'read_bytes_sec',
  device_write_bytes_sec: 'write_bytes_sec',
}
const isLong = (limit: DeviceLimit): boolean => limit.endsWith('bytes_sec')

const shape = paramShape({
  weight: Param.uint,
  ...Object.fromEntries(Object.keys(deviceLists).map((name) => [name, Param.string])),
})

export const blkioTuningSupport: SlotTable = {
  domainGetBlkioParameters: { flags: 0x7, fn: 'qemuDomainGetBlkioParameters' },
  domainSetBlkioParameters: { flags: 0x3, fn: 'qemuDomainSetBlkioParameters' },
}

interface DeviceValue {
  readonly path: string
  readonly value: bigint
}

const badList = (detail: string): VirtError => virtError(ErrorNumber.INVALID_ARG, ErrorDomain.DOMAIN, detail)

/** Reads a list. @throws VirtError `invalid-arg` */
function parseList(name: string, limit: DeviceLimit, text: string): DeviceValue[] {
  if (text === '') return []
  const parts = text.split(',')
  const broken = (): VirtError => badList(`unable to parse blkio device '${name}' '${text}'`)
  if (parts.length % 2 !== 0) throw broken()
  const most = isLong(limit) ? 0xffffffffffffffffn : 0xffffffffn
  return Array.from({ length: parts.length / 2 }, (_, i) => {
    const [path = '', digits = ''] = parts.slice(2 * i, 2 * i + 2)
    const value = /^\d+$/.test(digits) ? BigInt(digits) : undefined
    if (path === '') throw broken()
    if (value === undefined || value > most)
      throw badList(`invalid value '${digits}' for parameter '${name}' of device '${path}'`)
    return { path, value }
  })
}

/** A change, as it was given. */
interface Wanted {
  readonly weight: number | undefined
  readonly devices: readonly (readonly [DeviceLimit, DeviceValue])[]
}

function withBlkio(document: Domain, { weight, devices }: Wanted): Domain {
  const before: Blkiotune = document.blkiotune ?? { devices: [] }
  const merged: BlkioDevice[] = [...before.devices]
  for (const [limit, { path, value }] of devices) {
    const at = merged.findIndex((one) => one.path === path)
    const set = { ...(merged[at] ?? { path }), [limit]: isLong(limit) ? value : Number(value) }
    if (at < 0) merged.push(set)
    else merged[at] = set
  }
  return { ...document, blkiotune: { ...before, ...(weight === undefined ? {} : { weight }), devices: merged } }
}

async function setLive(group: Cgroup, { weight, devices }: Wanted): Promise<void> {
  if (weight !== undefined) await setting(setBlkioWeight(group, weight))
  for (const [limit, { path, value }] of devices)
    await setting(setDeviceLimit(group, limit, await deviceNumber(path), value))
}

export function blkioTuningSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    async domainGetBlkioParameters(call, domain: QemuDomain, flags) {
      requireSystem(state, 'Block I/O tuning')
      // parity: their number does not depend on the guest.
      if (call.countOnly) return paramsFrom(shape, {})
      const { blkiotune } = documentOf(domain, flags)
      const live = impactOf(domain, flags & 3).live
      const now = live ? await blkioWeight(groupWith(domain, 'blkio')) : undefined
      const list = (limit: DeviceLimit): string =>
        (blkiotune?.devices ?? []).flatMap((one) => (one[limit] ? [`${one.path},${one[limit]}`] : [])).join(',')
      return paramsFrom(shape, {
        weight: now ?? blkiotune?.weight ?? 0,
        ...Object.fromEntries(Object.entries(deviceLists).map(([name, limit]) => [name, list(limit)])),
      })
    },
    async domainSetBlkioParameters(call, domain: QemuDomain, params, flags) {
      requireSystem(state, 'Block I/O tuning')
      const given = readParams(params, shape)
      // parity: what there is of the guest is looked at before the lists.
      impactOf(domain, flags)
      const weight = given.get('weight')
      const wanted: Wanted = {
        weight: weight === undefined ? undefined : Number(weight),
        devices: Object.entries(deviceLists).flatMap(([name, limit]) =>
          parseList(name, limit, String(given.get(name) ?? '')).map((one) => [limit, one] as const),
        ),
      }
      await modifyDomain(state, call, domain, flags, {
        checkLive: () => void groupWith(domain, 'blkio'),
        async live() {
          await setLive(groupWith(domain, 'blkio'), wanted)
          return (document) => withBlkio(document, wanted)
        },
        config: (document) => withBlkio(document, wanted),
      })
    },
  }
}
