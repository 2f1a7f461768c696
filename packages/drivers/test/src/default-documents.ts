// SPDX-License-Identifier: LGPL-2.1-or-later
// The documents of `test:///default`, as their readers would make them: nothing need be read to open it.
import type { Domain, HostInterface, Network, NodeDevice, StoragePool } from '@virt/conf'

export function defaultDomain(): Domain {
  return {
    type: 'test',
    name: 'test',
    uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
    memory: { value: 8388608n },
    currentMemory: 2097152n,
    vcpu: { count: 2, placement: 'static' },
    vcpus: [],
    iothreadids: [],
    os: {
      type: { type: 'hvm', arch: 'i686' },
      boots: [{ dev: 'hd' }],
      firmwareFeatures: [],
      initargs: [],
      initenvs: [],
      acpi: [],
    },
    sysinfos: [],
    clock: { offset: 'utc', timers: [] },
    on_poweroff: 'destroy',
    on_reboot: 'restart',
    on_crash: 'destroy',
    throttlegroups: [],
    devices: {
      disks: [
        {
          device: 'disk',
          source: { type: 'file', file: '/guest/diskimage1', slices: [], seclabels: [] },
          target: { dev: 'vda', bus: 'virtio' },
          throttlefilters: [],
          address: { type: 'pci', domain: 0, bus: 1, slot: 0, function: 0 },
        },
      ],
      controllers: [],
      leases: [],
      filesystems: [],
      interfaces: [
        {
          type: 'network',
          mac: { address: 'aa:bb:cc:dd:ee:ff' },
          source: { network: 'default' },
          target: { dev: 'testnet0' },
          ips: [],
          routes: [],
          portForwards: [],
          address: { type: 'pci', domain: 0, bus: 0, slot: 1, function: 0 },
        },
      ],
      smartcards: [],
      serials: [],
      parallels: [],
      consoles: [],
      channels: [],
      inputs: [],
      tpms: [],
      graphics: [],
      sounds: [],
      audios: [],
      videos: [],
      hostdevs: [],
      redirdevs: [],
      hubs: [],
      watchdogs: [],
      memballoon: { model: 'virtio', address: { type: 'pci', domain: 0, bus: 0, slot: 2, function: 0 } },
      rngs: [],
      panics: [],
      shmems: [],
      memorys: [],
      cryptos: [],
    },
    seclabels: [],
  }
}

export function defaultNetwork(): Network {
  return {
    name: 'default',
    uuid: 'dd8fe884-6c02-601e-7551-cca97df1c5df',
    forward: { mode: 'nat', managed: false, interfaces: [] },
    bridge: { name: 'virbr0', stp: true, delay: 0n },
    ips: [
      {
        address: '192.168.122.1',
        netmask: '255.255.255.0',
        dhcp: { ranges: [{ start: '192.168.122.2', end: '192.168.122.254' }], hosts: [] },
      },
    ],
    routes: [],
    portgroups: [],
  }
}

export function defaultInterface(): HostInterface {
  return {
    type: 'ethernet',
    name: 'eth1',
    start: 'onboot',
    mac: 'aa:bb:cc:dd:ee:ff',
    mtu: 1492,
    protocols: [{ family: 'ipv4', ips: [{ address: '192.168.0.5', prefix: 24 }], route: '192.168.0.1' }],
  }
}

export function defaultPool(): StoragePool {
  return {
    type: 'dir',
    name: 'default-pool',
    uuid: 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
    source: { hosts: [], devices: [] },
    target: { path: '/default-pool' },
  }
}

/** A Fibre Channel port of a SCSI host adapter. */
export interface PortFacts {
  readonly parent: string
  readonly host: number
  readonly id: number
  readonly wwnn: string
  readonly wwpn: string
  readonly fabric: string
  /** Whether virtual ports can be made on it. */
  readonly vports?: boolean
}

export function fibreChannelPort(name: string, facts: PortFacts): NodeDevice {
  const port = { type: 'fc_host', wwnn: facts.wwnn, wwpn: facts.wwpn, fabricWwn: facts.fabric } as const
  const makesPorts = { type: 'vport_ops', vports: 0, maxVports: 0 } as const
  return {
    name,
    parent: { name: facts.parent },
    devnodes: [],
    capabilities: [
      {
        type: 'scsi_host',
        host: facts.host,
        uniqueId: facts.id,
        capabilities: facts.vports === true ? [port, makesPorts] : [port],
      },
    ],
  }
}

export function defaultDevices(): NodeDevice[] {
  const computer = {
    type: 'system',
    hardware: {
      vendor: 'Libvirt',
      version: 'Test driver',
      serial: '123456',
      uuid: '11111111-2222-3333-4444-555555555555',
    },
    firmware: { vendor: 'Libvirt', version: 'Test Driver', releaseDate: '01/22/2007' },
  } as const
  const adapter = { parent: 'computer', vports: true }
  return [
    { name: 'computer', devnodes: [], capabilities: [computer] },
    fibreChannelPort('scsi_host1', {
      ...adapter,
      host: 1,
      id: 0,
      wwnn: '2000000012341234',
      wwpn: '1000000012341234',
      fabric: '2000000043214321',
    }),
    fibreChannelPort('scsi_host2', {
      ...adapter,
      host: 2,
      id: 1,
      wwnn: '2000000056785678',
      wwpn: '1000000056785678',
      fabric: '2000000087658765',
    }),
    fibreChannelPort('scsi_host11', {
      parent: 'scsi_host1',
      host: 11,
      id: 10,
      wwnn: '2000000034563456',
      wwpn: '1000000034563456',
      fabric: '2000000043214321',
    }),
  ]
}
