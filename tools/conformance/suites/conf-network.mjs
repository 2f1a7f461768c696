// SPDX-License-Identifier: GPL-2.0-or-later
// Networks and secrets.
import { dnsmasqNamespace, network, secret } from '@virt/conf'

export const names = ['networkxml2xml', 'secretxml2xml']
const hooks = { namespaces: [dnsmasqNamespace] }

function roundTrip(convert) {
  return async (c, { check, files }) => {
    if (c.expect !== undefined && c.expect !== 'ok') return check.fails('parse', () => convert(files.text(c.input), c))
    await check.role(
      'xml',
      'expectedXml',
      () => convert(files.text(c.input), c),
      (role) => files.text(role),
    )
  }
}

export const suites = {
  networkxml2xml: {
    facts: ['input', 'inactive'],
    run: roundTrip((text, c) =>
      network.print(network.parse(text, { hooks, inactive: c.inactive }), { hooks, inactive: c.inactive }),
    ),
  },
  secretxml2xml: { facts: ['input'], run: roundTrip((text) => secret.print(secret.parse(text))) },
}
