// SPDX-License-Identifier: GPL-2.0-or-later
// Secrets, networks, and domains read by the hypervisor-neutral parser.
import { dnsmasqNamespace, domain, network, secret } from '@virt/conf'

export const names = ['secretxml2xml', 'networkxml2xml', 'genericxml2xml']

const convert = async (c, { check, files }, produce) => {
  if (c.expect !== 'ok') return check.fails('parse', produce)
  await check.role('xml', 'expectedXml', produce, (role) => files.text(role))
}

export const suites = {
  secretxml2xml: {
    facts: ['input'],
    run: (c, ctx) => convert(c, ctx, () => secret.print(secret.parse(ctx.files.text(c.input)))),
  },
  networkxml2xml: {
    facts: ['input', 'inactive'],
    run: (c, ctx) => {
      const hooks = { namespaces: [dnsmasqNamespace] }
      return convert(c, ctx, () =>
        network.print(network.parse(ctx.files.text(c.input), { hooks }), { hooks, inactive: c.inactive }),
      )
    },
  },
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
