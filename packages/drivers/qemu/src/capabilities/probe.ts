// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding out by its monitor what a QEMU is and can do.
import type { Json } from '@virt/core'
import { internalError } from '../errors.js'
import { asObject, bigintOf, booleanOf, numberOf, objectsOf, textOf, textsOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import { qmpFailureOf } from '../monitor/qmp-error.js'
import type {
  AcceleratorCaps,
  CpuDefinition,
  CpuExpansion,
  CpuProperty,
  GicCaps,
  MachineType,
  QemuCaps,
  SevCaps,
  SgxCaps,
} from './caps.js'
import { canonicalMachine, noKey } from './caps.js'
import type { Flag } from './flags.js'
import {
  deviceQuestions,
  type Evidence,
  emptyEvidence,
  kvmOf,
  machineQuestions,
  objectQuestions,
  optionsOf,
  propertiesOf,
  shownFlags,
} from './probe-flags.js'
import { QapiSchema } from './qapi-schema.js'

/** What probing needs of a monitor; it is negotiated already. */
export interface Asker {
  command(execute: string, args?: JsonObject): Promise<Json>
}

/** Facts from outside. */
export interface ProbeOptions {
  readonly binary: string
  /** Whether macOS' hypervisor runs guests of this program. */
  readonly hvf?: boolean
}

/** The oldest QEMU that the driver works with. */
const oldest = 6_002_000

/**
 * Asks a QEMU everything.
 * @param first a monitor of a QEMU with its best accelerator
 * @param second gives a monitor of the same program without one; asked for only when the first has one
 * @throws VirtError when QEMU is too old, or does not answer what it must
 */
export async function probe(first: Asker, second: () => Promise<Asker>, options: ProbeOptions): Promise<QemuCaps> {
  const version = await versionOf(first)
  if (version.number < oldest)
    throw internalError('QEMU version >= 6.2.0 is required, but %s found'.replace('%s', dotted(version.number)))
  const arch = architecture(textOf(asObject(await first.command('query-target')) ?? {}, 'arch') ?? '')
  const schema = new QapiSchema(await first.command('query-qmp-schema'))
  const evidence = emptyEvidence(arch, schema)
  evidence.hvf = options.hvf ?? false
  evidence.kvm = kvmOf(asObject(await first.command('query-kvm')) ?? {})
  evidence.types = new Set(objectsOf(await first.command('qom-list-types'), 'qom-list-types').map(nameOf))
  await askProperties(first, evidence)

  const accelerator = evidence.kvm ? 'kvm' : evidence.hvf ? 'hvf' : 'tcg'
  const machines = machinesOf(await first.command('query-machines'), arch)
  await askMachines(first, evidence, machines)
  const cpus = await askCpus(first, schema, arch)
  for (const { name } of cpus) evidence.cpus.add(name)
  await askOthers(first, evidence)
  const flags = shownFlags(evidence)
  const gic = /^(?:aarch64|armv7l)$/.test(arch) ? gicOf(await first.command('query-gic-capabilities')) : []
  const sev = await askSev(first, flags)
  const sgx = await askSgx(first, flags)
  // parity: the model `host` is asked for even where nothing accelerates.
  const expansion = await askExpansion(first, 'host', arch, flags)
  const hyperv = await askHyperv(first, arch, flags)
  const found: { -readonly [K in 'kvm' | 'hvf' | 'tcg']?: AcceleratorCaps } = {}
  found[accelerator] = { hostCpu: expansion, cpus, machines }
  if (accelerator !== 'tcg' && flags.has('tcg')) {
    const plain = await second()
    const definitions = await askCpus(plain, schema, arch)
    const hostCpu = await askExpansion(plain, 'max', arch, flags)
    found.tcg = { hostCpu, cpus: definitions, machines: machinesOf(await plain.command('query-machines'), arch) }
  }
  return {
    binary: options.binary,
    version: version.number,
    package: version.package,
    arch,
    flags,
    accelerators: found,
    gic,
    sev,
    sgx,
    hyperv,
    key: noKey,
  }
}

function nameOf(object: JsonObject): string {
  return textOf(object, 'name') ?? ''
}

function dotted(version: number): string {
  return `${Math.trunc(version / 1_000_000)}.${Math.trunc(version / 1000) % 1000}.${version % 1000}`
}

async function versionOf(asker: Asker): Promise<{ number: number; package: string }> {
  const answer = asObject(await asker.command('query-version')) ?? {}
  const { major, minor, micro } = (asObject(answer.qemu) ?? {}) as Record<string, number>
  if (major === undefined || minor === undefined || micro === undefined)
    throw internalError("query-version reply was missing 'qemu' data")
  return { number: major * 1_000_000 + minor * 1000 + micro, package: textOf(answer, 'package') ?? '' }
}

/** libvirt's name of an architecture. */
function architecture(target: string): string {
  const names: Readonly<Record<string, string>> = { i386: 'i686', arm: 'armv7l', or32: 'or32' }
  return names[target] ?? target
}

/** The answer, or `otherwise` when QEMU says no. */
async function attempt<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (qmpFailureOf(error) === undefined) throw error
    return otherwise
  }
}

