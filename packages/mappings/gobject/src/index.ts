// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * Hosts, guests and resources as objects with properties and signals, after libvirt-gobject: one object for each thing, kept current
 * by events, for as long as its connection knows it.
 *
 * @packageDocumentation
 */

export { type Binding, type BindingOptions, bindProperty } from './binding.js'
export { Collection, type CollectionSignals } from './collection.js'
export { Config, type ConfigInput, type ConfigKind, type ConfigTypes } from './config.js'
export { Connection, type ConnectionSignals, type NodeInfo } from './connection.js'
export {
  DomainDevice,
  DomainDisk,
  type DomainDiskStats,
  DomainInterface,
  type DomainInterfaceStats,
} from './device.js'
export { Domain, type DomainInfo, type DomainSignals } from './domain.js'
export { events, type SignalEvent, type SignalEvents } from './events.js'
export * from './flags.js'
export { Manager, type ManagerSignals } from './manager.js'
export { type CallOptions, NativeObject } from './native.js'
export { Network, NetworkDHCPLease, type ResourceSignals } from './network.js'
export {
  type ConnectOptions,
  GObject,
  type HandlerId,
  type PropertyInfo,
  type SignalInfo,
  type SignalName,
  type Signals,
} from './object.js'
export { Interface, NetworkFilter, NodeDevice, Secret } from './resources.js'
export { DomainSnapshot } from './snapshot.js'
export { StoragePool, type StoragePoolInfo, StorageVol, type StorageVolInfo } from './storage.js'
export { Stream } from './stream.js'
