// SPDX-License-Identifier: GPL-2.0-or-later
// What a recorded QEMU session says that QEMU can do, by the corpus' own description of the flags: what the passes over
// domains ask for. The probe of the QEMU driver has a suite of its own.
import { readFileSync } from 'node:fs'

/** Documents of a session: command, reply, command, reply … */
function readReplies(file) {
  return readFileSync(file, 'utf8')
    .split('\n\n')
    .filter((one) => one.trim() !== '')
    .map((one) => JSON.parse(one))
}

/** Answers by command and, where it matters, by type; `second` counts the questions of one kind. */
class Session {
  #answers = new Map()
  /** Commands of the second connection, which QEMU without acceleration answers. */
  plain = new Map()

  constructor(documents) {
    let connection = 0
    for (let i = 0; i + 1 < documents.length; i += 2) {
      const { execute, arguments: args } = documents[i]
      if (execute === 'qmp_capabilities') connection++
      const key = args?.typename === undefined ? execute : `${execute} ${args.typename}`
      const table = connection > 1 ? this.plain : this.#answers
      table.set(key, [...(table.get(key) ?? []), documents[i + 1]])
    }
  }

  all(command) {
    return (this.#answers.get(command) ?? []).map((one) => one.return)
  }

  one(command, occurrence = 0) {
    return this.#answers.get(command)?.[occurrence]?.return
  }

  failed(command) {
    return this.#answers.get(command)?.[0]?.error !== undefined
  }
}

/** Whether a path holds in QEMU's description of its commands. */
function schemaHas(byName, path) {
  const [command, ...steps] = path.split('/')
  let entry = byName.get(command)
  for (const step of steps) {
    if (entry === undefined) return false
    entry = walk(byName, entry, step)
    if (typeof entry === 'boolean') return entry
  }
  return entry !== undefined
}

function walk(byName, from, raw) {
  let entry = from
  let step = raw.replace(/^ /, '')
  const [, feature] = step.split('$')
  if (step.startsWith('$')) return entry.features?.includes(step.slice(1)) === true
  if (step === 'arg-type' || step === 'ret-type') return byName.get(entry[step])
  entry = resolve(byName, entry)
  if (entry?.['meta-type'] === 'alternate') {
    for (const member of entry.members) {
      const found = walk(byName, byName.get(member.type), raw)
      if (found !== undefined && found !== false) return found
    }
    return undefined
  }
  if (step.startsWith('^')) {
    const value = step.slice(1).split('$')[0]
    const member = entry?.members?.find((one) => one.name === value)
    if (feature !== undefined) return member?.features?.includes(feature) === true
    return entry?.values?.includes(value) === true || member !== undefined
  }
  if (step.startsWith('!')) return entry?.['json-type'] === step.slice(1)
  if (step.startsWith('+')) return byName.get(entry?.variants?.find((one) => one.case === step.slice(1))?.type)
  const optional = step.startsWith('*')
  if (optional) step = step.slice(1)
  const member = entry?.members?.find((one) => one.name === step)
  if (member === undefined || (optional && member.default === undefined)) return undefined
  return { ...byName.get(member.type), features: member.features ?? [] }
}

function resolve(byName, entry) {
  let found = entry
  while (found?.['meta-type'] === 'array') found = byName.get(found['element-type'])
  return found
}

/** Does one entry of a flag's `detectAnyOf` match? */
function matches(entry, facts) {
  const { session, byName, flags, arch, variant } = facts
  if (entry.onlyIfFlag !== undefined && !flags.has(entry.onlyIfFlag)) return false
  switch (entry.kind) {
    case 'qmp-command':
      return byName.get(entry.command)?.['meta-type'] === 'command'
    case 'qapi-schema-path':
      return [entry.path, ...(entry.allOf ?? [])]
        .filter((path) => path !== undefined)
        .every((path) => schemaHas(byName, path))
    case 'qom-type':
      return facts.types.has(entry.type)
    case 'device-property':
    case 'device-property-default': {
      const properties = session.one(`device-list-properties ${entry.type}`, (entry.queryOccurrence ?? 1) - 1) ?? []
      const found = properties.find((one) => one.name === entry.property)
      return found !== undefined && (entry.kind === 'device-property' || found['default-value'] === entry.defaultValue)
    }
    case 'qom-object-property':
      return session.one(`qom-list-properties ${entry.type}`)?.some((one) => one.name === entry.property) === true
    case 'machine-property': {
      const name = facts.machines.find((one) => one.alias === entry.machine)?.name ?? entry.machine
      return session.one(`qom-list-properties ${name}-machine`)?.some((one) => one.name === entry.property) === true
    }
    case 'migration-capability':
      return session.one('query-migrate-capabilities')?.some((one) => one.capability === entry.capability) === true
    case 'command-line-option': {
      const option = session.one('query-command-line-options')?.find((one) => one.option === entry.option)
      return (
        option !== undefined &&
        (entry.parameter === undefined || option.parameters.some((one) => one.name === entry.parameter))
      )
    }
    case 'tpm-model':
      return session.one('query-tpm-models')?.includes(entry.model) === true
    case 'tpm-type':
      return session.one('query-tpm-types')?.includes(entry.type) === true
    case 'qmp-reply': {
      const reply = session.one(entry.command)
      return reply?.present === true && reply?.enabled === true
    }
    case 'cpu-definition':
      return facts.cpus.some((one) => one.name === entry.name)
    case 'implied-by-flag':
      return flags.has(entry.flag)
    case 'arch':
      return entry.anyOf.includes(arch)
    case 'host':
      return variant.includes('hvf')
    default:
      throw new Error(`unknown kind of detection '${entry.kind}'`)
  }
}

function flagsOf(table, session, arch, variant) {
  const facts = {
    session,
    arch,
    variant,
    flags: new Set(),
    byName: new Map((session.one('query-qmp-schema') ?? []).map((one) => [one.name, one])),
    types: new Set((session.one('qom-list-types') ?? []).map((one) => one.name)),
    machines: session.one('query-machines') ?? [],
    cpus: session.one('query-cpu-definitions') ?? [],
  }
  // A flag may be asked for by one that stands before it.
  for (let before = -1; before !== facts.flags.size; ) {
    before = facts.flags.size
    for (const { name, detectAnyOf = [] } of table.flags)
      if (!facts.flags.has(name) && detectAnyOf.some((entry) => matches(entry, facts))) facts.flags.add(name)
  }
  for (const [command, cleared] of [
    ['query-sev-capabilities', ['sev-guest', 'sev-snp-guest']],
    ['query-sgx-capabilities', ['sgx-epc']],
  ])
    if (session.failed(command)) for (const name of cleared) facts.flags.delete(name)
  return facts.flags
}

/** Names of CPUs that libvirt's own tables write otherwise. */
const renamed = (cpus) => cpus.map((one) => ({ ...one, name: one.name.replace(/^power(\d+)$/, 'POWER$1') }))

const machinesOf = (reply, models) =>
  reply.map((one) => ({
    name: one.name,
    alias: one.alias,
    maxCpus: one['cpu-max'],
    hotplugCpus: one['hotpluggable-cpus'] === true,
    isDefault: one['is-default'] === true,
    defaultCpu: models.find((model) => model.typename === one['default-cpu-type'])?.name,
    numaMemory: one['numa-mem-supported'] !== false,
    defaultRamId: one['default-ram-id'],
    acpi: one.acpi,
    deprecated: one.deprecated === true,
  }))

/** A machine with an alias becomes one of that name, and one of its own at the end. */
function dissolve(machines) {
  const versioned = machines.filter((one) => one.alias !== undefined)
  return [
    ...machines.map((one) => (one.alias === undefined ? one : { ...one, name: one.alias, alias: undefined })),
    ...versioned.map((one) => ({ ...one, alias: undefined, isDefault: false })),
  ]
}

/** What the replies of a file say; `shape` makes the object that a case uses of it. */
export class Capabilities {
  #table
  #read = new Map()

