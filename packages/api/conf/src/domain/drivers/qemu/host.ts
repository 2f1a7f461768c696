// SPDX-License-Identifier: LGPL-2.1-or-later
// What the passes of QEMU domains ask the driver: what its QEMU can do, and how the host is set up.
import type { Pass, PassContext } from '../../../runtime/context.js'
import type { Domain } from '../../types.gen.js'

/** A machine type of one QEMU binary under one accelerator. */
export interface QemuMachine {
  readonly name: string
  /** Short name that stands for it (`pc` for `pc-i440fx-9.0`). */
  readonly alias?: string | undefined
  readonly maxCpus: number
  readonly hotplugCpus: boolean
  readonly isDefault: boolean
  /** Name of the CPU model that guests get which ask for none. */
  readonly defaultCpu?: string | undefined
  /** Takes memory sizes of NUMA nodes without backends. */
  readonly numaMemory: boolean
  readonly defaultRamId?: string | undefined
  /** Whether it has ACPI; undefined where QEMU does not say. */
  readonly acpi?: boolean | undefined
  readonly deprecated: boolean
}

/** What one QEMU binary can do. */
export interface QemuCapabilities {
  /** Architecture of its guests. */
  readonly arch: string
  /** `major * 1000000 + minor * 1000 + micro`. */
  readonly version: number
  /** Whether it has a capability, by the name libvirt's capability cache uses. */
  has(flag: string): boolean
  /** Machine types for a domain type (`kvm`, `qemu`, `hvf`). */
  machines(type: string): readonly QemuMachine[]
  /** Versions of the interrupt controller that the kernel or QEMU offers for ARM guests of a domain type. */
  gicVersions(type: string): readonly number[]
  /** Whether QEMU knows what the host's CPU is to guests of a domain type, for `host-model`. */
  hasHostModel(type: string): boolean
}

/** A firmware that the host offers, as its descriptor says. */
export interface QemuFirmware {
  /** File of the descriptor, for log texts. */
  readonly path: string
  readonly interfaces: readonly string[]
  readonly mapping:
    | {
        readonly device: 'flash'
        readonly mode: 'split' | 'combined' | 'stateless'
        readonly executable: { readonly filename: string; readonly format: string }
        readonly nvramTemplate?: { readonly filename: string; readonly format: string } | undefined
      }
    | { readonly device: 'kernel' | 'memory'; readonly filename: string }
  readonly targets: readonly { readonly architecture: string; readonly machines: readonly string[] }[]
  readonly features: readonly string[]
}

/** Settings of the driver that definitions depend on. */
export interface QemuSettings {
  /** Where variable stores of firmware go. */
  readonly nvramDir: string
  /** Where unix sockets of channels went in old definitions. */
  readonly channelTargetDir: string
  readonly libDir: string
  /** Where memory of guests is backed by files. */
  readonly memoryBackingDir: string
  readonly nogfxAllowHostAudio: boolean
  readonly vncAllowHostAudio: boolean
  readonly defaultAction?: string | undefined
  /** Firmware of the host, in the order of preference. */
  firmwares(): readonly QemuFirmware[]
  /** Pairs of image and variable store, for firmware that no descriptor tells of. */
  readonly loaders: readonly { readonly path: string; readonly nvram: string }[]
}

/** The host as QEMU definitions see it. */
export interface QemuHost {
  /** Architecture of the host. */
  readonly arch: string
  readonly settings: QemuSettings
  /** Program that runs guests of an architecture when a definition names none. */
  emulator(arch: string): string | undefined
  /** What the emulator of a domain can do; undefined when it is not installed. */
  capabilities(domain: Domain): QemuCapabilities | undefined
  /** Whether a device of the host speaks PCI Express; undefined when it is not there. */
  isExpress(address: { domain: number; bus: number; slot: number; function: number }): boolean | undefined
  /** The IOMMU group of a device of the host. */
  iommuGroup(address: { domain: number; bus: number; slot: number; function: number }): number | undefined
  /** Environment variables of the driver's process, which say what sound goes to by default. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What one run of a QEMU pass has at hand. */
export interface QemuScope {
  readonly host: QemuHost
  readonly caps: QemuCapabilities
  readonly context: PassContext
}

/** Makes passes that run only where the emulator is known. */
export type QemuPass = (name: string, run: (domain: Domain, scope: QemuScope) => void) => Pass<Domain>

/** The pass maker of a host. */
export function passesOf(host: QemuHost): QemuPass {
  // The passes over one document are told the same context, and find the same emulator.
  let context: PassContext | undefined
  let scope: QemuScope | undefined
  return (name, run) => ({
    name: `qemu ${name}`,
    run: (domain, given) => {
      if (given !== context) {
        const caps = host.capabilities(domain)
        context = given
        scope = caps && { host, caps, context: given }
      }
      if (scope !== undefined) run(domain, scope)
    },
  })
}
