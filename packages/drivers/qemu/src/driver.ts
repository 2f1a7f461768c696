// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver: which URIs it takes, and which connections share an instance.
import {
  type Answer,
  checkPlace,
  type Driver,
  type DriverFactory,
  dirsBelow,
  ErrorDomain,
  type Services,
  type Session,
  type Uri,
} from '@virt/core'
import { Embedded } from '@virt/stateful'
import { internalError, invalidArg } from './errors.js'
import type { Place } from './host/paths.js'
import { openInstance, startAutomatic } from './instance.js'
import { slotsOf, support } from './slots.js'
import type { QemuState } from './state.js'

/** Options of the QEMU driver. */
export interface QemuOptions {
  /** Whose guests a daemon's driver has; absent: the system's when it is root's. */
  readonly place?: 'system' | 'session'
}

const families = ['hypervisor'] as const

/** The slots of an instance: made once, all its sessions stand on them. */
function slotsFor(state: QemuState): object {
  return Object.freeze({
    ...slotsOf(state),
    supports: support,
    errorDomain: ErrorDomain.QEMU,
    events: state.events,
    families,
    isSecure: () => true,
    isEncrypted: () => false,
  })
}

function sessionOf(slots: object, close: () => Answer<void>): Session {
  return Object.assign(Object.create(slots) as Session, { close })
}

/** An instance, and what its sessions stand on. */
interface Running {
  readonly state: QemuState
  readonly slots: object
}

/** Instances within this program. */
const embedded = new Embedded<Running>()

/** Opens `qemu:///embed?root=PATH`. @throws VirtError */
async function openEmbedded(uri: Uri, services: Services): Promise<Session> {
  const root = uri.params.find(([name]) => name === 'root')?.[1]
  if (root === undefined) throw invalidArg('root parameter missing in qemu:///embed URI')
  if (!root.startsWith('/')) throw invalidArg(`root path '${root}' must be absolute`)
  const make = async (): Promise<Running> => {
    const state = await openInstance('embed', { ...services, dirs: dirsBelow(root) })
    return { state, slots: slotsFor(state) }
  }
  const { instance, release } = await embedded.use(root, make, ({ state }) => state.close())
  return sessionOf(instance.slots, release)
}

/**
 * Makes the QEMU driver. A daemon's serves `qemu:///system` or `qemu:///session`; any program's `qemu:///embed?root=PATH`.
 * @since 0.1.0
 */
export function qemu(options: QemuOptions = {}): DriverFactory {
  return (services): Driver => {
    const place: Place = options.place ?? (process.getuid?.() === 0 ? 'system' : 'session')
    let running: Running | undefined
    return {
      name: 'qemu',
      accessName: 'QEMU',
      spi: 1,
      schemes: ['qemu'],
      supports: support,
      families,
      sharesHost: true,
      probe: () => (services.daemon ? `qemu:///${place}` : undefined),
      async start() {
        const state = await openInstance(place, services)
        running = { state, slots: slotsFor(state) }
        // Nobody waits for it: guests start while clients come.
        startAutomatic(state).catch((error: unknown) => services.log.error((error as Error).message))
      },
      async stop() {
        await running?.state.close()
        running = undefined
      },
      reload: async () => await running?.state.reload(),
      busy: () => running?.state.domains.list((domain) => domain.active).length !== 0 && running !== undefined,
      open(_call, uri) {
        if (uri.server !== undefined) return 'declined'
        const path = uri.path ?? ''
        if (path === '/embed') return openEmbedded(uri, services)
        if (!services.daemon) return 'declined'
        // parity: the system's driver takes both.
        checkPlace('qemu', path, place === 'system' ? ['system', 'session'] : [place])
        if (running === undefined) throw internalError('qemu state driver is not active')
        return sessionOf(running.slots, () => {})
      },
    }
  }
}
