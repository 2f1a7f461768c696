// SPDX-License-Identifier: GPL-2.0-or-later
// Calendar fields and local time.
import { localOffset, timeFields } from '@virt/core'
import { Skip } from '../src/checks.mjs'

export const names = ['virtime']

const operations = {
  fields: ({ ms }) => {
    const { year, month, day, hour, minute, second } = timeFields(ms)
    return [year, month, day, hour, minute, second]
  },
  localOffset: ({ tz }) => localOffset(tz),
}

export const suites = {
  virtime: {
    facts: ['op', 'ms', 'tz', 'skipDates'],
    async run(c, { check }) {
      const operation = operations[c.op]
      if (operation === undefined) throw new Error('not implemented')
      const today = new Date().toISOString().slice(5, 10)
      if (c.skipDates?.includes(today)) throw new Skip(`not decided on ${today}`)
      await check.role(c.op, 'expectedValue', () => operation(c))
    },
  },
}
