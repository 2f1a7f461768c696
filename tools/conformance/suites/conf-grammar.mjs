// SPDX-License-Identifier: GPL-2.0-or-later
// Documents held against libvirt's grammar by our schemas.
import * as conf from '@virt/conf'
import { ErrorNumber } from '@virt/core'

export const names = ['schemavalid']

/** Document kinds by the file of their grammar. */
const kinds = new Map(
  Object.values(conf)
    .filter((one) => typeof one?.checkText === 'function')
    .map((kind) => [kind.parts.grammar ?? `${kind.root.name}.rng`, kind]),
)

function validates(kind, text) {
  try {
    kind.checkText(text)
    return true
  } catch (error) {
    if (error.number !== ErrorNumber.XML_INVALID_SCHEMA) throw error
    return false
  }
}

export const suites = {
  schemavalid: {
    facts: ['schema', 'schemas', 'input'],
    async run(c, { check, files }) {
      await check.role('valid', 'expectedValue', () => {
        const kind = kinds.get(c.schema)
        if (kind === undefined) throw new Error(`no document of ${c.schema}`)
        return validates(kind, files.text(c.input))
      })
    },
  },
}
