// SPDX-License-Identifier: LGPL-2.1-or-later
// Places for processors of a guest, and processors that come and go.
import type { Domain } from '@virt/conf'
import { ErrorNumber, isVirtError } from '@virt/core'
import type { Job } from '@virt/stateful'
import { qemuError } from '../errors.js'
import { asObject, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject, Monitor } from '../monitor/monitor.js'

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

/** Processors that each QEMU has let go of. */
const gone = new WeakMap<Monitor, Set<string>>()

function goneOf(monitor: Monitor): Set<string> {
  const names = gone.get(monitor) ?? new Set()
  gone.set(monitor, names)
  return names
}

/** Takes what QEMU tells of a device that is gone. @returns whether it is a processor */
export function noteUnplugged(monitor: Monitor, alias: string): boolean {
  if (!/^vcpu\d+$/.test(alias)) return false
  goneOf(monitor).add(alias)
  return true
}

/** Milliseconds that a guest has to let go of a processor. */
const patience = 5000

/** Has the guest give a processor back. @param id its number @throws VirtError `operation-timeout` when it does not */
export async function unplugSocket(monitor: Monitor, job: Job, id: number): Promise<void> {
  const alias = `vcpu${id}`
  const names = goneOf(monitor)
  names.delete(alias)
  await monitor.command('device_del', { id: alias })
  await job
    .until(() => names.has(alias), { deadline: patience })
    .catch((cause: unknown) => {
      if (!isVirtError(cause) || cause.number !== ErrorNumber.OPERATION_TIMEOUT) throw cause
      throw qemuError(
        ErrorNumber.OPERATION_TIMEOUT,
        'vcpu unplug request timed out. Unplug result must be manually inspected in the domain',
      )
    })
}
