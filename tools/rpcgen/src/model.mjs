// SPDX-License-Identifier: GPL-2.0-or-later
// The slot model: one record per driver method, joined from procedure, API function and access rules.
// A slot's arguments are the procedure's, less what only the C API or the wire needs (array sizes, "need results").
import { pascal } from './names.mjs'

/** Object references: wire struct -> name in core, class in the access rules, resolver of the session. */
export const refs = {
  remote_nonnull_domain: { type: 'DomainRef', object: 'domain', resolve: 'resolveDomain' },
  remote_nonnull_network: { type: 'NetworkRef', object: 'network', resolve: 'resolveNetwork' },
  remote_nonnull_network_port: { type: 'NetworkPortRef', object: 'network_port', resolve: 'resolveNetworkPort' },
  remote_nonnull_nwfilter: { type: 'NWFilterRef', object: 'nwfilter', resolve: 'resolveNWFilter' },
  remote_nonnull_nwfilter_binding: {
    type: 'NWFilterBindingRef',
    object: 'nwfilter_binding',
    resolve: 'resolveNWFilterBinding',
  },
  remote_nonnull_interface: { type: 'InterfaceRef', object: 'interface', resolve: 'resolveInterface' },
  remote_nonnull_storage_pool: { type: 'StoragePoolRef', object: 'storage_pool', resolve: 'resolveStoragePool' },
  remote_nonnull_storage_vol: { type: 'StorageVolRef', object: 'storage_vol', resolve: 'resolveStorageVol' },
  remote_nonnull_node_device: { type: 'NodeDeviceRef', object: 'node_device', resolve: 'resolveNodeDevice' },
  remote_nonnull_secret: { type: 'SecretRef', object: 'secret', resolve: 'resolveSecret' },
  remote_nonnull_domain_checkpoint: {
    type: 'DomainCheckpointRef',
    object: 'domain',
    resolve: 'resolveDomainCheckpoint',
  },
  remote_nonnull_domain_snapshot: { type: 'DomainSnapshotRef', object: 'domain', resolve: 'resolveDomainSnapshot' },
}

/** Argument fields that only size the C caller's arrays: what a client sends for them. */
const wireOnly = {
  need_results: () => '1',
  maxnames: (max) => `${max}`,
  maxids: (max) => `${max}`,
  maxuuids: (max) => `${max}`,
  maxStats: (max) => `${max}`,
}
const counted = { nparams: true, maxerrors: true }
const keepCounts = new Set(['DOMAIN_GET_CPU_STATS'])

/** Names of results that have one in the C API; the others are called after their slot. */
const resultNames = {
  domainGetInfo: 'DomainInfo',
  nodeGetInfo: 'NodeInfo',
  domainBlockStats: 'DomainBlockStats',
  domainInterfaceStats: 'DomainInterfaceStats',
  domainGetBlockInfo: 'DomainBlockInfo',
  domainGetControlInfo: 'DomainControlInfo',
  domainGetJobInfo: 'DomainJobInfo',
  storagePoolGetInfo: 'StoragePoolInfo',
  storageVolGetInfo: 'StorageVolInfo',
  domainGetBlockJobInfo: 'DomainBlockJobInfo',
  domainGetSecurityLabel: 'SecurityLabel',
  nodeGetSecurityModel: 'SecurityModel',
  domainGetState: 'DomainStateInfo',
}

export const fieldName = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase())

/** Resolves typedefs until something with substance is left. */
export function resolveType(program, remote, type) {
  while (type.k === 'ref') {
    if (refs[type.name] || type.name === 'remote_uuid') return type
    const def = program.types[type.name] ?? remote.types[type.name]
    if (def.kind !== 'typedef') return { ...type, def }
    type = def.type
  }
  return type
}

const isParam = (type) => type.k === 'ref' && /_typed_param$/.test(type.name)

/**
 * What a wire field is at the SPI.
 * kinds: int bool int64 double string uuid bytes cstring params ref struct list enum; `optional` may be added.
 */
export function spiValue(program, remote, type, context) {
  const t = resolveType(program, remote, type)
  switch (t.k) {
    case 'int':
    case 'uint':
    case 'short':
    case 'ushort':
    case 'char':
    case 'uchar':
      return { kind: 'int', wire: t.k }
    case 'hyper':
    case 'uhyper':
      return { kind: 'int64', wire: t.k }
    case 'double':
      return { kind: 'double' }
    case 'string':
      return { kind: 'string', max: t.max }
    case 'opaque':
      return { kind: 'bytes', max: t.max, len: t.len }
    case 'optional':
      return { ...spiValue(program, remote, t.of, context), optional: true }
    case 'array':
      if (t.of.k === 'char') return { kind: 'cstring', len: t.len }
      break
    case 'list':
      if (t.of.k === 'char') return { kind: context?.auth ? 'bytes' : 'cstring', max: t.max, chars: true }
      if (isParam(t.of)) return { kind: 'params', max: t.max }
      return { kind: 'list', of: spiValue(program, remote, t.of, context), max: t.max }
    case 'ref':
      if (t.name === 'remote_uuid') return { kind: 'uuid' }
      if (refs[t.name]) return { kind: 'ref', ...refs[t.name], struct: t.name }
      if (t.def.kind === 'enum') return { kind: 'int', wire: 'int' }
      return {
        kind: 'struct',
        name: t.name,
        type: pascal(t.name.replace(/^(remote|admin|qemu|lxc)_/, '').replace(/_ret$/, '')),
      }
  }
  throw new Error(`no SPI value for ${JSON.stringify(type)}`)
}

