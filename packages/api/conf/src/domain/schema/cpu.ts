// SPDX-License-Identifier: LGPL-2.1-or-later
// <cpu> of a guest with its NUMA cells.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import { attr, body, child, children, type Element, element, leaf, scaledAttr, wrapped } from '../../lang/field.js'
import { inKiB } from '../../lang/scale.js'
import { narrow, numberSet, oneOf, onOff, text, uint, ulong, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Cpu, CpuFeature, CpuModel, CpuNuma } from '../types.gen.js'

export const cpuMode: Value = oneOf('custom', 'host-model', 'host-passthrough', 'maximum')
export const cpuMatch: Value = oneOf('minimum', 'exact', 'strict')
export const cpuPolicy: Value = oneOf('force', 'require', 'optional', 'disable', 'forbid')

const unsupported = (message: string) => ({ number: ErrorNumber.CONFIG_UNSUPPORTED, message })

export const cpuModel: Element = element('model', {
  fallback: attr(oneOf('allow', 'forbid'))
    .bad(unsupported('Invalid fallback attribute'))
    .if(({ name }: CpuModel) => name !== undefined),
  vendor_id: attr(text),
  name: body(text),
}).finish((model: CpuModel, context: ReadContext) => {
  const { vendor_id: id } = model
  if (id !== undefined && id.length !== 12) context.fail('vendor_id must be exactly 12 characters long')
  // It is an argument of QEMU's, between commas.
  if (id?.includes(',')) context.fail('vendor id is invalid')
  if (model.name === '') delete model.name
})

const positive = narrow(uint, (n: number) => n > 0, ': Zero is not permitted')
