// SPDX-License-Identifier: LGPL-2.1-or-later
// Every permission, with a real polkitd: a rule on any one attribute refuses it, other objects and other permissions pass.
import { readFileSync } from 'node:fs'
import { type AclObject, systemClock, VirtError } from '@virt/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessDriver } from '../src/access.js'
import { PolkitAuthority } from '../src/polkit-authority.js'
import { noPolkit, PrivateBus, PrivatePolkit, Stranger, startTimeOf } from '../src/testing/private-polkit.js'

interface Permission {
  readonly name: string
  readonly actionId: string
}
const spec = JSON.parse(readFileSync(new URL('../../rpc/spec/acl.json', import.meta.url), 'utf8')) as {
  objects: Record<AclObject, { polkitAttributes: string[]; permissions: Permission[] }>
}
const classes = Object.entries(spec.objects).map(([object, { polkitAttributes, permissions }]) => ({
  object: object as AclObject,
  attributes: polkitAttributes,
  permissions,
}))
const actions = classes.flatMap(({ permissions }) => permissions.map((p) => p.actionId))

/** What libvirt would ship; nobody may do anything where no rule says so. */
const policy = `<policyconfig>${actions
  .map(
    (id) => `<action id="${id}"><description>d</description><message>m</message>
      <defaults><allow_any>no</allow_any><allow_inactive>no</allow_inactive><allow_active>no</allow_active></defaults></action>`,
  )
  .join('')}</policyconfig>`

/** One rule for each attribute: it refuses the action that the attribute's value names. */
const rules = `${[...new Set(classes.flatMap((c) => c.attributes))]
  .map(
    (attribute) =>
      `polkit.addRule(function (action) { if (action.lookup('${attribute}') === 'refuse ' + action.id) return polkit.Result.NO })`,
  )
  .join('\n')}
polkit.addRule(function (action, subject) { if (subject.user === 'nobody') return polkit.Result.YES })`

/** An object of a class with this value where the attribute comes from. */
const subjects: Readonly<Record<string, (value: string) => object>> = {
  domain_name: (name) => ({ name, uuid: 'u' }),
  domain_uuid: (uuid) => ({ name: 'n', uuid }),
  interface_name: (name) => ({ name, mac: 'm' }),
  interface_macaddr: (mac) => ({ name: 'n', mac }),
  network_name: (name) => ({ name, uuid: 'u' }),
  network_uuid: (uuid) => ({ name: 'n', uuid }),
  'network_port network_name': (name) => ({ uuid: 'p', net: { name, uuid: 'u' } }),
  'network_port network_uuid': (uuid) => ({ uuid: 'p', net: { name: 'n', uuid } }),
  port_uuid: (uuid) => ({ uuid, net: { name: 'n', uuid: 'u' } }),
  node_device_name: (name) => ({ name }),
  nwfilter_name: (name) => ({ name, uuid: 'u' }),
  nwfilter_uuid: (uuid) => ({ name: 'n', uuid }),
  nwfilter_binding_portdev: (portdev) => ({ portdev, linkdev: 'l', filtername: 'f' }),
  nwfilter_binding_linkdev: (linkdev) => ({ portdev: 'p', linkdev, filtername: 'f' }),
  nwfilter_binding_filter: (filtername) => ({ portdev: 'p', linkdev: 'l', filtername }),
  secret_uuid: (uuid) => ({ uuid, usageType: 0, usageID: '' }),
  secret_usage_volume: (usageID) => ({ uuid: 'u', usageType: 1, usageID }),
  secret_usage_ceph: (usageID) => ({ uuid: 'u', usageType: 2, usageID }),
  secret_usage_target: (usageID) => ({ uuid: 'u', usageType: 3, usageID }),
  secret_usage_name: (usageID) => ({ uuid: 'u', usageType: 4, usageID }),
  pool_name: (name) => ({ name, uuid: 'u' }),
  pool_uuid: (uuid) => ({ name: 'n', uuid }),
  'storage_vol pool_name': (pool) => ({ pool, poolUuid: 'u', name: 'v', key: 'k' }),
  'storage_vol pool_uuid': (poolUuid) => ({ pool: 'p', poolUuid, name: 'v', key: 'k' }),
  vol_name: (name) => ({ pool: 'p', poolUuid: 'u', name, key: 'k' }),
  vol_key: (key) => ({ pool: 'p', poolUuid: 'u', name: 'v', key }),
}

if (noPolkit) console.warn(`SKIPPED: permissions by polkitd's rules (${noPolkit})`)

describe.skipIf(noPolkit)('a rule of polkit', () => {
  let bus: PrivateBus
  let polkit: PrivatePolkit
  let stranger: Stranger
  let authority: PolkitAuthority
  let may: (driver: string, object: AclObject, subject: object | undefined, perm: string) => Promise<boolean>
  let asked = 0
  let refusals = 0
  beforeAll(async () => {
    bus = await PrivateBus.start()
    polkit = await PrivatePolkit.start(bus, rules, { 'org.libvirt.api.policy': policy })
    stranger = new Stranger()
    authority = new PolkitAuthority({ address: bus.address })
    const silent = { debug() {}, info() {}, warn() {}, error() {} }
    const access = accessDriver(['polkit'], { authority, clock: systemClock, log: silent })
    const identity = { processId: stranger.pid, processTime: startTimeOf(stranger.pid), unixUserId: stranger.uid }
    may = async (driverName, object, subject, perm) => {
      asked++
      try {
        await access?.({ id: 1, identity, driverName })(object, subject, perm)
        return true
      } catch (error) {
        if (!(error instanceof VirtError) || error.number !== 88) throw error
        refusals++
        return false
      }
    }
  })
  afterAll(async () => {
    await authority?.close()
    await stranger?.stop()
    await polkit?.stop()
    await bus?.stop()
  })

  for (const { object, attributes, permissions } of classes) {
    describe(`on a ${object}`, () => {
      it.each(permissions.map((p) => [p.name, p] as const))('refuses %s by each attribute', async (_, permission) => {
        const other = permissions.find((p) => p !== permission) as Permission
        const value = `refuse ${permission.actionId}`
        for (const attribute of attributes) {
          const byDriver = attribute === 'connect_driver'
          const subject = (text: string): object | undefined =>
            object === 'connect'
              ? undefined
              : byDriver
                ? { name: 'n', uuid: 'u' }
                : (subjects[`${object} ${attribute}`] ?? subjects[attribute])?.(text)
          const driver = byDriver ? value : 'QEMU'
          expect([attribute, await may(driver, object, subject(value), permission.name)]).toEqual([attribute, false])
          expect([attribute, await may(driver, object, subject(value), other.name)]).toEqual([attribute, true])
          expect([attribute, await may('QEMU', object, subject('another'), permission.name)]).toEqual([attribute, true])
        }
      })
    })
  }

  it('was tried for every permission', () => {
    const pairs = classes.reduce((n, c) => n + c.attributes.length * c.permissions.length, 0)
    expect(actions).toHaveLength(106)
    expect([asked, refusals]).toEqual([pairs * 3, pairs])
    console.log(
      `access: ${actions.length} permissions of ${classes.length} classes, refused by ${pairs} rules of polkitd`,
    )
  })
})
