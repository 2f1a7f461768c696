// SPDX-License-Identifier: LGPL-2.1-or-later
// Which processors a guest can have.
import { type CapabilityCpuMode, type Cpu, type CpuFeature, cpuModels, type HostCpu, qemuModels } from '@virt/conf'
import type { Accelerator, AcceleratorCaps, CpuExpansion, QemuCaps } from '../capabilities/caps.js'

/** The machine that guests run on. */
export interface HostProcessor {
  readonly arch: string
  /** What the host's capabilities say; undefined: nothing is known. */
  readonly cpu: HostCpu | undefined
  /** Width of its physical addresses in bits, 0: not known. */
  readonly addressBits: number
}

const isX86 = (arch: string): boolean => arch === 'x86_64' || arch === 'i686'

function definitionsOf(own: AcceleratorCaps | undefined): Parameters<typeof qemuModels.modelTable>[1] {
  return (own?.cpus ?? []).map(({ name, usable, blockers, deprecated }) => ({
    name,
    deprecated,
    'unavailable-features': usable === undefined ? undefined : blockers,
  }))
}

/** Whether guests of the architecture run on the host's processor itself. */
function isNative(host: HostProcessor, arch: string): boolean {
  return host.arch === arch || (host.arch === 'x86_64' && arch === 'i686')
}

/** The host model of a processor whose properties QEMU told. */
function expanded(arch: string, own: AcceleratorCaps, { model, properties }: CpuExpansion): Cpu | undefined {
  if (isX86(arch)) {
    const data = qemuModels.dataOfQemuModel(Object.fromEntries(properties.map(({ name, value }) => [name, value])))
    const models = qemuModels.modelsOfQemu(arch, definitionsOf(own))
    const { vendor, features, model: found } = cpuModels.decode(data, { models })
    return {
      mode: 'custom',
      match: 'exact',
      model: { ...found, fallback: 'forbid' },
      ...(vendor === undefined ? {} : { vendor }),
      features,
    }
  }
  if (!arch.startsWith('s390')) return undefined
  const features = properties.flatMap(({ name, value }): CpuFeature[] =>
    typeof value === 'boolean' ? [{ name, policy: value ? 'require' : 'disable' }] : [],
  )
  return { mode: 'custom', match: 'exact', model: { name: model, fallback: 'forbid' }, features }
}

/**
 * The processor that `host-model` stands for.
 * @returns undefined where guests cannot have one
 */
export function hostModel(caps: QemuCaps, accelerator: Accelerator, host: HostProcessor): Cpu | undefined {
  const own = caps.accelerators[accelerator]
  if (own === undefined) return undefined
  if (own.hostCpu !== undefined) return expanded(caps.arch, own, own.hostCpu)
  const { cpu } = host
  if (accelerator === 'tcg' || !isNative(host, caps.arch) || cpu?.model === undefined) return undefined
  const features = cpu.features.map(({ name }): CpuFeature => ({ name, policy: 'require' }))
  const plain: Cpu = { mode: 'custom', match: 'exact', model: { name: cpu.model, fallback: 'allow' }, features }
  return cpuModels.translate(caps.arch, plain, qemuModels.modelsOfQemu(caps.arch, definitionsOf(own)))
}

/** How QEMU's `migratable` can be set. */
const migratable = (name: string, values: readonly string[]) => ({ supported: true, enums: [{ name, values }] })

/** Modes of `<cpu>`, and the models of mode `custom`. */
export function cpuModes(caps: QemuCaps, accelerator: Accelerator, host: HostProcessor): CapabilityCpuMode[] {
  const { flags, arch } = caps
  const passthrough = accelerator !== 'tcg' && isNative(host, arch)
  const model = hostModel(caps, accelerator, host)
  const limit = accelerator !== 'tcg' ? host.addressBits : 0
  const models = qemuModels.modelTable(arch, definitionsOf(caps.accelerators[accelerator]))
  return [
    {
      name: 'host-passthrough',
      ...(passthrough
        ? migratable('hostPassthroughMigratable', flags.has('cpu.migratable') ? ['on', 'off'] : ['off'])
        : { supported: false, enums: [] }),
    },
    {
      name: 'maximum',
      ...(flags.has('cpu-max') ? migratable('maximumMigratable', ['on', 'off']) : { supported: false, enums: [] }),
    },
    model === undefined
      ? { name: 'host-model', supported: false, features: [] }
      : {
          name: 'host-model',
          supported: true,
          model: model.model,
          vendor: model.vendor,
          ...(limit > 0 ? { maxphysaddr: { mode: 'passthrough' as const, limit } } : {}),
          features: model.features ?? [],
        },
    {
      name: 'custom',
      supported: models.length > 0,
      models: models.flatMap(({ name, usable, blockers, deprecated, vendor, canonical }) => [
        { kind: 'model' as const, name, usable, deprecated, vendor: vendor ?? 'unknown', canonical },
        ...(blockers.length === 0
          ? []
          : [{ kind: 'blockers' as const, model: name, features: blockers.map((one) => ({ name: one })) }]),
      ]),
    },
  ]
}
