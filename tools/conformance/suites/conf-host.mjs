// SPDX-License-Identifier: GPL-2.0-or-later
// Documents of the host: its network interfaces.
import { hostInterface } from '@virt/conf'

export const names = ['interfacexml2xml']

export const suites = {
  interfacexml2xml: {
    facts: ['input'],
    async run(c, { check, files }) {
      await check.role(
        'xml',
        'expectedXml',
        () => hostInterface.print(hostInterface.parse(files.text(c.input))),
        (role) => files.text(role),
      )
    },
  },
}
