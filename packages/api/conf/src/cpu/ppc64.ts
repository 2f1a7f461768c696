// SPDX-License-Identifier: LGPL-2.1-or-later
// POWER: a model is a range of processor versions, there are no features.
import { ErrorNumber } from '@virt/core'
import type { Cpu } from '../domain/types.gen.js'
import { type AnyCpu, type CpuComparison, cpuError, isHostCpu, modelOf, type UsableModels } from './definition.js'
import { tables } from './tables.gen.js'

/** Versions of a processor: all whose masked register has the value. */
export interface ProcessorVersion {
  value: number
  mask: number
}

/** Data of a POWER processor. */
export interface Ppc64Data {
  kind: 'ppc64'
  pvr: readonly ProcessorVersion[]
}

interface Ppc64Model {
  name: string
  vendor: string | undefined
  versions: readonly ProcessorVersion[]
}

interface Ppc64Map {
  vendors: ReadonlySet<string>
  models: ReadonlyMap<string, Ppc64Model>
}

let loaded: Ppc64Map | undefined

function load(): Ppc64Map {
  const data = JSON.parse(tables.ppc64 ?? '') as {
    vendors: Record<string, string>
    models: Record<string, { vendor?: string; pvr: string }>
  }
  const models = Object.entries(data.models).map(([name, { vendor, pvr }]) => {
    const versions = pvr.split(' ').map((one) => {
      const [value, mask] = one.split('/')
      return { value: Number(value), mask: Number(mask) }
    })
    return [name, { name, vendor, versions }] as const
  })
  return { vendors: new Set(Object.keys(data.vendors)), models: new Map(models) }
}

function map(): Ppc64Map {
  loaded ??= load()
  return loaded
}

const architectures: ReadonlySet<string> = new Set(['ppc64', 'ppc64le'])
const legacy: Readonly<Record<string, string>> = {
  'POWER7_v2.1': 'POWER7',
  'POWER7_v2.3': 'POWER7',
  'POWER7+_v2.1': 'POWER7',
  'POWER8_v1.0': 'POWER8',
}

const modelName = (cpu: AnyCpu): string | undefined => {
  const name = modelOf(cpu)
  return legacy[name ?? ''] ?? name
}

function knownModel(name: string | undefined): Ppc64Model {
  if (name === undefined) throw cpuError(ErrorNumber.INVALID_ARG, 'no CPU model specified')
  const model = map().models.get(name)
  if (!model) throw cpuError(ErrorNumber.INTERNAL_ERROR, `Unknown CPU model ${name}`)
  return model
}

/** The definition with the name of a generation instead of that of a single version. */
export function convertLegacyPpc64(cpu: Cpu): Cpu {
  const name = modelName(cpu)
  return name === undefined || name === cpu.model?.name ? cpu : { ...cpu, model: { ...cpu.model, name } }
}

/** Generation in `POWER8` or `power8`; those from 6 to 10 know how to be older ones. */
function generation(prefix: string, name: string): number | undefined {
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : ''
  const number = /^\d+$/.test(digits) ? Number(digits) : 0
  return number >= 6 && number <= 10 ? number : undefined
}

/** Whether a host can be the generation that a guest with the host's model asks for. */
function canBe(host: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true
  const internal = (message: string) => cpuError(ErrorNumber.INTERNAL_ERROR, message)
  const has = generation('POWER', host)
  if (has === undefined) throw internal('Host CPU does not support compatibility modes')
  const wants = generation('power', wanted)
  if (wants === undefined) throw internal(`Unknown compatibility mode ${wanted}`)
  return wants <= has
}

/** Why a processor does not go with the host; an empty text gives no reason. */
function obstacle(host: AnyCpu, cpu: AnyCpu): string | undefined {
  if (isHostCpu(cpu) && !architectures.has(cpu.arch ?? '')) return `CPU arch ${cpu.arch} does not match host arch`
  if (cpu.vendor !== undefined && cpu.vendor !== host.vendor)
    return `host CPU vendor does not match required CPU vendor ${cpu.vendor}`
  const { name } = knownModel(modelOf(host))
  if (!isHostCpu(cpu) && cpu.mode === 'host-model') return canBe(name, modelName(cpu)) ? undefined : ''
  if (!isHostCpu(cpu) && (cpu.mode === 'host-passthrough' || cpu.mode === 'maximum')) return undefined
  const its = knownModel(modelName(cpu)).name
  return its === name ? undefined : `host CPU model does not match required CPU model ${its}`
}

export function comparePpc64(host: AnyCpu | undefined, cpu: AnyCpu, failIncompatible: boolean): CpuComparison {
  const why = host && modelOf(host) !== undefined ? obstacle(host, cpu) : 'unknown host CPU'
  if (why === undefined) return 'identical'
  if (failIncompatible) throw cpuError(ErrorNumber.CPU_INCOMPATIBLE, why === '' ? undefined : why)
  return 'incompatible'
}

/** @throws VirtError operation failed: unknown version; unsupported configuration: not one of the models */
export function decodePpc64({ pvr }: Ppc64Data, models: UsableModels | undefined): { model: string; vendor?: string } {
  const value = pvr[0]?.value ?? 0
  const model = [...map().models.values()].find(({ versions }) =>
    versions.some((version) => (value & version.mask) >>> 0 === version.value),
  )
  if (!model) {
    const hex = value.toString(16).padStart(8, '0')
    throw cpuError(ErrorNumber.OPERATION_FAILED, `Cannot find CPU model with PVR 0x${hex}`)
  }
  if (models && !models.has(model.name))
    throw cpuError(ErrorNumber.CONFIG_UNSUPPORTED, `CPU model ${model.name} is not supported by hypervisor`)
  return { model: model.name, ...(model.vendor !== undefined && { vendor: model.vendor }) }
}

/** Nothing to make definite: a guest with the host's model keeps the generation it names. */
export function updatePpc64(guest: Cpu): Cpu {
  return guest.mode === 'custom' ? { ...guest, match: 'exact' } : guest
}

export function baselinePpc64(cpus: readonly AnyCpu[]): Cpu {
  const failed = (message: string) => cpuError(ErrorNumber.OPERATION_FAILED, message)
  const model = knownModel(cpus[0] && modelOf(cpus[0]))
  let vendor: string | undefined
  for (const cpu of cpus) {
    if (modelOf(cpu) !== model.name) throw failed('CPUs are incompatible')
    if (cpu.vendor === undefined) continue
    if (!map().vendors.has(cpu.vendor)) throw failed(`Unknown CPU vendor ${cpu.vendor}`)
    if (model.vendor !== undefined) {
      if (model.vendor !== cpu.vendor)
        throw failed(`CPU vendor ${model.vendor} of model ${model.name} differs from vendor ${cpu.vendor}`)
    } else if (vendor !== undefined && vendor !== cpu.vendor) throw failed('CPU vendors do not match')
    else vendor = cpu.vendor
  }
  return {
    mode: 'custom',
    match: 'exact',
    model: { fallback: 'forbid', name: model.name },
    ...(vendor !== undefined && { vendor }),
    features: [],
  }
}

export function identicalPpc64(a: Ppc64Data, b: Ppc64Data): boolean {
  return (
    a.pvr.length === b.pvr.length &&
    a.pvr.every(({ value, mask }, i) => value === b.pvr[i]?.value && mask === b.pvr[i]?.mask)
  )
}

export function namesPpc64(): string[] {
  return [...map().models.keys()]
}

export function vendorPpc64(model: string): string | undefined {
  return map().models.get(model)?.vendor
}
