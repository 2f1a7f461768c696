// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known of the host.
import { parseTree, type XmlTree } from '@virt/conf'
import { type Connection, ErrorDomain } from '@virt/core'
import { tried } from './resources.js'

/** A NUMA node of the host. Memory in KiB. */
export interface NumaCell {
  readonly id: number
  readonly memory: bigint
  readonly free: bigint
  readonly cpus: number
}

/** The host, as its daemon tells of it. Memory in KiB. */
export interface HostFacts {
  readonly name: string
  readonly driver: string
  /** Without user and password. */
  readonly uri: string
  /** major * 1,000,000 + minor * 1,000 + release. */
  readonly driverVersion: number
  readonly libVersion: number
  readonly cpuModel: string
  readonly cpus: number
  readonly memory: bigint
  readonly free: bigint
  readonly cells: readonly NumaCell[]
}

/** A host that nothing is known of. */
export const noHost: HostFacts = Object.freeze({
  name: '',
  driver: '',
  uri: '',
  driverVersion: 0,
  libVersion: 0,
  cpuModel: '',
  cpus: 0,
  memory: 0n,
  free: 0n,
  cells: [],
})

/** A URI without who asks: what others may see. */
export function publicUri(uri: string): string {
  return uri.replace(/^([^:]+:\/\/)[^/?@]*@/, '$1')
}

/** Reads the host anew; `before` keeps what does not change while a connection lasts. */
export async function readHost(conn: Connection, before: HostFacts, timeout: number): Promise<HostFacts> {
  const options = { timeout }
  const first = before === noHost
  const info = await tried(() => conn.host.info(options), undefined)
  const freeBytes = await tried(() => conn.host.freeMemory(options), 0n)
  return {
    name: first ? await tried(() => conn.hostname(options), '') : before.name,
    driver: first ? await tried(() => conn.type(options), '') : before.driver,
    uri: publicUri(conn.uri),
    driverVersion: first ? Number(await tried(() => conn.version(options), 0n)) : before.driverVersion,
    libVersion: first ? Number(await tried(() => conn.libVersion(options), 0n)) : before.libVersion,
    cpuModel: info?.model ?? before.cpuModel,
    cpus: info?.cpus ?? before.cpus,
    memory: info?.memory ?? before.memory,
    free: freeBytes / 1024n,
    cells: await readCells(conn, before.cells, options),
  }
}

async function readCells(
  conn: Connection,
  before: readonly NumaCell[],
  options: { timeout: number },
): Promise<readonly NumaCell[]> {
  const cells =
    before.length > 0
      ? before
      : await tried(
          async () => cellsOf(parseTree(await conn.capabilities(options), ErrorDomain.CONF)),
          [] as NumaCell[],
        )
  const last = cells.at(-1)
  if (last === undefined) return cells
  const free = await tried(() => conn.host.cellsFreeMemory(0, last.id + 1, options), [])
  return cells.map((cell) => ({ ...cell, free: (free[cell.id] ?? 0n) / 1024n }))
}

function cellsOf(capabilities: XmlTree): NumaCell[] {
  const cells = ['host', 'topology', 'cells'].reduce<XmlTree | undefined>(
    (node, name) => (node === undefined ? undefined : childrenOf(node, name)[0]),
    capabilities,
  )
  if (cells === undefined) return []
  return childrenOf(cells, 'cell').map((cell) => {
    const [memory] = childrenOf(cell, 'memory')
    const [cpus] = childrenOf(cell, 'cpus')
    return {
      id: Number(cell.attributes.id ?? 0),
      memory: BigInt(memory === undefined ? 0 : textOf(memory).trim() || 0),
      free: 0n,
      cpus: cpus === undefined ? 0 : Number(cpus.attributes.num ?? 0),
    }
  })
}

const childrenOf = (node: XmlTree, name: string): XmlTree[] =>
  node.children.filter((child): child is XmlTree => typeof child === 'object' && child.name === name)
const textOf = (node: XmlTree): string => node.children.filter((child) => typeof child === 'string').join('')
