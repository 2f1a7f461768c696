// SPDX-License-Identifier: GPL-2.0-or-later
// Strings by which images name the ones they are based on.
import { parseBackingString, printStorageSource } from '@virt/conf'

export const names = ['backingstring']

export const suites = {
  backingstring: {
    facts: ['backing', 'returnCode'],
    async run(c, { check }) {
      if (c.expectedValue === null) {
        await check.fails('parse', () => parseBackingString(c.backing))
        return check.role('source', 'expectedValue', () => null)
      }
      await check.role('source', 'expectedValue', () =>
        printStorageSource(parseBackingString(c.backing).source, { secure: true }),
      )
      await check.is('lossy', () => {
        const { lossy } = parseBackingString(c.backing)
        return lossy === (c.returnCode === 1) ? undefined : `lossy is ${lossy}`
      })
    },
  },
}
