// SPDX-License-Identifier: GPL-2.0-or-later
// Networks and secrets.
import { dnsmasqNamespace, network, secret, updateNetwork } from '@virt/conf'

export const names = ['networkxml2xml', 'networkxml2xmlupdate', 'secretxml2xml']
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
  networkxml2xmlupdate: {
    facts: ['section', 'command', 'parentIndex', 'inactive', 'update', 'network'],
    async run(c, { check, files }) {
      const convert = () => {
        // A wrapped fragment is loaded with its lines joined.
        const update = files.text(c.update).replaceAll('\\\n', '')
        return network.print(
          updateNetwork(network.parse(files.text(c.network)), c.command, c.section, c.parentIndex, update),
          { inactive: c.inactive },
        )
      }
      if (c.expect !== 'ok') return check.fails('update', convert)
      await check.role('xml', 'expectedXml', convert, (role) => files.text(role))
    },
  },
}
