// SPDX-License-Identifier: LGPL-2.1-or-later
// PCI addresses of QEMU guests: which buses are needed, and what goes where.
import { Connect } from '../../../addresses/pci-connect.js'
import { type PciNeed, PciSet } from '../../../addresses/pci-set.js'
import { placeOf, putOn, wantsPlace } from '../../../addresses/places.js'
import { insertController } from '../../../passes/controllers.js'
import { type AnyDevice, eachDevice } from '../../../passes/devices.js'
import { unsupported } from '../../../passes/report.js'
import type {
  Controller,
  ControllerPci,
  ControllerUsb,
  DeviceAddressPci,
  Devices,
  Domain,
  PciControllerModel,
} from '../../../types.gen.js'
import type { QemuScope } from '../host.js'
import {
  hasPcieRoot,
  hasPciRoot,
  isArm,
  isArmVirt,
  isPSeries,
  isRiscv,
  isRiscvVirt,
  type Machine,
  machineOf,
} from '../machine.js'
import { builtInOf, reserveChipset } from './chipset.js'
import { isolationGroups } from './isolation.js'
import { completePciControllers } from './pci-controllers.js'
import { pciNeeds } from './pci-flags.js'
import { assignZpci } from './zpci.js'

/** Whether the machine has a PCI bus at all. */
function supportsPci(machine: Machine): boolean {
  if (!isArm(machine) && !isRiscv(machine)) return true
  return machine.machine === 'versatilepb' || isArmVirt(machine) || isRiscvVirt(machine)
}

const isPci = (one: Controller): one is ControllerPci => one.type === 'pci'
const isRoot = (model: PciControllerModel | undefined) => model === 'pci-root' || model === 'pcie-root'

/** So many devices find room on a bus of 31 slots, with what the chipset takes and the slot that is kept free. */
const roomyDevices = 24

/** Assigns PCI addresses, and adds the controllers that devices need. */
export function assignPci(domain: Domain, scope: QemuScope): void {
  if (!domain.devices) return
  const work = new PciWork(domain, scope)
  const buses = work.highest + 1
  work.settle(buses > 0 && !work.isRoomy ? work.plan(buses) : buses)
}

class PciWork {
  readonly #domain: Domain
  readonly #devices: Devices
  readonly #scope: QemuScope
  readonly #machine: Machine
  readonly #isPSeries: boolean
  readonly #hasPcieRoot: boolean
  readonly #isBuiltIn: (key: string, device: AnyDevice) => boolean
  readonly #need: (key: string, device: AnyDevice) => PciNeed

