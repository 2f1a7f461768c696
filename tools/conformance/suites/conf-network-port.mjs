// SPDX-License-Identifier: GPL-2.0-or-later
// Ports of virtual networks.
import { networkPort } from '@virt/conf'

export const names = ['networkportxml2xml']

export const suites = {
  networkportxml2xml: {
    facts: ['input'],
    async run(c, { check, files }) {
      await check.role(
        'xml',
        'expectedXml',
        () => networkPort.print(networkPort.parse(files.text(c.input))),
        (role) => files.text(role),
      )
    },
  },
}
