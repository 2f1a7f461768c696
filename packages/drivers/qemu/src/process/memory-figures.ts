// SPDX-License-Identifier: LGPL-2.1-or-later
// How much memory a guest has by now: what its balloon leaves it, and what it has taken of its memory devices.
import type { Domain, Memballoon, MemoryDevice } from '@virt/conf'
import type { QemuDomain } from '../domain/record.js'
import { asObject, bigintOf, numberOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject, Monitor } from '../monitor/monitor.js'
import type { QemuState } from '../state.js'
import { balloonPath } from './balloon.js'

/** The balloon of a guest that has one. */
export function balloonOf({ devices }: Domain): (Memballoon & { readonly alias: string }) | undefined {
  const balloon = devices?.memballoon
  return balloon === undefined || balloon.model === 'none'
    ? undefined
    : { ...balloon, alias: balloon.alias ?? 'balloon0' }
}

/** KiB that a guest has taken of devices that it takes memory of as it likes; its balloon knows nothing of them. */
function taken({ devices }: Domain): bigint {
  const growing = (devices?.memorys ?? []).filter(({ model }) => model === 'virtio-mem')
  return growing.reduce((sum, { target }) => sum + (target?.current ?? 0n), 0n)
}

/** The document of a guest whose balloon has come to a size. @param balloon KiB */
export function withBalloon(document: Domain, balloon: bigint): Domain {
  return { ...document, currentMemory: balloon + taken(document) }
}

/** The document of a guest one of whose memory devices has another size. @param size KiB */
export function withTaken(document: Domain, alias: string, size: bigint): Domain {
  const { devices } = document
  if (devices === undefined) return document
  const memorys = devices.memorys.map((one) =>
    one.alias === alias && one.target !== undefined ? { ...one, target: { ...one.target, current: size } } : one,
  )
  const changed = { ...document, devices: { ...devices, memorys } }
  const current = document.currentMemory ?? document.memory?.value ?? 0n
  return { ...changed, currentMemory: current + taken(changed) - taken(document) }
}

/** Whether a guest has all that it may have from its start on: nobody need be asked then. */
function hasAll({ memory, currentMemory, devices }: Domain): boolean {
  return (devices?.memorys.length ?? 0) === 0 && (currentMemory === undefined || currentMemory === memory?.value)
}

/** Asks for the size that the document has, and how often the guest is to tell of its memory. @throws VirtError */
export async function setBalloon(document: Domain, monitor: Monitor): Promise<void> {
  const balloon = balloonOf(document)
  if (balloon === undefined) return
  if ((balloon.stats ?? 0) > 0) await setStatsPeriod(monitor, balloon.alias, balloon.stats ?? 0)
  const size = document.currentMemory ?? document.memory?.value ?? 0n
  if (!hasAll(document)) await monitor.command('balloon', { value: size * 1024n })
}

/** @param period seconds @throws VirtError */
export async function setStatsPeriod(monitor: Monitor, alias: string, period: number): Promise<void> {
  await monitor.command('qom-set', {
    path: balloonPath(alias),
    property: 'guest-stats-polling-interval',
    value: period,
  })
}

/** Where QEMU has put a memory device, and how much of it the guest has taken. */
function placed(device: MemoryDevice, found: JsonObject): MemoryDevice {
  const data = asObject(found.data) ?? {}
  const size = bigintOf(data, 'size') ?? 0n
  const { target, address } = device
  if (device.model === 'dimm' || device.model === 'nvdimm') {
    if (address?.type !== 'dimm') return device
    return {
      ...device,
      address: { ...address, slot: numberOf(data, 'slot') ?? address.slot, base: bigintOf(data, 'addr') },
    }
  }
  const base = bigintOf(data, 'memaddr')
  if (target === undefined || base === undefined) return device
  return {
    ...device,
    target: { ...target, address: base, ...(device.model === 'virtio-mem' ? { current: (size + 1023n) / 1024n } : {}) },
  }
}

/** Asks how much there is, and notes it. @param begins it has only just begun @throws VirtError */
export async function noteMemory(
  state: QemuState,
  domain: QemuDomain,
  monitor: Monitor,
  begins: boolean,
): Promise<void> {
  const { devices } = domain.def
  if (begins && hasAll(domain.def)) return
  if ((devices?.memorys.length ?? 0) > 0) {
    const answer = objectsOf(await monitor.command('query-memory-devices'), 'query-memory-devices')
    const rows = new Map(answer.map((one) => [textOf(asObject(one.data) ?? {}, 'id'), one]))
    const note = (device: MemoryDevice): MemoryDevice => {
      const row = rows.get(device.alias)
      return row === undefined ? device : placed(device, row)
    }
    state.domains.change(domain, () => {
      const { def } = domain
      if (def.devices !== undefined)
        domain.def = { ...def, devices: { ...def.devices, memorys: def.devices.memorys.map(note) } }
    })
  }
  const answer = balloonOf(domain.def) === undefined ? undefined : asObject(await monitor.command('query-balloon'))
  const actual = answer === undefined ? undefined : bigintOf(answer, 'actual')
  state.domains.change(domain, () => {
    const { def } = domain
    domain.def = actual === undefined ? { ...def, currentMemory: def.memory?.value } : withBalloon(def, actual / 1024n)
  })
}
