// SPDX-License-Identifier: LGPL-2.1-or-later
// <filter>: rules and other filters, and <filterbinding>: a filter in use. The protocols' match elements come from a table.
import { ErrorNumber } from '@virt/core'
import { filterReference } from '../common/schema/filter.js'
import { attr, child, choices, type Element, element, type Field, leaf, only, type StrictRule } from '../lang/field.js'
import { form, integer, plainName, unicast } from '../lang/forms.js'
import { int, mac, oneOf, token, uuid, type Value } from '../lang/value.js'
import type { ReadContext, Rec } from '../runtime/context.js'
import { checkPorts, mergeMatches, type RuleShape } from './rule.js'
import type { Nwfilter, NwfilterBinding, NwfilterReference, NwfilterRule } from './types.gen.js'
import {
  arpOpcode,
  comment,
  connectionStates,
  connections,
  dscp,
  encapsulated,
  etherType,
  gratuitous,
  ip4,
  ip4Mask,
  ip6,
  ip6Mask,
  ipProtocol,
  ipSet,
  ipSetFlags,
  ruleMac,
  ruleMacMask,
  tcpFlags,
  uint8,
  uint16,
  uint32,
  vlanId,
} from './values.js'

const internal = (message: string) => ({ number: ErrorNumber.INTERNAL_ERROR, message })

type Values = Readonly<Record<string, Value>>

const source: Values = { srcmacaddr: ruleMac }
const sourceWithMask: Values = { ...source, srcmacmask: ruleMacMask }
const ethernet: Values = { ...sourceWithMask, dstmacaddr: ruleMac, dstmacmask: ruleMacMask }
const addresses = (ip: Value, mask: Value): Values => ({
  srcipaddr: ip,
  srcipmask: mask,
  dstipaddr: ip,
  dstipmask: mask,
})
const rest: Values = {
  dscp,
  'connlimit-above': connections,
  state: connectionStates,
  ipset: ipSet,
  ipsetflags: ipSetFlags,
}
const common4: Values = {
  ...source,
  ...addresses(ip4, ip4Mask),
  srcipfrom: ip4,
  srcipto: ip4,
  dstipfrom: ip4,
  dstipto: ip4,
  ...rest,
}
const common6: Values = {
  ...source,
  ...addresses(ip6, ip6Mask),
  srcipfrom: ip6,
  srcipto: ip6,
  dstipfrom: ip6,
  // parity: libvirt reads the end of this range as IPv4.
  dstipto: ip4,
  ...rest,
}
const ports: Values = { srcportstart: uint16, srcportend: uint16, dstportstart: uint16, dstportend: uint16 }
const icmp: Values = { type: uint8, code: uint8 }
const high = (name: string, value: Value): Values => ({ [name]: value, [`${name}-hi`]: value })
const masked = (name: string): Values => ({ [name]: ruleMac, [`${name}-mask`]: ruleMacMask })
const stp: Values = {
  ...sourceWithMask,
  type: uint8,
  flags: uint8,
  ...high('root-priority', uint16),
  ...masked('root-address'),
  ...high('root-cost', uint32),
  ...high('sender-priority', uint16),
  ...masked('sender-address'),
  ...high('port', uint16),
  ...high('age', uint16),
  ...high('max-age', uint16),
  ...high('hello-time', uint16),
  ...high('forward-delay', uint16),
}
const arp: Values = {
  ...ethernet,
  hwtype: uint16,
  protocoltype: uint16,
  opcode: arpOpcode,
  arpsrcmacaddr: ruleMac,
  arpdstmacaddr: ruleMac,
  arpsrcipaddr: ip4,
  arpsrcipmask: ip4Mask,
  arpdstipaddr: ip4,
  arpdstipmask: ip4Mask,
  gratuitous,
}