async function askProperties(asker: Asker, evidence: Evidence): Promise<void> {
  const known = shownFlags(evidence)
  for (const [typename, onlyIf] of deviceQuestions) {
    if (onlyIf !== undefined && !known.has(onlyIf)) continue
    const answer = await attempt(asker.command('device-list-properties', { typename }), [])
    evidence.devices.set(typename, [...(evidence.devices.get(typename) ?? []), propertiesOf(answer)])
  }
  for (const [typename, onlyIf] of objectQuestions) {
    if (onlyIf !== undefined && !known.has(onlyIf)) continue
    const answer = await attempt(asker.command('qom-list-properties', { typename }), [])
    evidence.objects.set(typename, new Set(propertiesOf(answer).keys()))
  }
}

async function askMachines(asker: Asker, evidence: Evidence, machines: readonly MachineType[]): Promise<void> {
  const caps = { accelerators: { tcg: { machines } } } as unknown as QemuCaps
  for (const machine of machineQuestions) {
    const name = canonicalMachine(caps, 'tcg', machine)
    const wanted = machine === 'generic-pc' ? isX86(evidence.arch) : machine === 'none'
    if (!wanted && !machines.some((one) => one.name === name)) continue
    const answer = await attempt(asker.command('qom-list-properties', { typename: `${name}-machine` }), [])
    evidence.machines.set(machine, new Set(propertiesOf(answer).keys()))
  }
}

function isX86(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686'
}

/** QEMU writes POWER's generations small, libvirt large. */
function cpuName(arch: string, name: string): string {
  return arch.startsWith('ppc64') && /^power\d+$/.test(name) ? name.toUpperCase() : name
}

async function askCpus(asker: Asker, schema: QapiSchema, arch: string): Promise<CpuDefinition[]> {
  if (!schema.has('query-cpu-definitions')) return []
  return objectsOf(await asker.command('query-cpu-definitions'), 'query-cpu-definitions').map((one) => {
    const missing = one['unavailable-features']
    const typename = textOf(one, 'typename')
    return {
      name: cpuName(arch, nameOf(one)),
      typename: typename === '' ? undefined : typename,
      usable: Array.isArray(missing) ? missing.length === 0 : undefined,
      blockers: textsOf(one, 'unavailable-features'),
      deprecated: booleanOf(one, 'deprecated') === true,
    }
  })
}

