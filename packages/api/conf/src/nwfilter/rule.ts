// SPDX-License-Identifier: LGPL-2.1-or-later
// A rule's match elements become at most two: fields that must match, and fields that must not.
import { ErrorNumber } from '@virt/core'
import type { ReadContext, Rec } from '../runtime/context.js'

/** How the fields of one protocol belong together; keys of the record. */
export interface RuleShape {
  /** Fields in print order. */
  readonly keys: readonly string[]
  /** Fields that are negated when and only when another one is. */
  readonly follows: Readonly<Record<string, string>>
  /** parity: libvirt drops `ipset` with flags, and gives it `src` without, but for protocol `all`. */
  readonly losesIpSet: boolean
}

/** Protocols of IP that have ports, as a rule may name them. */
const withPorts = new Set(['tcp', 'udp', 'sctp', '33', '0x21'])
const ports = ['srcportstart', 'srcportend', 'dstportstart', 'dstportend']

/**
 * Merges match elements of one protocol. Of fields given several times the last counts.
 * @returns one element, or two: first that without, then that with `match='no'`
 */
export function mergeMatches(matches: readonly Rec[], shape: RuleShape): Rec[] {
  const values = new Map<string, { value: unknown; negated: boolean }>()
  for (const match of matches)
    for (const key of shape.keys)
      if (match[key] !== undefined) values.set(key, { value: match[key], negated: match.match === 'no' })
  for (const [key, leader] of Object.entries(shape.follows)) {
    const own = values.get(key)
    if (own) own.negated = values.get(leader)?.negated ?? false
  }
  if (shape.losesIpSet && (values.has('ipset') || values.has('ipsetflags'))) {
    if (values.has('ipset') && !values.has('ipsetflags')) values.set('ipsetflags', { value: 'src', negated: false })
    else {
      values.delete('ipset')
      values.delete('ipsetflags')
    }
  }
  const { protocol } = matches[0] ?? {}
  const positive: Rec = { protocol }
  const negative: Rec = { protocol, match: 'no' }
  for (const key of shape.keys) {
    const found = values.get(key)
    if (found) (found.negated ? negative : positive)[key] = found.value
  }
  const merged = [positive, negative].filter((one) => shape.keys.some((key) => one[key] !== undefined))
  return merged.length > 0 ? merged : [positive]
}

/** A rule on IP may look at ports only where the protocol has them. */
export function checkPorts(matches: readonly Rec[], name: 'IP' | 'IPv6', context: ReadContext): void {
  if (!matches.some((one) => ports.some((key) => one[key] !== undefined))) return
  const [inner] = matches.map((one) => one.ipProtocol).filter((one) => one !== undefined)
  if (typeof inner === 'string' && withPorts.has(inner)) return
  context.fail(
    `${name} rule with port specification requires protocol specification with protocol to be either one of tcp(6), udp(17), dccp(33), or sctp(132)`,
    ErrorNumber.INTERNAL_ERROR,
  )
}
