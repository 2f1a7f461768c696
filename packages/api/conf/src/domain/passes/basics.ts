// SPDX-License-Identifier: LGPL-2.1-or-later
// Identity, memory, vCPUs, clock, boot order: what a domain has even if it does not say so.
import { printSet, readSet } from '../../lang/value.js'
import type { Pass, PassContext } from '../../runtime/context.js'
import type { Domain, IothreadId } from '../types.gen.js'
import { devicesOf, eachDevice, pass } from './devices.js'
import { badValue, detailError, internalError, unsupported, xmlError } from './report.js'

const identity = pass('identity', (domain) => {
  domain.uuid ??= crypto.randomUUID()
  domain.on_poweroff ??= 'destroy'
  domain.on_reboot ??= 'restart'
  domain.on_crash ??= 'destroy'
  domain.clock ??= { offset: 'utc', timers: [] }
  domain.vcpu ??= {}
  domain.vcpu.count ??= 1
  domain.memory ??= {}
  domain.memory.value ??= 0n
  devicesOf(domain)
})

const vcpus = pass('vcpus', (domain) => {
  const { vcpu } = domain
  if (!vcpu || vcpu.count === undefined) return
  // Automatic placement of memory without any word about the vCPUs is automatic placement of both.
  vcpu.placement ??= 'static'
  const pinned = domain.cputune && (domain.cputune.vcpupins.length > 0 || domain.cputune.emulatorpin !== undefined)
  if (vcpu.cpuset === undefined && !pinned && domain.numatune?.memory?.placement === 'auto') vcpu.placement = 'auto'
  // parity: none is fewer than there are in no node.
  if (vcpu.count === 0) internalError('CPU IDs in <numa> exceed the <vcpu> count')
  if (vcpu.placement === 'auto') delete vcpu.cpuset
  if (vcpu.current !== undefined && vcpu.current > vcpu.count)
    unsupported('maximum vCPU count must not be less than current vCPU count')
  if (vcpu.current === vcpu.count) delete vcpu.current
  let online = 0
  for (const one of domain.vcpus) {
    if (one.id >= vcpu.count) xmlError(`vcpu id '${one.id}' is out of range of maximum vcpu count`)
    if (one.enabled) online++
    one.hotpluggable ??= !one.enabled
    if (!one.enabled && !one.hotpluggable) unsupported(`vcpu '${one.id}' is both offline and not hotpluggable`)
  }
  if (domain.vcpus.length === 0) return
  vcpu.current = online === vcpu.count ? undefined : online
  const known = new Map(domain.vcpus.map((one) => [one.id, one]))
  const off = (id: number) => ({ id, enabled: false, hotpluggable: true })
  domain.vcpus = Array.from({ length: vcpu.count }, (_, id) => known.get(id) ?? off(id))
})

const sum = (values: Iterable<bigint>) => {
  let all = 0n
  for (const value of values) all += value
  return all
}

/** Memory in KiB that comes with memory devices. */
export function hotplugMemory(domain: Domain): bigint {
  return sum((domain.devices?.memorys ?? []).map((device) => device.target?.size ?? 0n))
}

/** What the memory of each model comes from; all else of a source is not of its kind. */
const memorySources: Readonly<Record<string, readonly string[]>> = {
  dimm: ['nodemask', 'pagesize'],
  'virtio-mem': ['nodemask', 'pagesize'],
  nvdimm: ['path', 'alignsize', 'pmem'],
  'virtio-pmem': ['path'],
  'sgx-epc': ['nodemask'],
}
const memoryTargets: Readonly<Record<string, readonly string[]>> = {
  dimm: ['size', 'node'],
  'virtio-mem': ['size', 'node', 'dynamicMemslots', 'block', 'requested', 'current', 'address'],
  nvdimm: ['size', 'node', 'label', 'readonly'],
  'virtio-pmem': ['size', 'node', 'address'],
  'sgx-epc': ['size', 'node'],
}
const memoryParts = pass('parts of memory devices', ({ devices }) => {
  for (const { model, source, target } of devices?.memorys ?? [])
    for (const [part, own] of [
      [source, memorySources[model]],
      [target, memoryTargets[model]],
    ] as const)
      for (const key of Object.keys(part ?? {}))
        if (own?.includes(key) === false) Reflect.deleteProperty(part ?? {}, key)
})

