// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver: which URIs it takes, and what its sessions stand on.
import { join } from 'node:path'
import {
  checkPlace,
  type Driver,
  type DriverFactory,
  dirsBelow,
  ErrorDomain,
  ErrorNumber,
  EventHub,
  type Services,
  type Session,
  type Uri,
  type VirtError,
  virtError,
} from '@virt/core'
import { Embedded } from '@virt/stateful'
import { secretSlots, support } from './slots.js'
import { SecretStore } from './store.js'

/** Options of the secret driver. */
export interface SecretOptions {
  /** Whose secrets a daemon's driver has; absent: the system's when it is root's. */
  readonly place?: 'system' | 'session'
}

const families = ['secret'] as const

/** The secrets of one place, and what its sessions stand on. */
interface Instance {
  readonly store: SecretStore
  session(system: boolean): Session
}

async function instanceAt({ dirs, log, clock }: Services): Promise<Instance> {
  const events = new EventHub()
  const store = new SecretStore({
    folder: join(dirs.config, 'secrets'),
    events,
    clock,
    problem: (path, error) => log.error(`${path}: ${(error as Error).message}`),
  })
  await store.load()
  const common = {
    supports: support,
    errorDomain: ErrorDomain.SECRET,
    events,
    families,
    isSecure: () => true,
    isEncrypted: () => false,
    close() {},
  }
  const clients = { ...secretSlots(store, false), ...common }
  const own = { ...secretSlots(store, true), ...common }
  return { store, session: (system) => Object.create(system ? own : clients) as Session }
}

function refused(detail: string, number: number = ErrorNumber.INTERNAL_ERROR): VirtError {
  return virtError(number, ErrorDomain.SECRET, detail)
}

/** Instances within this program. */
const embedded = new Embedded<Instance>()

/** Opens `secret:///embed?root=PATH`. @throws VirtError */
async function openEmbedded(uri: Uri, services: Services): Promise<Session> {
  const root = uri.params.find(([name]) => name === 'root')?.[1]
  if (root === undefined) throw refused('root parameter missing in secret:///embed URI', ErrorNumber.INVALID_ARG)
  if (!root.startsWith('/')) throw refused(`root path '${root}' must be absolute`, ErrorNumber.INVALID_ARG)
  const make = (): Promise<Instance> => instanceAt({ ...services, dirs: dirsBelow(root) })
  const { instance, release } = await embedded.use(root, make, ({ store }) => store.settled())
  return Object.assign(instance.session(false), { close: release })
}

/**
 * Makes the secret driver. A daemon's serves `secret:///system` or `secret:///session`, and the secrets of all connections to hypervisors
 * of the host; any program's `secret:///embed?root=PATH`.
 * @since 0.1.0
 */
export function secret(options: SecretOptions = {}): DriverFactory {
  return (services): Driver => {
    const place = options.place ?? (process.getuid?.() === 0 ? 'system' : 'session')
    let running: Instance | undefined
    return {
      name: 'secret',
      spi: 1,
      schemes: ['secret'],
      supports: support,
      families,
      async start() {
        running = await instanceAt(services)
      },
      async stop() {
        await running?.store.settled()
        running = undefined
      },
      reload: async () => await running?.store.load(),
      open({ connection }, uri) {
        if (uri.server !== undefined) return 'declined'
        const own = uri.scheme === 'secret'
        const path = uri.path ?? ''
        if (own && path === '/embed') return openEmbedded(uri, services)
        if (!services.daemon || (!own && path === '/embed')) return 'declined'
        if (own) checkPlace('secret', path, [place])
        if (running === undefined) throw refused('secret state driver is not active')
        return running.session(connection.system === true)
      },
    }
  }
}
