// SPDX-License-Identifier: LGPL-2.1-or-later
// Ports of virtio serial controllers.
import { ensureController } from '../passes/controllers.js'
import { xmlError } from '../passes/report.js'
import type { DeviceAddress, Domain } from '../types.gen.js'

/** Ports of a controller that does not say how many. */
const usualPorts = 31

interface SerialDevice {
  address?: DeviceAddress | undefined
}

/** Gives channels on virtio their ports; port 0 of a controller is for a console, which needs not say so. */
export function assignVirtioSerial(domain: Domain): void {
  const { devices } = domain
  if (!devices) return
  const ports = new PortSet(domain)
  const channels = devices.channels.filter((one) => one.target?.type === 'virtio')
  const consoles = devices.consoles.filter((one) => one.target?.type === 'virtio')
  for (const device of [...channels, ...consoles]) if (isComplete(device)) ports.reserve(device)
  for (const device of channels) if (!isComplete(device)) ports.assign(device)
}

const isComplete = ({ address }: SerialDevice): boolean =>
  address?.type === 'virtio-serial' && (address.port ?? 0) !== 0

class PortSet {
  readonly #domain: Domain
  readonly #used = new Map<number, { count: number; taken: Set<number> }>()

  constructor(domain: Domain) {
    this.#domain = domain
    for (const one of domain.devices?.controllers ?? [])
      if (one.type === 'virtio-serial') this.#add(one.index ?? 0, one.ports)
  }

  #add(index: number, count = usualPorts): void {
    this.#used.set(index, { count, taken: new Set() })
  }

  reserve({ address }: SerialDevice): void {
    if (address?.type !== 'virtio-serial') return
    const { controller = 0, bus = 0, port = 0 } = address
    if (bus !== 0) xmlError(`unexpected virtio-serial bus ${bus}`)
    const known = this.#used.get(controller)
    if (!known) xmlError(`virtio serial controller ${controller} is missing`)
    if (port >= known.count) xmlError(`virtio serial controller ${controller} does not have port ${port}`)
    if (known.taken.has(port)) xmlError(`virtio serial port ${port} on controller ${controller} is already occupied`)
    known.taken.add(port)
  }

  assign(device: SerialDevice): void {
    const { address } = device
    const [controller, port] = address?.type === 'virtio-serial' ? this.#nextOn(address.controller ?? 0) : this.#next()
    device.address = { type: 'virtio-serial', controller, bus: 0, port }
    this.reserve(device)
  }

  #nextOn(controller: number): [number, number] {
    const known = this.#used.get(controller)
    if (!known) xmlError(`virtio-serial controller ${controller} is missing`)
    const port = freePort(known)
    if (port === undefined) xmlError(`Unable to find a free port on virtio-serial controller ${controller}`)
    return [controller, port]
  }

  #next(): [number, number] {
    for (const [controller, known] of [...this.#used].sort(([a], [b]) => a - b)) {
      const port = freePort(known)
      if (port !== undefined) return [controller, port]
    }
    let controller = 0
    while (this.#used.has(controller)) controller++
    ensureController(this.#domain, 'virtio-serial', controller)
    this.#add(controller)
    return [controller, 1]
  }
}

function freePort({ count, taken }: { count: number; taken: ReadonlySet<number> }): number | undefined {
  for (let port = 1; port < count; port++) if (!taken.has(port)) return port
  return undefined
}