/** What a rule may look at, by protocol, in print order. */
const protocols: Readonly<Record<string, Values>> = {
  mac: { ...ethernet, protocolid: etherType },
  vlan: { ...ethernet, vlanid: vlanId, 'encap-protocol': encapsulated },
  stp,
  arp,
  rarp: arp,
  ip: { ...ethernet, ...addresses(ip4, ip4Mask), protocol: ipProtocol, ...ports, dscp },
  ipv6: {
    ...ethernet,
    ...addresses(ip6, ip6Mask),
    protocol: ipProtocol,
    ...ports,
    type: uint8,
    typeend: uint8,
    code: uint8,
    codeend: uint8,
  },
  tcp: { ...common4, ...ports, flags: tcpFlags },
  udp: { ...common4, ...ports },
  udplite: common4,
  esp: common4,
  ah: common4,
  sctp: { ...common4, ...ports },
  icmp: { ...common4, ...icmp },
  all: common4,
  igmp: common4,
  'tcp-ipv6': { ...common6, ...ports },
  'udp-ipv6': { ...common6, ...ports },
  'udplite-ipv6': common6,
  'esp-ipv6': common6,
  'ah-ipv6': common6,
  'sctp-ipv6': { ...common6, ...ports },
  icmpv6: { ...common6, ...icmp },
  'all-ipv6': common6,
}

/** Keys of fields that are negated with another: masks, upper ends. */
function followers(protocol: string): Record<string, string> {
  if (protocol === 'arp' || protocol === 'rarp') return {}
  const all: Record<string, string> = {
    srcmacmask: 'srcmacaddr',
    dstmacmask: 'dstmacaddr',
    srcipmask: 'srcipaddr',
    dstipmask: 'dstipaddr',
    srcipto: 'srcipfrom',
    dstipto: 'dstipfrom',
  }
  if (protocol === 'stp')
    for (const name of Object.keys(stp)) {
      const leader = /^(.*)-(?:hi|mask)$/.exec(name)?.[1]
      if (leader !== undefined) all[keyOf(name)] = keyOf(leader)
    }
  else if (protocol !== 'ip' && protocol !== 'ipv6')
    for (const key of ['srcportend', 'dstportstart', 'dstportend']) all[key] = 'srcportstart'
  if (protocol === 'ipv6' || protocol.startsWith('icmp'))
    for (const key of ['typeend', 'code', 'codeend']) all[key] = 'type'
  return all
}

/** `protocol` itself is the name of the match element. */
const keyOf = (name: string): string =>
  name === 'protocol' ? 'ipProtocol' : name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

const ruleField = (name: string, value: Value): Field =>
  attr(value)
    .as(name)
    .bad({ number: ErrorNumber.INTERNAL_ERROR, message: (raw) => `${name} has illegal value ${raw}` })

function matchElement(protocol: string, values: Values): Element {
  const fields: Record<string, Field> = {
    match: attr({ ...oneOf('no'), strict: (raw) => raw === 'no' || raw === 'yes' })
      .lax()
      .doc('no: the fields must not match'),
  }
  for (const [name, value] of Object.entries({ ...values, comment })) fields[keyOf(name)] = ruleField(name, value)
  const rule: StrictRule = ({ attributes }) =>
    attributes.has('ipset') === attributes.has('ipsetflags') ? undefined : 'ipset and ipsetflags need each other'
  return element(protocol, fields).keepEmpty().tellLast().strict(rule)
}

const matchElements: Element[] = Object.entries(protocols).map(([name, values]) => matchElement(name, values))
const shapes: ReadonlyMap<string, RuleShape> = new Map(
  Object.entries(protocols).map(([name, values]) => [
    name,
    {
      keys: Object.keys({ ...values, comment }).map(keyOf),
      follows: followers(name),
      losesIpSet: values.ipset !== undefined && !name.startsWith('all'),
    },
  ]),
)

const usualPriority = 500

/** Numbers outside mean the usual one. */
const priority: Value = integer(
  {
    ...int,
    parse: (raw) => {
      const number = int.parse(raw) as number | undefined
      return number === undefined || Math.abs(number) <= 1000 ? number : usualPriority
    },
  },
  -1000,
  1000,
)

export const nwfilterRule: Element = element('rule', {
  action: attr(oneOf('drop', 'accept', 'reject', 'return', 'continue')).required(),
  direction: attr(oneOf('in', 'out', 'inout')).required(),
  priority: attr(priority).default(usualPriority).doc('lower ones first'),
  statematch: attr({
    ...oneOf('false'),
    parse: (raw) => (raw === '0' || raw.toLowerCase() === 'false' ? 'false' : undefined),
  })
    .lax()
    .doc('false: without looking at the state of connections'),
  matches: choices('protocol', ...matchElements)
    .uniform()
    .single(),
})
  .keepEmpty()
  .strict(({ children }) => (children.size > 1 ? 'there is more than one match' : undefined))
  .finish((rule: NwfilterRule, context: ReadContext) => {
    const protocol = rule.matches[0]?.protocol
    const shape = protocol === undefined ? undefined : shapes.get(protocol)
    if (protocol === undefined || shape === undefined) return
    const merged = mergeMatches(rule.matches as unknown as readonly Rec[], shape)
    if (protocol === 'ip' || protocol === 'ipv6') checkPorts(merged, protocol === 'ip' ? 'IP' : 'IPv6', context)
    rule.matches = merged as unknown as NwfilterRule['matches']
  })

