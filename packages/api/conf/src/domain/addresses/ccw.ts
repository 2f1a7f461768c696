// SPDX-License-Identifier: LGPL-2.1-or-later
// Device numbers on the channel subsystem of z/Architecture.
import { allDevices } from '../passes/devices.js'
import { internalError, xmlError } from '../passes/report.js'
import type { DeviceAddressCcw, Domain } from '../types.gen.js'

/** Channel subsystem of virtual devices. */
const virtualSubsystem = 0xfe

const textOf = ({ cssid = 0, ssid = 0, devno = 0 }: DeviceAddressCcw): string =>
  `${cssid.toString(16)}.${ssid.toString(16)}.${devno.toString(16).padStart(4, '0')}`

/** Gives devices that are only said to be there their numbers. */
export function assignCcw(domain: Domain): void {
  const taken = new Set<string>()
  const open: DeviceAddressCcw[] = []
  for (const [, { address }] of allDevices(domain)) {
    if (address?.type !== 'ccw') continue
    if (address.devno === undefined) {
      open.push(address)
      continue
    }
    const text = textOf(address)
    if (taken.has(text)) xmlError(`The CCW devno '${text}' is in use already`)
    taken.add(text)
  }
  const next = { type: 'ccw', cssid: virtualSubsystem, ssid: 0, devno: 0 } as const satisfies DeviceAddressCcw
  const place: { type: 'ccw'; cssid: number; ssid: number; devno: number } = { ...next }
  for (const address of open) {
    while (taken.has(textOf(place))) {
      if (place.devno < 0xffff) place.devno++
      else if (place.ssid < 3) {
        place.ssid++
        place.devno = 0
      } else internalError('There are no more free CCW devnos.')
    }
    Object.assign(address, place)
    taken.add(textOf(place))
  }
}
