// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest's memory: how much, of what, on which nodes of the host.
import type { Domain, MemoryDevice, NumaCell, NumatuneMode } from '@virt/conf'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { parseRanges } from '@virt/stateful'
import { addressProps, virtioDriver } from '../command/address.js'
import type { Build } from '../command/build.js'
import { listProps, type Props } from '../command/props.js'
import { runName } from '../command/short-name.js'
import { internalError } from '../errors.js'

/** One piece of memory, and what is asked of it. */
export interface MemoryPiece {
  readonly alias: string
  /** KiB */
  readonly size: bigint
  /** NUMA node of the guest; absent: the guest has none. */
  readonly node?: number | undefined
  readonly device?: MemoryDevice | undefined
  readonly cell?: NumaCell | undefined
  /** The memory that the machine begins with. */
  readonly main?: boolean
}

/** KiB of the memory that the guest begins with; the rest comes with devices. */
export function initialMemory({ memory, devices }: Domain): bigint {
  const plugged = (devices?.memorys ?? []).reduce((sum, { target }) => sum + (target?.size ?? 0n), 0n)
  return (memory?.value ?? 0n) - plugged
}

/** KiB of a page that a piece of memory is made of, where that is not the host's usual. */
function pageSize(build: Build, piece: MemoryPiece): bigint | undefined {
  const { memoryBacking } = build.domain
  const given = piece.device?.source?.pagesize
  if (given !== undefined && given > 0n) return given === build.context.host.pageSize ? undefined : given
  const pages = memoryBacking?.hugepages?.pages
  if (pages === undefined) return undefined
  const own = pages.find(({ nodeset }) =>
    nodeset !== undefined && piece.node !== undefined ? parseRanges(nodeset)?.includes(piece.node) === true : false,
  )
  const chosen = own ?? pages.find(({ nodeset }) => nodeset === undefined)
  if (pages.length > 0 && chosen === undefined) return undefined
  const size = chosen?.size
  if (size === build.context.host.pageSize) return undefined
  if (size !== undefined && size > 0n) return size
  return hugetlbfs(build).size
}

/** Where pages of a size are mounted; of the usual size without one. */
function hugetlbfs(build: Build, size?: bigint): { path: string; size: bigint } {
  const { hugetlbfs: mounts } = build.context.settings
  if (mounts.length === 0)
    throw internalError('hugetlbfs filesystem is not mounted or disabled by administrator config')
  const found =
    size === undefined ? (mounts.find((one) => one.isDefault) ?? mounts[0]) : mounts.find((one) => one.size === size)
  if (found === undefined) throw internalError(`Unable to find any usable hugetlbfs mount for ${size} KiB`)
  return found
}

const policies: Readonly<Record<NumatuneMode, string | undefined>> = {
  strict: 'bind',
  preferred: 'preferred',
  interleave: 'interleave',
  restrictive: undefined,
}

/** Nodes of the host that a piece comes from, and how strictly. */
function nodes(build: Build, piece: MemoryPiece): { mask: number[]; policy: string | undefined } | undefined {
  const { numatune } = build.domain
  const { device } = piece
  const own = numatune?.memnodes.find(({ cellid }) => cellid === piece.node)
  const mode = own?.mode ?? numatune?.memory?.mode ?? 'strict'
  const set = device?.source?.nodemask ?? own?.nodeset ?? numatune?.memory?.nodeset
  const automatic = numatune?.memory?.placement === 'auto' ? build.context.start.place('numad', 'nodeset') : undefined
  const mask = parseRanges(set ?? automatic ?? '')
  if (mask === undefined || mask.length === 0) return undefined
  return { mask, policy: policies[mode] }
}

/** Nodes that threads which fill memory run on: those of the memory that the emulator may run on. */
function threadNodes({ domain, context }: Build, mask: readonly number[]): readonly number[] {
  const cpus = parseRanges(domain.cputune?.emulatorpin ?? domain.vcpu?.cpuset ?? '')
  if (cpus === undefined || cpus.length === 0) return mask
  const own = new Set(context.host.nodesOf(cpus))
  return mask.filter((node) => own.has(node))
}

