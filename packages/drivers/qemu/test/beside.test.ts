// SPDX-License-Identifier: LGPL-2.1-or-later
import { domain } from '@virt/conf'
import { expect, it } from 'vitest'
import { placesBeside } from '../src/helpers/beside.js'
import { runningGuest } from './guest.js'

it('devices of the host’s SCSI are looked for wherever a command line is made', async () => {
  const { state } = await runningGuest()
  const document = domain.parse(
    `<domain type='qemu'><name>g</name><devices><hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host9999'/>
    <address bus='0' target='0' unit='0'/></source><alias name='hostdev0'/></hostdev></devices></domain>`,
    { raw: true },
  )
  expect(() => placesBeside(state, document, -1)).toThrow(
    "cannot open directory '/sys/bus/scsi/devices/9999:0:0:0/scsi_generic'",
  )
})
