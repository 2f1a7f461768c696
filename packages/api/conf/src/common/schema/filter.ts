// SPDX-License-Identifier: LGPL-2.1-or-later
// <filterref>: a network filter by name, with values for its variables.
import { attr, children, type Element, element } from '../../lang/field.js'
import { plainName } from '../../lang/forms.js'
import { narrow, text, token, type Value } from '../../lang/value.js'
import type { FilterReference } from '../types.gen.js'

const form = (pattern: RegExp): Value => ({
  ...narrow(text, (value: string) => pattern.test(value)),
  json: { type: 'string', pattern: pattern.source },
})

/** One value of a variable. A variable with several values has several of these. */
export const filterParameter: Element = element('parameter', {
  name: attr({ ...form(/^[a-zA-Z0-9_]*$/), strict: (raw) => /^[a-zA-Z0-9_]+$/.test(raw) })
    .lax()
    .must(),
  value: attr(form(/^[a-zA-Z0-9_.:]+$/))
    .lax()
    .must(),
})

type Parameter = FilterReference['parameters'][number]

/** Parameters of another form are dropped, the others sorted by name; the values of one keep their order. */
export const filterReference: Element = element('filterref', {
  filter: attr({ ...plainName, parse: token.parse })
    .lax()
    .must(),
  parameters: children(filterParameter),
}).finish((reference: FilterReference) => {
  const whole = reference.parameters.filter((one) => one.name !== undefined && one.value !== undefined)
  const name = (one: Parameter): string => one.name ?? ''
  reference.parameters = whole.sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0))
})
