// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes to one section of a network: `virNetworkUpdate`. A document is copied, never changed.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Element } from '../lang/field.js'
import { documentKind } from '../runtime/document.js'
import { parseTree } from '../runtime/tree-read.js'
import { checkHost, checkRange } from './addresses.js'
import {
  networkDhcpHost,
  networkDhcpRange,
  networkDnsHost,
  networkForwardInterface,
  networkPortgroup,
  networkSrv,
  networkSrvPart,
  networkTxt,
  networkTxtPart,
} from './schema.js'
import type {
  Network,
  NetworkDhcpHost,
  NetworkDhcpRange,
  NetworkDns,
  NetworkDnsHost,
  NetworkForwardInterface,
  NetworkIp,
  NetworkPortgroup,
  NetworkSrv,
  NetworkTxt,
} from './types.gen.js'

/** `virNetworkUpdateCommand` */
export type NetworkUpdateCommand = 'modify' | 'delete' | 'add-last' | 'add-first'
/** `virNetworkUpdateSection`, in the order of its numbers from 1 on. */
export const networkSections = [
  'bridge',
  'domain',
  'ip',
  'ip-dhcp-host',
  'ip-dhcp-range',
  'forward',
  'forward-interface',
  'forward-pf',
  'portgroup',
  'dns-host',
  'dns-txt',
  'dns-srv',
] as const
export type NetworkSection = (typeof networkSections)[number]

function fail(number: number, detail: string): never {
  throw virtError(number, ErrorDomain.NETWORK, detail)
}
const invalid = (detail: string): never => fail(ErrorNumber.OPERATION_INVALID, detail)

/** One list of a network that can be changed entry by entry. */
interface Section<T> {
  /** Reads an entry; `part` where only enough to find it is needed. */
  readonly full: Element
  readonly part?: Element
  /** Checks an entry that is to come in. */
  accept?(network: Network, entry: T, parentIndex: number): void
  /** Checks an entry that is to be found. */
  seek?(network: Network, entry: T, parentIndex: number): void
  /** The list it is in, and the network with another list there. */
  list(network: Network, entry: T, parentIndex: number): readonly T[]
  replace(network: Network, list: readonly T[], entry: T, parentIndex: number): Network
  /** Whether `there` is the one that an added entry would double. */
  doubles(there: T, entry: T): boolean
  /** Whether `there` is meant by a delete. */
  meant(there: T, entry: T): boolean
  /** Whether `there` is what a modify replaces; absent: entries cannot be modified. */
  replaced?(there: T, entry: T): boolean
  readonly texts: {
    exists(network: Network, entry: T): string
    missing(network: Network, entry: T): string
    many?(network: Network): string
    modify?: string
    notModified?(network: Network, entry: T): string
  }
  /** Checks the list as it would be. */
  check?(network: Network, list: readonly T[], entry: T): void
}

/** Fields that the wanted entry has must be the same in the one there. */
function agrees<T extends object>(there: T, wanted: T, keys: readonly (keyof T)[]): boolean {
  return keys.every((key) => wanted[key] === undefined || wanted[key] === there[key])
}

const family = (ip: NetworkIp): string => ip.family ?? (ip.address?.includes(':') ? 'ipv6' : 'ipv4')

/** The `<ip>` that a DHCP entry belongs to: by number, else the first of IPv4 with DHCP, else the first of IPv4. */
function ipOf(network: Network, parentIndex: number, what: string): NetworkIp {
  if (parentIndex >= 0)
    return (
      network.ips[parentIndex] ??
      fail(
        ErrorNumber.OPERATION_INVALID,
        `couldn't update ${what} entry - no <ip> element found at index ${parentIndex} in network '${network.name}'`,
      )
    )
  const served = network.ips.filter((ip) => (ip.dhcp?.hosts.length ?? 0) + (ip.dhcp?.ranges.length ?? 0) > 0)
  const first = served[0] ?? network.ips.find((ip) => family(ip) === 'ipv4') ?? network.ips[0]
  return (
    first ??
    fail(
      ErrorNumber.OPERATION_INVALID,
      `couldn't update ${what} entry - no <ip> element found at index ${parentIndex} in network '${network.name}'`,
    )
  )
}

