// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a node file: host, domains, networks, interfaces, pools, devices and who may connect.
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DocumentKind, documentKind, fields, values } from '@virt/conf'
import {
  ErrorDomain,
  ErrorNumber,
  isVirtError,
  type NodeInfo,
  type Services,
  systemFailure,
  virtError,
} from '@virt/core'
import { Pace } from '@virt/stateful'
import { loadDomain } from './domain-load.js'
import { internalError, testError } from './errors.js'
import { hostWith } from './host.js'
import { loadInterface } from './interface.js'
import { loadNetwork } from './network.js'
import { loadDevice } from './node-device.js'
import { attributeOf, type Section, sections, walkSections } from './sections.js'
import { type AuthUser, TestState } from './state.js'
import { loadPool } from './storage-pool.js'

/** The parts of a node file that no other document describes. */
interface Node {
  cpu?: { [key in CpuKey | 'model']?: string }
  memory?: string
  auth?: { users: readonly { password?: string; name?: string }[] }
}
type CpuKey = 'nodes' | 'sockets' | 'cores' | 'threads' | 'active' | 'mhz'

let nodeKind: DocumentKind<Node> | undefined

/** How a node file is read; made for the first of them. */
function node(): DocumentKind<Node> {
  const { element, leaf, attr, body, child, children } = fields
  const { text } = values
  nodeKind ??= documentKind<Node>({
    root: element('node', {
      cpu: child(
        element('cpu', {
          nodes: leaf(text),
          sockets: leaf(text),
          cores: leaf(text),
          threads: leaf(text),
          active: leaf(text),
          mhz: leaf(text),
          model: leaf(text),
        }),
      ),
      memory: leaf(text),
      auth: child(element('auth', { users: children(element('user', { password: attr(text), name: body(text) })) })),
    }),
    domain: ErrorDomain.TEST,
  })
  return nodeKind
}

/** A whole number in text, as XPath results are read; absent when there is none. */
function count(raw: string | undefined, max: bigint, what: string): bigint | undefined {
  if (raw === undefined || raw === '') return undefined
  const value = /^\s*\+?\d+$/.test(raw) ? BigInt(raw.trim()) : undefined
  if (value === undefined || value > max) throw testError(ErrorNumber.XML_ERROR, `invalid node ${what} value`)
  return value
}

const maxModel = 31

function nodeInfo({ cpu = {}, memory }: Node): Partial<NodeInfo> {
  const number = (key: CpuKey): number | undefined => {
    const value = count(cpu[key], 0xffffffffn, `cpu ${key}`)
    return value === undefined ? undefined : Number(value)
  }
  const shape = { nodes: number('nodes') ?? 2, sockets: number('sockets') ?? 2, cores: number('cores') ?? 2 }
  const threads = number('threads') ?? 2
  const cpus = number('active') ?? shape.nodes * shape.sockets * shape.cores * threads
  const mhz = number('mhz')
  const { model } = cpu
  if (model !== undefined && Buffer.byteLength(model) > maxModel)
    throw internalError(`Model ${model} too big for destination`)
  const total = count(memory, 0xffffffffffffffffn, 'memory')
  return {
    ...shape,
    threads,
    cpus,
    ...(mhz === undefined ? {} : { mhz }),
    ...(model ? { model } : {}),
    ...(total === undefined ? {} : { memory: total }),
  }
}

/** Reads a file as libvirt reads XML files. */
async function readXmlFile(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(path, { encoding: 'utf8', signal })
  } catch (error) {
    signal.throwIfAborted()
    const what = (error as NodeJS.ErrnoException).code === 'EISDIR' ? 'read' : 'open'
    throw systemFailure(error, ErrorDomain.NONE, `Failed to ${what} file '${path}'`)
  }
}

/** @throws VirtError when the root of `xml` is another element */
function expectRoot(xml: string, name: string): void {
  const root = /^(?:\s|<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<![^>]*>)*<([^\s/>]+)/.exec(xml)?.[1]
  if (root !== undefined && root !== name)
    throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.XML, `expecting root element of '${name}', not '${root}'`)
}

function users(auth: Node['auth']): AuthUser[] {
  return (auth?.users ?? []).map(({ name, password }) => {
    if (!name) throw testError(ErrorNumber.XML_ERROR, 'missing username in /node/auth/user field')
    return password === undefined ? { name } : { name, password }
  })
}

