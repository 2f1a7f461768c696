// SPDX-License-Identifier: LGPL-2.1-or-later
// Places for processors of a guest, and processors that come and go.
import type { Domain } from '@virt/conf'
import { ErrorNumber } from '@virt/core'
import type { Job } from '@virt/stateful'
import { processorsOf, withReplugged } from '../domain/processors.js'
import type { QemuDomain } from '../domain/record.js'
import { qemuError } from '../errors.js'
import { asObject, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject, Monitor } from '../monitor/monitor.js'
import type { Occasion } from './happen.js'
import type { Run } from './run.js'

/** One slot for processors, as QEMU tells of it. */
export interface Socket {
  readonly type: string
  readonly props: JsonObject
  readonly plugged: boolean
}

/** All of them, in the order of the processors' numbers. @throws VirtError */
export async function socketsOf(monitor: Monitor): Promise<Socket[]> {
  const rows = objectsOf(await monitor.command('query-hotpluggable-cpus'), 'query-hotpluggable-cpus')
  return rows
    .map((row) => ({
      type: textOf(row, 'type') ?? '',
      props: asObject(row.props) ?? {},
      plugged: textOf(row, 'qom-path') !== undefined,
    }))
    .reverse()
}

/** Plugs a processor in. @param id its number @throws VirtError */
export async function plugSocket(monitor: Monitor, { type, props }: Socket, id: number): Promise<void> {
  await monitor.command('device_add', { driver: type, id: `vcpu${id}`, ...props })
}

/** Plugs in what a guest has beyond the processors that it is made with, which are those that cannot go. @throws VirtError */
export async function plugHotpluggable({ vcpus }: Domain, monitor: Monitor): Promise<void> {
  const wanted = new Set(vcpus.filter((one) => one.enabled && one.hotpluggable === true).map(({ id }) => id))
  if (wanted.size === 0) return
  for (const [id, socket] of (await socketsOf(monitor)).entries())
    if (wanted.has(id) && !socket.plugged) await plugSocket(monitor, socket, id)
}

/** Takes what QEMU tells of a device that is gone. @returns whether it is a processor, which the guest then has no more */
export function takeUnplugged({ state, domain, run }: Occasion, alias: string): boolean {
  const [, number] = /^vcpu(\d+)$/.exec(alias) ?? []
  if (number === undefined) return false
  const id = Number(number)
  run.facts.vcpus = run.facts.vcpus.filter((one) => one.id !== id)
  state.domains.change(domain, () => {
    domain.def = withReplugged(domain.def, id, false)
  })
  return true
}

/** Milliseconds that a guest has to let go of a processor. */
const patience = 5000

/** Has the guest give a processor back, which it may do later still. @param id its number @throws VirtError `operation-timeout` when it does not */
export async function unplugSocket(domain: QemuDomain, { monitor }: Run, job: Job, id: number): Promise<void> {
  await monitor.command('device_del', { id: `vcpu${id}` })
  await job.until(() => processorsOf(domain.def)[id]?.enabled !== true, {
    deadline: patience,
    late: () =>
      qemuError(
        ErrorNumber.OPERATION_TIMEOUT,
        'vcpu unplug request timed out. Unplug result must be manually inspected in the domain',
      ),
  })
}