function withIp(network: Network, old: NetworkIp, change: (ip: NetworkIp) => NetworkIp): Network {
  return { ...network, ips: network.ips.map((ip) => (ip === old ? change(ip) : ip)) }
}

const quoted = (h: NetworkDhcpHost): string =>
  `"<host mac='${h.mac ?? 'unknown'}' name='${h.name ?? '(null)'}' ip='${h.ip ?? 'unknown'}'/>"`
const dhcpHost: Section<NetworkDhcpHost> = {
  full: networkDhcpHost,
  accept: (network, host, index) => checkHost(network, ipOf(network, index, 'dhcp host'), host),
  seek: (network, host, index) => checkHost(network, ipOf(network, index, 'dhcp host'), host, true),
  list: (network, _, index) => ipOf(network, index, 'dhcp host').dhcp?.hosts ?? [],
  replace: (network, hosts, _, index) =>
    withIp(network, ipOf(network, index, 'dhcp host'), (ip) => ({ ...ip, dhcp: { ranges: [], ...ip.dhcp, hosts } })),
  doubles: (there, host) =>
    (host.mac !== undefined && there.mac === host.mac) ||
    (host.name !== undefined && there.name === host.name) ||
    (host.ip !== undefined && there.ip === host.ip),
  meant: (there, host) => agrees(there, host, ['mac', 'name', 'ip', 'id']),
  replaced: (there, host) =>
    (host.mac !== undefined ? there.mac === host.mac : host.name !== undefined && there.name === host.name) ||
    (there.ip !== undefined && there.ip === host.ip && host.mac === undefined),
  texts: {
    exists: (n, h) => `there is an existing dhcp host entry in network '${n.name}' that matches ${quoted(h)}`,
    missing: (n) => `couldn't locate a matching dhcp host entry in network '${n.name}'`,
    notModified: (n, h) =>
      `couldn't locate an existing dhcp host entry with "mac='${h.mac ?? 'unknown'}'" "name='${h.name ?? '(null)'}'" "ip='${h.ip ?? 'unknown'}'" in network '${n.name}'`,
  },
}

const dhcpRange: Section<NetworkDhcpRange> = {
  full: networkDhcpRange,
  accept: (network, range, index) => checkRange(network, ipOf(network, index, 'dhcp range'), range),
  seek: (network, range, index) => checkRange(network, ipOf(network, index, 'dhcp range'), range),
  list: (network, _, index) => ipOf(network, index, 'dhcp range').dhcp?.ranges ?? [],
  replace: (network, ranges, _, index) =>
    withIp(network, ipOf(network, index, 'dhcp range'), (ip) => ({ ...ip, dhcp: { hosts: [], ...ip.dhcp, ranges } })),
  doubles: (there, range) => there.start === range.start && there.end === range.end,
  meant: (there, range) => there.start === range.start && there.end === range.end,
  texts: {
    exists: (n, r) =>
      `there is an existing dhcp range entry in network '${n.name}' that matches "<range start='${r.start}' end='${r.end}'/>"`,
    missing: (n) => `couldn't locate a matching dhcp range entry in network '${n.name}'`,
    modify: 'dhcp ranges cannot be modified, only added or deleted',
  },
}

