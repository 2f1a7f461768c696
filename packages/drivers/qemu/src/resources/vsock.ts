// SPDX-License-Identifier: LGPL-2.1-or-later
// Sockets between guest and host: the host's device for them, and which number a guest has.
import { open } from 'node:fs/promises'
import type { Domain } from '@virt/conf'
import type { QemuDomain } from '../domain/record.js'
import { configUnsupported } from '../errors.js'
import type { QemuState } from '../state.js'

const device = '/dev/vhost-vsock'
/** Lower numbers are the host's. */
const firstNumber = 3

/** Opens the host's device. @throws VirtError when there is none */
export async function openVsock(): Promise<{ readonly fd: number; close(): Promise<void> }> {
  return await open(device, 'r+').catch(() => {
    throw configUnsupported('unable to open vhost-vsock device')
  })
}

/** @throws VirtError where the host has no such sockets, and the guest is to have one */
export async function checkVsock({ devices }: Domain): Promise<void> {
  if (devices?.vsock !== undefined) await (await openVsock()).close()
}

/**
 * The document with a number for its socket, the lowest that no other guest of this driver has. Nothing may be waited for until it is the
 * guest's own: others that start look at what guests have.
 * differs: libvirt asks the kernel for each number; here QEMU does, and one that somebody else has fails its start.
 * @param domain whose document it is to be
 */
export function withVsockNumber({ domains }: Pick<QemuState, 'domains'>, domain: QemuDomain, document: Domain): Domain {
  const { devices } = document
  const vsock = devices?.vsock
  if (devices === undefined || vsock === undefined) return document
  if (vsock.cid?.auto !== true && vsock.cid?.address !== undefined) return document
  const others = domains.list((one) => one !== domain && one.active)
  const used = new Set(others.map(({ def }) => def.devices?.vsock?.cid?.address))
  let address = firstNumber
  while (used.has(address)) address++
  return { ...document, devices: { ...devices, vsock: { ...vsock, cid: { ...vsock.cid, address } } } }
}
