// SPDX-License-Identifier: LGPL-2.1-or-later
// Network links of a network namespace: bridges, pairs, taps, and their addresses.
import type { Binding } from './binding.js'
import { Descriptor } from './descriptor.js'
import { checkFd, checkInteger, systemError } from './errors.js'
import { macBytes, parseAddress } from './link-address.js'
import {
  addressHeader,
  addressOf,
  ifa,
  ifla,
  type Link,
  type LinkAddress,
  linkFlags,
  linkHeader,
  linkInfo,
  linkOf,
  messages,
} from './link-messages.js'
import { joinsOf, type Where } from './namespaces.js'
import { type Attribute, encodeAttribute, requestFlags } from './netlink.js'
import { NetlinkSocket } from './netlink-socket.js'

const macvlanModes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const

/** A link, by name or index. */
export type LinkRef = string | number

/** What can be changed of a link. */
export interface LinkChanges {
  readonly up?: boolean
  readonly mtu?: number
  readonly mac?: string
  readonly name?: string
  readonly alias?: string
  /** The bridge or bond that it becomes a port of, by name or index; `null`: of none. */
  readonly master?: LinkRef | null
  /** A descriptor of the network namespace that it moves to. */
  readonly namespace?: number
}

/** A link to make. */
export type LinkSpec = Pick<LinkChanges, 'up' | 'mtu' | 'mac' | 'master'> & { readonly name: string } & (
    | {
        readonly kind: 'bridge'
        readonly stp?: boolean
        /** In hundredths of a second, as the kernel has it. */
        readonly forwardDelay?: number
        readonly vlanFiltering?: boolean
      }
    | { readonly kind: 'dummy' }
    | { readonly kind: 'veth' /** The other end's name. */; readonly peer: string }
    | { readonly kind: 'vlan'; readonly parent: LinkRef; readonly id: number }
    | {
        readonly kind: 'macvlan' | 'macvtap'
        readonly parent: LinkRef
        readonly mode: keyof typeof macvlanModes
      }
  )

/** A tap (or tun) device to open. */
export interface TapOptions {
  /** Its name; `%d` stands for the first number that is free. Default `tap%d`. */
  readonly name?: string
  /** `tun` carries IP packets, `tap` Ethernet frames. Default `tap`. */
  readonly kind?: 'tap' | 'tun'
  /** Frames begin with virtio's header. Default false. */
  readonly vnetHeader?: boolean
  /** More queues may be opened, each by the same call. Default false. */
  readonly multiQueue?: boolean
  /** Whether it stays when nobody has it open; default: as it is (a new one does not stay). */
  readonly persist?: boolean
  /** Who may open it later, beside the superuser. */
  readonly uid?: number
  readonly gid?: number
}

/** An open tap device: one queue of it. */
export class Tap extends Descriptor {
  /** Its name, with the number that the kernel has chosen. */
  readonly name: string

  constructor(binding: Binding, fd: number, name: string) {
    super(binding, fd)
    this.name = name
  }
}

/** Links of one network namespace, for as long as it is not closed. */
export class LinkTable implements Disposable {
  readonly #binding: Binding
  readonly #socket: NetlinkSocket
  readonly #joins: readonly number[]

  constructor(binding: Binding, fd: number, joins: readonly number[]) {
    this.#binding = binding
    this.#socket = new NetlinkSocket(binding, fd)
    this.#joins = joins
  }

  /** All links, by index. @since 0.1.0 */
  async list(): Promise<Link[]> {
    const found = await this.#socket.dump({ type: messages.getLink, header: linkHeader(0) })
    return found.map(linkOf).filter((link) => link !== undefined)
  }

