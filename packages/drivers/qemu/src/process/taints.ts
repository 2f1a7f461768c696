// SPDX-License-Identifier: LGPL-2.1-or-later
// What has been done to a guest that nobody supports: kept while it runs, written into its log, told to who asks.
import type { ObjectLog } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'
import { stamp } from './stamp.js'

/** Names as status files have them, with what people are told: `virDomainTaintFlags`. */
const texts = {
  'custom-argv': 'custom configuration parameters specified',
  'custom-monitor': 'custom monitor control commands issued',
  'high-privileges': 'running with undesirable elevated privileges',
  'shell-scripts': 'network configuration using opaque shell scripts',
  'disk-probing': 'potentially unsafe disk format probing',
  'external-launch': 'managing externally launched configuration',
  'host-cpu': 'potentially unsafe use of host CPU passthrough',
  'hook-script': 'configuration potentially modified by hook script',
  'cdrom-passthrough': 'use of host cdrom passthrough',
  'custom-dtb': 'custom device tree blob used',
  'custom-ga-command': 'custom guest agent control commands issued',
  'custom-hypervisor-feature': 'hypervisor feature autodetection override',
  'deprecated-config': 'use of deprecated configuration settings',
  'custom-device': 'custom device configuration',
} as const

/** One of them. */
export type Taint = keyof typeof texts

/** In the order that libvirt tells them in. */
export const taintNames: readonly Taint[] = Object.keys(texts) as Taint[]

/** What people are told. */
export const taintText = (name: Taint): string => texts[name]

/** Marks a guest that runs; the first time it is written into its log. */
export async function taint(state: QemuState, domain: QemuDomain, name: Taint): Promise<void> {
  const { run } = domain
  if (run === undefined || run.taints.has(name)) return
  run.taints.add(name)
  domain.status?.changed()
  await noteTaint(state, domain, run.log, name)
}

/** Writes of a mark into a guest's log. */
async function noteTaint(state: QemuState, domain: QemuDomain, log: ObjectLog, name: Taint): Promise<void> {
  state.services.log.warn(`Domain id=${domain.id} name='${domain.name}' uuid=${domain.uuid} is tainted: ${name}`)
  const line = `${stamp(state.services.clock.now())}: Domain id=${domain.id} is tainted: ${name}\n`
  await log.append(line).catch(() => {})
}

/** Whether guests' processes could do to the host what its administrator can. */
function privileged({ security, settings }: QemuState): boolean {
  const { owner } = security
  return owner !== undefined && (owner.uid === 0 || owner.gid === 0 || !settings.clear_emulator_capabilities)
}

/** What a guest's definition and this daemon make of it from its start; written into its log. */
export async function taintsOfStart(state: QemuState, domain: QemuDomain, log: ObjectLog): Promise<Taint[]> {
  const { def } = domain
  const commandline = def.namespaces?.qemu as { readonly commandline?: unknown } | undefined
  const found: (Taint | false | undefined)[] = [
    commandline?.commandline !== undefined && 'custom-argv',
    privileged(state) && 'high-privileges',
    def.cpu?.mode === 'host-passthrough' && 'host-cpu',
    def.os?.dtb !== undefined && 'custom-dtb',
    def.devices?.disks.some(({ device, source }) => device === 'cdrom' && source.type === 'block') &&
      'cdrom-passthrough',
    def.devices?.interfaces.some(({ script }) => script !== undefined) && 'shell-scripts',
  ]
  const names = found.filter((name) => typeof name === 'string')
  for (const name of names) await noteTaint(state, domain, log, name)
  return names
}
