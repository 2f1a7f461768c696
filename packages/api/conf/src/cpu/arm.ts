// SPDX-License-Identifier: LGPL-2.1-or-later
// ARM: vendor and part of the main ID register. Guests are checked by the hypervisor.
import { ErrorNumber } from '@virt/core'
import type { Cpu } from '../domain/types.gen.js'
import { type AnyCpu, type CpuComparison, cpuError, featuresOf, isHostCpu, modelOf } from './definition.js'
import { tables } from './tables.gen.js'

/** Data of an ARM processor. */
export interface ArmData {
  kind: 'arm'
  /** Implementer, from MIDR_EL1 bits 31 to 24; 0 when not known. */
  vendor: number
  /** Part number, from MIDR_EL1 bits 15 to 4. */
  part: number
  features: readonly string[]
}

interface ArmMap {
  features: ReadonlySet<string>
  vendors: ReadonlyMap<number, string>
  models: ReadonlyMap<number, string>
}

let loaded: ArmMap | undefined

function load(): ArmMap {
  const data = JSON.parse(tables.arm ?? '') as {
    features: string
    vendors: Record<string, string>
    models: Record<string, { pvr: string }>
  }
  return {
    features: new Set(data.features.split(' ')),
    vendors: new Map(Object.entries(data.vendors).map(([name, id]) => [Number(id), name])),
    models: new Map(Object.entries(data.models).map(([name, { pvr }]) => [Number(pvr), name])),
  }
}

function map(): ArmMap {
  loaded ??= load()
  return loaded
}

/** Hosts are compared by vendor and model. */
export function compareArm(host: AnyCpu | undefined, cpu: AnyCpu, failIncompatible: boolean): CpuComparison {
  if (!isHostCpu(cpu)) return 'identical'
  const known = host && modelOf(host) !== undefined ? host : undefined
  if (known && known.vendor === cpu.vendor && modelOf(known) === cpu.model) return 'identical'
  if (!failIncompatible) return 'incompatible'
  const wanted = `vendor ${cpu.vendor ?? '<null>'} or(and) model ${cpu.model ?? '<null>'}`
  const why = known ? `Host CPU model does not match required CPU ${wanted}` : 'unknown host CPU'
  throw cpuError(ErrorNumber.CPU_INCOMPATIBLE, why)
}

/** @throws VirtError operation failed: unknown part or vendor */
export function decodeArm(data: ArmData): { model: string; vendor?: string; features: readonly string[] } {
  const failed = (message: string) => cpuError(ErrorNumber.OPERATION_FAILED, message)
  const model = map().models.get(data.part)
  const hex = (id: number, digits: number) => `0x${id.toString(16).padStart(digits, '0')}`
  if (model === undefined) throw failed(`Cannot find CPU model with PVR ${hex(data.part, 3)}`)
  const vendor = map().vendors.get(data.vendor)
  if (vendor === undefined && data.vendor !== 0)
    throw failed(`Cannot find CPU vendor with vendor id ${hex(data.vendor, 2)}`)
  return { model, ...(vendor !== undefined && { vendor }), features: data.features }
}

/** The first one's model: there is nothing to reckon with. */
export function baselineArm(cpus: readonly AnyCpu[]): Cpu {
  const name = cpus[0] && modelOf(cpus[0])
  return {
    mode: 'custom',
    match: 'exact',
    ...(name !== undefined && { model: { fallback: 'allow', name } }),
    features: [],
  }
}

/** @throws VirtError unsupported configuration: unknown feature */
export function validateArm(cpu: AnyCpu): void {
  for (const { name } of featuresOf(cpu))
    if (!map().features.has(name)) throw cpuError(ErrorNumber.CONFIG_UNSUPPORTED, `unknown CPU feature: ${name}`)
}

export function identicalArm(a: ArmData, b: ArmData): boolean {
  return a.vendor === b.vendor && a.part === b.part && a.features.join() === b.features.join()
}
