// SPDX-License-Identifier: LGPL-2.1-or-later
// Values of filter rules. Each is kept as text in libvirt's form, because it may be a variable (`$IP[@1]`) instead, and
// because a number remembers whether it was written in hexadecimal.
import { maskPrefix, printIp } from '../lang/address.js'
import { readInteger, readMac, type Value } from '../lang/value.js'
import { numericAddress } from '../net/socket-address.js'

const maxIterator = 1000n
const wrap = 2n ** 32n

/** Reads `$NAME`, `$NAME[index]` or `$NAME[@iterator]`; what follows the bracket does not count. */
function readVariable(raw: string): string | undefined {
  const match = /^\$([A-Za-z0-9_]*)(?:\[\s*(@?)\s*([+-]?\d+)\s*\].*)?$/s.exec(raw)
  if (!match) return undefined
  const [, name, iterator, digits] = match
  if (digits === undefined) return `$${name}`
  const index = readInteger(digits, 10) ?? wrap
  if (index >= wrap || index <= -wrap) return undefined
  if (iterator === '') return `$${name}[${(index + wrap) % wrap}]`
  if (index < 0n || index > maxIterator) return undefined
  return index === 0n ? `$${name}` : `$${name}[@${index}]`
}

function ruleValue(read: (raw: string) => string | undefined, description: string): Value {
  return {
    ts: 'string',
    json: { type: 'string', description: `${description}, or a variable` },
    parse: (raw) => (raw.startsWith('$') ? readVariable(raw) : read(raw)),
  }
}

/** Unsigned 32 bit; negative numbers wrap around. */
function readUnsigned(raw: string, hex: boolean): bigint | undefined {
  const value = readInteger(raw, hex ? 16 : 10)
  if (value === undefined || value >= wrap || value <= -wrap) return undefined
  return (value + wrap) % wrap
}

interface NumberForm {
  min?: bigint
  max: bigint
  /** Names of some numbers, which are printed instead. */
  names?: Readonly<Record<string, bigint>>
  /** Hexadecimal, which is what no decimal number is, is read, but not remembered. */
  forgetHex?: boolean
  onlyDecimal?: boolean
}

function ruleNumber(description: string, form: NumberForm): Value {
  const { min = 0n, max, names = {}, forgetHex = false, onlyDecimal = false } = form
  const lower = new Map(Object.entries(names).map(([name, value]) => [name.toLowerCase(), value]))
  const nameOf = new Map(Object.entries(names).map(([name, value]) => [value, name]))
  return ruleValue((raw) => {
    const decimal = lower.get(raw.toLowerCase()) ?? readUnsigned(raw, false)
    const hex = decimal === undefined && !onlyDecimal
    const value = hex ? readUnsigned(raw, true) : decimal
    if (value === undefined || value < min || value > max) return undefined
    return nameOf.get(value) ?? (hex && !forgetHex ? `0x${value.toString(16)}` : String(value))
  }, description)
}

const etherTypes = { ipv4: 0x800n, arp: 0x806n, rarp: 0x8035n, vlan: 0x8100n, ipv6: 0x86ddn }

export const uint8: Value = ruleNumber('0 to 255', { max: 0xffn })
export const uint16: Value = ruleNumber('0 to 65535', { max: 0xffffn })
export const uint32: Value = ruleNumber('0 to 4294967295', { max: wrap - 1n })
export const connections: Value = ruleNumber('0 to 65535', { max: 0xffffn, onlyDecimal: true })
export const dscp: Value = ruleNumber('0 to 63', { max: 63n })
export const vlanId: Value = ruleNumber('0 to 4095', { max: 4095n })
export const etherType: Value = ruleNumber('a protocol of Ethernet', { min: 0x600n, max: 0xffffn, names: etherTypes })
export const encapsulated: Value = ruleNumber('a protocol of Ethernet', { min: 60n, max: 0xffffn, names: etherTypes })
export const ipProtocol: Value = ruleNumber('a protocol of IP', {
  max: 0xffn,
  names: { icmp: 1n, igmp: 2n, tcp: 6n, udp: 17n, esp: 50n, ah: 51n, icmpv6: 58n, sctp: 132n, udplite: 136n },
})
export const arpOpcode: Value = ruleNumber('an operation of ARP', {
  max: 0xffffn,
  names: {
    Request: 1n,
    Reply: 2n,
    Request_Reverse: 3n,
    Reply_Reverse: 4n,
    DRARP_Request: 5n,
    DRARP_Reply: 6n,
    DRARP_Error: 7n,
    InARP_Request: 8n,
    ARP_NAK: 9n,
  },
  forgetHex: true,
})

