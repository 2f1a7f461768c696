// SPDX-License-Identifier: LGPL-2.1-or-later
// Links and addresses as rtnetlink tells them.
import { ipText, macText } from './link-address.js'
import { type Attribute, attributes, type NetlinkMessage, pack, textOf, viewOf } from './netlink.js'

/** Message types of rtnetlink. */
export const messages = {
  newLink: 16,
  delLink: 17,
  getLink: 18,
  newAddress: 20,
  delAddress: 21,
  getAddress: 22,
} as const

/** Attributes of links. */
export const ifla = {
  address: 1,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  operState: 16,
  info: 18,
  alias: 20,
  namespace: 28,
  infoKind: 1,
  infoData: 2,
} as const

/** Attributes of addresses. */
export const ifa = { address: 1, local: 2, broadcast: 4 } as const

const states = ['unknown', 'not-present', 'down', 'lower-layer-down', 'testing', 'dormant', 'up'] as const

/** Flags of a link (IFF_*). */
export const linkFlags = { up: 0x1, running: 0x40, promiscuous: 0x100 } as const

/** A network link. */
export interface Link {
  readonly index: number
  readonly name: string
  /** What made it: `bridge`, `veth`, `tun`, …; missing for hardware and the loopback. */
  readonly kind?: string
  /** Whether somebody has set it up. */
  readonly up: boolean
  /** Whether it works, as the kernel sees it. */
  readonly state: (typeof states)[number]
  readonly promiscuous: boolean
  /** In bytes. */
  readonly mtu: number
  /** Hardware address, where it has one. */
  readonly mac?: string
  /** Index of the bridge or bond that it is a port of. */
  readonly master?: number
  /** Index of the link below it, or of its pair, which may be in another namespace. */
  readonly parent?: number
  readonly alias?: string
}

/** An address of a link. */
export interface LinkAddress {
  /** Index of the link. */
  readonly link: number
  /** With its prefix: `192.168.122.1/24`. */
  readonly address: string
  readonly scope: number
}

/** The header of messages about links (ifinfomsg). */
export function linkHeader(index: number, flags = 0, change = 0): Uint8Array {
  return pack([1, 0], [1, 0], [2, 0], [4, index], [4, flags], [4, change])
}

/** The header of messages about addresses (ifaddrmsg). */
export function addressHeader(family: number, prefix: number, index: number): Uint8Array {
  return pack([1, family], [1, prefix], [1, 0], [1, 0], [4, index])
}

/** The attribute that says what kind of link is to be made, with the kind's own attributes. */
export function linkInfo(kind: string, data: readonly Attribute[]): Attribute {
  const rows: Attribute[] = [[ifla.infoKind, kind]]
  if (data.length > 0) rows.push([ifla.infoData, data])
  return [ifla.info, rows]
}

/** A message as a link; undefined when it tells of something else. */
export function linkOf({ type, body }: NetlinkMessage): Link | undefined {
  if (type !== messages.newLink || body.length < 16) return undefined
  const view = viewOf(body)
  const flags = view.u32(8)
  const found = attributes(body.subarray(16))
  const number = (key: number): number | undefined => {
    const bytes = found.get(key)
    return bytes === undefined || bytes.length < 4 ? undefined : viewOf(bytes).u32(0)
  }
  const text = (bytes: Uint8Array | undefined): string | undefined => (bytes === undefined ? undefined : textOf(bytes))
  const info = found.get(ifla.info)
  const mac = found.get(ifla.address)
  const optional = {
    kind: info === undefined ? undefined : text(attributes(info).get(ifla.infoKind)),
    mac: mac?.length === 6 ? macText(mac) : undefined,
    master: number(ifla.master),
    parent: number(ifla.link),
    alias: text(found.get(ifla.alias)),
  }
  return {
    index: view.i32(4),
    name: text(found.get(ifla.name)) ?? '',
    up: (flags & linkFlags.up) !== 0,
    promiscuous: (flags & linkFlags.promiscuous) !== 0,
    state: states[found.get(ifla.operState)?.[0] ?? 0] ?? 'unknown',
    mtu: number(ifla.mtu) ?? 0,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as object),
  }
}

/** A message as an address; undefined when it tells of something else. */
export function addressOf({ type, body }: NetlinkMessage): LinkAddress | undefined {
  if (type !== messages.newAddress || body.length < 8) return undefined
  const found = attributes(body.subarray(8))
  const bytes = found.get(ifa.local) ?? found.get(ifa.address)
  if (bytes === undefined || (bytes.length !== 4 && bytes.length !== 16)) return undefined
  return { link: viewOf(body).u32(4), address: `${ipText(bytes)}/${body[1]}`, scope: body[3] ?? 0 }
}
