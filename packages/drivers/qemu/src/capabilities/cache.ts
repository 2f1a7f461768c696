// SPDX-License-Identifier: LGPL-2.1-or-later
// Findings about a QEMU as a document, libvirt's `<qemuCaps>`.
import { type DocumentKind, documentKind, fields, values } from '@virt/conf'
import { ErrorDomain } from '@virt/core'
import {
  type Accelerator,
  type AcceleratorCaps,
  accelerators,
  type CpuProperty,
  type ProbeKey,
  type QemuCaps,
} from './caps.js'
import { flags, isFlag } from './flags.js'

const { attr, body, child, children, choices, element, leaf, wrapped } = fields
const { int, long, oneOf, text, uint, ulong, yesNo } = values

const accelerator = oneOf('kvm', 'hvf', 'tcg')
const named = (name: string) => element(name, { name: attr(text).required() })

const hostCpu = element('hostCPU', {
  type: attr(accelerator).required(),
  model: attr(text).required(),
  migratability: attr(yesNo),
  properties: children(
    element('property', {
      name: attr(text).required(),
      type: attr(oneOf('boolean', 'number', 'string')).required(),
      value: attr(text).required(),
      migratable: attr(yesNo),
    }),
  ),
  deprecated: wrapped('deprecatedFeatures', named('property')),
})

const cpu = element('cpu', {
  type: attr(accelerator).required(),
  name: attr(text).required(),
  typename: attr(text),
  usable: attr(yesNo),
  deprecated: attr(yesNo).omit(false),
  blockers: children(named('blocker')),
})

const machine = element('machine', {
  type: attr(accelerator).required(),
  name: attr(text).required(),
  alias: attr(text),
  hotplugCpus: attr(yesNo).omit(false),
  maxCpus: attr(uint),
  default: attr(yesNo).omit(false),
  defaultCPU: attr(text),
  numaMemSupported: attr(yesNo).omit(false),
  defaultRAMid: attr(text),
  deprecated: attr(yesNo).omit(false),
  acpi: attr(yesNo),
})

const sgxSize = element('section_size', { unit: attr(text), size: body(ulong) })

const root = element('qemuCaps', {
  emulator: leaf(text).required(),
  qemuctime: leaf(long),
  qemumoddirmtime: leaf(long),
  selfctime: leaf(long),
  selfvers: leaf(long),
  flags: children(named('flag')),
  version: leaf(int).required(),
  microcodeVersion: leaf(uint),
  hostCPUSignature: leaf(text),
  package: leaf(text),
  kernelVersion: leaf(text),
  arch: leaf(text).required(),
  kvmWorks: leaf(yesNo),
  details: choices('kind', hostCpu, cpu, machine),
  gic: children(element('gic', { version: attr(uint), kernel: attr(yesNo), emulated: attr(yesNo) })),
  sev: child(
    element('sev', {
      cbitpos: leaf(uint),
      reducedPhysBits: leaf(uint),
      pdh: leaf(text),
      certChain: leaf(text),
      cpu0Id: leaf(text),
      maxGuests: leaf(uint),
      maxESGuests: leaf(uint),
    }),
  ),
  sgx: child(
    element('sgx', {
      supported: attr(yesNo),
      flc: leaf(yesNo),
      sgx1: leaf(yesNo),
      sgx2: leaf(yesNo),
      section_size: child(sgxSize),
      sections: wrapped('sections', element('section', { node: attr(uint), size: attr(ulong), unit: attr(text) })),
    }),
  ),
  hyperv: child(element('hypervCapabilities', { supported: attr(yesNo), caps: children(named('cap')) })),
})

interface Named {
  name: string
}
interface Property extends Named {
  type: 'boolean' | 'number' | 'string'
  value: string
  migratable?: boolean | undefined
}
type Detail =
  | {
      kind: 'hostCPU'
      type: Accelerator
      model: string
      migratability?: boolean
      properties: Property[]
      deprecated: Named[] | undefined
    }
  | {
      kind: 'cpu'
      type: Accelerator
      name: string
      typename?: string | undefined
      usable?: boolean | undefined
      deprecated?: boolean
      blockers: Named[]
    }
  | {
      kind: 'machine'
      type: Accelerator
      name: string
      alias?: string | undefined
      hotplugCpus?: boolean
      maxCpus?: number
      default?: boolean
      defaultCPU?: string | undefined
      numaMemSupported?: boolean
      defaultRAMid?: string | undefined
      deprecated?: boolean
      acpi?: boolean | undefined
    }

