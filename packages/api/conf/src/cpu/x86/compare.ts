// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a host can run a guest, or has all that another host has.
import { ErrorNumber } from '@virt/core'
import { type AnyCpu, type CpuComparison, cpuError, isHostCpu, modelOf } from '../definition.js'
import { type FeatureSet, namesOf } from './map.js'
import { allFeatures, featuresWith } from './wanted.js'

const architectures: ReadonlySet<string> = new Set(['i686', 'x86_64'])

/** A verdict, and why it is what it is. */
export interface Verdict {
  comparison: CpuComparison
  why?: string
}

const incompatible = (why: string, features?: FeatureSet): Verdict => ({
  comparison: 'incompatible',
  why: features === undefined ? why : `${why}: ${namesOf(features).join(', ')}`,
})

function judge(host: AnyCpu, cpu: AnyCpu): Verdict {
  if (isHostCpu(cpu) && !architectures.has(cpu.arch ?? ''))
    return incompatible(`CPU arch ${cpu.arch} does not match host arch`)
  if (cpu.vendor !== undefined && cpu.vendor !== host.vendor)
    return incompatible(`host CPU vendor does not match required CPU vendor ${cpu.vendor}`)

  const has = allFeatures(host)
  const forced = featuresWith(cpu, 'force')
  const optional = featuresWith(cpu, 'optional')
  const disabled = featuresWith(cpu, 'disable')
  const forbidden = featuresWith(cpu, 'forbid') & has
  if (forbidden !== 0n) return incompatible('Host CPU provides forbidden features', forbidden)

  const required = featuresWith(cpu, 'require') & ~(forced | optional | disabled)
  const missing = required & ~has
  if (missing !== 0n) return incompatible('Host CPU does not provide required features', missing)

  const extra = has & ~(optional | required | disabled | forced)
  if (extra === 0n) return { comparison: 'identical' }
  if (!isHostCpu(cpu) && cpu.match === 'strict')
    return incompatible('Host CPU does not strictly match guest CPU: Extra features', extra)
  return { comparison: 'superset' }
}

/** @throws VirtError internal error: unknown model or feature; cpu-incompatible when asked to fail */
export function compareX86(host: AnyCpu | undefined, cpu: AnyCpu, failIncompatible: boolean): CpuComparison {
  if (!host || modelOf(host) === undefined) {
    if (failIncompatible) throw cpuError(ErrorNumber.CPU_INCOMPATIBLE, 'unknown host CPU')
    return 'incompatible'
  }
  const { comparison, why } = judge(host, cpu)
  if (comparison === 'incompatible' && failIncompatible) throw cpuError(ErrorNumber.CPU_INCOMPATIBLE, why)
  return comparison
}