/** What a guest gets that names no machine, by architecture: where libvirt's choice is not left to QEMU. */
const preferred: Readonly<Record<string, string>> = {
  alpha: 'clipper',
  armv7l: 'virt',
  armv7b: 'virt',
  aarch64: 'virt',
  cris: 'axis-dev88',
  i686: 'pc',
  lm32: 'lm32-evr',
  loongarch64: 'virt',
  m68k: 'mcf5208evb',
  microblaze: 'petalogix-s3adsp1800',
  microblazeel: 'petalogix-s3adsp1800',
  mips: 'malta',
  mipsel: 'malta',
  mips64: 'malta',
  mips64el: 'malta',
  or32: 'or1k-sim',
  ppc: 'g3beige',
  ppcle: 'g3beige',
  ppc64: 'pseries',
  ppc64le: 'pseries',
  ppcemb: 'bamboo',
  riscv32: 'virt',
  riscv64: 'virt',
  s390x: 's390-ccw-virtio',
  sh4: 'shix',
  sh4eb: 'shix',
  sparc: 'SS-5',
  sparc64: 'sun4u',
  unicore32: 'puv3',
  x86_64: 'pc',
  xtensa: 'sim',
  xtensaeb: 'sim',
}

/** The one to take first; `none` is none. */
function machinesOf(reply: Json, arch: string): MachineType[] {
  const all = objectsOf(reply, 'query-machines')
    .filter((one) => nameOf(one) !== 'none')
    .map((one) => ({
      name: nameOf(one),
      alias: textOf(one, 'alias'),
      hotplugCpus: booleanOf(one, 'hotpluggable-cpus') === true,
      maxCpus: numberOf(one, 'cpu-max') ?? 0,
      isDefault: booleanOf(one, 'is-default') === true,
      defaultCpu: textOf(one, 'default-cpu-type'),
      numaMemSupported: booleanOf(one, 'numa-mem-supported') === true,
      defaultRamId: textOf(one, 'default-ram-id'),
      deprecated: booleanOf(one, 'deprecated') === true,
      acpi: booleanOf(one, 'acpi'),
    }))
  const wanted = preferred[arch]
  const own = wanted === undefined ? -1 : all.findIndex(({ name, alias }) => name === wanted || alias === wanted)
  const first = own >= 0 ? own : all.findIndex((machine) => machine.isDefault)
  if (first > 0) all.unshift(...all.splice(first, 1))
  return all
}

async function askOthers(asker: Asker, evidence: Evidence): Promise<void> {
  const texts = (answer: Json): string[] => textsOf({ list: answer }, 'list')
  for (const model of texts(await asker.command('query-tpm-models'))) evidence.tpmModels.add(model)
  for (const type of texts(await asker.command('query-tpm-types'))) evidence.tpmTypes.add(type)
  for (const [option, parameters] of optionsOf(await asker.command('query-command-line-options')))
    evidence.options.set(option, parameters)
  for (const one of objectsOf(await asker.command('query-migrate-capabilities'), 'query-migrate-capabilities'))
    evidence.migration.add(textOf(one, 'capability') ?? '')
}

function gicOf(reply: Json): GicCaps[] {
  return objectsOf(reply, 'query-gic-capabilities').map((one) => ({
    version: numberOf(one, 'version') ?? 0,
    kernel: booleanOf(one, 'kernel') === true,
    emulated: booleanOf(one, 'emulated') === true,
  }))
}

async function askSev(asker: Asker, flags: Set<Flag>): Promise<SevCaps | undefined> {
  if (!flags.has('sev-guest') && !flags.has('sev-snp-guest')) return undefined
  const answer = asObject(await attempt(asker.command('query-sev-capabilities'), null))
  if (answer === undefined) {
    flags.delete('sev-guest')
    flags.delete('sev-snp-guest')
    return undefined
  }
  return {
    cbitpos: numberOf(answer, 'cbitpos') ?? 0,
    reducedPhysBits: numberOf(answer, 'reduced-phys-bits') ?? 0,
    pdh: textOf(answer, 'pdh') ?? '',
    certChain: textOf(answer, 'cert-chain') ?? '',
    cpu0Id: textOf(answer, 'cpu0-id'),
  }
}

