// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices that do one thing: balloon, random numbers, watchdogs, notices of crashes.
import type { Domain } from '@virt/conf'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { configUnsupported } from '../errors.js'
import { chardev } from './chardevs.js'

export function balloon(build: Build): void {
  const device = build.domain.devices?.memballoon
  if (device === undefined || device.model === 'none') return
  if (!device.model.startsWith('virtio'))
    throw configUnsupported(`Memory balloon device type '${device.model}' is not supported by this version of qemu`)
  build.device(
    {
      driver: virtioDriver(build, 'virtio-balloon', device, device.model),
      ...virtioProps(device.driver),
      id: device.alias,
      'deflate-on-oom': device.autodeflate,
      'free-page-reporting': device.freePageReporting,
      ...addressProps(build, device),
    },
    device,
  )
}

export function rngs(build: Build): void {
  for (const device of build.domain.devices?.rngs ?? []) {
    const id = `obj${device.alias}`
    switch (device.backend?.model) {
      case 'random':
        build.object({ 'qom-type': 'rng-random', id, filename: device.backend.device })
        break
      case 'egd': {
        const name = chardev(build, { ...device.backend, alias: device.alias })
        build.object({ 'qom-type': 'rng-egd', id, chardev: name })
        break
      }
      case 'builtin':
        build.object({ 'qom-type': 'rng-builtin', id })
        break
      default:
        throw configUnsupported('rng device without backend')
    }
    const { rate } = device
    build.device(
      {
        driver: virtioDriver(build, 'virtio-rng', device, device.model),
        ...virtioProps(device.driver),
        rng: id,
        id: device.alias,
        'max-bytes': rate?.bytes,
        period: rate === undefined ? undefined : rate.period || 1000,
        ...addressProps(build, device),
      },
      device,
    )
  }
}

/** Watchdogs that are plugged in; the one of newer PCs is part of the machine, and is only let do its work. */
export function watchdogs(build: Build): void {
  const devices = build.domain.devices?.watchdogs ?? []
  for (const device of devices) {
    if (device.model === 'itco') {
      build.global('ICH9-LPC', 'noreboot', 'off')
      continue
    }
    build.device({ driver: device.model, id: device.alias, ...addressProps(build, device) }, device)
  }
  const [first] = devices
  if (first !== undefined) build.add('-watchdog-action', watchdogAction(first.action))
}

function watchdogAction(action: NonNullable<Domain['devices']>['watchdogs'][number]['action']): string {
  // The driver dumps the guest, QEMU only stops it.
  return action === 'dump' ? 'pause' : action
}

const panicDrivers: Readonly<Record<string, string | undefined>> = { isa: 'pvpanic', pvpanic: 'pvpanic-pci' }

export function panics(build: Build): void {
  for (const device of build.domain.devices?.panics ?? []) {
    const driver = panicDrivers[device.model ?? '']
    if (driver === undefined) continue
    const { address } = device
    const ioport = address?.type === 'isa' ? address.iobase : undefined
    build.device({ driver, ioport, ...(address?.type === 'pci' ? addressProps(build, device) : {}) }, device)
  }
}

export function vmcoreinfo(build: Build): void {
  if (build.domain.features?.vmcoreinfo?.state === true) build.device({ driver: 'vmcoreinfo' })
}

export function asyncTeardown(build: Build): void {
  const enabled = build.domain.features?.['async-teardown']?.enabled
  if (enabled !== undefined) build.add('-run-with', `async-teardown=${enabled ? 'on' : 'off'}`)
}

/** Where the guest's state comes from. */
export function incoming(build: Build): void {
  if (build.context.incoming !== undefined) build.add('-incoming', build.context.incoming)
}

/** Options that the document gives QEMU as they are. */
export function passthrough(build: Build): void {
  const own = build.domain.namespaces?.qemu as { commandline?: { args?: readonly { value?: string }[] } } | undefined
  for (const { value } of own?.commandline?.args ?? []) if (value !== undefined) build.add(value)
}