type ForwardEntry = NetworkForwardInterface & { kind: 'interface' }
const forwardInterface: Section<NetworkForwardInterface> = {
  full: networkForwardInterface,
  list: (network) => (network.forward?.interfaces ?? []).filter((i): i is ForwardEntry => i.kind === 'interface'),
  replace(network, interfaces) {
    const entries = interfaces.map((i): ForwardEntry => ({ ...i, kind: 'interface' }))
    const forward = network.forward ?? { mode: 'none' as const, managed: false, interfaces: [] }
    return { ...network, forward: { ...forward, interfaces: entries, dev: entries[0]?.dev } }
  },
  accept(network, entry) {
    if (entry.dev === undefined)
      throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.XML, "Missing required attribute 'dev' in element 'interface'")
    if ((network.forward?.interfaces ?? []).some((i) => i.kind !== 'interface'))
      invalid(`unsupported config: can't add interface to network '${network.name}' with hostdev forwarding`)
  },
  doubles: (there, entry) => there.dev === entry.dev,
  meant: (there, entry) => there.dev === entry.dev,
  check(network, _, entry) {
    const used = (network.forward?.interfaces ?? []).find(
      (i): i is ForwardEntry => i.kind === 'interface' && i.dev === entry.dev,
    )?.connections
    if (used)
      invalid(
        `unable to delete interface '${entry.dev}' in network '${network.name}'. It is currently being used  by ${used} domains.`,
      )
  },
  texts: {
    exists: (n, i) =>
      `there is an existing interface entry in network '${n.name}' that matches "<interface dev='${i.dev}'>"`,
    missing: (n, i) => `couldn't find an interface entry in network '${n.name}' matching <interface dev='${i.dev}'>`,
    modify: 'forward interface entries cannot be modified, only added or deleted',
  },
}

const portgroup: Section<NetworkPortgroup> = {
  full: networkPortgroup,
  list: (network) => network.portgroups,
  replace: (network, portgroups) => ({ ...network, portgroups }),
  accept(network, group) {
    if (group.default && network.portgroups.some((g) => g.default && g.name !== group.name))
      invalid(
        `a different portgroup entry in network '${network.name}' is already set as the default. Only one default is allowed.`,
      )
  },
  doubles: (there, group) => there.name === group.name,
  meant: (there, group) => there.name === group.name,
  replaced: (there, group) => there.name === group.name,
  texts: {
    exists: (n, g) =>
      `there is an existing portgroup entry in network '${n.name}' that matches "<portgroup name='${g.name}'>"`,
    missing: (n, g) => `couldn't find a portgroup entry in network '${n.name}' matching <portgroup name='${g.name}'>`,
    notModified: (n, g) =>
      `couldn't find a portgroup entry in network '${n.name}' matching <portgroup name='${g.name}'>`,
  },
}

const emptyDns: NetworkDns = { forwarders: [], txts: [], srvs: [], hosts: [] }
const withDns = (network: Network, change: Partial<NetworkDns>): Network => ({
  ...network,
  dns: { ...emptyDns, ...network.dns, ...change },
})
const named = (kind: string) => ({
  missing: (n: Network) => `couldn't locate a matching DNS ${kind} record in network ${n.name}`,
  notModified: (n: Network) => `couldn't locate a matching DNS ${kind} record in network ${n.name}`,
  many: (n: Network) => `multiple matching DNS ${kind} records were found in network ${n.name}`,
})

const dnsHost: Section<NetworkDnsHost> = {
  full: networkDnsHost,
  accept(network, host) {
    if (host.ip === undefined)
      fail(ErrorNumber.XML_DETAIL, `Missing IP address in network '${network.name}' DNS HOST record`)
    if (host.hostnames.length === 0)
      fail(ErrorNumber.XML_DETAIL, `Missing hostname in network '${network.name}' DNS HOST record`)
  },
  list: (network) => network.dns?.hosts ?? [],
  replace: (network, hosts) => withDns(network, { hosts }),
  doubles: (there, host) => there.ip === host.ip,
  meant: (there, host) =>
    (host.ip !== undefined && there.ip === host.ip) || there.hostnames.some((name) => host.hostnames.includes(name)),
  replaced: (there, host) => there.ip === host.ip,
  texts: {
    exists: (n) => `there is already at least one DNS HOST record with a matching field in network ${n.name}`,
    ...named('HOST'),
  },
}

const dnsTxt: Section<NetworkTxt> = {
  full: networkTxt,
  part: networkTxtPart,
  list: (network) => network.dns?.txts ?? [],
  replace: (network, txts) => withDns(network, { txts }),
  doubles: (there, txt) => there.name === txt.name,
  meant: (there, txt) => agrees(there, txt, ['name', 'value']),
  replaced: (there, txt) => there.name === txt.name,
  texts: {
    exists: (n, t) => `there is already a DNS TXT record with name '${t.name}' in network ${n.name}`,
    ...named('TXT'),
  },
}

