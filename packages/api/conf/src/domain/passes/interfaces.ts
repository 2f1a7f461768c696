// SPDX-License-Identifier: LGPL-2.1-or-later
// Interfaces: what the source of each type must say.
import { ErrorNumber } from '@virt/core'
import type { Pass } from '../../runtime/context.js'
import type { Domain, Interface } from '../types.gen.js'
import { pass } from './devices.js'
import { badValue, fail, unsupported, xmlError } from './report.js'

/** Types that are complete without a source. */
const alone: ReadonlySet<Interface['type']> = new Set(['user', 'ethernet', 'vhostuser', 'null', 'vds', 'hostdev'])

/** What the source of a type must have. */
const needed: { readonly [type in Interface['type']]?: readonly string[] } = {
  network: ['network'],
  bridge: ['bridge'],
  direct: ['dev'],
  internal: ['name'],
  vdpa: ['dev'],
  server: ['port'],
  client: ['address', 'port'],
  mcast: ['address', 'port'],
  udp: ['address', 'port'],
}

const withPlug: ReadonlySet<Interface['type']> = new Set(['network', 'bridge', 'direct', 'hostdev'])

function checkSource(net: Interface): void {
  const { type } = net
  const source = net.source as Readonly<Record<string, unknown>> | undefined
  const lacks = (name: string): never => badValue(`Missing required attribute '${name}' in element 'source'`)
  if (source === undefined && !alone.has(type)) xmlError(`interface type='${type}' requires a 'source' element`)
  for (const name of needed[type] ?? []) if (source?.[name] === undefined) lacks(name)
  if (net.type === 'hostdev' && net.source?.address?.type === undefined)
    unsupported("unknown host device source address type '(null)'")
  if (type === 'udp' && source?.local === undefined) xmlError("'<local>' element missing for 'udp' socket interface")
  if (type !== 'vhostuser' || net.backend?.type === 'passt') return
  if (source?.type !== undefined && source.type !== 'unix')
    unsupported(`Type='${String(source.type)}' unsupported for <interface type='vhostuser'>`)
  if (source?.path === undefined) lacks('path')
}

const sources = pass('sources of interfaces', ({ devices }) => {
  for (const net of devices?.interfaces ?? []) {
    if (net.virtualport !== undefined && !withPlug.has(net.type))
      unsupported(`<virtualport> element unsupported for <interface type='${net.type}'>`)
    checkSource(net)
    // Only networks promise a guest what others must leave over.
    if (net.type !== 'network' && net.bandwidth?.inbound?.floor !== undefined)
      unsupported('floor attribute is not supported for this config')
    const address = net.mac?.address
    if (address !== undefined && (Number.parseInt(address.slice(0, 2), 16) & 1) !== 0)
      xmlError(`expected unicast mac address, found multicast '${address}'`)
    if (net.model !== undefined && !/^[a-zA-Z0-9\-_]+$/.test(net.model))
      fail(ErrorNumber.INVALID_ARG, 'Model name contains invalid characters')
  }
})

export const interfaceEarly: readonly Pass<Domain>[] = [sources]