/** @throws VirtError when memory is to come from a node that the host does not have */
function checkNodes({ domain, context }: Build): void {
  const { memory, memnodes = [] } = domain.numatune ?? {}
  const wanted = [memory?.nodeset, ...memnodes.map(({ nodeset }) => nodeset)].flatMap(
    (set) => parseRanges(set ?? '') ?? [],
  )
  const missing = wanted.find((node) => !context.host.numaNodes.includes(node))
  if (missing !== undefined)
    throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.NONE, `NUMA node ${missing} is unavailable`)
}

/** Path of files that memory is kept in. */
function backingPath(build: Build, alias: string): string {
  const { domain, context } = build
  return `${context.settings.memoryBackingDir}/${runName(context.id, domain.name)}/${alias}`
}

/** A piece of memory as QEMU gets it. */
export interface MemoryBackend {
  readonly props: Props
  /** Threads that fill it, on the nodes that it comes from. */
  readonly threads: Props | undefined
  /** Whether anything was asked of it that needs a backend. */
  readonly needed: boolean
  /** Whether it is to be had from the start. */
  readonly immediate: boolean
}

function addBackend(build: Build, { props, threads }: MemoryBackend): void {
  if (threads !== undefined) build.object(threads)
  build.object(props)
}

/** The backend of a piece of memory. */
export function memoryBackend(build: Build, piece: MemoryPiece): MemoryBackend {
  const { domain } = build
  const { memoryBacking } = domain
  const { device, cell, alias } = piece
  const huge = pageSize(build, piece)
  const access = device?.access ?? cell?.memAccess ?? plainAccess(memoryBacking?.access)
  const discard = device?.discard ?? cell?.discard ?? memoryBacking?.discard
  const path = device?.source?.path
  const memfd = memoryBacking?.source === 'memfd' && path === undefined
  // Memory of which it is said whether it is shared is a file.
  const file = path !== undefined || huge !== undefined || access !== undefined || memoryBacking?.source === 'file'
  const share = access === undefined ? undefined : access === 'shared'
  const place = nodes(build, piece)
  const reserves = device?.model !== 'virtio-mem'
  const pmem = device?.source?.pmem === true
  const immediate = memoryBacking?.allocation?.mode === 'immediate' || huge !== undefined
  // Memory of `virtio-pmem` is the file itself.
  const filledFile = path !== undefined && !pmem && device?.model !== 'virtio-pmem'
  const prealloc = (immediate || filledFile) && reserves
  const threads = memoryBacking?.allocation?.threads
  const canonical =
    piece.main === true && (memfd || file) && build.has('memory-backend-file.x-use-canonical-path-for-ramblock-id')
  const size = piece.size * 1024n
  const filled = prealloc && place !== undefined && place.policy !== undefined && build.has('thread-context')
  const affinity = threadNodes(build, place?.mask ?? [])
  const threadProps = { 'qom-type': 'thread-context', id: `tc-${alias}`, 'node-affinity': affinity }
  const props: Props = {
    'qom-type':
      device?.model === 'sgx-epc'
        ? 'memory-backend-epc'
        : memfd
          ? 'memory-backend-memfd'
          : file
            ? 'memory-backend-file'
            : 'memory-backend-ram',
    id: alias,
    ...(memfd
      ? { hugetlb: huge === undefined ? undefined : true, hugetlbsize: huge === undefined ? undefined : huge * 1024n }
      : {}),
    'mem-path':
      !file || memfd
        ? undefined
        : (path ?? (huge === undefined ? backingPath(build, device?.alias ?? alias) : hugePath(build, huge))),
    'discard-data': file && !memfd && device?.model !== 'nvdimm' ? discard : undefined,
    share,
    'x-use-canonical-path-for-ramblock-id': canonical ? false : undefined,
    prealloc: prealloc || device?.model === 'sgx-epc' ? true : undefined,
    'prealloc-threads': prealloc && threads !== undefined && threads > 0 ? threads : undefined,
    reserve: reserves ? undefined : false,
    size,
    align: device?.source?.alignsize === undefined ? undefined : device.source.alignsize * 1024n,
    ...(place === undefined || place.policy === undefined ? {} : { 'host-nodes': place.mask, policy: place.policy }),
    pmem: pmem ? true : undefined,
    'prealloc-context': filled && affinity.length > 0 ? `tc-${alias}` : undefined,
  }
  const needed = memfd || file || share !== undefined || place !== undefined || device !== undefined
  return { props, threads: filled && affinity.length > 0 ? threadProps : undefined, needed, immediate }
}

