// SPDX-License-Identifier: LGPL-2.1-or-later
// The PCI buses of a guest and which of their functions are taken.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { PciControllerModel } from '../types.gen.js'
import { busKinds, Connect, connectName, type Misfit, misfit } from './pci-connect.js'

/** A place on a PCI bus of the guest. */
export interface PciPlace {
  domain: number
  bus: number
  slot: number
  function: number
}

/** What a device asks of its place. */
export interface PciNeed {
  connect: number
  /** Devices of one group share buses with no other; 0 for most. */
  group: number
}

/** How errors write a place. */
export function printPlace({ domain, bus, slot, function: fn }: PciPlace): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn.toString(16)}`
}

interface Bus {
  model: PciControllerModel
  accepts: number
  minSlot: number
  maxSlot: number
  /** Bits of the functions in use, by slot. */
  used: number[]
  /** Whether nothing is on it. */
  empty: boolean
  /** Slots whose devices share them; absent: none. */
  shared: Set<number> | undefined
  group: number
  groupFixed: boolean
}

/** A controller that a set is made of. */
export interface PciBusSpec {
  model: PciControllerModel
  group: number
  groupFixed: boolean
}

/** What a set may do by itself. */
export interface PciSetOptions {
  /** Buses may be added for devices that find no place. */
  grows: boolean
  /** Conventional PCI hangs on PCI Express by `pcie-to-pci-bridge`. */
  pcieToPci: boolean
  /** More than one root: a bus may be added that hangs on nothing. */
  manyRoots: boolean
}

/** The PCI buses of a guest. */
export class PciSet {
  readonly #buses: Bus[] = []
  readonly #options: PciSetOptions

  constructor(options: PciSetOptions) {
    this.#options = options
  }

  /** Number of buses. */
  get size(): number {
    return this.#buses.length
  }

  /** Whether buses are added for devices that find no place: a trial. */
  get grows(): boolean {
    return this.#options.grows
  }

  /** Model of the controller of a bus. */
  model(bus: number): PciControllerModel | undefined {
    return this.#buses[bus]?.model
  }

  /** Adds a bus behind the last. */
  add({ model, group, groupFixed }: PciBusSpec): void {
    const { accepts, minSlot, maxSlot, hotplug } = busKinds[model]
    this.#buses.push({
      model,
      accepts: accepts | (hotplug ? Connect.hotplug : 0),
      minSlot,
      maxSlot,
      used: new Array<number>(maxSlot + 1).fill(0),
      empty: true,
      shared: undefined,
      group,
      groupFixed,
    })
  }

  /** Whether anything is on a slot. */
  slotInUse({ bus, slot }: PciPlace): boolean {
    return (this.#buses[bus]?.used[slot] ?? 0) !== 0
  }

  /** Whether a conventional bus has a slot left. */
  hasFreeSlot(): boolean {
    return this.#buses.some(({ used, minSlot, maxSlot }) => {
      for (let slot = minSlot; slot <= maxSlot; slot++) if ((used[slot] ?? 0) === 0) return true
      return false
    })
  }

  /** Takes a place that the definition names. @throws VirtError if it is none or in use */
  take(place: PciPlace, need: PciNeed, chosen = true): void {
    if (this.#options.grows) this.#grow(place, need.connect)
    const bus = this.#check(place, need.connect, chosen)
    const bit = 1 << place.function
    const used = bus.used[place.slot] ?? 0
    if (used & bit) this.#refuse(chosen, `Attempted double use of PCI Address ${printPlace(place)}`)
    if (used === 0 && need.connect & Connect.aggregate) {
      bus.shared ??= new Set()
      bus.shared.add(place.slot)
    }
    if (bus.empty && !bus.groupFixed) bus.group = need.group
    // The definition may mix groups; then they are not kept apart any more.
    else if (bus.group !== need.group && chosen) bus.group = 0
    bus.used[place.slot] = used | bit
    bus.empty = false
  }

  /** Finds a place and takes it. @param fn the function it must have; any if absent */
  next(need: PciNeed, fn?: number): PciPlace {
    const place = this.#find(need, fn)
    this.take(place, need, false)
    return place
  }

  #find(need: PciNeed, fn: number | undefined): PciPlace {
    if (this.#buses.length === 0) this.#refuse(true, 'No PCI buses available')
    const found = this.#unused(need, fn, suits) ?? this.#unused(need, fn, mayTurn)
    if (found !== undefined) return found
    if (!this.#options.grows) this.#refuse(false, 'No more available PCI slots')
    const place: PciPlace = { domain: 0, bus: this.#buses.length, slot: 0, function: fn ?? 0 }
    this.#grow(place, need.connect)
    place.slot = this.#buses[place.bus]?.minSlot ?? 0
    return place
  }

  /** The first free place on the buses that are eligible. */
  #unused(need: PciNeed, fn: number | undefined, eligible: (bus: Bus, need: PciNeed) => boolean): PciPlace | undefined {
    for (let number = 0; number < this.#buses.length; number++) {
      const bus = this.#buses[number] as Bus
      const free = eligible(bus, need) ? unusedOn(bus, need.connect, fn) : undefined
      if (free !== undefined) return { domain: 0, bus: number, slot: free.slot, function: free.function }
    }
    return undefined
  }

  /** Adds buses until the one of the place is there; may move the place to a later one. */
  #grow(place: PciPlace, connect: number): void {
    let missing = place.bus - this.#buses.length + 1
    if (missing <= 0) return
    const plain = { group: 0, groupFixed: false }
    let model: PciControllerModel
    let joint: 'none' | 'dmi' | 'pcie' = 'none'
    if (connect & Connect.pci) {
      model = this.#options.manyRoots ? 'pci-root' : 'pci-bridge'
      if (!this.#options.manyRoots && !this.#buses.some(({ accepts }) => accepts & Connect.bridge)) {
        joint = this.#options.pcieToPci ? 'pcie' : 'dmi'
        if (missing === 1) {
          place.bus++
          missing++
        }
      }
    } else if (connect & Connect.bridge) {
      model = 'dmi-to-pci-bridge'
      if (this.#options.pcieToPci) {
        model = 'pcie-to-pci-bridge'
      }
    } else if (connect & (Connect.pcie | Connect.upstreamPort | Connect.pcieToPci)) model = 'pcie-root-port'
    else
      this.#refuse(
        false,
        `a PCI slot is needed to connect a PCI controller model='${connectName(connect)}', but none is available, and it cannot be automatically added`,
      )
    if (joint === 'dmi') {
      this.add({ model: 'dmi-to-pci-bridge', ...plain })
      missing--
    } else if (joint === 'pcie') {
      this.add({ model: 'pcie-root-port', ...plain })
      const port = this.#buses.at(-1)
      // Kept for the bridge, so that no device takes it.
      if (port) port.accepts = Connect.pcieToPci
      this.add({ model: 'pcie-to-pci-bridge', ...plain })
      missing -= 2
    }
    for (; missing > 0; missing--) this.add({ model, ...plain })
  }

  #check(place: PciPlace, connect: number, chosen: boolean): Bus {
    const { bus: number, slot, domain } = place
    if (this.#buses.length === 0) this.#refuse(chosen, 'No PCI buses available')
    const bus = this.#buses[number]
    if (domain !== 0 || bus === undefined)
      return this.#refuse(
        chosen,
        `Invalid PCI address ${printPlace(place)}. ${domain !== 0 ? 'Only PCI domain 0 is available' : `Only PCI buses up to ${this.#buses.length - 1} are available`}`,
      )
    const wrong = misfit(bus.accepts, connect, chosen)
    if (wrong !== undefined) this.#misplaced(wrong, place, connect, chosen)
    if (slot < bus.minSlot)
      this.#refuse(chosen, `Invalid PCI address ${printPlace(place)}. slot must be >= ${bus.minSlot}`)
    if (slot > bus.maxSlot)
      this.#refuse(chosen, `Invalid PCI address ${printPlace(place)}. slot must be <= ${bus.maxSlot}`)
    return bus
  }

  #misplaced(wrong: Misfit, place: PciPlace, connect: number, chosen: boolean): void {
    const text = printPlace(place)
    switch (wrong) {
      case 'kind':
        this.#refuse(
          chosen,
          `The device at PCI address ${text} cannot be plugged into the PCI controller with index='${place.bus}'. It requires a controller that accepts a ${connectName(connect)}.`,
        )
        break
      case 'integrated':
        this.#refuse(chosen, `The device at PCI address ${text} needs to be an integrated device (bus=0)`)
        break
      case 'hotplug':
        this.#refuse(
          chosen,
          `The device at PCI address ${text} requires hotplug capability, but the PCI controller with index='${place.bus}' doesn't support hotplug`,
        )
    }
  }

  #refuse(chosen: boolean, message: string): never {
    throw virtError(chosen ? ErrorNumber.XML_ERROR : ErrorNumber.INTERNAL_ERROR, ErrorDomain.DOMAIN, message)
  }
}

/** Whether devices of a group are on a bus already, or any. */
function suits(bus: Bus, need: PciNeed): boolean {
  return bus.group === need.group
}

/** Whether a bus can become one of any group. */
function mayTurn(bus: Bus): boolean {
  return bus.empty && !bus.groupFixed
}

function unusedOn(bus: Bus, connect: number, fn: number | undefined): { slot: number; function: number } | undefined {
  if (misfit(bus.accepts, connect, false) !== undefined) return undefined
  for (let slot = bus.minSlot; slot <= bus.maxSlot; slot++) {
    const used = bus.used[slot] ?? 0
    if (used === 0) return { slot, function: fn ?? 0 }
    if ((connect & Connect.aggregate) === 0 || bus.shared?.has(slot) !== true) continue
    if (fn !== undefined) {
      if ((used & (1 << fn)) === 0) return { slot, function: fn }
      continue
    }
    for (let free = 0; free < 8; free++) if ((used & (1 << free)) === 0) return { slot, function: free }
  }
  return undefined
}