async function askSgx(asker: Asker, flags: Set<Flag>): Promise<SgxCaps | undefined> {
  if (!flags.has('sgx-epc')) return undefined
  const answer = asObject(await attempt(asker.command('query-sgx-capabilities'), null))
  if (answer === undefined) {
    flags.delete('sgx-epc')
    return undefined
  }
  const sections = Array.isArray(answer.sections) ? answer.sections.map((one: Json) => asObject(one) ?? {}) : []
  const sizes = sections.map((one) => ({
    node: numberOf(one, 'node') ?? 0,
    size: (bigintOf(one, 'size') ?? 0n) / 1024n,
  }))
  const total = sizes.reduce((sum, { size }) => sum + size, 0n)
  return {
    flc: booleanOf(answer, 'flc') === true,
    sgx1: booleanOf(answer, 'sgx1') === true,
    sgx2: booleanOf(answer, 'sgx2') === true,
    sectionSize: sections.length > 0 ? total : (bigintOf(answer, 'section-size') ?? 0n) / 1024n,
    sections: sizes,
  }
}

/** All about the model `host` or `max`; undefined when QEMU does not tell. */
async function askExpansion(
  asker: Asker,
  name: string,
  arch: string,
  flags: ReadonlySet<Flag>,
): Promise<CpuExpansion | undefined> {
  if (!flags.has('query-cpu-model-expansion')) return undefined
  const type = arch === 'aarch64' || arch === 'armv7l' ? 'full' : 'static'
  const expand = async (kind: string, props?: JsonObject): Promise<JsonObject | undefined> => {
    const model = props === undefined ? { name } : { name, props }
    return asObject(await attempt(asker.command('query-cpu-model-expansion', { type: kind, model }), null))
  }
  const movable = await expand(type)
  const migratability = flags.has('cpu.migratable')
  const all = migratability ? await expand(type, { migratable: false }) : movable
  const deprecated = flags.has('query-cpu-model-expansion.deprecated-props') ? await expand('full') : undefined
  const model = asObject(all?.model)
  if (model === undefined) return undefined
  const movableProps = migratability ? (asObject(asObject(movable?.model)?.props) ?? {}) : undefined
  return {
    model: textOf(model, 'name') ?? '',
    migratability,
    properties: propertiesOfModel(asObject(model.props) ?? {}, movableProps),
    deprecated: deprecated === undefined ? [] : textsOf(deprecated, 'deprecated-props'),
  }
}

function propertiesOfModel(all: JsonObject, movable: JsonObject | undefined): CpuProperty[] {
  const properties: CpuProperty[] = []
  for (const [name, value] of Object.entries(all)) {
    if (
      typeof value !== 'boolean' &&
      typeof value !== 'number' &&
      typeof value !== 'bigint' &&
      typeof value !== 'string'
    )
      continue
    const tells = movable !== undefined && value === true
    properties.push(tells ? { name, value, migratable: movable[name] === true } : { name, value })
  }
  return properties
}

/** Enlightenments by libvirt's names; QEMU's have hyphens and a prefix. */
const enlightenments = [
  'relaxed',
  'vapic',
  'spinlocks',
  'vpindex',
  'runtime',
  'synic',
  'stimer',
  'reset',
  'vendor_id',
  'frequencies',
  'reenlightenment',
  'tlbflush',
  'ipi',
  'evmcs',
  'avic',
  'emsr_bitmap',
  'xmm_input',
]

async function askHyperv(asker: Asker, arch: string, flags: ReadonlySet<Flag>): Promise<string[] | undefined> {
  const asked = isX86(arch) || arch === 'aarch64' || arch === 'armv7l'
  if (!asked || !flags.has('query-cpu-model-expansion')) return undefined
  const model = { name: 'host', props: { migratable: false, 'hv-passthrough': true } }
  const answer = asObject(await attempt(asker.command('query-cpu-model-expansion', { type: 'full', model }), null))
  const props = asObject(asObject(answer?.model)?.props) ?? {}
  const found = enlightenments.filter((name) => {
    const value = props[`hv-${name.replaceAll('_', '-')}`]
    return value !== undefined && value !== false
  })
  return found.length === 0 ? undefined : found
}