export const ruleMac: Value = ruleValue(readMac, 'a MAC address')
/** Ones, then zeros. */
export const ruleMacMask: Value = ruleValue((raw) => {
  const mac = readMac(raw)
  const bits = mac === undefined ? '-' : BigInt(`0x1${mac.replaceAll(':', '')}`).toString(2)
  return /^1+0*$/.test(bits) ? mac : undefined
}, 'a mask of a MAC address')

function readAddress(raw: string, family: 4 | 6): bigint | undefined {
  const found = numericAddress(raw)
  if (found === undefined) return undefined
  if (family === 6) return found.family === 'ipv6' ? found.value : undefined
  if (found.family === 'ipv4') return found.value
  // An IPv4 address in IPv6 form.
  return found.value >> 32n === 0xffffn ? found.value & 0xffffffffn : undefined
}

function ruleAddress(family: 4 | 6): Value {
  return ruleValue((raw) => {
    const [, address = '', zone = ''] = (family === 6 ? /^([^%]*)(%.+)?$/ : /^(.*)$/s).exec(raw) ?? []
    const value = readAddress(address, family)
    return value === undefined ? undefined : `${printIp({ family, value })}${zone}`
  }, `an IPv${family} address`)
}

/** A prefix length, also written as a mask. */
function ruleMask(family: 4 | 6): Value {
  const width = family === 4 ? 32n : 128n
  return ruleValue((raw) => {
    const length = readUnsigned(raw, false)
    if (length !== undefined) return length <= width ? String(length) : undefined
    const value = readAddress(raw, family)
    const prefix = value === undefined ? undefined : maskPrefix({ family, value })
    return prefix === undefined ? undefined : String(prefix)
  }, 'a prefix length')
}

export const ip4: Value = ruleAddress(4)
export const ip6: Value = ruleAddress(6)
export const ip4Mask: Value = ruleMask(4)
export const ip6Mask: Value = ruleMask(6)

/** Anything that does not mean yes means no. */
export const gratuitous: Value = ruleValue((raw) => String(['true', 'yes', '1'].includes(raw)), 'true or false')

const words = (raw: string): string[] =>
  raw
    .toUpperCase()
    .split(/[ ,\t\n]/)
    .filter((word) => word !== '')

const states = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID']
export const connectionStates: Value = ruleValue((raw) => {
  const given = words(raw)
  if (!given.every((word) => word === 'NONE' || states.includes(word))) return undefined
  return given.includes('NONE') ? 'NONE' : states.filter((word) => given.includes(word)).join(',')
}, 'states of a connection')

const tcpBits = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']
function readTcpSet(raw: string): string | undefined {
  const given = words(raw)
  if (!given.every((word) => word === 'ALL' || word === 'NONE' || tcpBits.includes(word))) return undefined
  const set = tcpBits.filter((bit) => given.includes('ALL') || given.includes(bit))
  return set.length === 0 ? 'NONE' : set.length === tcpBits.length ? 'ALL' : set.join(',')
}
/** Which flags to look at, and which of them to be set. */
export const tcpFlags: Value = ruleValue((raw) => {
  const parts = raw.split('/')
  const [mask, set] = parts.map(readTcpSet)
  return parts.length !== 2 || mask === undefined || set === undefined ? undefined : `${mask}/${set}`
}, 'mask and set flags of TCP')

export const ipSet: Value = ruleValue(
  (raw) => (/^[a-zA-Z0-9_.:\-+ ]{0,31}$/.test(raw) ? raw : undefined),
  'name of a set of addresses',
)
export const ipSetFlags: Value = ruleValue((raw) => {
  const lower = raw.toLowerCase()
  return /^(src|dst)(,(src|dst)){0,5}$/.test(lower) ? lower : undefined
}, 'up to six of src and dst')

const maxComment = 256
export const comment: Value = ruleValue((raw) => {
  if (raw.length * 3 <= maxComment) return raw
  let bytes = 0
  let kept = ''
  for (const c of raw) {
    bytes += new TextEncoder().encode(c).length
    if (bytes > maxComment) break
    kept += c
  }
  return kept
}, 'any text up to 256 bytes')
