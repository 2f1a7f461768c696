// SPDX-License-Identifier: GPL-2.0-or-later
// Questions about parts of domains.
import { domain, filesystemAt } from '@virt/conf'

export const names = ['domainfs']

export const suites = {
  domainfs: {
    facts: ['input', 'path'],
    async run(c, { check, files }) {
      await check.role('found', 'expectedValue', () => {
        const read = domain.parse(files.text(c.input), { inactive: true, raw: true })
        return filesystemAt(read, c.path) !== undefined
      })
    },
  },
}