const srvFields = ['service', 'protocol', 'domain', 'target', 'port', 'priority', 'weight'] as const
const dnsSrv: Section<NetworkSrv> = {
  full: networkSrv,
  part: networkSrvPart,
  list: (network) => network.dns?.srvs ?? [],
  replace: (network, srvs) => withDns(network, { srvs }),
  doubles: (there, srv) => agrees(there, srv, srvFields),
  meant: (there, srv) => agrees(there, srv, srvFields),
  replaced: (there, srv) => agrees(there, srv, ['service', 'protocol', 'domain']),
  texts: {
    exists: (n) => `there is already at least one DNS SRV record matching all specified fields in network ${n.name}`,
    ...named('SRV'),
  },
}

const sections: Partial<Record<NetworkSection, Section<never>>> = {
  'ip-dhcp-host': dhcpHost as unknown as Section<never>,
  'ip-dhcp-range': dhcpRange as unknown as Section<never>,
  'forward-interface': forwardInterface as unknown as Section<never>,
  portgroup: portgroup as unknown as Section<never>,
  'dns-host': dnsHost as unknown as Section<never>,
  'dns-txt': dnsTxt as unknown as Section<never>,
  'dns-srv': dnsSrv as unknown as Section<never>,
}

/**
 * The network with one entry of one section added, replaced or removed.
 * @param parentIndex which `<ip>` a DHCP entry belongs to; -1 finds it
 * @throws VirtError `operation-unsupported` for a section that cannot be updated, and what libvirt says of the entry
 * @since 0.1.0, `virNetworkUpdate`
 */
export function updateNetwork(
  network: Network,
  command: NetworkUpdateCommand,
  section: NetworkSection,
  parentIndex: number,
  xml: string,
): Network {
  const rules = sections[section] as unknown as Section<object> | undefined
  const { name } = parseTree(xml, ErrorDomain.NETWORK)
  if (rules === undefined)
    return fail(
      ErrorNumber.OPERATION_UNSUPPORTED,
      `can't update '${section === 'forward-pf' ? 'forward pf' : section}' section of network '${network.name}'`,
    )
  if (name !== rules.full.name)
    return fail(
      ErrorNumber.XML_ERROR,
      `unexpected element <${name}>, expecting <${rules.full.name}>, while updating network '${network.name}'`,
    )
  const remove = command === 'delete'
  const root = remove ? (rules.part ?? rules.full) : rules.full
  const entry = documentKind<object>({ root, domain: ErrorDomain.NETWORK }).parse(xml)
  if (command === 'modify' && rules.replaced === undefined)
    return fail(
      ErrorNumber.OPERATION_UNSUPPORTED,
      rules.texts.modify ?? `can't modify '${section}' section of network '${network.name}'`,
    )
  if (remove) rules.seek?.(network, entry, parentIndex)
  else rules.accept?.(network, entry, parentIndex)
  const list = rules.list(network, entry, parentIndex)
  const put = (next: readonly object[]): Network => rules.replace(network, next, entry, parentIndex)
  if (remove) {
    const found = list.filter((one) => rules.meant(one, entry))
    if (found.length === 0) invalid(rules.texts.missing(network, entry))
    if (found.length > 1 && rules.texts.many !== undefined) invalid(rules.texts.many(network))
    rules.check?.(network, list, entry)
    return put(list.filter((one) => one !== found[0]))
  }
  if (command === 'modify') {
    const at = list.findIndex((one) => rules.replaced?.(one, entry))
    if (at < 0) invalid((rules.texts.notModified ?? rules.texts.missing)(network, entry))
    return put(list.map((one, i) => (i === at ? entry : one)))
  }
  if (list.some((one) => rules.doubles(one, entry))) invalid(rules.texts.exists(network, entry))
  return put(command === 'add-first' ? [entry, ...list] : [...list, entry])
}