  constructor(domain: Domain, scope: QemuScope) {
    this.#domain = domain
    this.#devices = domain.devices as Devices
    this.#scope = scope
    this.#machine = machineOf(domain)
    this.#isPSeries = isPSeries(this.#machine)
    this.#hasPcieRoot = hasPcieRoot(domain)
    this.#isBuiltIn = builtInOf(this.#machine)
    const connect = pciNeeds(this.#hasPcieRoot, scope)
    const group = this.#isPSeries ? isolationGroups(scope) : () => 0
    this.#need = (key, device) => ({ connect: connect(key, device), group: group(key, device) })
  }

  /** Highest number of a PCI controller; -1 when there is none. */
  get highest(): number {
    let highest = -1
    for (const one of this.#devices.controllers) if (isPci(one)) highest = Math.max(highest, one.index ?? 0)
    return highest
  }

  /** Whether one conventional bus surely has room for everything, so that nothing has to be tried out. */
  get isRoomy(): boolean {
    if (this.highest !== 0 || this.#isPSeries || !hasPciRoot(this.#domain) || !supportsPci(this.#machine)) return false
    let devices = 0
    let elsewhere = false
    eachDevice(this.#domain, (device) => {
      devices++
      const place = placeOf(device)
      if (place !== undefined && (place.bus !== 0 || place.domain !== 0)) elsewhere = true
    })
    return !elsewhere && devices <= roomyDevices
  }

  /** Tries it out with as many buses as it takes, adds the controllers of those. @returns number of buses */
  plan(buses: number): number {
    const { highest } = this
    const given = this.#devices
    const set = this.#collect(buses, true)
    this.#chipset(set)
    this.#spareSlot(set)
    this.#assign(set)
    // A guest whose writer left the buses to us gets a free port to plug something into.
    if (highest <= 0 && set.size > highest + 1 && this.#hasPcieRoot)
      set.next({ connect: Connect.pcie | Connect.hotplug, group: 0 })
    for (let index = 1; index < set.size; index++) {
      if (given.controllers.some((one) => isPci(one) && one.index === index)) continue
      const model = set.model(index) as PciControllerModel
      const controller: Controller = { type: 'pci', index, model }
      insertController(given, controller)
      if (!isRoot(model)) set.next(this.#need('controllers', controller))
    }
    return set.size
  }

  /** A conventional root bus keeps a slot for a bridge, unless all of them are spoken for. */
  #spareSlot(set: PciSet): void {
    if (hasPciRoot(this.#domain) && set.hasFreeSlot() && !this.#isPSeries)
      set.next({ connect: Connect.pci | Connect.hotplug, group: 0 })
  }

  /** Gives every device its place. */
  settle(buses: number): void {
    const set = this.#collect(buses, false)
    if (!supportsPci(this.#machine)) return
    this.#chipset(set)
    this.#assign(set)
    assignZpci(this.#domain, this.#scope, this.#need)
    markShared(this.#domain)
    completePciControllers(this.#domain, this.#scope.caps)
  }

  /** The buses there are, with the places that devices name. */
  #collect(buses: number, grows: boolean): PciSet {
    const domain = this.#domain
    const set = new PciSet({
      grows,
      pcieToPci: this.#scope.caps.has('pcie-pci-bridge'),
      manyRoots: this.#isPSeries,
    })
    const byIndex = new Map<number, ControllerPci>()
    for (const one of this.#devices.controllers) if (isPci(one)) byIndex.set(one.index ?? 0, one)
    const usual: PciControllerModel = this.#hasPcieRoot ? 'pcie-root-port' : this.#isPSeries ? 'pci-root' : 'pci-bridge'
    for (let index = 0; index < buses; index++) {
      const one = byIndex.get(index)
      const model = one?.model ?? (index === 0 ? 'pci-root' : usual)
      set.add({
        model,
        group: 0,
        groupFixed: index === 0 && this.#isPSeries,
      })
    }
    eachDevice(domain, (device, key) => {
      const place = placeOf(device)
      if (!place || this.#isBuiltIn(key, device)) return
      const need = this.#need(key, device)
      // Some definitions put devices on PCI that are not of that kind; they take what room they say.
      set.take(place, need.connect === 0 ? { connect: Connect.pci, group: need.group } : need)
    })
    return set
  }

  #chipset(set: PciSet): void {
    reserveChipset(this.#domain, this.#machine, set, (device, key) => this.#next(set, key, device))
  }

  #next(set: PciSet, key: string, device: AnyDevice, fn?: number): void {
    const place = set.next(this.#need(key, device), fn)
    // Only the number and kind of the buses come out of the trial; the devices stay as they are.
    if (!set.grows) putOn(device, place)
  }

  #assign(set: PciSet): void {
    const devices = this.#devices
    for (const one of devices.controllers)
      if (isPci(one) && !isRoot(one.model) && wantsPlace(one)) this.#next(set, 'controllers', one)
    this.#each(set, 'filesystems', devices.filesystems)
    for (const one of devices.interfaces) if (one.type !== 'hostdev') this.#one(set, 'interfaces', one)
    this.#each(set, 'sounds', devices.sounds)
    for (const one of devices.controllers) {
      if (isPci(one) || (one.type === 'ide' && one.index === 0) || !wantsPlace(one)) continue
      if (this.#need('controllers', one).connect === 0) continue
      if (one.type === 'usb' && companions[one.model ?? ''] !== undefined) this.#usb2(set, one)
      else this.#next(set, 'controllers', one)
    }
    for (const disk of devices.disks) {
      if (disk.target?.bus !== 'virtio') continue
      const type = disk.address?.type
      if (type === 'ccw' || type === 'virtio-s390' || type === 'virtio-mmio' || placeOf(disk)) continue
      if (!wantsPlace(disk)) unsupported(`virtio disk cannot have an address of type '${type}'`)
      this.#next(set, 'disks', disk)
    }
    // A card of the host given as an interface counts among the host devices, before the others.
    for (const one of devices.interfaces) if (one.type === 'hostdev') this.#one(set, 'interfaces', one)
    this.#each(set, 'hostdevs', devices.hostdevs)
    if (devices.memballoon) this.#one(set, 'memballoon', devices.memballoon)
    this.#each(set, 'rngs', devices.rngs)
    this.#each(set, 'watchdogs', devices.watchdogs)
    this.#each(set, 'videos', devices.videos)
    this.#each(set, 'shmems', devices.shmems)
    this.#each(set, 'inputs', devices.inputs)
    this.#each(set, 'serials', devices.serials)
    if (devices.vsock) this.#one(set, 'vsock', devices.vsock)
    this.#each(set, 'memorys', devices.memorys)
    this.#each(set, 'panics', devices.panics)
    if (devices.iommu) this.#one(set, 'iommu', devices.iommu)
    this.#each(set, 'cryptos', devices.cryptos)
    if (devices.pstore) this.#one(set, 'pstore', devices.pstore)
  }

  #each(set: PciSet, key: string, list: readonly AnyDevice[]): void {
    if (list.length > 0) for (const device of list) this.#one(set, key, device)
  }

  #one(set: PciSet, key: string, device: AnyDevice): void {
    if (wantsPlace(device) && this.#need(key, device).connect !== 0) this.#next(set, key, device)
  }

  /** The functions of one USB 2 controller are on one slot, each on its own function. */
  #usb2(set: PciSet, controller: ControllerUsb): void {
    const fn = companions[controller.model ?? ''] ?? 0
    const shared = fn === 0 ? { multifunction: true } : {}
    const other = this.#devices.controllers.find(
      (one) =>
        one.type === 'usb' &&
        companions[one.model ?? ''] !== undefined &&
        one.index === controller.index &&
        placeOf(one) !== undefined,
    )
    const place = other && placeOf(other)
    if (!place) {
      this.#next(set, 'controllers', controller, fn)
      const own = placeOf(controller)
      if (own) putOn(controller, own, shared)
      return
    }
    set.take({ ...place, function: fn }, this.#need('controllers', controller))
    if (!set.grows) putOn(controller, { ...place, function: fn }, shared)
  }
}

/** Functions of the parts of a USB 2 controller. */
const companions: Readonly<Record<string, number>> = {
  'ich9-ehci1': 7,
  'ich9-uhci1': 0,
  'ich9-uhci2': 1,
  'ich9-uhci3': 2,
}

/** A number for each slot there can be. */
const slotOf = ({ domain = 0, bus = 0, slot = 0 }: DeviceAddressPci): number =>
  (domain * 0x10000 + bus) * 0x10000 + slot

/** Says of function 0 of each slot that has others that it has. */
function markShared(domain: Domain): void {
  let shared: Set<number> | undefined
  eachDevice(domain, ({ address }) => {
    if (address?.type !== 'pci' || (address.function ?? 0) === 0) return
    shared ??= new Set()
    shared.add(slotOf(address))
  })
  if (shared === undefined) return
  const others: ReadonlySet<number> = shared
  eachDevice(domain, ({ address }) => {
    if (address?.type !== 'pci' || (address.function ?? 0) !== 0) return
    const slot = slotOf(address)
    if (slot !== 0 && others.has(slot)) address.multifunction ??= true
  })
}
