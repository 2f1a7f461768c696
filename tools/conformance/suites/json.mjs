// SPDX-License-Identifier: GPL-2.0-or-later
// JSON with exact numbers.
import { addJsonMember, deflattenJson, formatJson, jsonMember, parseJsonTree, removeJsonMember } from '@virt/core'

export const names = ['virjson']

/** `\xNN` in a case's text is a byte. */
function bytesOf(text) {
  const parts = text.split(/\\x([0-9a-f]{2})/i)
  return Buffer.concat(parts.map((part, i) => (i % 2 ? Buffer.from(part, 'hex') : Buffer.from(part))))
}

function renameSample(object) {
  if (removeJsonMember(object, 'name') !== 'sample') throw new Error("the name was not 'sample'")
  addJsonMember(object, 'newname', 'foo')
  return object
}

const operations = {
  parse: (text) => formatJson(parseJsonTree(text)),
  deflatten: (text) => formatJson(deflattenJson(parseJsonTree(text)), true),
  addRemove: (text) => formatJson(renameSample(parseJsonTree(text))),
}
const lookups = [
  ['a', 'object'],
  ['b', 'int'],
  ['c', 'string'],
  ['d', 'array'],
]

export const suites = {
  virjson: {
    facts: ['op', 'text', 'input'],
    async run(c, { check, files }) {
      const source = () => (c.input === undefined ? bytesOf(c.text) : files.text(c.input).replaceAll('\\\n', ''))
      if (c.op === 'lookup') {
        const found = () => lookups.map(([key, kind]) => jsonMember(parseJsonTree(source()), key, kind) !== undefined)
        return check.role('found', 'expectedValue', () => {
          const all = found()
          return all.every(Boolean) ? true : all.some(Boolean) ? all : false
        })
      }
      const operation = operations[c.op]
      if (operation === undefined) throw new Error('not implemented')
      if (c.expect === 'failure') return check.fails(c.op, () => operation(source()))
      if (c.expected !== undefined) return check.role(c.op, 'expected', () => operation(source()))
      // No expected text: the same as the input.
      const expected = c.expectedValue ?? c.text
      check.compared.add('expectedValue')
      await check.is(c.op, () => {
        const made = operation(source())
        return made === expected ? undefined : `got ${made}`
      })
    },
  },
}