/** Sections in the order they are loaded, whatever their order in the file. */
const kinds = ['domain', 'network', 'interface', 'pool', 'device'] as const

/** One node file while it is being read. */
class NodeFile {
  readonly path: string
  readonly text: string
  readonly found: readonly Section[]
  readonly #signal: AbortSignal

  private constructor(path: string, text: string, found: readonly Section[], signal: AbortSignal) {
    this.path = path
    this.text = text
    this.found = found
    this.#signal = signal
  }

  static async read(path: string, pace: Pace, signal: AbortSignal): Promise<NodeFile> {
    const text = await readXmlFile(path, signal)
    expectRoot(text, 'node')
    const found: Section[] = []
    const file = new NodeFile(path, text, found, signal)
    const walk = walkSections(text)
    let step = walk.next()
    for (; step.done !== true; step = walk.next()) {
      found.push(step.value)
      await pace.pause()
    }
    return step.value ? file : file.malformed()
  }

  /** Reads the whole text, to have what is wrong with it said with its place. */
  malformed(): never {
    node().parse(this.text, { file: this.path })
    throw internalError(`cannot read '${this.path}'`)
  }

  /** The node's own elements: the file without its sections. */
  node(): Node {
    let own = ''
    let at = 0
    for (const section of this.found) {
      if (!(kinds as readonly string[]).includes(section.name)) continue
      own += this.text.slice(at, section.start)
      at = section.end
    }
    try {
      return node().parse(own + this.text.slice(at), { file: this.path })
    } catch (error) {
      if (isVirtError(error) && error.number === ErrorNumber.XML_DETAIL) this.malformed()
      throw error
    }
  }

  /** The XML of a section: its own, or that of the file it names. */
  async xmlOf(section: Section): Promise<string> {
    return (await this.#fileOf(this.text, section, section.name)) ?? this.text.slice(section.start, section.end)
  }

  /** The XML of the snapshots in that of a domain. */
  async snapshotsIn(xml: string): Promise<string[]> {
    const found: string[] = []
    if (!xml.includes(':domainsnapshot')) return found
    for (const section of sections(xml) ?? []) {
      if (!section.name.endsWith(':domainsnapshot')) continue
      const content = xml.slice(section.inner, section.innerEnd)
      const named = await this.#fileOf(xml, section, 'domainsnapshot')
      found.push(named ?? `<domainsnapshot>${content}</domainsnapshot>`)
    }
    return found
  }

  /** The text of the file that a section names, if it names one. */
  async #fileOf(text: string, section: Section, root: string): Promise<string | undefined> {
    const file = attributeOf(text, section, 'file')
    if (file === undefined) return undefined
    const path = file.startsWith('/') ? file : `${dirname(this.path)}/${file}`
    const xml = await readXmlFile(path, this.#signal)
    expectRoot(xml, root)
    return xml
  }

  of(name: string): Section[] {
    return this.found.filter((section) => section.name === name)
  }

  async volumesOf(pool: Section): Promise<string[]> {
    const inside = sections(this.text, pool) ?? this.malformed()
    const volumes: string[] = []
    for (const section of inside) if (section.name === 'volume') volumes.push(await this.xmlOf(section))
    return volumes
  }
}

/**
 * Makes the instance a node file describes. A file of ten thousand domains takes seconds: others are served meanwhile.
 * @param signal ends the reading
 * @throws VirtError when the file cannot be read or anything in it is wrong
 */
export async function stateFromFile(services: Services, path: string, signal: AbortSignal): Promise<TestState> {
  const pace = new Pace(signal)
  const file = await NodeFile.read(path, pace, signal)
  const own = file.node()
  const state = new TestState(services, hostWith(nodeInfo(own)))
  const load: { [K in (typeof kinds)[number]]: (xml: string, section: Section) => void | Promise<void> } = {
    domain: async (xml) => loadDomain(state, xml, await file.snapshotsIn(xml)),
    network: (xml) => loadNetwork(state, xml),
    interface: (xml) => loadInterface(state, xml),
    pool: async (xml, section) => loadPool(state, xml, await file.volumesOf(section)),
    device: (xml) => loadDevice(state, xml),
  }
  for (const kind of kinds) {
    for (const section of file.of(kind)) {
      await load[kind](await file.xmlOf(section), section)
      await pace.pause()
    }
  }
  state.auth = users(own.auth)
  return state
}
