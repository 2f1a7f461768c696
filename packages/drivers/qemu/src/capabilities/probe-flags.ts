// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding out which flags a QEMU has: answers are collected, the table of flags says what they mean.
import type { Json } from '@virt/core'
import { asObject, booleanOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import type { Flag } from './flags.js'
import { flags, flagTable } from './flags.js'
import type { QapiSchema } from './qapi-schema.js'

/** All that flags are decided by; filled as the answers come. */
export interface Evidence {
  readonly arch: string
  readonly schema: QapiSchema
  kvm: boolean
  hvf: boolean
  types: ReadonlySet<string>
  /** Properties with their defaults, by device; a device may have been asked about twice. */
  readonly devices: Map<string, ReadonlyMap<string, Json | undefined>[]>
  readonly objects: Map<string, ReadonlySet<string>>
  readonly machines: Map<string, ReadonlySet<string>>
  readonly cpus: Set<string>
  readonly tpmModels: Set<string>
  readonly tpmTypes: Set<string>
  readonly options: Map<string, ReadonlySet<string>>
  readonly migration: Set<string>
}

export function emptyEvidence(arch: string, schema: QapiSchema): Evidence {
  return {
    arch,
    schema,
    kvm: false,
    hvf: false,
    types: new Set(),
    devices: new Map(),
    objects: new Map(),
    machines: new Map(),
    cpus: new Set(),
    tpmModels: new Set(),
    tpmTypes: new Set(),
    options: new Map(),
    migration: new Set(),
  }
}

/** `TYPE:PROPERTY` */
function split(text: string): [string, string] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
}

type Test = (evidence: Evidence, what: string, flag: Flag) => boolean

/** What each word of the table means. */
const tests: Readonly<Record<string, Test>> = {
  kvm: ({ kvm }) => kvm,
  hvf: ({ hvf }) => hvf,
  type: ({ types }, what, flag) => types.has(what === '' ? flag : what),
  schema: ({ schema }, what) => schema.has(what),
  command: ({ schema }, what) => schema.has(what),
  device: ({ devices }, what) => {
    const [type, property] = split(what)
    return devices.get(type)?.[0]?.has(property) === true
  },
  device2: ({ devices }, what) => {
    const [type, property] = split(what)
    return devices.get(type)?.[1]?.has(property) === true
  },
  default: ({ devices }, what) => {
    const [type, rest] = split(what)
    const [property = '', value] = rest.split('=')
    return devices.get(type)?.[0]?.get(property) === (value === 'true')
  },
  object: ({ objects }, what) => {
    const [type, property] = split(what)
    return objects.get(type)?.has(property) === true
  },
  machine: ({ machines }, what) => {
    const [type, property] = split(what)
    return machines.get(type)?.has(property) === true
  },
  option: ({ options }, what) => {
    const [option, parameter] = split(what)
    const parameters = options.get(option)
    return parameters !== undefined && (parameter === '' || parameters.has(parameter))
  },
  'tpm-model': ({ tpmModels }, what) => tpmModels.has(what),
  'tpm-type': ({ tpmTypes }, what) => tpmTypes.has(what),
  migration: ({ migration }, what) => migration.has(what),
  cpu: ({ cpus }, what) => cpus.has(what),
  arch: ({ arch }, what) => what.split('|').includes(arch),
}

/** Whether one way of detecting a flag holds: a word, then any of several things; `&` where all of them are needed. */
function holds(evidence: Evidence, flag: Flag, way: string): boolean {
  const [word = '', ...things] = way.split(' ')
  const test = tests[word]
  if (test === undefined) return false
  if (things.includes('&')) return things.filter((thing) => thing !== '&').every((thing) => test(evidence, thing, flag))
  return (things.length === 0 ? [''] : things).some((thing) => test(evidence, thing, flag))
}

/** The flags that the evidence so far shows. */
export function shownFlags(evidence: Evidence): Set<Flag> {
  const found = new Set<Flag>()
  const implied: [Flag, Flag][] = []
  for (const flag of flags) {
    for (const way of flagTable[flag].split('; ')) {
      if (way.startsWith('flag ')) implied.push([flag, way.slice(5) as Flag])
      else if (holds(evidence, flag, way)) found.add(flag)
    }
  }
  for (const [flag, other] of implied) if (found.has(other)) found.add(flag)
  return found
}

/** A question about the properties of a type, asked only where a flag is there. */
type Question = readonly [type: string, onlyIf?: Flag]

/** In this order; the same device may come twice. */
export const deviceQuestions: readonly Question[] = [
  ['virtio-blk-pci'],
  ['virtio-net-pci', 'virtio-net'],
  ['virtio-scsi-pci', 'virtio-scsi-pci'],
  ['virtio-blk-ccw', 'virtio-ccw'],
  ['virtio-net-ccw', 'virtio-net'],
  ['virtio-scsi-ccw', 'virtio-scsi-pci'],
  ['vfio-pci', 'vfio-pci'],
  ['scsi-hd'],
  ['ide-hd'],
  ['PIIX4_PM'],
  ['usb-redir', 'usb-redir'],
  ['usb-storage', 'usb-storage'],
  ['kvm-pit'],
  ['VGA', 'VGA'],
  ['vmware-svga', 'vmware-svga'],
  ['qxl', 'qxl'],
  ['virtio-gpu-pci', 'virtio-gpu'],
  ['virtio-gpu-device', 'virtio-gpu'],
  ['ICH9-LPC'],
  ['virtio-balloon-pci'],
  ['virtio-balloon-ccw'],
  ['virtio-balloon-device'],
  ['intel-iommu', 'intel-iommu'],
  ['spapr-pci-host-bridge', 'spapr-pci-host-bridge'],
  ['virtio-gpu-ccw', 'virtio-gpu-ccw'],
  ['mch', 'mch'],
  ['nvdimm', 'nvdimm'],
  ['pcie-root-port', 'pcie-root-port'],
  ['usb-host'],
  ['vhost-user-fs-device', 'vhost-user-fs'],
  ['virtio-mem-pci', 'virtio-mem-pci'],
  ['virtio-iommu-pci', 'virtio-iommu-pci'],
  ['virtio-blk-ccw', 'virtio-ccw'],
]

export const objectQuestions: readonly Question[] = [
  ['memory-backend-file'],
  ['memory-backend-memfd', 'memory-backend-memfd'],
  ['max-x86_64-cpu', 'x86-max-cpu'],
  ['max-arm-cpu', 'arm-max-cpu'],
]

/** Machine types whose properties tell something; `none` and `generic-pc` are abstract. */
export const machineQuestions: readonly string[] = ['pseries', 'virt', 'none', 'generic-pc']

/** Names and defaults of a list of properties. */
export function propertiesOf(reply: Json): Map<string, Json | undefined> {
  return new Map(objectsOf(reply, 'properties').map((one) => [textOf(one, 'name') ?? '', one['default-value']]))
}

/** Options of the command line with their parameters. */
export function optionsOf(reply: Json): Map<string, ReadonlySet<string>> {
  return new Map(
    objectsOf(reply, 'query-command-line-options').map((one) => {
      const parameters = Array.isArray(one.parameters) ? one.parameters : []
      const names = parameters.map((parameter: Json) => textOf(asObject(parameter) ?? {}, 'name') ?? '')
      return [textOf(one, 'option') ?? '', new Set(names)]
    }),
  )
}

/** Whether `query-kvm` says that KVM works. */
export function kvmOf(reply: JsonObject): boolean {
  return booleanOf(reply, 'present') === true && booleanOf(reply, 'enabled') === true
}
