// SPDX-License-Identifier: LGPL-2.1-or-later
// Probing a QEMU that was recorded.
import { systemClock } from '@virt/core'
import type { QemuCaps } from '../capabilities/caps.js'
import { probe } from '../capabilities/probe.js'
import { Monitor } from '../monitor/monitor.js'
import type { Recording } from './recorded.js'

/** What a recording shows. It has to hold exactly what is asked. */
export async function probeRecording(
  recording: Recording,
  options: { readonly binary: string; readonly hvf?: boolean },
): Promise<QemuCaps> {
  const rests: (() => number)[] = []
  const next = async (): Promise<Monitor> => {
    const { transport, rest } = recording.session()
    rests.push(rest)
    const monitor = Monitor.bare(transport, { clock: systemClock })
    await monitor.command('qmp_capabilities')
    return monitor
  }
  const caps = await probe(await next(), next, options)
  const left = rests.reduce((sum, rest) => sum + rest(), 0)
  if (left > 0) throw new Error(`${left} recorded commands were not given`)
  return caps
}
