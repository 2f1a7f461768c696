// SPDX-License-Identifier: GPL-2.0-or-later
// Domains read by the hypervisor-neutral parser.
import { domain } from '@virt/conf'

export const names = ['genericxml2xml']

const convert = async (c, { check, files }, produce) => {
  if (c.expect !== 'ok') return check.fails('parse', produce)
  await check.role('xml', 'expectedXml', produce, (role) => files.text(role))
}

export const suites = {
  genericxml2xml: {
    facts: ['input', 'live'],
    run: (c, ctx) => {
      const inactive = c.live !== true
      return convert(c, ctx, () => {
        const read = domain.parse(ctx.files.text(c.input), { inactive })
        return domain.print(read, { inactive, secure: true })
      })
    },
  },
}
