// SPDX-License-Identifier: LGPL-2.1-or-later
// Places for processors of a guest, and plugging processors in.
import type { Domain } from '@virt/conf'
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