  constructor(flagsFile) {
    this.#table = JSON.parse(readFileSync(flagsFile, 'utf8'))
  }

  #facts(file, arch, variant) {
    const key = `${file} ${arch} ${variant}`
    const known = this.#read.get(key)
    if (known) return known
    const session = new Session(readReplies(file))
    const cpus = renamed(session.one('query-cpu-definitions') ?? [])
    const plainCpus = renamed(session.plain.get('query-cpu-definitions')?.[0]?.return ?? cpus)
    const facts = {
      version: session.one('query-version').qemu,
      flags: flagsOf(this.#table, session, arch, variant),
      gic: session.one('query-gic-capabilities') ?? [],
      hostModel: session.one('query-cpu-model-expansion') !== undefined,
      accelerated: { machines: machinesOf(session.one('query-machines'), cpus), cpus },
      plain: {
        machines: machinesOf(
          session.plain.get('query-machines')?.[0]?.return ?? session.one('query-machines'),
          plainCpus,
        ),
        cpus: plainCpus,
      },
    }
    this.#read.set(key, facts)
    return facts
  }

  /** @param c facts of a case: `arch`, `capsVariant`, `stripMachineAliases`, `capsAdd`, `capsDel`, `gic` */
  of(file, c) {
    const facts = this.#facts(file, c.arch, c.capsVariant ?? '')
    const flags = new Set(facts.flags)
    for (const name of c.capsAdd ?? []) flags.add(name)
    for (const name of c.capsDel ?? []) flags.delete(name)
    const { major, minor, micro } = facts.version
    const machines = (type) => {
      const list = (type === 'qemu' ? facts.plain : facts.accelerated).machines
      return c.stripMachineAliases ? dissolve(list) : list
    }
    return {
      arch: c.arch,
      version: (major * 1000 + minor) * 1000 + micro,
      has: (flag) => flags.has(flag),
      machines,
      cpus: (type) => (type === 'qemu' ? facts.plain : facts.accelerated).cpus,
      gicVersions: (type) =>
        c.gic?.length > 0
          ? c.gic
          : facts.gic.filter((one) => (type === 'kvm' ? one.kernel : one.emulated)).map((one) => one.version),
      hasHostModel: (type) => type === 'kvm' && facts.hostModel,
    }
  }
}
