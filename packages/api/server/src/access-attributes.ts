// SPDX-License-Identifier: LGPL-2.1-or-later
// What rules see of an object: libvirt's attribute names, and where in a driver's record each value lies.
import { type AclObject, type AclSubject, aclClasses } from '@virt/core'

interface Named {
  readonly name?: unknown
  readonly uuid?: unknown
}
/** All that a record may have that rules look at. */
interface Fields extends Named {
  readonly mac?: unknown
  readonly usageType?: unknown
  readonly usageID?: unknown
  readonly pool?: unknown
  readonly poolUuid?: unknown
  readonly key?: unknown
  readonly net?: Named
  readonly portdev?: unknown
  readonly linkdev?: unknown
  readonly filtername?: unknown
}
type Field = (subject: Fields) => unknown

/** The id of a secret's usage, when it is of the kind (`virSecretUsageType`). */
const usage =
  (...types: number[]): Field =>
  (s) =>
    types.includes(s.usageType as number) ? s.usageID : undefined

const fields: { readonly [O in AclObject]: Readonly<Record<string, Field>> } = {
  connect: {},
  domain: { domain_name: (s) => s.name, domain_uuid: (s) => s.uuid },
  interface: { interface_name: (s) => s.name, interface_macaddr: (s) => s.mac },
  network: { network_name: (s) => s.name, network_uuid: (s) => s.uuid },
  network_port: { network_name: (s) => s.net?.name, network_uuid: (s) => s.net?.uuid, port_uuid: (s) => s.uuid },
  node_device: { node_device_name: (s) => s.name },
  nwfilter: { nwfilter_name: (s) => s.name, nwfilter_uuid: (s) => s.uuid },
  nwfilter_binding: {
    nwfilter_binding_portdev: (s) => s.portdev,
    nwfilter_binding_linkdev: (s) => s.linkdev,
    nwfilter_binding_filter: (s) => s.filtername,
  },
  secret: {
    secret_uuid: (s) => s.uuid,
    secret_usage_volume: usage(1),
    secret_usage_ceph: usage(2),
    secret_usage_target: usage(3),
    secret_usage_name: usage(4, 5),
  },
  storage_pool: { pool_name: (s) => s.name, pool_uuid: (s) => s.uuid },
  storage_vol: {
    pool_name: (s) => s.pool,
    pool_uuid: (s) => s.poolUuid,
    vol_name: (s) => s.name,
    vol_key: (s) => s.key,
  },
}

/**
 * The attributes of an object by libvirt's names. What the record does not have is left out.
 * @param driver what rules know the connection's driver by
 */
export function attributesOf(object: AclObject, subject: AclSubject, driver: string): Record<string, string> {
  const found: Record<string, string> = { connect_driver: driver }
  if (subject === undefined) return found
  for (const name of aclClasses[object].attributes) {
    const value = fields[object][name]?.(subject)
    if (typeof value === 'string') found[name] = value
  }
  return found
}
