// SPDX-License-Identifier: LGPL-2.1-or-later
// The events of a connection, laid into its objects.
import type { ConnectionEvents, DomainLifecycle, Connection as Native, Domain as NativeDomain } from '@virt/core'
import type { Connection } from './connection.js'
import { Domain } from './domain.js'
import { Network } from './network.js'
import { NodeDevice, Secret } from './resources.js'
import { StoragePool } from './storage.js'

/** Subscribes to everything that the objects tell of; a driver that sends no events is opened all the same. */
export async function follow(native: Native, owner: Connection): Promise<void> {
  const { live } = owner
  native.on('error', () => {})
  native.on('resync', () => void owner.resync().catch(() => {}))
  native.on('lifecycle', (handle, event) => lifecycle(owner, handle, event))
  const known = (handle: NativeDomain): Domain | undefined => live.domains.get(handle.uuid)
  native.on('ioErrorReason', (handle, { srcPath, devAlias, action, reason }) =>
    known(handle)?.tell('io-error', [{ source: srcPath, device: devAlias, action, reason }]),
  )
  native.on('blockJob2', (handle, { dst, type, status }) =>
    known(handle)?.tell('block-job', [{ disk: dst, type, status }]),
  )
  native.on('deviceAdded', (handle, { devAlias }) => known(handle)?.tell('device-added', [devAlias]))
  native.on('deviceRemoved', (handle, { devAlias }) => known(handle)?.tell('device-removed', [devAlias]))
  native.on('agentLifecycle', (handle, { state }) => known(handle)?.tell('agent-changed', [state === 'connected']))
  native.on('metadataChange', (handle, { type, nsuri }) => known(handle)?.tell('metadata-changed', [type, nsuri]))
  native.on('migrationIteration', (handle, { iteration }) => known(handle)?.tell('migration-progress', [iteration]))
  native.on('networkLifecycle', (handle, { type }) => {
    if (!live.networks.isFetched) return
    const network = live.networks.get(handle.uuid)
    if (network === undefined) {
      if (type === 'undefined' || type === 'stopped') return
      const made = new Network(handle)
      made.refresh(handle, { active: type === 'started', persistent: type === 'defined' })
      return live.networks.add(handle.uuid, made)
    }
    const gone = type === 'undefined' ? !network.active : type === 'stopped' && !network.persistent
    network.refresh(handle, changes(type))
    network.tell(toldAs(type))
    if (gone) dropped(network, live.networks.delete(handle.uuid))
  })
  native.on('storagePoolLifecycle', (handle, { type }) => {
    if (!live.storagePools.isFetched) return
    const pool = live.storagePools.get(handle.uuid)
    if (pool === undefined) {
      if (type === 'undefined' || type === 'stopped' || type === 'deleted') return
      const made = new StoragePool(handle)
      made.refreshed(handle, { active: type === 'started', persistent: type === 'defined' || type === 'created' })
      return live.storagePools.add(handle.uuid, made)
    }
    const gone = type === 'undefined' ? !pool.active : type === 'stopped' && !pool.persistent
    pool.refreshed(handle, changes(type))
    pool.tell(toldAs(type))
    if (gone) dropped(pool, live.storagePools.delete(handle.uuid))
  })
  native.on('storagePoolRefresh', (handle) => {
    const pool = live.storagePools.get(handle.uuid)
    if (pool === undefined) return
    pool.tell('updated')
    if (pool.liveVolumes.isFetched) void pool.fetchVolumes().catch(() => {})
  })
  native.on('nodeDeviceLifecycle', (handle, { type }) => {
    if (!live.nodeDevices.isFetched) return
    const known = live.nodeDevices.get(handle.name)
    if (type === 'deleted' || type === 'undefined') dropped(known, live.nodeDevices.delete(handle.name))
    else if (known === undefined) live.nodeDevices.add(handle.name, new NodeDevice(handle))
    else known.tell('updated')
  })
  native.on('nodeDeviceUpdate', (handle) => live.nodeDevices.get(handle.name)?.tell('updated'))
  native.on('secretLifecycle', (handle, { type }) => {
    if (!live.secrets.isFetched) return
    const known = live.secrets.get(handle.uuid)
    if (type === 'undefined') dropped(known, live.secrets.delete(handle.uuid))
    else if (known === undefined) live.secrets.add(handle.uuid, new Secret(handle))
    else known.tell('updated')
  })
  native.on('secretValueChanged', (handle) => live.secrets.get(handle.uuid)?.tell('updated'))
  // What one of them cannot subscribe to is what the driver does not send.
  await Promise.allSettled(subscribed.map((name) => native.subscribed(name)))
}

const subscribed = [
  'lifecycle',
  'networkLifecycle',
  'storagePoolLifecycle',
  'nodeDeviceLifecycle',
  'secretLifecycle',
] as const satisfies readonly (keyof ConnectionEvents)[]

/** The last that a thing tells. */
function dropped(thing: { tell(name: 'removed'): void } | undefined, deleted: unknown): void {
  if (deleted !== undefined) thing?.tell('removed')
}

/** What an event of a network or a pool says of its properties. */
function changes(type: string): { active?: boolean; persistent?: boolean } {
  switch (type) {
    case 'started':
      return { active: true }
    case 'stopped':
      return { active: false }
    case 'defined':
      return { persistent: true }
    case 'undefined':
      return { persistent: false }
    default:
      return {}
  }
}

const toldAs = (type: string): 'started' | 'stopped' | 'updated' =>
  type === 'started' || type === 'stopped' ? type : 'updated'

/** A guest's life: the table of signals. */
function lifecycle(owner: Connection, handle: NativeDomain, event: DomainLifecycle): void {
  const { domains } = owner.live
  let domain = domains.get(handle.uuid)
  if (domain === undefined) {
    if (event.type === 'undefined' || event.type === 'stopped') return
    domain = new Domain(handle)
    domain.refresh(handle, { persistent: event.type === 'defined' })
    domains.add(handle.uuid, domain)
  }
  const { persistent } = domain
  domain.happened(handle, event)
  const gone = (event.type === 'undefined' && domain.id < 0) || (event.type === 'stopped' && !persistent)
  if (gone) domains.delete(handle.uuid)
}
