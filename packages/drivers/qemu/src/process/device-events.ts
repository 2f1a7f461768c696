// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU tells of a guest's devices: images that fail or fill up, trays, displays, memory, addresses of interfaces.
import type { Disk, DiskBackingStore, Domain } from '@virt/conf'
import type { DomainEventGraphics, DomainEventGraphicsAddress } from '@virt/core'
import { pathOf } from '../domain/disk-sizes.js'
import { refOf } from '../domain/record.js'
import { asObject, bigintOf, booleanOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import { happen, type Occasion } from './happen.js'
import { withTaken } from './memory-figures.js'
import { storageNodes } from './node-names.js'
import { stamp } from './stamp.js'

/** `virDomainEventIOErrorAction`, by QEMU's words. */
const errorActions: Readonly<Record<string, number>> = { ignore: 0, stop: 1, report: 2 }
/** `virDomainEventTrayChangeReason` */
const Tray = { opened: 0, closed: 1 } as const
/** `virDomainEventGraphicsPhase`, by QEMU's words. */
const phases: Readonly<Record<string, number>> = { CONNECTED: 0, INITIALIZED: 1, DISCONNECTED: 2 }
/** `virDomainEventGraphicsAddressType` */
const families: Readonly<Record<string, number>> = { ipv4: 0, ipv6: 1, unix: 2 }
/** `virDomainMemoryFailureActionType` */
const failureActions: Readonly<Record<string, number>> = { ignore: 0, inject: 1, fatal: 2, reset: 3 }
/** `virDomainMemoryFailureFlags` */
const FailureFlag = { actionRequired: 1, recursive: 2 } as const

/** One image of a disk. */
interface Image {
  readonly disk: Disk
  readonly index: number
  readonly path: string | undefined
}

/** The images of a disk, the guest's own first. */
function imagesOf(disk: Disk): Image[] {
  const images: Image[] = [{ disk, index: disk.source.index ?? 0, path: pathOf(disk) }]
  for (let store: DiskBackingStore | undefined = disk.backingStore; store?.source !== undefined; ) {
    const { source } = store
    const path = source.type === 'file' ? source.file : source.type === 'block' ? source.dev : undefined
    images.push({ disk, index: store.index ?? 0, path })
    store = store.backingStore
  }
  return images
}

/** The image that a node of QEMU's belongs to. */
function imageOfNode({ devices }: Domain, node: string): Image | undefined {
  return (devices?.disks ?? []).flatMap(imagesOf).find(({ index }) => index > 0 && storageNodes(index).includes(node))
}

/** The disk that QEMU means, by its name for the device or its place among the devices. */
function diskOf({ devices }: Domain, names: readonly (string | undefined)[]): Disk | undefined {
  const parts = names.flatMap((name) => (name ?? '').split('/')).map((name) => name.replace(/^drive-/, ''))
  return devices?.disks.find(({ alias }) => alias !== undefined && parts.includes(alias))
}

function withDisk(document: Domain, disk: Disk, changed: Disk): Domain {
  const { devices } = document
  if (devices === undefined) return document
  return { ...document, devices: { ...devices, disks: devices.disks.map((one) => (one === disk ? changed : one)) } }
}

function ioError({ state, domain, run, data }: Occasion): void {
  const node = textOf(data, 'node-name')
  const byNode = node === undefined || node === '' ? undefined : imageOfNode(domain.def, node)
  const disk = byNode?.disk ?? diskOf(domain.def, [textOf(data, 'qom-path'), textOf(data, 'device')])
  const action = textOf(data, 'action') ?? ''
  const image = byNode ?? (disk === undefined ? undefined : imagesOf(disk)[0])
  const message = textOf(data, 'reason')
  if (image !== undefined && message !== undefined) {
    const { index, path } = image
    const target = image.disk.target?.dev ?? ''
    const when = stamp(state.services.clock.now())
    run.ioErrors.set(
      `${target}[${index}]`,
      `I/O error: disk='${target}', index='${index}', path='${path ?? ''}', timestamp='${when}', message='${message}'`,
    )
  }
  const common = {
    dom: refOf(domain),
    srcPath: image?.path ?? '',
    devAlias: disk?.alias ?? '',
    action: errorActions[action] ?? 0,
  }
  state.domains.change(domain, (change) => {
    change.emit('domain', 'ioError', common)
    change.emit('domain', 'ioErrorReason', { ...common, reason: booleanOf(data, 'nospace') === true ? 'enospc' : '' })
  })
  if (action === 'stop') happen(state, domain, 'stopped by ioerror')
}

function trayMoved({ state, domain, data }: Occasion): void {
  const disk = diskOf(domain.def, [textOf(data, 'id'), textOf(data, 'device')])
  if (disk?.target === undefined) return
  const open = booleanOf(data, 'tray-open') === true
  const target = { ...disk.target, tray: open ? ('open' as const) : ('closed' as const) }
  state.domains.change(domain, (change) => {
    domain.def = withDisk(domain.def, disk, { ...disk, target })
    change.emit('domain', 'trayChange', {
      dom: refOf(domain),
      devAlias: disk.alias ?? '',
      reason: open ? Tray.opened : Tray.closed,
    })
  })
  domain.jobs.poke()
}

function thresholdPassed({ state, domain, run, data }: Occasion): void {
  const image = imageOfNode(domain.def, textOf(data, 'node-name') ?? '')
  if (image === undefined) return
  const { disk, index, path } = image
  const target = disk.target?.dev ?? ''
  const facts = {
    dom: refOf(domain),
    path,
    threshold: bigintOf(data, 'write-threshold') ?? 0n,
    excess: bigintOf(data, 'amount-exceeded') ?? 0n,
  }
  // parity: of an image that was named without its number people are told twice, the second time with it.
  const byTarget = index === disk.source.index && !run.namedImages.has(index)
  state.domains.change(domain, (change) => {
    if (byTarget) change.emit('domain', 'blockThreshold', { ...facts, dev: target })
    change.emit('domain', 'blockThreshold', { ...facts, dev: `${target}[${index}]` })
  })
}

function addressOf(side: JsonObject): DomainEventGraphicsAddress {
  return {
    family: families[textOf(side, 'family') ?? ''] ?? 0,
    node: textOf(side, 'host') ?? '',
    service: textOf(side, 'service') ?? textOf(side, 'port') ?? '',
  }
}

/** Somebody has come to a display, was let in, has left. */
function displayed(word: string): (occasion: Occasion) => void {
  return ({ state, domain, data }) => {
    const server = asObject(data.server) ?? {}
    const client = asObject(data.client) ?? {}
    const identity = (type: string, name: string | undefined): DomainEventGraphics['subject'] =>
      name === undefined ? [] : [{ type, name }]
    state.domains.change(domain, (change) =>
      change.emit('domain', 'graphics', {
        dom: refOf(domain),
        phase: phases[word] ?? 0,
        local: addressOf(server),
        remote: addressOf(client),
        authScheme: textOf(server, 'auth') ?? '',
        subject: [
          ...identity('x509dname', textOf(client, 'x509_dname')),
          ...identity('saslUsername', textOf(client, 'sasl_username')),
        ],
      }),
    )
  }
}

function memoryFailed({ state, domain, data }: Occasion): void {
  const flags = asObject(data.flags) ?? {}
  const bits =
    (booleanOf(flags, 'action-required') === true ? FailureFlag.actionRequired : 0) |
    (booleanOf(flags, 'recursive') === true ? FailureFlag.recursive : 0)
  state.domains.change(domain, (change) =>
    change.emit('domain', 'memoryFailure', {
      dom: refOf(domain),
      recipient: textOf(data, 'recipient') === 'guest' ? 1 : 0,
      action: failureActions[textOf(data, 'action') ?? ''] ?? 0,
      flags: bits,
    }),
  )
}

function memoryResized({ state, domain, data }: Occasion): void {
  const alias = textOf(data, 'id')
  const bytes = bigintOf(data, 'size')
  if (alias === undefined || bytes === undefined) return
  const size = (bytes + 1023n) / 1024n
  state.domains.change(domain, (change) => {
    domain.def = withTaken(domain.def, alias, size)
    change.emit('domain', 'memoryDeviceSizeChange', { dom: refOf(domain), alias, size })
  })
}

/** The guest has given an interface another address, where it is trusted with that. */
function filterChanged({ state, domain, run, data }: Occasion): void {
  const alias = textOf(data, 'name')
  const net = domain.def.devices?.interfaces.find((one) => one.alias === alias)
  if (alias === undefined || net?.trustGuestRxFilters !== true) return
  const ask = async (): Promise<void> => {
    await domain.jobs.run(undefined, 'modify', async (job) => {
      // QEMU tells of the next change only when it was asked about this one.
      const answer = await job.wait(run.monitor.command('query-rx-filter', { name: alias }))
      const [filter] = objectsOf(answer, 'query-rx-filter')
      const now = filter === undefined ? undefined : textOf(filter, 'main-mac')?.toLowerCase()
      const before = run.addresses.get(alias) ?? net.mac?.address?.toLowerCase()
      if (now === undefined || before === undefined || now === before) return
      run.addresses.set(alias, now)
      state.domains.change(domain, (change) =>
        change.emit('domain', 'nicMacChange', { dom: refOf(domain), alias, oldMAC: before, newMAC: now }),
      )
    })
  }
  ask().catch((error: unknown) => state.services.log.warn(`${domain.name}: ${alias}: ${(error as Error).message}`))
}

function removalFailed({ state, domain, data }: Occasion): void {
  const devAlias = textOf(data, 'device')
  if (devAlias === undefined) return
  state.domains.change(domain, (change) =>
    change.emit('domain', 'deviceRemovalFailed', { dom: refOf(domain), devAlias }),
  )
  domain.jobs.poke()
}

/** Rows of the table of events, by QEMU's names for them. */
export const deviceRows: Readonly<Record<string, (occasion: Occasion) => void>> = {
  BLOCK_IO_ERROR: ioError,
  DEVICE_TRAY_MOVED: trayMoved,
  BLOCK_WRITE_THRESHOLD: thresholdPassed,
  ...Object.fromEntries(
    ['VNC', 'SPICE'].flatMap((kind) => Object.keys(phases).map((word) => [`${kind}_${word}`, displayed(word)])),
  ),
  MEMORY_FAILURE: memoryFailed,
  MEMORY_DEVICE_SIZE_CHANGE: memoryResized,
  NIC_RX_FILTER_CHANGED: filterChanged,
  DEVICE_UNPLUG_GUEST_ERROR: removalFailed,
}
