// SPDX-License-Identifier: LGPL-2.1-or-later
// The cookie of an image: what of a saved guest does not stand in its document.
import { type Cpu, qemuHooks, saveCookie } from '@virt/conf'
import type { QemuDomain } from '../domain/record.js'
import { liveCpuOf } from '../process/live-cpu.js'
import type { SaveImage } from './header.js'

/** The cookie that an image of a guest gets. */
export function cookieText(domain: QemuDomain): string {
  const interfaces = domain.def.devices?.interfaces ?? []
  // What libvirt has a helper for is made within QEMU here: libvirt is not to start one.
  const slirpHelper = interfaces.every(({ type }) => type !== 'user')
  return saveCookie.print({ cpu: liveCpuOf(domain), slirpHelper }, { hooks: qemuHooks })
}

/** The processor that the guest of an image had; undefined where it is the one that its document asks for. @throws VirtError */
export function savedCpu({ cookie }: SaveImage): Cpu | undefined {
  return cookie === undefined ? undefined : saveCookie.parse(cookie, { hooks: qemuHooks }).cpu
}
