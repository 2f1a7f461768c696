// SPDX-License-Identifier: GPL-2.0-or-later
// Which drivers a daemon has: its own table, each loaded from its own chunk, and those given with --driver.
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Driver, type DriverFactory, type Services, VirtError } from '@virt/core'

/** Drivers by name, in order of asking: resources before the hypervisors that use them. */
const table: Readonly<Record<string, () => Promise<DriverFactory>>> = {
  test: async () => (await import('@virt/test')).test(),
}

/** Names of the drivers that this build has. */
export const driverNames: readonly string[] = Object.keys(table)

/** Loads the drivers named, or all, and those of third parties. @throws VirtError for a name nobody knows, or a module that is no driver */
export async function loadDrivers(
  only: readonly string[] | undefined,
  files: readonly string[],
  services: (name: string) => Services,
): Promise<Driver[]> {
  const unknown = only?.find((name) => table[name] === undefined)
  if (unknown !== undefined)
    throw new VirtError(`no driver is called '${unknown}'`, {
      code: 'invalid-arg',
      details: `drivers here: ${driverNames.join(', ')}`,
    })
  const drivers: Driver[] = []
  for (const file of files) drivers.push(await thirdParty(file, services(basename(file).replace(/\.[cm]?js$/, ''))))
  for (const name of only ?? driverNames)
    drivers.push((await (table[name] as () => Promise<DriverFactory>)())(services(name)))
  return drivers
}

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