const memory = pass('memory', (domain, context) => {
  const total = domain.memory
  if (!total) return
  const cells = domain.cpu?.numa?.cells ?? []
  const numa = sum(cells.map((cell) => cell.memory ?? 0n))
  const infer = total.value === 0n || context.has('abiUpdate') || context.has('abiUpdateMigration')
  const plugged = hotplugMemory(domain)
  if (infer && numa > 0n) total.value = numa + plugged
  else if (plugged > (total.value ?? 0n)) xmlError('Total size of memory devices exceeds the total memory size')
  if ((total.value ?? 0n) - plugged <= 0n)
    xmlError('Memory size must be specified via <memory> or in the <numa> configuration')
  if (domain.currentMemory === undefined || domain.currentMemory === 0n || domain.currentMemory > (total.value ?? 0n))
    domain.currentMemory = total.value
  const { maxMemory } = domain
  if (!maxMemory) return
  if ((maxMemory.slots ?? 0) > 0 && (maxMemory.value ?? 0n) === 0n)
    xmlError('maximum memory size must be specified when specifying number of memory slots')
  if ((maxMemory.value ?? 0n) < (total.value ?? 0n))
    xmlError('maximum memory size must be equal or greater than the actual memory size')
})

const mostIothreads = 0xffff

/** I/O threads without their own entry get the lowest free numbers. */
const iothreads = pass('iothreads', (domain) => {
  const named = domain.iothreadids
  const seen = new Set<number>()
  for (const { id } of named) {
    if (id === 0) badValue("Invalid value for attribute 'id' in element 'iothread': Zero is not permitted")
    if (seen.has(id)) xmlError(`duplicate iothread id '${id}' found`)
    seen.add(id)
  }
  const wanted = domain.iothreads ?? 0
  // differs: libvirt makes as many as it is told, until its memory is full.
  if (wanted > mostIothreads) xmlError(`invalid iothreads count '${wanted}'`)
  if (wanted <= named.length) {
    if (named.length > 0) domain.iothreads = named.length
    return
  }
  const added: IothreadId[] = []
  for (let id = 1; named.length + added.length < wanted; id++) if (!seen.has(id)) added.push({ id, auto: true })
  domain.iothreadids = [...named, ...added]
})

const osType = pass('os type', ({ os, bootloader }) => {
  if (os?.type?.type === undefined && bootloader === undefined) xmlError('an os <type> must be specified')
})

const os = pass('os', (domain, context) => {
  const { os } = domain
  const { nvram } = os ?? {}
  if (domain.bootloader === undefined) delete domain.bootloader_args
  if (os?.firmware !== undefined && nvram?.format !== undefined && nvram.format !== 'none') {
    os.loader ??= {}
    os.loader.format ??= nvram.format
  }
  if (os?.type && os.type.arch === undefined) {
    const arch = context.hooks.defaultArch
    const found =
      typeof arch === 'function'
        ? (arch as (domain: Domain) => string | undefined)(domain)
        : (arch as string | undefined)
    if (found !== undefined) os.type.arch = found
  }
  if (os?.loader?.path !== undefined) os.loader.type ??= 'rom'
  const type = os?.type?.type
  if (os && type === 'exe' && os.init === undefined) {
    if (domain.type === 'lxc') os.init = '/sbin/init'
    else xmlError('init binary must be specified')
  }
})

const bootOrder = pass('boot order', (domain) => {
  const { os } = domain
  if (os?.type?.type !== 'hvm') return
  const orders = new Set<number>()
  eachDevice(domain, ({ boot }) => {
    if (boot?.order === undefined) return
    if (orders.has(boot.order)) unsupported(`boot order '${boot.order}' used for more than one device`)
    orders.add(boot.order)
  })
  if (orders.size > 0 && os.boots.length > 0)
    unsupported('per-device boot elements cannot be used together with os/boot elements')
  if (orders.size === 0 && os.boots.length === 0 && domain.bootloader === undefined) os.boots = [{ dev: 'hd' }]
})

