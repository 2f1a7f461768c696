// SPDX-License-Identifier: GPL-2.0-or-later
// From schema objects to the interfaces of what people write: amounts with units, numbers for bigints, lists and
// defaults left out.
import { Writer } from './interfaces.mjs'

const lists = new Set(['leaves', 'children', 'wrapped'])
const scaled = new Set(['scaled', 'scaledAttr', 'scaledBody'])

export class InputWriter extends Writer {
  file = 'inputs.gen.ts'
  suffix = 'Input'

  /** Words have one type, in both directions. */
  named() {
    return ''
  }

  head() {
    return this.usesAmount ? "import type { Amount } from '../runtime/input.js'\n" : ''
  }

  start() {
    this.usesAmount = false
  }

  elementType(ref, owner, key) {
    const type = super.elementType(ref, owner, key)
    const element = ref instanceof this.Element ? ref : ref()
    const body = Object.values(element.fields).find(({ shape }) => shape.kind === 'body' || shape.kind === 'scaledBody')
    return body === undefined ? type : `${type} | ${this.fieldType(body, owner, key)}`
  }

  valueType(value) {
    return value.ts === 'bigint' ? 'bigint | number' : super.valueType(value)
  }

  fieldType(field, owner, key) {
    if (field.shape.kind === 'opaque') return `${super.fieldType(field, owner, key)} | string`
    if (!scaled.has(field.shape.kind)) return super.fieldType(field, owner, key)
    this.usesAmount = true
    return 'Amount'
  }

  isAlways(field, required) {
    const { shape } = field
    if (lists.has(shape.kind) || (shape.kind === 'choice' && shape.many)) return false
    if (field.fallback !== undefined || field.modes) return false
    return super.isAlways(field, required)
  }

  isForced(field) {
    return field.isRequired && field.fallback === undefined
  }
}