/** TypeScript of a value; `dir` is `in` for slot arguments, `out` for results and events. */
export function tsType(v, dir = 'out') {
  const base = {
    int: () => 'number',
    bool: () => 'boolean',
    int64: () => (dir === 'in' ? 'bigint' : 'Int64'),
    double: () => 'number',
    string: () => 'string',
    uuid: () => 'string',
    bytes: () => 'Uint8Array',
    cstring: () => 'string',
    params: () => 'TypedParams',
    ref: () => v.type,
    struct: () => v.type,
    list: () => `readonly ${tsType(v.of, dir)}[]`,
  }[v.kind]()
  return v.optional ? `${base} | undefined` : base
}

/** Which of a connection's sessions serves a slot. */
export function familyOf(name) {
  const rules = [
    ['hypervisor', /^nodeDevice(Dettach|DetachFlags|ReAttach|Reset)$/],
    ['nodeDevice', /^(nodeDevice|nodeNumOfDevices|nodeListDevices|connectListAllNodeDevices|connectNodeDeviceEvent)/],
    ['network', /^(network|connect(NumOf|List|ListAll)(Defined)?Networks$|connectNetworkEvent)/],
    [
      'storage',
      /^(storage(Pool|Vol)|connect(NumOf|List|ListAll)(Defined)?StoragePools$|connectFindStoragePoolSources|connectGetStoragePoolCapabilities|connectStoragePoolEvent)/,
    ],
    ['interface', /^(interface|connect(NumOf|List|ListAll)(Defined)?Interfaces$)/],
    ['secret', /^(secret|connect(NumOf|List|ListAll)Secrets$|connectSecretEvent)/],
    ['nwfilter', /^(nwfilter|connect(NumOf|List|ListAll)NWFilters$|connectListAllNWFilterBindings)/],
  ]
  return rules.find(([, re]) => re.test(name))?.[0] ?? 'hypervisor'
}

/** Builds the slot records of all programs that drivers serve, in order of procedure number. */
export function buildSlots({ programs, api }) {
  const remote = programs.remote
  const functions = new Map(api.functions.map((f) => [f.name, f]))
  const enumValue = new Map(api.enums.flatMap((e) => e.members.map((m) => [m.name, m.value])))
  const slots = []
  for (const programName of ['remote', 'qemu', 'lxc']) {
    const program = programs[programName]
    for (const p of program.procedures) {
      if (
        p.kind !== 'call' ||
        !p.driverMethods?.length ||
        /Event(Register|Deregister)|^connect(Open|Close)$|CloseCallback$/.test(p.driverMethods[0].method)
      )
        continue
      const name = p.driverMethods[0].method
      const publicName = p.api[0] ?? `vir${name[0].toUpperCase()}${name.slice(1)}`
      const fn = functions.get(publicName)
      const argDef = p.args ? program.types[p.args].fields : []
      const retDef = p.ret ? program.types[p.ret].fields : []
      const listMax = retDef
        .map((f) => spiValue(program, remote, f.type))
        .find((v) => v.max && (v.kind === 'list' || v.kind === 'params'))?.max
      const hasParams = retDef.some((f) => ['params', 'errors'].includes(f.name)) && !keepCounts.has(p.name)
      const args = argDef.map((f) => {
        const v = spiValue(program, remote, f.type)
        const a = { field: f.name, name: fieldName(f.name), v }
        if (wireOnly[f.name]) a.wireOnly = wireOnly[f.name](listMax)
        else if (counted[f.name] && hasParams) a.counted = true
        if (f.name === 'flags' && v.kind === 'int64') a.v = { kind: 'int', wire: 'uhyper' }
        if (f.name === 'autostart') a.v = { kind: 'bool' }
        if (f.name === 'name' && fn?.args[0]?.type === 'virNodeDevicePtr') {
          a.v = { kind: 'ref', ...refs.remote_nonnull_node_device, bare: true }
          a.name = 'dev'
        }
        return a
      })
      const results = retDef.map((f) => ({
        field: f.name,
        name: fieldName(f.name),
        v: spiValue(program, remote, f.type),
      }))
      const list = results.find((r) => ['list', 'params'].includes(r.v.kind))
      if (list && !keepCounts.has(p.name)) {
        for (const r of results) if (r !== list && ['ret', 'nparams', 'nerrors'].includes(r.field)) r.count = list.name
      }
      const visible = results.filter((r) => !r.count)
      if (
        visible.length === 1 &&
        visible[0].v.kind === 'int' &&
        (fn?.returns.kind === 'tristate' || visible[0].field === 'autostart')
      )
        visible[0].v = { kind: 'bool' }
      const slotArgs = args.filter((a) => !a.wireOnly && !a.counted)
      const subject = slotArgs.findIndex((a) => a.v.kind === 'ref' && !a.v.optional)
      const flags = slotArgs.find((a) => a.name === 'flags')
      slots.push({
        name,
        publicName,
        program: programName,
        procedure: p,
        fn,
        args,
        slotArgs,
        results,
        visible,
        resultType:
          visible.length > 1 ? (resultNames[name] ?? `${name[0].toUpperCase()}${name.slice(1)}Result`) : undefined,
        subject: subject === 0 ? slotArgs[0] : undefined,
        flags,
        family: familyOf(name),
        stream: p.stream,
        fds: p.fds,
        enumValue,
        since: p.driverMethods[0].since,
        counted: args.some((a) => a.counted),
      })
    }
  }
  return slots
}

/** TypeScript of a slot's answer. */
export function answerType(slot) {
  const { visible } = slot
  if (slot.stream)
    return visible.length
      ? `{ stream: ByteStream; ${visible.map((r) => `${r.name}: ${tsType(r.v)}`).join('; ')} }`
      : 'ByteStream'
  if (!visible.length) return 'void'
  if (visible.length === 1) return tsType(visible[0].v)
  return slot.resultType
}
