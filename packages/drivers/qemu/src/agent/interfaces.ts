// SPDX-License-Identifier: LGPL-2.1-or-later
// Network interfaces as the guest sees them.
import type { Json } from '@virt/core'
import { internalError } from '../errors.js'
import { asObject, numberOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import type { Agent, AgentCommandOptions } from './agent.js'

/** `virDomainInterface` */
export interface GuestInterface {
  readonly name: string
  hwaddr: string | undefined
  readonly addrs: { readonly type: number; readonly addr: string; readonly prefix: number }[]
}

/** `virIPAddrType` */
const families: Readonly<Record<string, number>> = { ipv4: 0, ipv6: 1 }

/** The interfaces in the order the guest tells of them; those of one card (`eth0:1`) are one. */
export async function guestInterfaces(agent: Agent, options?: AgentCommandOptions): Promise<GuestInterface[]> {
  const answer = await agent.command('guest-network-get-interfaces', undefined, options)
  const found = new Map<string, GuestInterface>()
  for (const entry of objectsOf(answer, 'guest-network-get-interfaces')) {
    const label = textOf(entry, 'name')
    if (label === undefined) throw internalError("qemu agent didn't provide 'name' field")
    const name = label.split(':')[0] as string
    const known = found.get(name) ?? { name, hwaddr: undefined, addrs: [] }
    known.hwaddr ??= textOf(entry, 'hardware-address')
    known.addrs.push(...addressesOf(entry, name))
    found.set(name, known)
  }
  return [...found.values()]
}

function addressesOf(entry: JsonObject, name: string): GuestInterface['addrs'] {
  const list = entry['ip-addresses']
  if (list === undefined) return []
  if (!Array.isArray(list)) throw internalError('Malformed ip-addresses array')
  return list.map((item: Json) => {
    const address = asObject(item)
    if (address === undefined) throw internalError('qemu agent reply missing interface entry in array')
    const type = families[textOf(address, 'ip-address-type') ?? '']
    if (type === undefined) throw internalError(`unknown ip address type '${textOf(address, 'ip-address-type')}'`)
    const addr = textOf(address, 'ip-address')
    if (addr === undefined) throw internalError(`qemu agent didn't provide 'ip-address' field for interface '${name}'`)
    const prefix = numberOf(address, 'prefix')
    if (prefix === undefined) throw internalError("malformed 'prefix' field")
    return { type, addr, prefix }
  })
}
