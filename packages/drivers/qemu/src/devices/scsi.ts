// SPDX-License-Identifier: LGPL-2.1-or-later
// Places on SCSI buses of guests.
import type { DeviceAddress } from '@virt/conf'
import type { Build } from '../command/build.js'
import type { Props } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'

/** Models of controllers that know no targets, only units. */
export const narrowControllers: ReadonlySet<string | undefined> = new Set(['lsilogic', 'am53c974', 'dc390', 'ncr53c90'])

/** Where a SCSI device is plugged in. */
export function scsiPlace(build: Build, address: DeviceAddress | undefined): Props {
  if (address?.type !== 'drive') throw internalError('SCSI device without drive address')
  const { controller = 0, bus = 0, target = 0, unit = 0 } = address
  const own = build.controller('scsi', controller)
  const alias = own?.alias ?? `scsi${controller}`
  if (!narrowControllers.has(own?.model)) return { bus: `${alias}.0`, channel: bus, 'scsi-id': target, lun: unit }
  if (target !== 0) throw configUnsupported("target must be 0 for controller model 'lsilogic'")
  return { bus: `${alias}.${bus}`, 'scsi-id': unit }
}
