// SPDX-License-Identifier: LGPL-2.1-or-later
// The document of a guest that is about to start: what the driver chooses, added to a copy.
import {
  type Disk,
  type Domain,
  type Graphics,
  type HypervisorCpus,
  type QemuSettings,
  startable,
  withFirmware,
  withUsbPorts,
} from '@virt/conf'
import { withAliases } from './aliases.js'
import { alignMemory } from './align.js'
import { NodeNumbers, numberImages } from './nodes.js'

/** A disk that others write to as well must not be cached. */
function withCache(disk: Disk): Disk {
  const { driver, shareable, readonly } = disk
  if (shareable !== true || readonly === true || (driver?.cache ?? 'default') !== 'default') return disk
  return { ...disk, driver: { iothreads: [], ...driver, cache: 'none' } }
}

/** What is chosen for a start. */
export interface Choices {
  readonly numbers?: NodeNumbers
  /** What of the host a guest's firmware is chosen by; absent: it stays as it is. */
  readonly settings?: QemuSettings
  /** Whether the guest's memory comes from elsewhere, and must be as large as it was there. */
  readonly incoming?: boolean
  /** The displays with the ports that they listen on. */
  graphics?(list: readonly Graphics[]): readonly Graphics[]
  /** What the guest's processor is made definite by; absent: it stays as it is. */
  readonly cpus?: HypervisorCpus
}

function withCpu(domain: Domain, cpus: HypervisorCpus | undefined): Domain {
  if (domain.cpu === undefined || cpus === undefined) return domain
  return { ...domain, cpu: startable(domain.os?.type?.arch ?? '', domain.cpu, cpus) }
}

/** The document that a guest is started with. The last disk has the lowest number, as libvirt has it. */
export function prepareDocument(
  domain: Domain,
  { numbers = new NodeNumbers(), incoming = false, settings, graphics, cpus }: Choices = {},
): Domain {
  const definite = withCpu(settings === undefined ? domain : withFirmware(domain, settings), cpus)
  const named = withAliases(withUsbPorts(incoming ? definite : alignMemory(definite)))
  if (named.devices === undefined) return named
  const disks = [...named.devices.disks]
    .reverse()
    .map((disk) => numberImages(withCache(disk), numbers))
    .reverse()
  const displays = graphics?.(named.devices.graphics) ?? named.devices.graphics
  return { ...named, devices: { ...named.devices, disks, graphics: displays } }
}