interface CapsDocument {
  emulator: string
  qemuctime?: bigint
  qemumoddirmtime?: bigint | undefined
  selfctime?: bigint
  selfvers?: bigint
  flags: Named[]
  version: number
  microcodeVersion?: number
  hostCPUSignature?: string | undefined
  package?: string
  kernelVersion?: string | undefined
  arch: string
  kvmWorks?: boolean | undefined
  details: Detail[]
  gic: { version?: number; kernel?: boolean; emulated?: boolean }[]
  sev?:
    | {
        cbitpos?: number
        reducedPhysBits?: number
        pdh?: string
        certChain?: string
        cpu0Id?: string | undefined
        maxGuests?: number | undefined
        maxESGuests?: number | undefined
      }
    | undefined
  sgx?:
    | {
        supported?: boolean
        flc?: boolean
        sgx1?: boolean
        sgx2?: boolean
        section_size?: { unit?: string; size?: bigint }
        sections?: { node?: number; size?: bigint; unit?: string }[] | undefined
      }
    | undefined
  hyperv?: { supported?: boolean; caps: Named[] } | undefined
}

const document: DocumentKind<CapsDocument> = documentKind<CapsDocument>({ root, domain: ErrorDomain.QEMU })

function propertyValue({ name, type, value, migratable }: Property): CpuProperty {
  const read = type === 'boolean' ? value === 'true' : type === 'number' ? exact(value) : value
  return { name, value: read, ...(migratable === undefined ? {} : { migratable }) }
}

function exact(digits: string): number | bigint {
  const small = Number(digits)
  return Number.isSafeInteger(small) ? small : BigInt(digits)
}

function propertyOf({ name, value, migratable }: CpuProperty): Property {
  const type = typeof value === 'boolean' ? 'boolean' : typeof value === 'string' ? 'string' : 'number'
  return { name, type, value: String(value), migratable }
}

function detailsOf(type: Accelerator, caps: AcceleratorCaps): Detail[] {
  const { hostCpu: host, cpus, machines } = caps
  const details: Detail[] = []
  if (host !== undefined)
    details.push({
      kind: 'hostCPU',
      type,
      model: host.model,
      migratability: host.migratability,
      properties: host.properties.map(propertyOf),
      deprecated: host.deprecated.length === 0 ? undefined : host.deprecated.map((name) => ({ name })),
    })
  for (const one of cpus) details.push({ ...one, kind: 'cpu', type, blockers: one.blockers.map((name) => ({ name })) })
  for (const { isDefault, defaultCpu, defaultRamId, ...one } of machines)
    details.push({
      ...one,
      kind: 'machine',
      type,
      default: isDefault,
      defaultCPU: defaultCpu,
      defaultRAMid: defaultRamId,
    })
  return details
}

function acceleratorsOf(details: readonly Detail[]): QemuCaps['accelerators'] {
  const found: Partial<Record<Accelerator, AcceleratorCaps>> = {}
  for (const type of accelerators) {
    const own = details.filter((one) => one.type === type)
    if (own.length === 0) continue
    const host = own.find((one) => one.kind === 'hostCPU')
    found[type] = {
      hostCpu:
        host === undefined
          ? undefined
          : {
              model: host.model,
              migratability: host.migratability ?? false,
              properties: host.properties.map(propertyValue),
              deprecated: (host.deprecated ?? []).map(({ name }) => name),
            },
      cpus: own
        .filter((one) => one.kind === 'cpu')
        .map(({ name, typename, usable, blockers, deprecated }) => ({
          name,
          typename,
          usable,
          blockers: blockers.map((one) => one.name),
          deprecated: deprecated ?? false,
        })),
      machines: own
        .filter((one) => one.kind === 'machine')
        .map((one) => ({
          name: one.name,
          alias: one.alias,
          hotplugCpus: one.hotplugCpus ?? false,
          maxCpus: one.maxCpus ?? 0,
          isDefault: one.default ?? false,
          defaultCpu: one.defaultCPU,
          numaMemSupported: one.numaMemSupported ?? false,
          defaultRamId: one.defaultRAMid,
          deprecated: one.deprecated ?? false,
          acpi: one.acpi,
        })),
    }
  }
  return found
}

