// SPDX-License-Identifier: GPL-2.0-or-later
// Which drivers a daemon has: its own table, each loaded from its own chunk, and those given with --driver.
import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Driver, type DriverFactory, type Services, VirtError } from '@virt/core'
import { lazyDriver } from './lazy-driver.js'

/** Whose daemon it is. */
export type Place = 'system' | 'session'

type Maker = (services: Services, place: Place) => Promise<Driver>

/** Whether a folder has files of a suffix. */
function hasFiles(folder: string, suffix: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith(suffix))
  } catch {
    return false
  }
}

/** Drivers by name, in order of asking: resources before the hypervisors that use them. */
const table: Readonly<Record<string, Maker>> = {
  secret: async (services, place) =>
    lazyDriver({
      name: 'secret',
      schemes: ['secret'],
      families: ['secret'],
      log: services.log,
      load: async () => (await import('@virt/secret')).secret({ place })(services),
      hasWork: () => false,
    }),
  test: async (services) => (await import('@virt/test')).test()(services),
  qemu: async (services, place) =>
    lazyDriver({
      name: 'qemu',
      schemes: ['qemu'],
      families: ['hypervisor'],
      sharesHost: true,
      log: services.log,
      load: async () => (await import('@virt/qemu')).qemu({ place })(services),
      // Guests that are defined may start by themselves, and those that run are to be taken up.
      hasWork: () =>
        hasFiles(join(services.dirs.config, 'qemu'), '.xml') || hasFiles(join(services.dirs.run, 'qemu'), '.xml'),
    }),
}

/** Drivers that a daemon has only when it is asked for them. */
const onDemand: Readonly<Record<string, Maker>> = {
  proxy: async (services, place) => (await import('./proxy.js')).proxyDriver(services, place === 'session'),
}

/** Names of the drivers that this build has. */
export const driverNames: readonly string[] = Object.keys(table)

/** Loads the drivers named, or all, and those of third parties. @throws VirtError for a name nobody knows, or a module that is no driver */
export async function loadDrivers(
  only: readonly string[] | undefined,
  files: readonly string[],
  services: (name: string) => Services,
  place: Place = 'system',
): Promise<Driver[]> {
  const unknown = only?.find((name) => makerOf(name) === undefined)
  if (unknown !== undefined)
    throw new VirtError(`no driver is called '${unknown}'`, {
      code: 'invalid-arg',
      details: `drivers here: ${[...driverNames, ...Object.keys(onDemand)].join(', ')}`,
    })
  const drivers: Driver[] = []
  for (const file of files) drivers.push(await thirdParty(file, services(basename(file).replace(/\.[cm]?js$/, ''))))
  for (const name of only ?? driverNames) drivers.push(await (makerOf(name) as Maker)(services(name), place))
  return drivers
}

const makerOf = (name: string): Maker | undefined => table[name] ?? onDemand[name]

async function thirdParty(file: string, services: Services): Promise<Driver> {
  const module = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
  const factory = module.driver ?? module.default
  if (typeof factory !== 'function')
    throw new VirtError(`${file} exports no 'driver' function`, {
      code: 'invalid-arg',
      details: 'export const driver = (services) => ({ name, spi: 1, schemes, … })',
    })
  const driver = (factory as DriverFactory)(services)
  if (driver?.spi !== 1)
    throw new VirtError(`${file}: the driver speaks SPI ${String(driver?.spi)}, this daemon speaks 1`, {
      code: 'config-unsupported',
    })
  return driver
}
