// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's processor when the guest is started: checked, definite, and of a model that the hypervisor has.
import type { Cpu } from '../domain/types.gen.js'
import { type AnyCpu, modelOf } from './definition.js'
import { compareWithHypervisor, type HypervisorOffer } from './hypervisor-check.js'
import { checkForbidden, convertLegacy, translate, update, validateFeatures } from './models.js'

/** What a hypervisor has for guests on this host; all models are accepted when it does not say which it has. */
export interface HypervisorCpus extends HypervisorOffer {
  /** What it gives a guest that wants the host's model: as much as can migrate. */
  migratable?: AnyCpu | undefined
}

/** Features of hosts that QEMU has no switch for: monitoring of caches, what a guest's system turns on by itself, some of nested VMX. */
const unknownToQemu: ReadonlySet<string> = new Set(
  'cmt mbm_total mbm_local osxsave ospke vmx-ept-uc vmx-ept-wb vmx-invvpid-single-context'.split(' '),
)

/** The definition without features that QEMU cannot be asked for (`virQEMUCapsCPUFilterFeatures`). */
export function forQemu<T extends AnyCpu>(arch: string, cpu: T): T {
  if (arch !== 'x86_64' && arch !== 'i686') return cpu
  return { ...cpu, features: cpu.features.filter(({ name = '' }) => !unknownToQemu.has(name)) }
}

/**
 * The definition that a guest is started with (`qemuProcessUpdateGuestCPU`): old names replaced, checked against the host
 * as its `check` wants, made definite, and translated to a model of the hypervisor, which nothing changes any more.
 * @throws VirtError cpu-incompatible: the host lacks something; as `update` and `translate`
 * @since 0.1.0
 */
export function startable(arch: string, guest: Cpu, offer: HypervisorCpus): Cpu {
  const { host, migratable, models } = offer
  const mode = guest.mode ?? 'custom'
  if (mode === 'custom' && modelOf(guest) === undefined) return guest
  validateFeatures(arch, guest)
  const cpu = convertLegacy(arch, guest)
  if ((cpu.check ?? 'default') !== 'none' && host) checkForbidden(cpu, host)
  if (mode === 'host-passthrough' || mode === 'maximum') return forQemu(arch, cpu)
  if (cpu.check === 'partial') compareWithHypervisor(arch, cpu, offer, { failIncompatible: true })
  const definite = translate(arch, update(arch, cpu, migratable), models)
  return forQemu(arch, definite.model ? { ...definite, model: { ...definite.model, fallback: 'forbid' } } : definite)
}
