// SPDX-License-Identifier: LGPL-2.1-or-later
// Which processors a guest can have.
import {
  type CapabilityCpuMode,
  type Cpu,
  type CpuFeature,
  cpuModels,
  forQemu,
  type HostCpu,
  type HypervisorCpus,
  qemuModels,
} from '@virt/conf'
import type { Accelerator, QemuCaps } from '../capabilities/caps.js'

/** The machine that guests run on. */
export interface HostProcessor {
  readonly arch: string
  /** What the host's capabilities say; undefined: nothing is known. */
  readonly cpu: HostCpu | undefined
  /** Width of its physical addresses in bits, 0: not known. */
  readonly addressBits: number
}

/** Whether guests of the architecture run on the host's processor itself. */
function isNative(host: HostProcessor, arch: string): boolean {
  return host.arch === arch || (host.arch === 'x86_64' && arch === 'i686')
}

/**
 * The processor that `host-model` stands for.
 * @returns undefined where guests cannot have one
 */
export function hostModel(
  caps: QemuCaps,
  accelerator: Accelerator,
  host: HostProcessor,
  options: { migratable?: boolean } = {},
): Cpu | undefined {
  const own = caps.accelerators[accelerator]
  if (own === undefined) return undefined
  if (own.hostCpu !== undefined) {
    const model = qemuModels.hostModelOf(caps.arch, own.hostCpu, own.cpus, options)
    return model === undefined ? undefined : { ...model, model: { ...model.model, fallback: 'forbid' } }
  }
  const { cpu } = host
  if (!isNative(host, caps.arch) || cpu?.model === undefined) return undefined
  const features = cpu.features.map(({ name }): CpuFeature => ({ name, policy: 'require' }))
  const plain: Cpu = { mode: 'custom', match: 'exact', model: { name: cpu.model, fallback: 'allow' }, features }
  const known = cpuModels.translate(caps.arch, forQemu(caps.arch, plain), qemuModels.modelsOfQemu(caps.arch, own.cpus))
  return options.migratable === true ? cpuModels.migratableCopy(caps.arch, known) : known
}

/** What a guest's processor is checked against, and made definite by when it starts. */
export function cpusForStart(caps: QemuCaps, accelerator: Accelerator, host: HostProcessor): HypervisorCpus {
  const own = caps.accelerators[accelerator]
  return {
    host: hostModel(caps, accelerator, host),
    migratable: hostModel(caps, accelerator, host, { migratable: true }),
    models: own === undefined || own.cpus.length === 0 ? undefined : qemuModels.modelsOfQemu(caps.arch, own.cpus),
    features: own?.hostCpu && qemuModels.featuresOfQemuModel(caps.arch, own.hostCpu.properties),
  }
}

/** How QEMU's `migratable` can be set. */
const migratable = (name: string, values: readonly string[]) => ({ supported: true, enums: [{ name, values }] })

/** Modes of `<cpu>`, and the models of mode `custom`. */
export function cpuModes(caps: QemuCaps, accelerator: Accelerator, host: HostProcessor): CapabilityCpuMode[] {
  const { flags, arch } = caps
  const passthrough = accelerator !== 'tcg' && isNative(host, arch)
  const model = hostModel(caps, accelerator, host)
  const limit = accelerator !== 'tcg' ? host.addressBits : 0
  const models = qemuModels.modelTable(arch, caps.accelerators[accelerator]?.cpus ?? [])
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
