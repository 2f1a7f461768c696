// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers that PCI devices have on z/Architecture: a user's one for identification, and one for the function.
import { type AnyDevice, allDevices } from '../../../passes/devices.js'
import { internalError } from '../../../passes/report.js'
import type { DeviceAddressPci, Domain } from '../../../types.gen.js'
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
  const uids = new Set<number>()
  const fids = new Set<number>()
  const addresses: DeviceAddressPci[] = []
  for (const [key, device] of allDevices(domain)) {
    const { address } = device
    if (address?.type !== 'pci' || need(key, device).connect === 0) continue
    addresses.push(address)
    const { uid, fid } = address.zpci ?? {}
    if (uid !== undefined) {
      if (uids.has(uid)) internalError(`zPCI uid ${uid} is already reserved`)
      uids.add(uid)
    }
    if (fid !== undefined) {
      if (fids.has(fid)) internalError(`zPCI fid ${fid} is already reserved`)
      fids.add(fid)
    }
  }
  for (const address of addresses) {
    const zpci = { ...address.zpci }
    zpci.uid ??= free(uids, 1, maxUid, 'uid')
    zpci.fid ??= free(fids, 0, maxFid, 'fid')
    uids.add(zpci.uid)
    fids.add(zpci.fid)
    address.zpci = zpci
  }
}

function free(taken: ReadonlySet<number>, from: number, to: number, what: string): number {
  for (let number = from; number <= to; number++) if (!taken.has(number)) return number
  return internalError(`There is no more free ${what} extension addresses`)
}
