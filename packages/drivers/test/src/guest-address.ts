// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses that guests seem to have got from a network.
import type { Network } from '@virt/conf'
import type { DomainIpAddr } from '@virt/core'

/** Groups of an IP address as numbers; undefined for a text of another form. */
function parse(text: string): { bits: 32 | 128; value: bigint } | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text))
    return { bits: 32, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
  if (!text.includes(':')) return undefined
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  return { bits: 128, value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) }
}

function format(bits: 32 | 128, value: bigint): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  const longest = groups
    .join(':')
    .match(/\b0(?::0)+\b/g)
    ?.sort((a, b) => b.length - a.length)[0]
  if (longest === undefined) return groups.join(':')
  const [before = '', after = ''] = splitOnce(groups.join(':'), longest)
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`
}

function splitOnce(text: string, part: string): [string, string] {
  const at = text.search(new RegExp(`(?<![0-9a-f])${part}(?![0-9a-f])`))
  return [text.slice(0, at), text.slice(at + part.length)]
}

function prefixOf(netmask: string): number {
  const mask = parse(netmask)?.value ?? 0n
  return mask.toString(2).replace(/0+$/, '').length
}

/** The address `step` above the start of the network's first range, or above its own address; undefined when it has none. */
export function guestAddress(network: Network, step: number): DomainIpAddr | undefined {
  const ip = network.ips[0]
  if (ip?.address === undefined) return undefined
  const start = parse(String(ip.dhcp?.ranges[0]?.start ?? ip.address))
  if (start === undefined) return undefined
  const prefix = ip.prefix ?? (ip.netmask === undefined ? start.bits : prefixOf(String(ip.netmask)))
  return { type: start.bits === 32 ? 0 : 1, addr: format(start.bits, start.value + BigInt(step)), prefix }
}
