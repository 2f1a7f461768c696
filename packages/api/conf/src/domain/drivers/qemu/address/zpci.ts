// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers that PCI devices have on z/Architecture: a user's one for identification, and one for the function.
import { type AnyDevice, allDevices } from '../../../passes/devices.js'
import { internalError, xmlError } from '../../../passes/report.js'
import type { DeviceAddressPci, Domain, ZpciAddress } from '../../../types.gen.js'
import type { QemuScope } from '../host.js'
import { isS390, machineOf } from '../machine.js'

const maxUid = 0xffff
const maxFid = 0xffffffff

/** Gives PCI devices of s390x guests the numbers they lack, all of which are unique. */
export function assignZpci(
  domain: Domain,
  { caps }: QemuScope,
  need: (key: string, device: AnyDevice) => { connect: number },
): void {
  if (!isS390(machineOf(domain)) || !caps.has('zpci')) return
  const numbers = new Numbers()
  const open: DeviceAddressPci[] = []
  for (const [key, device] of allDevices(domain)) {
    const { address } = device
    if (address?.type !== 'pci' || need(key, device).connect === 0) continue
    if (address.zpci?.uid === undefined && address.zpci?.fid === undefined) open.push(address)
    else numbers.reserve(address.zpci)
  }
  for (const [key, device] of allDevices(domain)) {
    const { address } = device
    if (address?.type !== 'pci' || need(key, device).connect === 0 || open.includes(address)) continue
    // One that says one of the numbers gets the other before all that say neither.
    numbers.complete(address)
  }
  for (const address of open) numbers.complete(address)
}

class Numbers {
  readonly #uids = new Set<number>()
  readonly #fids = new Set<number>()

  reserve({ uid, fid }: ZpciAddress): void {
    if (uid === 0) xmlError("Invalid PCI address uid='0x0000', must be > 0x0000 and <= 0xffff")
    // parity: libvirt writes the number in octal.
    if (uid !== undefined && this.#uids.has(uid)) internalError(`zPCI uid ${uid.toString(8)} is already reserved`)
    if (fid !== undefined && this.#fids.has(fid)) internalError(`zPCI fid ${fid.toString(8)} is already reserved`)
    this.#add(uid, fid)
  }

  complete(address: DeviceAddressPci): void {
    const uid = address.zpci?.uid ?? free(this.#uids, 1, maxUid, 'uid')
    const fid = address.zpci?.fid ?? free(this.#fids, 0, maxFid, 'fid')
    this.#add(uid, fid)
    address.zpci = { uid, fid }
  }

  #add(uid: number | undefined, fid: number | undefined): void {
    if (uid !== undefined) this.#uids.add(uid)
    if (fid !== undefined) this.#fids.add(fid)
  }
}

function free(taken: ReadonlySet<number>, from: number, to: number, what: string): number {
  for (let number = from; number <= to; number++) if (!taken.has(number)) return number
  return internalError(`zPCI ${what} is out of free numbers`)
}
