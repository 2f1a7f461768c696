// SPDX-License-Identifier: LGPL-2.1-or-later
// <cpu> of a host, as capabilities show it. That of a guest is a part of <domain>.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import { cpuTopology } from '../domain/schema/cpu.js'
import { attr, child, children, type Element, element, type Fields, leaf } from '../lang/field.js'
import { oneOf, text, uint, ulong, yesNo } from '../lang/value.js'
import type { ReadContext } from '../runtime/context.js'
import { isArchitecture } from './architectures.js'
import type { HostCpu } from './types.gen.js'

/** What a host says of its processor besides the architecture. */
export const hostModel: Fields = {
  model: leaf(text),
  vendor: leaf(text),
  microcode: child(
    element('microcode', {
      version: attr(uint).bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: 'invalid microcode version' }),
    }),
  ),
  signature: child(element('signature', { family: attr(uint), model: attr(uint), stepping: attr(uint) })),
  counter: child(element('counter', { name: attr(text), frequency: attr(ulong).required(), scaling: attr(yesNo) })),
  topology: child(cpuTopology),
  maxphysaddr: child(
    element('maxphysaddr', { mode: attr(oneOf('emulate', 'passthrough')), bits: attr(uint), limit: attr(uint) }),
  ),
  features: children(element('feature', { name: attr(text) })),
}

export const hostCpu: Element = element('cpu', {
  mode: attr(text).doc('only of guests'),
  arch: leaf(text),
  ...hostModel,
}).finish((cpu: HostCpu, context: ReadContext) => {
  const unsupported = (message: string) => context.fail(message, ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.CPU)
  if (cpu.mode !== undefined) return unsupported('Attribute mode is only allowed for guest CPU')
  if (!cpu.arch) return context.fail('Missing CPU architecture')
  if (!isArchitecture(cpu.arch)) return unsupported(`Unknown architecture ${cpu.arch}`)
  if (!cpu.model) return context.fail('Missing CPU model name')
  if (cpu.counter?.name !== 'tsc') delete cpu.counter
  const names = new Set<string>()
  for (const { name } of cpu.features) {
    if (!name) return context.fail('Invalid CPU feature name')
    if (names.has(name)) return context.fail(`CPU feature '${name}' specified more than once`)
    names.add(name)
  }
})
