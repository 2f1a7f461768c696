// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over network cards, whichever the hypervisor.
import type { Pass } from '../../runtime/context.js'
import type { Domain, Interface } from '../types.gen.js'
import { pass } from './devices.js'
import { unsupported } from './report.js'

/** Types whose device on the host may be made by somebody else. */
const unmanaged: ReadonlySet<Interface['type']> = new Set(['ethernet'])
const isolating: ReadonlySet<Interface['type']> = new Set(['network', 'bridge'])

function checkHost(net: Interface): void {
  const { type } = net
  const source = net.source as { ips?: readonly unknown[]; routes?: readonly unknown[] } | undefined
  if (type !== 'ethernet' && ((source?.ips?.length ?? 0) > 0 || (source?.routes?.length ?? 0) > 0))
    unsupported(
      `Invalid attempt to set network interface host-side IP route and/or address info on interface of type '${type}'. This is only supported on interfaces of type 'ethernet'`,
    )
  if (net.target?.managed === false && !unmanaged.has(type))
    unsupported(`unmanaged target dev is not supported on interfaces of type '${type}'`)
}

function checkTeaming({ teaming }: Interface): void {
  if (teaming === undefined) return
  if (teaming.type === 'transient') {
    if (teaming.persistent === undefined)
      unsupported("teaming persistent attribute must be set if teaming type is 'transient'")
  } else if (teaming.persistent !== undefined)
    unsupported(`teaming persistent attribute not allowed if teaming type is '${teaming.type}'`)
}

function checkPasst(net: Interface): void {
  const { type } = net
  const ported = type === 'user' || type === 'vhostuser'
  const passt = net.backend?.type === 'passt'
  if (passt && !ported)
    unsupported("The 'passt' backend can only be used with interface type='user' or type='vhostuser'")
  if (!passt && net.portForwards.length > 0)
    unsupported(
      "The <portForward> element can only be used with the 'passt' backend of interface type='user' or type='vhostuser'",
    )
  for (const { start, end, to, exclude } of net.portForwards.flatMap(({ ranges }) => ranges))
    if (start === undefined && (end !== undefined || to !== undefined || exclude !== undefined))
      unsupported("The 'range' of a 'portForward' requires 'start' attribute if 'end', 'to', or 'exclude' is specified")
}

function checkPlug(net: Interface): void {
  const about = `interface ${net.mac?.address ?? ''}`
  if (net.port?.isolated === true) {
    if (!isolating.has(net.type))
      unsupported(`${about} - <port isolated='yes'/> is not supported for network interfaces with type='${net.type}'`)
    if (net.virtualport?.type !== undefined)
      unsupported(
        `${about} - <port isolated='yes'/> is not supported for network interfaces with virtualport type='${net.virtualport.type}'`,
      )
  }
}

const interfaces = pass('interfaces', ({ devices }) => {
  for (const net of devices?.interfaces ?? []) {
    checkHost(net)
    checkTeaming(net)
    checkPasst(net)
    checkPlug(net)
  }
})

export const interfaceRules: readonly Pass<Domain>[] = [interfaces]