function plainAccess(access: 'default' | 'shared' | 'private' | undefined): 'shared' | 'private' | undefined {
  return access === 'default' ? undefined : access
}

function hugePath(build: Build, size: bigint): string {
  const { domain, context } = build
  return `${hugetlbfs(build, size).path}/libvirt/qemu/${runName(context.id, domain.name)}`
}

/** Name of the backend that the machine's own memory is of; undefined where the nodes have it. */
export function mainMemoryBackend(build: Build): string | undefined {
  const { domain, machine } = build
  if ((domain.cpu?.numa?.cells.length ?? 0) > 0) return undefined
  return machine?.defaultRamId
}

/** `-m`, the machine's own memory, `-overcommit`. */
export function memory(build: Build): void {
  const { domain } = build
  const { maxMemory } = domain
  checkNodes(build)
  const most = maxMemory?.value ?? 0n
  const size = initialMemory(domain)
  build.add(
    '-m',
    listProps(undefined, {
      // Whole MiB: what comes from elsewhere may be some KiB more.
      size: `${(size / 1024n) * 1024n}k`,
      slots: most > 0n && (maxMemory?.slots ?? 0) > 0 ? maxMemory?.slots : undefined,
      maxmem: most > 0n ? `${most}k` : undefined,
    }),
  )
  const alias = mainMemoryBackend(build)
  if (alias !== undefined) addBackend(build, memoryBackend(build, { alias, size, main: true }))
  build.add('-overcommit', `mem-lock=${domain.memoryBacking?.locked === true ? 'on' : 'off'}`)
}

/** Whether the guest is told how fast memory is. */
export function hasHmat({ cpu }: Domain): boolean {
  const { latencies = [], bandwidths = [] } = cpu?.numa?.interconnects ?? {}
  return latencies.length + bandwidths.length > 0 || cpu?.numa?.cells.some((cell) => cell.caches.length > 0) === true
}

/** `-numa`: the guest's nodes, distances between them, how fast their memory is. */
export function numa(build: Build): void {
  const { domain, machine } = build
  const cells = domain.cpu?.numa?.cells ?? []
  if (cells.length === 0) return
  const hmat = hasHmat(domain)
  const pieces = cells.map((cell, i) => {
    const node = cell.id ?? i
    return { node, cell, ...memoryBackend(build, { alias: `ram-node${node}`, size: cell.memory ?? 0n, node, cell }) }
  })
  const backends = machine?.numaMemSupported !== true || pieces.some(({ needed }) => needed) || hmat
  if (!backends && domain.memoryBacking?.allocation?.mode === 'immediate') build.add('-mem-prealloc')
  for (const { node, cell, ...backend } of pieces) {
    const size = cell.memory ?? 0n
    if (backends && size > 0n) addBackend(build, backend)
    const parts = [`node,nodeid=${node}`]
    for (const range of (cell.cpus ?? '').split(',').filter((one) => one !== '')) parts.push(`cpus=${range}`)
    const initiator = hmat ? initiatorOf(domain, node, cell) : undefined
    if (initiator !== undefined) parts.push(`initiator=${initiator}`)
    if (size > 0n) parts.push(backends ? `memdev=ram-node${node}` : `mem=${size / 1024n}`)
    build.add('-numa', parts.join(','))
  }
  distances(build, cells)
  if (hmat) interconnects(build, cells)
}

/** The node whose processors are closest to a node's memory. */
function initiatorOf({ cpu }: Domain, node: number, cell: NumaCell): number | undefined {
  if ((cell.cpus ?? '') !== '') return node
  const rows = cpu?.numa?.interconnects
  const found = [...(rows?.latencies ?? []), ...(rows?.bandwidths ?? [])].find(({ target }) => target === node)
  return found?.initiator ?? cpu?.numa?.cells.find((one) => (one.cpus ?? '') !== '')?.id ?? 0
}

