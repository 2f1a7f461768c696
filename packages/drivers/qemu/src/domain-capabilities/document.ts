// SPDX-License-Identifier: LGPL-2.1-or-later
// What guests of one program, machine type and domain type can have.
import type { CapabilityFeatures, DomainCapabilities } from '@virt/conf'
import { acceleratorOf, canonicalMachine, findMachine, preferredMachine, type QemuCaps } from '../capabilities/caps.js'
import { type Firmware, supportedFirmware } from '../firmware/firmware.js'
import { cpuModes, type HostProcessor } from './cpu-modes.js'
import {
  capabilityDevices,
  deviceOf,
  hasOptionalPs2,
  isArmArch,
  isS390Arch,
  memoryBacking,
  type Question,
} from './devices.js'

/** What is not known of the program alone. */
export interface DomainCapabilitiesHost {
  /** The architecture that was asked for, where it is not the program's own. */
  readonly arch?: string
  readonly processor: HostProcessor
  readonly firmwares: readonly Firmware[]
  /** Versions of TPMs that the host's emulator can be. */
  readonly tpmVersions: readonly string[]
  /** How many virtual processors KVM allows a guest. */
  readonly kvmMaxCpus: number
  /** Numbers of guests whose memory AMD's processor can encrypt; undefined: it does not tell. */
  readonly sevGuests: { readonly most: number; readonly mostEs: number } | undefined
}

function featuresOf(question: Question, virtType: string, host: DomainCapabilitiesHost): CapabilityFeatures {
  const { caps } = question
  const flag = (name: Parameters<typeof caps.flags.has>[0]) => ({ supported: caps.flags.has(name) })
  const gic = caps.gic
    .filter(({ kernel, emulated }) => (virtType === 'kvm' ? kernel : virtType === 'qemu' && emulated))
    .map(({ version }) => String(version))
  const { sev, sgx } = caps
  const protectedS390 = caps.flags.has('s390-pv-guest') && caps.flags.has('confidential-guest-support')
  const kinds = [
    ...(sev === undefined ? [] : ['sev']),
    ...(sev !== undefined && caps.flags.has('sev-snp-guest') ? ['sev-snp'] : []),
    ...(isS390Arch(question) && protectedS390 ? ['s390-pv'] : []),
  ]
  return {
    gic: isArmArch(question) ? deviceOf('version', gic) : { supported: false, enums: [] },
    vmcoreinfo: flag('vmcoreinfo'),
    genid: flag('vmgenid'),
    backingStoreInput: { supported: true },
    // Every program that is new enough for the driver can.
    backup: { supported: true },
    asyncTeardown: flag('run-with.async-teardown'),
    ...(isS390Arch(question) ? { s390Pv: { supported: protectedS390 } } : {}),
    ps2: { supported: hasOptionalPs2(question) },
    sev:
      sev === undefined
        ? { supported: false }
        : {
            supported: true,
            cbitpos: sev.cbitpos,
            reducedPhysBits: sev.reducedPhysBits,
            maxGuests: host.sevGuests?.most ?? 0,
            maxESGuests: host.sevGuests?.mostEs ?? 0,
            cpu0Id: sev.cpu0Id,
          },
    sgx: sgx === undefined ? { supported: false, sections: [] } : { supported: true, ...sgx },
    ...(caps.hyperv === undefined ? {} : { hyperv: deviceOf('features', caps.hyperv) }),
    launchSecurity: deviceOf('sectype', kinds),
  }
}

/**
 * The document of `virConnectGetDomainCapabilities`.
 * @param machine name or alias; the preferred one when undefined
 */
export function domainCapabilitiesOf(
  caps: QemuCaps,
  virtType: string,
  machine: string | undefined,
  host: DomainCapabilitiesHost,
): DomainCapabilities {
  const accelerator = acceleratorOf(virtType)
  const found = findMachine(caps, accelerator, machine)
  const name =
    machine === undefined ? preferredMachine(caps, accelerator) : canonicalMachine(caps, accelerator, machine)
  const question: Question = { caps, arch: caps.arch, machine: name, tpmVersions: host.tpmVersions }
  const most = found?.maxCpus ?? 0
  const max = virtType === 'kvm' ? Math.min(most, host.kvmMaxCpus) : most
  const firmware = supportedFirmware(host.firmwares, caps.arch, name)
  const executables = [...new Set(firmware.files.map((file) => file.executable))]
  return {
    path: caps.binary,
    domain: virtType,
    machine: name,
    arch: host.arch ?? caps.arch,
    ...(max > 0 ? { vcpu: { max } } : {}),
    iothreads: { supported: true },
    os: {
      supported: true,
      enums: [{ name: 'firmware', values: firmware.interfaces }],
      loader: {
        supported: true,
        values: executables,
        enums: [
          { name: 'type', values: ['rom', 'pflash'] },
          { name: 'readonly', values: ['yes', 'no'] },
          { name: 'secure', values: firmware.secure ? ['yes', 'no'] : ['no'] },
        ],
      },
    },
    cpu: { modes: cpuModes(caps, accelerator, host.processor) },
    memoryBacking: memoryBacking(question),
    devices: capabilityDevices(question),
    features: featuresOf(question, virtType, host),
  }
}
