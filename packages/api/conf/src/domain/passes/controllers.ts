// SPDX-License-Identifier: LGPL-2.1-or-later
// Controllers: numbers, those that devices imply, slots of smart cards.
import type { Pass } from '../../runtime/context.js'
import type { Controller, Devices, Domain } from '../types.gen.js'
import { pass } from './devices.js'
import { badValue, xmlError } from './report.js'

/** Adds a controller to those of its type: by number, a master before its companions, without a number last. */
export function insertController(devices: Devices, controller: Controller): void {
  const list = [...devices.controllers]
  let at = -1
  for (let i = list.length - 1; i >= 0; i--) {
    const current = list[i] as Controller
    if (current.type !== controller.type) continue
    if (controller.index === undefined) {
      at = i + 1
      break
    }
    const before =
      (current.index ?? -1) > controller.index ||
      (controller.master === undefined && current.master !== undefined && current.index === controller.index)
    if (before) at = i
    else if (at === -1) at = i + 1
  }
  list.splice(at === -1 ? list.length : at, 0, controller)
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
  const sorted: Pick<Devices, 'controllers'> = { controllers: [] }
  for (const controller of devices.controllers) insertController(sorted as Devices, controller)
  devices.controllers = sorted.controllers
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
})

const duplicates = pass('duplicate controllers', ({ devices }) => {
  const seen = new Set<string>()
  for (const { type, index } of devices?.controllers ?? []) {
    // USB controllers are checked for what serves as master.
    if (type === 'usb') continue
    const key = `${type}/${index}`
    if (seen.has(key)) xmlError(`Multiple '${type}' controllers with index '${index}'`)
    seen.add(key)
  }
})

/** Highest number of a controller up to which those before it are made. */
const mostImplied = 255

/** Makes the controllers that addresses speak of, from number 0 on, of a model if one is given. */
export function addController(domain: Domain, type: Controller['type'], upTo: number, model?: string): void {
  const { devices } = domain
  if (!devices) return
  // differs: libvirt makes as many as it is told, until its memory is full.
  if (upTo > mostImplied) badValue(`Invalid value for attribute 'controller' in element 'address': '${upTo}'.`)
  for (let index = 0; index <= upTo; index++) ensureController(domain, type, index, model)
}

/** Makes one controller if there is none of the number. */
export function ensureController(domain: Domain, type: Controller['type'], index: number, model?: string): void {
  const { devices } = domain
  if (!devices || devices.controllers.some((one) => one.type === type && one.index === index)) return
  insertController(devices, { type, index, ...(model === undefined ? {} : { model }) } as Controller)
}

/** Adapters for host devices are like the ones that other host devices are on. */
function hostdevControllers(domain: Domain): void {
  const { hostdevs = [], controllers = [] } = domain.devices ?? {}
  let most = -1
  let model: string | undefined
  for (const hostdev of hostdevs) {
    if (hostdev.type !== 'scsi' || hostdev.address?.type !== 'drive') continue
    const { controller = 0 } = hostdev.address
    if (controller <= most) continue
    most = controller
    const own = controllers.find((one) => one.type === 'scsi' && one.index === controller)
    if (own?.type === 'scsi' && own.model !== undefined && own.model !== 'auto') model = own.model
  }
  addController(domain, 'scsi', most, model)
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
    addController(domain, type, most)
    if (type === 'scsi') hostdevControllers(domain)
  }
  for (const { target, address } of [...devices.channels, ...devices.consoles])
    if (target?.type === 'virtio')
      ensureController(domain, 'virtio-serial', address?.type === 'virtio-serial' ? (address.controller ?? 0) : 0)
  smartcards(domain)
})

/** Smart cards take the slots of a CCID controller in turn. */
function smartcards(domain: Domain): void {
  const { devices } = domain
  if (!devices || devices.smartcards.length === 0) return
  const taken = new Set<string>()
  for (const card of devices.smartcards)
    if (card.address?.type === 'ccid') taken.add(`${card.address.controller}/${card.address.slot}`)
  for (const card of devices.smartcards) {
    if (card.address === undefined || card.address.type === 'none') {
      let slot = 0
      while (taken.has(`0/${slot}`)) slot++
      taken.add(`0/${slot}`)
      card.address = { type: 'ccid', controller: 0, slot }
    }
    if (card.address.type === 'ccid') ensureController(domain, 'ccid', card.address.controller ?? 0)
  }
}

const threads = pass('threads of controllers', ({ devices }) => {
  for (const { type, model, driver } of devices?.controllers ?? [])
    if ((driver?.iothread ?? 0) !== 0 && (type !== 'scsi' || model?.startsWith('virtio') !== true))
      xmlError("'iothread' attribute only supported for virtio scsi controllers")
})

export const controllerDevices: readonly Pass<Domain>[] = [threads]
export const controllerEarly: readonly Pass<Domain>[] = [indexes]
export const controllerPasses: readonly Pass<Domain>[] = [duplicates, implicit]