/** vCPUs beyond the maximum fall out of groups; what is left may not overlap. */
function clip(set: string | undefined, count: number): number[] {
  return (readSet(set ?? '') ?? []).filter((id) => id < count)
}

const scheduling = pass('cputune', (domain) => {
  const { cputune } = domain
  const count = domain.vcpu?.count ?? 1
  if (!cputune) return
  cputune.vcpupins = [...cputune.vcpupins].filter((pin) => pin.vcpu < count).sort((a, b) => a.vcpu - b.vcpu)
  cputune.vcpuscheds = regroup(cputune.vcpuscheds, 'vcpus', "'vcpusched' attributes 'vcpus' must not overlap")
  cputune.iothreadscheds = regroup(
    cputune.iothreadscheds,
    'iothreads',
    "'iothreadsched' attributes 'iothreads' must not overlap",
  )
  resctrl(domain, count)
})

/** One entry for each number, in their order. */
function regroup<
  K extends 'vcpus' | 'iothreads',
  T extends { scheduler: string; priority?: number | undefined } & { [key in K]?: string | undefined },
>(list: readonly T[], key: K, overlap: string): T[] {
  if (list.length === 0) return []
  const by = new Map<number, T>()
  for (const one of list) {
    const ids = readSet(one[key] ?? '') ?? []
    if (ids.length === 0) unsupported(`'${key}' scheduler bitmap '${one[key]}' is empty`)
    for (const id of ids) {
      if (by.has(id)) detailError(overlap)
      by.set(id, one)
    }
  }
  return [...by].sort(([a], [b]) => a - b).map(([id, one]) => ({ ...one, [key]: String(id) }))
}

const join = (a: readonly number[], b: readonly number[]) => a.some((one) => b.includes(one))

function resctrl(domain: Domain, count: number): void {
  const { cputune } = domain
  if (!cputune || (cputune.cachetunes.length === 0 && cputune.memorytunes.length === 0)) return
  const taken: number[][] = []
  const same = (a: readonly number[], b: readonly number[]) => printSet(a) === printSet(b)
  cputune.cachetunes = cputune.cachetunes.flatMap((tune) => {
    const ids = clip(tune.vcpus, count)
    if (ids.length === 0) return []
    if (taken.some((one) => same(one, ids))) xmlError('Identical vcpus in cachetunes found')
    if (taken.some((one) => join(one, ids))) xmlError('Overlapping vcpus in resctrls')
    taken.push(ids)
    const seen = new Set<string>()
    for (const cache of tune.caches) {
      const key = `${cache.level}/${cache.id}`
      if (
        seen.has(`${key}/${cache.type}`) ||
        seen.has(`${key}/both`) ||
        (cache.type === 'both' && (seen.has(`${key}/code`) || seen.has(`${key}/data`)))
      )
        xmlError(`Colliding cache allocations for cache level '${cache.level}' id '${cache.id}', type '${cache.type}'`)
      seen.add(`${key}/${cache.type}`)
    }
    const monitors = tune.monitors.filter((monitor) => clip(monitor.vcpus, count).length > 0)
    return [{ ...tune, vcpus: printSet(ids), monitors }]
  })
  const caches = taken.slice()
  const bands: number[][] = []
  cputune.memorytunes = cputune.memorytunes.flatMap((tune) => {
    const ids = clip(tune.vcpus, count)
    if (ids.length === 0) return []
    if (caches.some((one) => join(one, ids) && !same(one, ids)) || bands.some((one) => join(one, ids)))
      xmlError('Overlapping vcpus in resctrls')
    bands.push(ids)
    const nodes = new Set<number>()
    for (const node of tune.nodes) {
      if (nodes.has(node.id)) xmlError(`Memory Bandwidth already defined for node ${node.id}`)
      nodes.add(node.id)
    }
    return [{ ...tune, vcpus: printSet(ids) }]
  })
}

