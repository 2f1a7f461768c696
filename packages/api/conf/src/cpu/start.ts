// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's processor when the guest is started: checked, definite, and of a model that the hypervisor has.
import type { Cpu } from '../domain/types.gen.js'
import { type AnyCpu, modelOf, type UsableModels } from './definition.js'
import {
  checkForbidden,
  checksByComparing,
  compare,
  convertLegacy,
  translate,
  update,
  validateFeatures,
} from './models.js'

/** What a hypervisor has for guests on this host. */
export interface HypervisorCpus {
  /** All that it can give a guest. */
  host?: AnyCpu | undefined
  /** What it gives a guest that wants the host's model: as much as can migrate. */
  migratable?: AnyCpu | undefined
  /** Its models; all are accepted when absent. */
  models?: UsableModels | undefined
}

/** Features of hosts that QEMU has no switch for: monitoring of caches, and what a guest's system turns on by itself. */
const unknownToQemu: ReadonlySet<string> = new Set(['cmt', 'mbm_total', 'mbm_local', 'osxsave', 'ospke'])

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
export function startable(arch: string, guest: Cpu, { host, migratable, models }: HypervisorCpus): Cpu {
  const mode = guest.mode ?? 'custom'
  if (mode === 'custom' && modelOf(guest) === undefined) return guest
  validateFeatures(arch, guest)
  const cpu = convertLegacy(arch, guest)
  if ((cpu.check ?? 'default') !== 'none' && host) checkForbidden(cpu, host)
  if (mode === 'host-passthrough' || mode === 'maximum') return forQemu(arch, cpu)
  if (cpu.check === 'partial' && checksByComparing(arch, cpu)) compare(arch, host, cpu, { failIncompatible: true })
  const definite = translate(arch, update(arch, cpu, migratable), models)
  return forQemu(arch, definite.model ? { ...definite, model: { ...definite.model, fallback: 'forbid' } } : definite)
}
