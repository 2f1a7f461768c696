// SPDX-License-Identifier: GPL-2.0-or-later
// Numeric addresses and the arithmetic of networks.
import { socketAddress as address } from '@virt/conf'
import { VirtError } from '@virt/core'

export const names = ['socketaddr']

const parse = (text) => address.parseSocketAddress(text)

/** Operations whose result the case names. */
const values = {
  netmask: (c) => address.inSameNetwork(parse(c.a), parse(c.b), parse(c.netmask)),
  maskNetwork: (c) => address.formatSocketAddress(address.maskAddress(parse(c.address), c.prefix)),
  wildcard: (c) => address.isWildcard(parse(c.address)),
  numericFamily: (c) => address.numericAddress(c.address)?.family,
  localhost: (c) => address.isNumericLocalhost(c.address),
}

function parseIn(text, family) {
  if (family === 'any') return parse(text)
  if (family === 'ipv4' || family === 'ipv6') return address.parseSocketAddress(text, family)
  throw new VirtError(`addresses of family '${family}' are not numeric`, { code: 'internal-error' })
}

export const suites = {
  socketaddr: {
    facts: [
      'op',
      'text',
      'family',
      'formatted',
      'notFormatted',
      'start',
      'end',
      'network',
      'prefix',
      'a',
      'b',
      'netmask',
      'address',
    ],
    async run(c, { check }) {
      if (c.op === 'parseFormat') {
        const format = () => address.formatSocketAddress(parseIn(c.text, c.family))
        if (c.expect === 'failure') return check.fails('parse', format)
        return check.is('format', () => {
          const made = format()
          if (c.notFormatted !== undefined) return made === c.notFormatted ? `got ${made}` : undefined
          return made === c.formatted ? undefined : `got ${made}, expected ${c.formatted}`
        })
      }
      if (c.op === 'range') {
        const size = () =>
          address.rangeSize(parse(c.start), parse(c.end), c.network ? parse(c.network) : undefined, c.prefix)
        if (c.expect === 'failure') return check.fails('range', size)
        if (c.expectedValue !== null) return check.role('range', 'expectedValue', size)
        return check.is('range', () => void size())
      }
      const operation = values[c.op]
      if (operation === undefined) throw new Error('not implemented')
      await check.role(c.op, 'expectedValue', () => operation(c))
    },
  },
}
