// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices that the chipsets of PCs have built in, and the places real machines have others on.
import { Connect } from '../../../addresses/pci-connect.js'
import type { PciPlace, PciSet } from '../../../addresses/pci-set.js'
import { placeOf, putOn, wantsPlace } from '../../../addresses/places.js'
import type { AnyDevice } from '../../../passes/devices.js'
import { internalError } from '../../../passes/report.js'
import type { Domain, Video } from '../../../types.gen.js'
import { isI440FX, isQ35, type Machine } from '../machine.js'

const need = { connect: Connect.pci | Connect.hotplug, group: 0 }
const at = (slot: number, fn = 0): PciPlace => ({ domain: 0, bus: 0, slot, function: fn })
const same = (a: PciPlace, b: PciPlace) =>
  a.domain === b.domain && a.bus === b.bus && a.slot === b.slot && a.function === b.function

/** Reserves what the machine has by itself, and places the devices that belong to it. */
export function reserveChipset(
  domain: Domain,
  machine: Machine,
  set: PciSet,
  next: (device: AnyDevice, key: string) => void,
): void {
  if (isI440FX(machine)) reservePiix3(domain, set, next)
  else if (isQ35(machine)) reserveIch9(domain, set, next)
}

/** A built-in device must be where it is. */
function fixed(device: AnyDevice, place: PciPlace, set: PciSet, name: string, taken: boolean): void {
  const own = placeOf(device)
  if (own && !same(own, place))
    internalError(`${name} must have PCI address 0:0:${place.slot.toString(16)}.${place.function}`)
  if (!own) putOn(device, place)
  if (!own || !taken) set.take(place, need)
}

/** The first video card that is on PCI at all. */
function primary(domain: Domain): Video | undefined {
  const [video] = domain.devices?.videos ?? []
  const type = video?.model?.type
  return type === 'none' || type === 'ramfb' ? undefined : video
}

function placeVideo(domain: Domain, set: PciSet, slot: number, next: (device: AnyDevice, key: string) => void): void {
  const video = primary(domain)
  if (!video || !wantsPlace(video)) return
  if (set.slotInUse(at(slot))) next(video, 'videos')
  else {
    set.take(at(slot), need)
    putOn(video, at(slot))
  }
}

function reservePiix3(domain: Domain, set: PciSet, next: (device: AnyDevice, key: string) => void): void {
  for (const one of domain.devices?.controllers ?? []) {
    if (one.index !== 0) continue
    if (one.type === 'ide') fixed(one, at(1, 1), set, 'Primary IDE controller', false)
    else if (one.type === 'usb' && (one.model === 'piix3-uhci' || one.model === undefined))
      fixed(one, at(1, 2), set, 'PIIX3 USB controller at index 0', false)
  }
  if (set.size > 0) set.take(at(1), need)
  placeVideo(domain, set, 2, next)
}

/** Whether a device is built in: those are not collected with the others. */
export function builtInOf(machine: Machine): (key: string, device: AnyDevice) => boolean {
  return isI440FX(machine) ? isInPiix3 : () => false
}

function isInPiix3(key: string, device: AnyDevice): boolean {
  if (key !== 'controllers') return false
  const { type, index, model } = device as { type?: string; index?: number; model?: string }
  const place = placeOf(device)
  if (place?.domain !== 0 || place.bus !== 0 || place.slot !== 1 || index !== 0) return false
  if (type === 'ide') return place.function === 1
  return type === 'usb' && (model === 'piix3-uhci' || model === undefined) && place.function === 2
}

function reserveIch9(domain: Domain, set: PciSet, next: (device: AnyDevice, key: string) => void): void {
  for (const one of domain.devices?.controllers ?? []) {
    if (one.type === 'sata' && one.index === 0) fixed(one, at(0x1f, 2), set, 'Primary SATA controller', true)
    else if (one.type === 'usb' && one.model === 'ich9-uhci1' && wantsPlace(one)) {
      const slot = [0x1d, 0x1a].find((usual) => !set.slotInUse(at(usual)))
      if (slot === undefined) continue
      set.take(at(slot), need)
      putOn(one, at(slot), { multifunction: true })
    } else if (one.type === 'pci' && one.model === 'dmi-to-pci-bridge' && wantsPlace(one)) {
      if (set.slotInUse(at(0x1e))) continue
      set.take(at(0x1e), need)
      putOn(one, at(0x1e))
    }
  }
  if (set.size > 0) {
    set.take(at(0x1f), need)
    set.take(at(0x1f, 3), need)
  }
  placeVideo(domain, set, 1, next)
  for (const sound of domain.devices?.sounds ?? []) {
    if (sound.model !== 'ich9' || !wantsPlace(sound)) continue
    if (set.slotInUse(at(0x1b))) break
    set.take(at(0x1b), need)
    putOn(sound, at(0x1b))
    break
  }
}
