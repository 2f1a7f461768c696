// SPDX-License-Identifier: LGPL-2.1-or-later
// The imaginary host: its processors, memory and capabilities.
import type { NodeInfo } from '@virt/core'

/** One NUMA cell. */
export interface Cell {
  /** KiB */
  readonly memory: bigint
  /** Bytes, as the driver answers them. */
  readonly free: bigint
  /** KiB of the cell's small page; there are `smallPages` of them. */
  readonly smallPage: number
  readonly smallPages: number
  readonly cpus: readonly { readonly id: number; readonly socket: number; readonly core: number }[]
}

/** What the host is made of. */
export interface Host {
  readonly info: NodeInfo
  readonly cells: readonly Cell[]
  /** Free memory of the whole host as `virNodeGetFreeMemory` answers it. */
  readonly free: bigint
}

const cpusPerCell = 8

function cell(index: number): Cell {
  return {
    memory: 2097152n * BigInt(index + 1),
    free: 2097152n * BigInt(index + 1),
    smallPage: 4 * (index + 1),
    smallPages: 524288,
    cpus: Array.from({ length: cpusPerCell }, (_, core) => ({ id: index * cpusPerCell + core, socket: index, core })),
  }
}

const info: NodeInfo = {
  model: 'i686',
  memory: 3145728n,
  cpus: 16,
  mhz: 1400,
  nodes: 2,
  sockets: 2,
  cores: 2,
  threads: 2,
}

/** The host of `test:///default`. */
export function defaultHost(): Host {
  return { info, cells: [cell(0), cell(1)], free: 3145728n }
}

/** The host of a node file: what the file says over the same base, and no cells. */
export function hostWith(changes: Partial<NodeInfo>): Host {
  return { info: { ...info, ...changes }, cells: [], free: 0n }
}

const bigPages = [2048, 1048576]
/** Sizes in KiB of the pages the host's processor knows. */
const pageSizes = [4, 8, ...bigPages]

function cellXml(cell: Cell, id: number): string {
  const pages = [[cell.smallPage, cell.smallPages] as const, ...bigPages.map((size) => [size, 0] as const)]
  return [
    `        <cell id='${id}'>`,
    `          <memory unit='KiB'>${cell.memory}</memory>`,
    ...pages.map(([size, count]) => `          <pages unit='KiB' size='${size}'>${count}</pages>`),
    `          <cpus num='${cell.cpus.length}'>`,
    ...cell.cpus.map(
      (cpu) =>
        `            <cpu id='${cpu.id}' socket_id='${cpu.socket}' die_id='0' cluster_id='0' core_id='${cpu.core}' siblings='${cpu.id}'/>`,
    ),
    '          </cpus>',
    '        </cell>',
  ].join('\n')
}

function guestXml(osType: string): string {
  return `
  <guest>
    <os_type>${osType}</os_type>
    <arch name='i686'>
      <wordsize>32</wordsize>
      <emulator>/usr/bin/test-hv</emulator>
      <domain type='test'/>
    </arch>
    <features>
      <pae/>
      <nonpae/>
    </features>
  </guest>
`
}

/** What `virConnectGetCapabilities` answers. */
export function capabilitiesXml(host: Host): string {
  return `<capabilities>

  <host>
    <cpu>
      <arch>i686</arch>
      <features>
        <pae/>
        <nonpae/>
      </features>
${pageSizes.map((size) => `      <pages unit='KiB' size='${size}'/>\n`).join('')}    </cpu>
    <power_management/>
    <iommu support='no'/>
    <topology>
      <cells num='${host.cells.length}'>
${host.cells.map((one, id) => `${cellXml(one, id)}\n`).join('')}      </cells>
    </topology>
    <secmodel>
      <model>testSecurity</model>
      <doi></doi>
    </secmodel>
  </host>
${guestXml('hvm')}${guestXml('xen')}
</capabilities>
`
}

/** Processors of the host as libvirt counts them for maps: what its topology holds, present or not. */
export function hostCpus({ info }: Host): number {
  return info.nodes * info.sockets * info.cores * info.threads
}
