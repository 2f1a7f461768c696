// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices by themselves as objects that people write: `{ disk: { type: 'file', … } }`.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { DocumentHooks } from '../runtime/context.js'
import { printTree, type XmlTree } from '../runtime/tree.js'
import { parseTree } from '../runtime/tree-read.js'
import { type DeviceElement, type DeviceKeys, deviceKeys } from './device.js'
import { domain } from './domain.js'
import type { DevicesInput } from './inputs.gen.js'

type Item<L> = NonNullable<L> extends readonly (infer T)[] ? T : NonNullable<L>

/** One device under the name of its element. */
export type DeviceInput = {
  [E in DeviceElement]: { [K in E]: Item<DevicesInput[DeviceKeys[E]]> }
}[DeviceElement]

const elementsOf = (tree: XmlTree | undefined): XmlTree[] =>
  tree?.children.filter((one) => typeof one !== 'string') ?? []

/**
 * The XML of one device.
 * @throws VirtError `invalid-arg` that names the place
 */
export function printDevice(given: DeviceInput, hooks: DocumentHooks): string {
  const [[name, device] = ['', undefined], ...others] = Object.entries(given)
  if (!Object.hasOwn(deviceKeys, name) || others.length > 0)
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.XML, 'a device is an object of one key that names it', {
      details: Object.keys(deviceKeys).join(', '),
    })
  const key = deviceKeys[name as DeviceElement]
  const isList = Array.isArray(domain.fromInput({ type: 'none', name: 'x', devices: {} }).devices?.[key])
  const around = { type: 'none' as const, name: 'x', devices: { [key]: isList ? [device] : device } }
  const text = domain.print(domain.fromInput(around, { hooks }), { secure: true, hooks })
  const devices = elementsOf(parseTree(text, ErrorDomain.XML)).find((one) => one.name === 'devices')
  return elementsOf(devices)
    .filter((one) => one.name === name)
    .map((one) => `${printTree(one)}\n`)
    .slice(0, 1)
    .join('')
}
