// SPDX-License-Identifier: LGPL-2.1-or-later
// Capabilities inside a capability that are said several times, or in another order than libvirt's.
import type { NodeDeviceCapability } from './types.gen.js'

type Ability = Record<string, unknown> & { type: string }
type Join = (all: readonly [Ability, ...Ability[]]) => Ability

/** The first counts, the last does, or what the last says goes over what the others say. */
const first: Join = ([head]) => head
const last: Join = (all) => all.at(-1) as Ability
const over: Join = (all) => Object.assign({}, ...all) as Ability
/** The lists of all under a key. */
const append =
  (key: string): Join =>
  (all) => ({ ...last(all), [key]: all.flatMap((one) => one[key] as unknown[]) })
/** A medium that was there once is there. */
const medium: Join = (all) => ({ ...last(all), mediaAvailable: all.some((one) => one.mediaAvailable) })

/** By kind of device: types that take each other's place, in libvirt's order, and what becomes of several. */
const orders: Readonly<Record<string, readonly (readonly [types: readonly string[], join: Join])[]>> = {
  pci: [
    [['phys_function'], last],
    [['virt_functions'], append('addresses')],
    [['pci-bridge', 'cardbus-bridge'], first],
    [['mdev_types'], append('types')],
    [['vpd'], last],
  ],
  net: [[['80203', '80211'], first]],
  scsi_host: [
    [['fc_host'], over],
    [['vport_ops'], over],
  ],
  scsi_target: [[['fc_remote_port'], last]],
  storage: [
    [['removable'], medium],
    [['hotpluggable'], first],
  ],
  css: [[['mdev_types'], append('types')]],
  ccw: [[['ccwgroup_member'], last]],
  ccwgroup: [[['qeth_generic', 'qeth_layer2', 'qeth_layer3'], first]],
  ap_matrix: [[['mdev_types'], append('types')]],
}

/** Lists of types that have to hold something. */
const lists: Readonly<Record<string, string>> = { mdev_types: 'types' }

/** Makes of a device's inner capabilities one of each type, in libvirt's order; those it does not know go. */
export function joinAbilities(capability: NodeDeviceCapability): void {
  const order = orders[capability.type]
  if (order === undefined) return
  const all = capability.capabilities as unknown as readonly Ability[]
  const joined = order.flatMap(([types, join]) => {
    const [head, ...rest] = all.filter(({ type }) => types.includes(type))
    if (head === undefined) return []
    const one = join([head, ...rest])
    const list = one[lists[one.type] ?? '']
    return Array.isArray(list) && list.length === 0 ? [] : [one]
  })
  ;(capability as { capabilities: unknown }).capabilities = joined
}