/** Where memory comes from if it is not said: with the vCPUs. */
const numatune = pass('numatune', (domain) => {
  const tune = domain.numatune
  const memory = tune?.memory
  if (!tune || !memory) return
  if (memory.placement === undefined && memory.mode === undefined && memory.nodeset === undefined) {
    tune.memory = undefined
    return
  }
  if (memory.placement === undefined || memory.placement === 'default')
    memory.placement = memory.nodeset !== undefined ? 'static' : domain.vcpu?.placement === 'auto' ? 'auto' : 'static'
  memory.mode ??= 'strict'
  if (memory.placement === 'static' && memory.nodeset === undefined)
    unsupported("nodeset for NUMA memory tuning must be set if 'placement' is 'static'")
  if (memory.placement === 'auto') delete memory.nodeset
})

/** A random UUID, of the driver's own random bytes if it brings any. */
export function newUuid({ hooks }: PassContext): string {
  const random = hooks.random as ((size: number) => Uint8Array) | undefined
  if (!random) return crypto.randomUUID()
  const bytes = Uint8Array.from(random(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return [...bytes]
    .map((byte, i) => ([4, 6, 8, 10].includes(i) ? '-' : '') + byte.toString(16).padStart(2, '0'))
    .join('')
}

const genid = pass('genid', (domain, context) => {
  if (domain.genid === '') domain.genid = newUuid(context)
})

/** A single label without model is of the host's own security model. */
function ownModel(domain: Domain, context: PassContext): void {
  const [label] = domain.seclabels
  const own = context.hooks.securityModel as string | undefined
  if (!label || domain.seclabels.length > 1 || label.model !== undefined || own === undefined) return
  const inactive = context.has('inactive')
  if (label.type !== 'none' && !(label.type === 'dynamic' && label.baselabel === undefined && inactive)) return
  label.model = own
  if (own !== 'none' || !inactive) return
  label.type = 'none'
  label.relabel = false
}

const seclabels = pass('seclabels', (domain, context) => {
  ownModel(domain, context)
  const models = new Set<string>()
  for (const label of domain.seclabels) {
    if (domain.seclabels.length > 1 && label.model === undefined && label.type !== 'none')
      xmlError('missing security model when using multiple labels')
    if (label.model === undefined) continue
    if (models.has(label.model)) detailError(`seclabel for model ${label.model} is already provided`)
    models.add(label.model)
  }
})

const bios = pass('date of the BIOS', ({ sysinfos }) => {
  for (const { bios } of sysinfos) {
    const date = bios?.entries.find(({ name }) => name === 'date')?.value
    if (date === undefined) continue
    const [, month = 0, day = 0, year = -1] = (/^\s*\+?(\d+)\/\s*\+?(\d+)\/\s*\+?(\d+)$/.exec(date) ?? []).map(Number)
    if (month < 1 || month > 12 || day < 1 || day > 31 || year < 0 || (year >= 100 && year < 1900))
      detailError("Invalid BIOS 'date' format")
  }
})

const names = pass('name', (domain, context) => {
  if (domain.name.includes('/') && !context.hooks.features?.has('nameSlash'))
    xmlError(`name ${domain.name} cannot contain '/'`)
  if (domain.title?.includes('\n')) xmlError("Domain title can't contain newlines")
})

const sysinfoUuid = pass('sysinfo uuid', (domain) => {
  for (const info of domain.sysinfos) {
    const given = info.system?.entries.find((entry) => entry.name === 'uuid')
    if (!given?.value) continue
    if (given.value.toLowerCase() !== domain.uuid) detailError('UUID mismatch between <uuid> and <sysinfo>')
  }
})

export const early: readonly Pass<Domain>[] = [
  names,
  osType,
  identity,
  genid,
  vcpus,
  numatune,
  iothreads,
  os,
  memoryParts,
]
export const common: readonly Pass<Domain>[] = [memory, bootOrder, scheduling, seclabels, bios, sysinfoUuid]
