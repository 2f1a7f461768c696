// SPDX-License-Identifier: GPL-2.0-or-later
// A driver whose code is loaded when somebody needs it: the first client that asks for it, or something of its own that goes on.
import { type Driver, type Family, type Logger, VirtError } from '@virt/core'

/** What is known of a driver before its code is there. */
export interface LazyOptions {
  readonly name: string
  readonly schemes: readonly string[]
  readonly families: readonly Family[]
  readonly sharesHost?: boolean
  readonly log: Logger
  /** Loads it. */
  readonly load: () => Promise<Driver>
  /** Whether something of its own may go on here: then it is started with the daemon. */
  readonly hasWork: () => boolean
}

/** The driver in the place of another that is loaded, and started, once. */
export function lazyDriver(options: LazyOptions): Driver {
  const { name, log } = options
  let loaded: Driver | undefined
  let starting: Promise<Driver> | undefined
  let stopped = false

  const start = (): Promise<Driver> => {
    if (stopped)
      throw new VirtError(`the daemon is ending, driver ${name} is not started`, { code: 'operation-invalid' })
    starting ??= (async () => {
      const driver = await options.load()
      await driver.start?.()
      loaded = driver
      return driver
    })()
    // Another client may have more luck: the reason may be gone by then.
    starting.catch(() => {
      starting = undefined
    })
    return starting
  }

  return {
    name,
    spi: 1,
    schemes: options.schemes,
    families: options.families,
    ...(options.sharesHost === undefined ? {} : { sharesHost: options.sharesHost }),
    get supports() {
      return loaded?.supports ?? {}
    },
    get accessName() {
      return loaded?.accessName ?? name
    },
    async start() {
      if (!options.hasWork()) return
      // A host without what the driver needs still has a daemon.
      await start().catch((error: unknown) => log.error(error instanceof Error ? error.message : String(error)))
    },
    async stop() {
      stopped = true
      const driver = await starting?.catch(() => undefined)
      await driver?.stop?.()
    },
    reload: async () => await loaded?.reload?.(),
    busy: () => loaded?.busy?.() === true,
    open: async (call, uri, flags) => await (await start()).open(call, uri, flags),
  }
}
