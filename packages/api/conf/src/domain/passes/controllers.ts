// SPDX-License-Identifier: LGPL-2.1-or-later
// Controllers: numbers, those that devices imply, slots of smart cards.
import type { Pass } from '../../runtime/context.js'
import type { Controller, Devices, Domain } from '../types.gen.js'
import { pass } from './devices.js'
import { xmlError } from './report.js'

/** Adds a controller, before the first of its type with a higher number. */
export function insertController(devices: Devices, controller: Controller): void {
  const list = [...devices.controllers]
  let at = list.length
  let last = -1
  for (const [i, one] of list.entries()) {
    if (one.type !== controller.type) continue
    if ((one.index ?? 0) > (controller.index ?? 0)) {
      at = i
      break
    }
    last = i
  }
  if (at === list.length && last >= 0) at = last + 1
  list.splice(at, 0, controller)
  devices.controllers = list
}

/** The lowest number no controller of the type has. */
export function freeIndex(devices: Devices, type: Controller['type']): number {
  const used = new Set(devices.controllers.filter((one) => one.type === type).map((one) => one.index))
  let index = 0
  while (used.has(index)) index++
  return index
}

const indexes = pass('controller numbers', (domain) => {
  const { devices } = domain
  if (!devices) return
  for (const controller of devices.controllers) {
    if (controller.index !== undefined) continue
    // The companions of a USB 2 controller share its number.
    if (controller.type === 'usb' && controller.master !== undefined) {
      const previous = devices.controllers[devices.controllers.indexOf(controller) - 1]
      if (previous?.type === 'usb' && previous.index !== undefined) {
        controller.index = previous.index
        continue
      }
    }
    controller.index = freeIndex(devices, controller.type)
  }
  // Sorted by number within a type, where they stand.
  const sorted = { ...devices, controllers: [] as readonly Controller[] }
  for (const controller of devices.controllers) insertController(sorted, controller)
  devices.controllers = sorted.controllers
})

const duplicates = pass('duplicate controllers', ({ devices }) => {
  const seen = new Set<string>()
  for (const { type, index, ...rest } of devices?.controllers ?? []) {
    if (type === 'usb') {
      const model = 'model' in rest ? rest.model : undefined
      if (model?.toString().startsWith('ich9-')) continue
    }
    const key = `${type}/${index}`
    if (seen.has(key)) xmlError(`Multiple '${type}' controllers with index '${index}'`)
    seen.add(key)
  }
})

/** Makes the controllers that addresses speak of, from number 0 on. */
export function addController(domain: Domain, type: Controller['type'], upTo: number): void {
  const { devices } = domain
  if (!devices) return
  for (let index = 0; index <= upTo; index++) {
    if (devices.controllers.some((one) => one.type === type && one.index === index)) continue
    const like = devices.controllers
      .filter((one) => one.type === type && one.index !== undefined && one.index < index)
      .at(-1)
    const model = type === 'scsi' && like?.type === 'scsi' && like.model !== undefined ? { model: like.model } : {}
    insertController(devices, { type, index, ...model } as Controller)
  }
}

const diskControllers = ['scsi', 'fdc', 'ide', 'sata'] as const

const implicit = pass('implied controllers', (domain) => {
  const { devices } = domain
  if (!devices) return
  for (const type of diskControllers) {
    let most = -1
    for (const disk of devices.disks)
      if (disk.target?.bus === type && disk.address?.type === 'drive')
        most = Math.max(most, disk.address.controller ?? 0)
    if (type === 'scsi')
      for (const hostdev of devices.hostdevs)
        if (hostdev.type === 'scsi' && hostdev.address?.type === 'drive')
          most = Math.max(most, hostdev.address.controller ?? 0)
    addController(domain, type, most)
  }
  let serial = -1
  for (const channel of devices.channels)
    if (channel.target?.type === 'virtio')
      serial = Math.max(serial, channel.address?.type === 'virtio-serial' ? (channel.address.controller ?? 0) : 0)
  for (const console of devices.consoles)
    if (console.target?.type === 'virtio' && console.address?.type === 'virtio-serial')
      serial = Math.max(serial, console.address.controller ?? 0)
  addController(domain, 'virtio-serial', serial)
  smartcards(domain)
})

/** Smart cards take the slots of a CCID controller in turn. */
function smartcards(domain: Domain): void {
  const { devices } = domain
  if (!devices || devices.smartcards.length === 0) return
  const taken = new Set<string>()
  for (const card of devices.smartcards)
    if (card.address?.type === 'ccid') taken.add(`${card.address.controller}/${card.address.slot}`)
  let most = -1
  for (const card of devices.smartcards) {
    if (card.address === undefined || card.address.type === 'none') {
      let slot = 0
      while (taken.has(`0/${slot}`)) slot++
      taken.add(`0/${slot}`)
      card.address = { type: 'ccid', controller: 0, slot }
    }
    if (card.address.type === 'ccid') most = Math.max(most, card.address.controller ?? 0)
  }
  addController(domain, 'ccid', most)
}

export const controllerEarly: readonly Pass<Domain>[] = [indexes]
export const controllerPasses: readonly Pass<Domain>[] = [duplicates, implicit]