/** Another filter whose rules count here too. */
export const nwfilterReference: Element = element('filterref', {
  ...filterReference.fields,
  filter: attr({ ...plainName, parse: (raw) => raw }).required(),
}).finish((inner: NwfilterReference, context: ReadContext) => filterReference.finisher?.(inner as never, context))

/** Chains beside `root`, by prefix, and the priority they have of themselves. */
const chains: Readonly<Record<string, number>> = {
  mac: -800,
  vlan: -750,
  stp: 0,
  arp: -500,
  rarp: -400,
  ipv4: -700,
  ipv6: -600,
}
const maxChain = 12

function checkChain(chain: string, context: ReadContext): void {
  const bad = (message: string): never => context.fail(message, ErrorNumber.INVALID_ARG)
  if (chain.length > maxChain) bad(`Name of chain is longer than ${maxChain} characters`)
  if (!/^[a-zA-Z0-9_.:-]*$/.test(chain)) bad('Chain name contains invalid characters')
  if (chain === 'root' || Object.keys(chains).some((prefix) => chain.startsWith(prefix))) return
  const prefixes = Object.keys(chains).join(', ')
  bad(
    `Invalid chain name '${chain}'. Please use a chain name called 'root' or any of the following prefixes: ${prefixes}`,
  )
}

export const nwfilter: Element = element('filter', {
  name: attr({ ...plainName, parse: token.parse }).required(internal('filter has no name')),
  chain: attr(form(token, /root|(mac|stp|arp)[a-zA-Z0-9_.:-]{0,9}|(vlan|rarp|ipv4|ipv6)[a-zA-Z0-9_.:-]{0,8}/))
    .lax()
    .default('root')
    .doc('root, or a name that begins with a protocol'),
  priority: attr(integer({ ...int, parse: (raw) => (raw === '' ? undefined : int.parse(raw)) }, -1000, 1000))
    .orEmpty()
    .omit(0)
    .bad({
      number: ErrorNumber.INVALID_ARG,
      message: (raw) => `Could not parse chain priority '${raw}'`,
    }),
  uuid: leaf(uuid).bad('malformed uuid element'),
  entries: choices('kind', nwfilterRule, nwfilterReference),
}).start((filter: Nwfilter, context: ReadContext) => {
  const { priority: given, chain } = filter
  if (given !== undefined && (given < -1000 || given > 1000))
    context.fail(`Priority '${given}' is outside valid range of [-1000,1000]`, ErrorNumber.INVALID_ARG)
  checkChain(chain, context)
  if (given !== undefined) return
  const prefix = Object.keys(chains).find((one) => chain.startsWith(one))
  filter.priority = prefix === undefined ? 0 : chains[prefix]
})

/** Who uses the filter. */
/** libvirt's grammar takes an empty name, which the parser takes for none. */
const maybeEmpty: Value = { ...token, strict: () => true }

export const nwfilterBindingOwner: Element = element('owner', {
  name: leaf(maybeEmpty).must(),
  uuid: leaf(uuid).must().bad(internal("Unable to parse UUID '%s'")),
})

export const nwfilterBinding: Element = element('filterbinding', {
  owner: child(nwfilterBindingOwner).must(),
  portdev: only('name', maybeEmpty).lax().must().doc('interface of the host that is filtered'),
  linkdev: only('name', token).lax().doc('interface of the host below a direct one'),
  mac: only('address', unicast(mac)).orEmpty().must().bad(internal("Unable to parse MAC '%s'")),
  filterref: child(filterReference).must(),
})
  .keepOpen()
  .finish((binding: NwfilterBinding, context: ReadContext) => {
    const missing = (what: string): never => context.fail(`filter binding has no ${what}`, ErrorNumber.INTERNAL_ERROR)
    if (binding.portdev === undefined) missing('port dev name')
    if (binding.mac === undefined) missing('MAC address')
    if (binding.filterref?.filter === undefined) missing('filter reference')
    if (binding.owner?.name === undefined) missing('owner name')
    if (binding.owner?.uuid === undefined) missing('owner UUID')
  })