/** The document of findings. */
export function printCaps(caps: QemuCaps): string {
  const { key, sev, sgx, hyperv } = caps
  return document.print({
    emulator: caps.binary,
    qemuctime: BigInt(key.binaryTime),
    qemumoddirmtime: key.modulesTime === 0 ? undefined : BigInt(key.modulesTime),
    selfctime: 0n,
    selfvers: BigInt(key.ownVersion),
    flags: flags.filter((flag) => caps.flags.has(flag)).map((name) => ({ name })),
    version: caps.version,
    microcodeVersion: key.microcode,
    hostCPUSignature: key.cpuSignature === '' ? undefined : key.cpuSignature,
    package: caps.package,
    kernelVersion: key.kernel === '' ? undefined : key.kernel,
    arch: caps.arch,
    kvmWorks: key.kvm ? true : undefined,
    details: accelerators.flatMap((type) => {
      const own = caps.accelerators[type]
      return own === undefined ? [] : detailsOf(type, own)
    }),
    gic: [...caps.gic],
    sev: sev === undefined ? undefined : { ...sev, maxESGuests: sev.maxEsGuests },
    sgx:
      sgx === undefined
        ? undefined
        : {
            supported: true,
            flc: sgx.flc,
            sgx1: sgx.sgx1,
            sgx2: sgx.sgx2,
            section_size: { unit: 'KiB', size: sgx.sectionSize },
            sections: sgx.sections.length === 0 ? undefined : sgx.sections.map((one) => ({ ...one, unit: 'KiB' })),
          },
    hyperv: hyperv === undefined ? undefined : { supported: true, caps: hyperv.map((name) => ({ name })) },
  })
}

/** Findings of a document. @throws VirtError for what is no such document, or of another libvirt with flags we do not know */
export function parseCaps(xml: string): QemuCaps {
  const read = document.parse(xml)
  const { sev, sgx, hyperv } = read
  return {
    binary: read.emulator,
    version: read.version,
    package: read.package ?? '',
    arch: read.arch,
    flags: new Set(read.flags.map(({ name }) => name).filter(isFlag)),
    accelerators: acceleratorsOf(read.details),
    gic: read.gic.map((one) => ({
      version: one.version ?? 0,
      kernel: one.kernel ?? false,
      emulated: one.emulated ?? false,
    })),
    sev:
      sev === undefined
        ? undefined
        : {
            cbitpos: sev.cbitpos ?? 0,
            reducedPhysBits: sev.reducedPhysBits ?? 0,
            pdh: sev.pdh ?? '',
            certChain: sev.certChain ?? '',
            cpu0Id: sev.cpu0Id,
            maxGuests: sev.maxGuests,
            maxEsGuests: sev.maxESGuests,
          },
    sgx:
      sgx?.supported !== true
        ? undefined
        : {
            flc: sgx.flc ?? false,
            sgx1: sgx.sgx1 ?? false,
            sgx2: sgx.sgx2 ?? false,
            sectionSize: sgx.section_size?.size ?? 0n,
            sections: (sgx.sections ?? []).map((one) => ({ node: one.node ?? 0, size: one.size ?? 0n })),
          },
    hyperv: hyperv?.supported === true ? hyperv.caps.map(({ name }) => name) : undefined,
    key: keyOf(read),
  }
}

function keyOf(read: CapsDocument): ProbeKey {
  return {
    binaryTime: Number(read.qemuctime ?? 0n),
    modulesTime: Number(read.qemumoddirmtime ?? 0n),
    ownVersion: Number(read.selfvers ?? 0n),
    microcode: read.microcodeVersion ?? 0,
    cpuSignature: read.hostCPUSignature ?? '',
    kernel: read.kernelVersion ?? '',
    kvm: read.kvmWorks ?? false,
  }
}
