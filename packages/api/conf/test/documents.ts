// SPDX-License-Identifier: LGPL-2.1-or-later
// Every kind of document, for tests that go over all of them.
import * as conf from '../src/index.js'

/** One kind, and what documents of it need to be taken at all. */
export interface Kind {
  readonly kind: conf.DocumentKind<object, object>
  readonly hooks: conf.DocumentHooks
  /** By element and key, values of fields that are always there when documents are made up. */
  readonly always: Readonly<Record<string, readonly unknown[]>>
}

const guests: conf.DocumentHooks = {
  namespaces: [conf.qemuNamespace, conf.lxcNamespace, conf.xenNamespace, conf.bhyveNamespace, conf.vmwareNamespace],
}
const cpu = {
  'cpu.mode': ['custom', 'host-passthrough'],
  'cpu.model': [],
  'cpu.migratable': [undefined],
  'model.value': ['Penryn', 'core2duo'],
  'model.vendor_id': [undefined],
  'feature.name': ['vmx', 'aes', 'x'],
}

function kind(of: unknown, always: Kind['always'] = {}, hooks: conf.DocumentHooks = {}): Kind {
  return { kind: of as Kind['kind'], hooks, always }
}

/** By the name of the root element. */
export const kinds: Readonly<Record<string, Kind>> = {
  domain: kind(conf.domain, cpu, guests),
  network: kind(conf.network, { 'vlan.tags': [], 'tag.id': [1, 4095] }, { namespaces: [conf.dnsmasqNamespace] }),
  networkport: kind(conf.networkPort, { 'vlan.tags': [], 'tag.id': [7] }),
  filter: kind(conf.nwfilter, {
    'filter.chain': ['root', 'mac', 'ipv4-x'],
    'filter.priority': [-1000, 5, 1000],
    // libvirt itself loses these when it reads what it has printed.
    '*.ipset': [undefined],
    '*.ipsetflags': [undefined],
  }),
  filterbinding: kind(conf.nwfilterBinding, {
    'filterbinding.owner': [],
    'filterbinding.portdev': [],
    'filterbinding.mac': [],
    'filterbinding.filterref': [],
    'owner.name': [],
    'owner.uuid': [],
    'filterref.filter': [],
  }),
  pool: kind(conf.storagePool, {}, { namespaces: conf.storagePoolNamespaces }),
  volume: kind(conf.storageVolume, { 'volume.name': [] }),
  device: kind(conf.nodeDevice, { 'device.name': [] }),
  interface: kind(conf.hostInterface, {
    'interface.name': [],
    'interface.vlan': [],
    'interface.bond': [],
    'interface.bridge': [],
  }),
  secret: kind(conf.secret),
  domainsnapshot: kind(conf.domainSnapshot, cpu, guests),
  domaincheckpoint: kind(conf.domainCheckpoint, { ...cpu, 'domaincheckpoint.name': ['a'] }, guests),
  domainbackup: kind(conf.domainBackup, { 'domainbackup.mode': ['pull'] }),
  capabilities: kind(conf.capabilities),
  domainCapabilities: kind(conf.domainCapabilities, cpu),
  storagepoolCapabilities: kind(conf.storagePoolCapabilities),
  cpu: kind(conf.guestCpu, cpu),
  sysinfo: kind(conf.hostSysinfo),
}
