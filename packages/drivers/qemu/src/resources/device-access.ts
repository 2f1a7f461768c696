// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices of the host that a guest may open: all that its document names, and what every QEMU needs.
import { stat } from 'node:fs/promises'
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { Cgroup } from '@virt/linux'
import { characterDevices, guestFiles } from '../security/guest-files.js'
import type { QemuState } from '../state.js'
import { numberText } from './device-number.js'
import { hostDeviceFiles } from './host-devices.js'

/** What every guest may open, unless settings say otherwise. */
export const usualDevices = [
  '/dev/null',
  '/dev/full',
  '/dev/zero',
  '/dev/random',
  '/dev/urandom',
  '/dev/ptmx',
  '/dev/kvm',
  '/dev/userfaultfd',
] as const

/** Terminals: QEMU makes them by itself. */
const terminals = 'c 136:* rw'
/** Sound cards. */
const sound = 'c 116:* rw'

/** Paths of devices that a guest has besides those of every guest. */
export function ownDevices({ devices, launchSecurity }: Domain): string[] {
  const secured = launchSecurity?.type === 'sev' || launchSecurity?.type === 'sev-snp' ? ['/dev/sev'] : []
  const sockets = devices?.vsock === undefined ? [] : ['/dev/vhost-vsock']
  const rngs = (devices?.rngs ?? []).flatMap(({ backend }) =>
    backend?.model === 'random' ? [backend.device ?? '/dev/urandom'] : [],
  )
  const cards = (devices?.graphics ?? []).flatMap((one) =>
    one.type === 'spice' || one.type === 'egl-headless' ? [one.gl?.rendernode] : [],
  )
  return [...secured, ...sockets, ...rngs, ...cards].filter((path) => path?.startsWith('/dev/') === true) as string[]
}

/** The rule for a device; undefined for what is no device, or is not there. */
async function ruleFor(path: string, rights: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return undefined
  if (found.isCharacterDevice()) return `c ${numberText(found.rdev)} ${rights}`
  return found.isBlockDevice() ? `b ${numberText(found.rdev)} ${rights}` : undefined
}

async function allow(group: Cgroup, rule: string): Promise<void> {
  await group.write('devices', 'devices.allow', rule).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.CGROUP, `Unable to allow device '${rule}'`)
  })
}

/** Lets a guest open some devices more. Paths that are no devices are passed over. */
export async function allowPaths(group: Cgroup | undefined, paths: readonly string[], rights = 'rw'): Promise<void> {
  if (group?.version('devices') !== 1) return
  for (const path of paths) {
    const rule = await ruleFor(path, rights)
    if (rule !== undefined) await allow(group, rule)
  }
}

/** @throws VirtError for a device that is not there */
async function checkThere(paths: readonly string[]): Promise<void> {
  for (const path of paths)
    await stat(path).catch((error: unknown) => {
      throw systemFailure(error, ErrorDomain.CGROUP, `Path '${path}' is not accessible`)
    })
}

/** Forbids a guest all devices but its own. @throws VirtError */
export async function allowDevices(state: QemuState, group: Cgroup, document: Domain): Promise<void> {
  await group.write('devices', 'devices.deny', 'a').catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.CGROUP, 'Unable to deny all devices')
  })
  const usual = state.settings.cgroup_device_acl ?? usualDevices
  await allowPaths(group, [...usual, ...ownDevices(document)])
  await allow(group, terminals)
  const { devices, os } = document
  const loader = os?.loader?.path
  await checkThere([
    ...(loader === undefined ? [] : [loader]),
    ...hostDeviceFiles(document),
    ...characterDevices(document),
  ])
  if ((devices?.sounds.length ?? 0) > 0 && devices?.graphics.every(({ type }) => type !== 'vnc') === true)
    await allow(group, sound)
  await allowPaths(
    group,
    guestFiles(document).map(({ path }) => path),
  )
}