function distances(build: Build, cells: readonly NumaCell[]): void {
  if (!cells.some((cell) => cell.distances.length > 0)) return
  for (const [i, cell] of cells.entries())
    for (const [j, other] of cells.entries()) {
      const [src, dst] = [cell.id ?? i, other.id ?? j]
      const given =
        cell.distances.find(({ id }) => id === dst)?.value ?? other.distances.find(({ id }) => id === src)?.value
      build.add('-numa', `dist,src=${src},dst=${dst},val=${given ?? (src === dst ? 10 : 20)}`)
    }
}

const levels = ['memory', 'first-level', 'second-level', 'third-level']

function interconnects(build: Build, cells: readonly NumaCell[]): void {
  const { latencies = [], bandwidths = [] } = build.domain.cpu?.numa?.interconnects ?? {}
  const row = (kind: 'latency' | 'bandwidth', one: (typeof bandwidths)[number], value: string): void =>
    build.list('-numa', 'hmat-lb', {
      initiator: one.initiator,
      target: one.target,
      hierarchy: levels[one.cache ?? 0],
      'data-type': `${one.type}-${kind}`,
      [kind]: value,
    })
  for (const one of latencies) row('latency', one, `${one.value}`)
  for (const one of bandwidths) row('bandwidth', one, `${one.value ?? 0n}K`)
  const associativities = { none: 'none', direct: 'direct', full: 'complex' } as const
  const writes = { none: 'none', writeback: 'write-back', writethrough: 'write-through' } as const
  for (const [i, cell] of cells.entries())
    for (const cache of cell.caches)
      build.list('-numa', 'hmat-cache', {
        'node-id': cell.id ?? i,
        size: `${cache.size?.value ?? 0n}K`,
        level: cache.level,
        associativity: associativities[cache.associativity],
        policy: writes[cache.policy],
        line: cache.line?.value,
      })
}

const bytes = (kibi: bigint | undefined): bigint | undefined => (kibi === undefined ? undefined : kibi * 1024n)

/** Memory that a virtio device has. */
function virtioMemory(build: Build, device: MemoryDevice, memdev: string, { immediate }: MemoryBackend): Props {
  const { target, model } = device
  const place: Props = { memaddr: target?.address }
  const own: Props =
    model === 'virtio-pmem'
      ? { memdev, ...place }
      : {
          node: target?.node,
          'block-size': bytes(target?.block),
          'requested-size': bytes(target?.requested),
          memdev,
          prealloc: immediate ? true : undefined,
          ...place,
          'dynamic-memslots': target?.dynamicMemslots,
        }
  return { driver: virtioDriver(build, model, device), ...own, id: device.alias, ...addressProps(build, device) }
}

/** Memory that can be plugged: DIMMs and what is like them. */
export function memoryDevices(build: Build): void {
  for (const device of build.domain.devices?.memorys ?? []) {
    if (device.alias === undefined) throw internalError('memory device alias is not assigned')
    const alias = `mem${device.alias}`
    const backend = memoryBackend(build, {
      alias,
      size: device.target?.size ?? 0n,
      node: device.target?.node,
      device,
    })
    addBackend(build, backend)
    if (device.model === 'sgx-epc') continue
    if (device.model === 'virtio-mem' || device.model === 'virtio-pmem') {
      // parity: on s390 such a device on the PCI bus has no numbers of its own.
      build.device(virtioMemory(build, device, alias, backend))
      continue
    }
    const label = device.target?.label?.size
    const address = device.address?.type === 'dimm' ? device.address : undefined
    build.device({
      driver: device.model === 'dimm' ? 'pc-dimm' : 'nvdimm',
      node: device.target?.node,
      'label-size': label === undefined ? undefined : label * 1024n,
      unarmed: device.target?.readonly === true ? true : undefined,
      uuid: device.uuid,
      memdev: alias,
      id: device.alias,
      slot: address?.slot,
      addr: address?.base === 0n ? undefined : address?.base,
    })
  }
}
