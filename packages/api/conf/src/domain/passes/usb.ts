// SPDX-License-Identifier: LGPL-2.1-or-later
// USB: companions belong to a controller, and a guest without USB has nothing of it.
import type { Pass } from '../../runtime/context.js'
import type { Domain } from '../types.gen.js'
import { eachDevice, pass } from './devices.js'
import { detailError, unsupported, xmlError } from './report.js'

const masters = pass('masters of USB controllers', ({ devices }) => {
  const controllers = devices?.controllers.filter((one) => one.type === 'usb') ?? []
  for (const one of controllers) {
    if (one.type !== 'usb' || one.master === undefined) continue
    const found = controllers.some((other) => other.type === 'usb' && other.master === undefined)
    if (!found) detailError('No master USB controller specified')
  }
})

const disabled = pass('USB that is switched off', ({ devices }) => {
  if (!devices) return
  const controllers = devices.controllers.filter((one) => one.type === 'usb')
  for (const { bus, address } of devices.redirdevs)
    if (bus === 'usb' && address !== undefined && address.type !== 'none' && address.type !== 'usb')
      xmlError('Invalid address for a USB device')
  for (const { bus, address } of devices.inputs)
    if (bus === 'usb' && address !== undefined && address.type !== 'none' && address.type !== 'usb')
      xmlError('Invalid address for a USB device')
  // A hub is never anywhere else.
  for (const hub of devices.hubs) if (hub.address?.type !== 'usb') delete hub.address
  if (!controllers.some((one) => one.type === 'usb' && one.model === 'none')) return
  if (controllers.length > 1) detailError("Can't add another USB controller: USB is disabled for this domain")
  if (devices.hostdevs.some((device) => device.type === 'usb' && device.mode === 'subsystem'))
    unsupported("Can't add host USB device: USB is disabled in this host")
  if (devices.inputs.some((input) => input.bus === 'usb'))
    unsupported("Can't add USB input device. USB bus is disabled")
  if (devices.hubs.length > 0) unsupported("Can't add USB hub: USB is disabled for this domain")
})

/** What there is none of has no place either. */
const absent = pass('places of what is absent', ({ devices }) => {
  for (const one of devices?.controllers ?? [])
    if (one.type === 'usb' && one.model === 'none')
      for (const key of ['address', 'master', 'alias'] as const) delete one[key]
})

const roms = pass('ROMs', (domain) => {
  eachDevice(domain, (device) => {
    const { rom } = device as { rom?: { enabled?: boolean; bar?: boolean; file?: string } }
    if (rom?.enabled === false && (rom.bar !== undefined || rom.file !== undefined))
      unsupported('ROM tuning is not supported when ROM is disabled')
  })
})

export const usbEarly: readonly Pass<Domain>[] = [absent, disabled, roms]
export const usbRules: readonly Pass<Domain>[] = [masters]