  /** One link; undefined when there is none. @since 0.1.0 */
  async find(which: LinkRef): Promise<Link | undefined> {
    try {
      const request = { type: messages.getLink, subject: String(which), ...reference(which) }
      return (await this.#socket.request(request)).map(linkOf).find((link) => link !== undefined)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENODEV') return undefined
      throw error
    }
  }

  /**
   * Makes a link.
   *
   * @throws EEXIST, EPERM, ENOTSUP where the kernel has no such kind, ENODEV without the parent or master
   * @since 0.1.0
   */
  async create(spec: LinkSpec): Promise<Link> {
    checkName(spec.name)
    const rows = await this.#attributes(spec)
    rows.push([ifla.name, spec.name])
    if ('parent' in spec) rows.push([ifla.link, { u32: await this.#index(spec.parent) }])
    rows.push(linkInfo(spec.kind, kindData(spec)))
    await this.#socket.request({
      type: messages.newLink,
      flags: requestFlags.create | requestFlags.excl,
      header: linkHeader(0, spec.up ? linkFlags.up : 0, spec.up ? linkFlags.up : 0),
      attributes: rows,
      subject: spec.name,
    })
    const link = await this.find(spec.name)
    if (link === undefined) throw systemError('ENODEV', 'netlink', `${spec.name} has gone again`)
    return link
  }

  /** Changes a link. @throws ENODEV, EPERM, EINVAL, EBUSY (a name of a link that is up, before Linux 6.2) @since 0.1.0 */
  async set(which: LinkRef, changes: LinkChanges): Promise<void> {
    const rows = await this.#attributes(changes)
    // The kernel knows a link by its name only where it has no index.
    const index = await this.#index(which)
    if (changes.name !== undefined) {
      checkName(changes.name)
      rows.push([ifla.name, changes.name])
    }
    if (changes.alias !== undefined) rows.push([ifla.alias, changes.alias])
    if (changes.namespace !== undefined) {
      checkFd(changes.namespace)
      rows.push([ifla.namespace, { u32: changes.namespace }])
    }
    const change = changes.up === undefined ? 0 : linkFlags.up
    const header = linkHeader(index, changes.up ? linkFlags.up : 0, change)
    await this.#socket.request({ type: messages.newLink, header, attributes: rows, subject: String(which) })
  }

  /** Removes a link. @throws ENODEV, ENOTSUP for one that nobody made @since 0.1.0 */
  async delete(which: LinkRef): Promise<void> {
    await this.#socket.request({ type: messages.delLink, subject: String(which), ...reference(which) })
  }

  /** Addresses, of one link or of all. @throws ENODEV @since 0.1.0 */
  async addresses(which?: LinkRef): Promise<LinkAddress[]> {
    const index = which === undefined ? undefined : await this.#index(which)
    const found = await this.#socket.dump({ type: messages.getAddress, header: addressHeader(0, 0, 0) })
    return found
      .map(addressOf)
      .filter((row) => row !== undefined)
      .filter(({ link }) => index === undefined || link === index)
  }

  /**
   * Gives a link an address.
   *
   * @param address with its prefix, `192.168.122.1/24`
   * @throws EEXIST, ENODEV, EPERM, TypeError
   * @since 0.1.0
   */
  addAddress(which: LinkRef, address: string): Promise<void> {
    return this.#address(messages.newAddress, requestFlags.create | requestFlags.excl, which, address)
  }

  /** Takes an address away. @throws EADDRNOTAVAIL, ENODEV, EPERM, TypeError @since 0.1.0 */
  removeAddress(which: LinkRef, address: string): Promise<void> {
    return this.#address(messages.delAddress, 0, which, address)
  }

  /**
   * Opens a tap device, which is made if it is not there, and goes with its last descriptor unless it persists.
   *
   * @throws EBUSY when somebody has it open, EPERM, EINVAL for another kind of that name, ENOENT without /dev/net/tun
   * @since 0.1.0
   */
  async openTap(options: TapOptions = {}): Promise<Tap> {
    const {
      name = 'tap%d',
      kind = 'tap',
      vnetHeader = false,
      multiQueue = false,
      persist,
      uid = -1,
      gid = -1,
    } = options
    checkName(name)
    for (const [what, id] of Object.entries({ uid, gid })) checkInteger(what, id, -1, 0xfffffffe)
    const noPacketInformation = 0x1000
    const flags = (kind === 'tap' ? 2 : 1) | noPacketInformation | (vnetHeader ? 0x4000 : 0) | (multiQueue ? 0x100 : 0)
    const keep = persist === undefined ? -1 : Number(persist)
    const tap = await this.#binding.tapOpen(this.#joins, name, flags, keep, uid, gid)
    return new Tap(this.#binding, tap.fd, tap.name)
  }

  close(): void {
    this.#socket.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #attributes({ mtu, mac, master }: LinkChanges): Promise<Attribute[]> {
    const rows: Attribute[] = []
    if (mac !== undefined) rows.push([ifla.address, macBytes(mac)])
    if (mtu !== undefined) {
      checkInteger('mtu', mtu, 0, 0x7fffffff)
      rows.push([ifla.mtu, { u32: mtu }])
    }
    if (master !== undefined) rows.push([ifla.master, { u32: master === null ? 0 : await this.#index(master) }])
    return rows
  }

  async #address(type: number, flags: number, which: LinkRef, text: string): Promise<void> {
    const { family, bytes, prefix } = parseAddress(text)
    const rows: Attribute[] = [
      [ifa.local, bytes],
      [ifa.address, bytes],
    ]
    if (family === 2 && prefix < 31) rows.push([ifa.broadcast, broadcast(bytes, prefix)])
    const header = addressHeader(family, prefix, await this.#index(which))
    await this.#socket.request({ type, flags, header, attributes: rows, subject: text })
  }

  async #index(which: LinkRef): Promise<number> {
    if (typeof which === 'number') {
      checkInteger('index', which, 1, 0x7fffffff)
      return which
    }
    const link = await this.find(which)
    if (link === undefined) throw systemError('ENODEV', 'netlink', `no link is called '${which}'`)
    return link.index
  }
}

/** Network links. */
export interface Links {
  /**
   * Opens the links of a network namespace; the descriptors of `where` must stay open as long.
   *
   * @since 0.1.0
   */
  open(where?: Where): Promise<LinkTable>
}

/** Links by rtnetlink. */
export function linksOf(binding: Binding): Links {
  return {
    async open(where) {
      const joins = joinsOf(where)
      return new LinkTable(binding, await binding.netlinkOpen(joins, 0, 0), joins)
    },
  }
}

function reference(which: LinkRef): { header: Uint8Array; attributes: Attribute[] } {
  if (typeof which === 'string') {
    checkName(which)
    return { header: linkHeader(0), attributes: [[ifla.name, which]] }
  }
  checkInteger('index', which, 1, 0x7fffffff)
  return { header: linkHeader(which), attributes: [] }
}

function kindData(spec: LinkSpec): Attribute[] {
  switch (spec.kind) {
    case 'bridge': {
      const rows: Attribute[] = []
      if (spec.forwardDelay !== undefined) rows.push([1, { u32: spec.forwardDelay }])
      if (spec.stp !== undefined) rows.push([5, { u32: Number(spec.stp) }])
      if (spec.vlanFiltering !== undefined) rows.push([7, { u8: Number(spec.vlanFiltering) }])
      return rows
    }
    case 'veth':
      checkName(spec.peer)
      return [[1, new Uint8Array([...linkHeader(0), ...encodeAttribute([ifla.name, spec.peer])])]]
    case 'vlan':
      checkInteger('id', spec.id, 0, 4094)
      return [[1, { u16: spec.id }]]
    case 'macvlan':
    case 'macvtap':
      return [[1, { u32: macvlanModes[spec.mode] }]]
    case 'dummy':
      return []
  }
}

function broadcast(bytes: Uint8Array, prefix: number): Uint8Array {
  return bytes.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, prefix - 8 * i))))
}

/** As the kernel checks names of links. @throws TypeError */
function checkName(name: string): void {
  if (name === '' || Buffer.byteLength(name) > 15 || name === '.' || name === '..' || /[\s/:\0]/.test(name))
    throw new TypeError(`'${name}' cannot be the name of a link`)
}
