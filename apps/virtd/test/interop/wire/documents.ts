// SPDX-License-Identifier: GPL-2.0-or-later
// What the differential defines, creates and attaches, good and bad.
import type { Value } from './call.js'

export const bytes = (uuid: string): Uint8Array => Buffer.from(uuid.replaceAll('-', ''), 'hex')
export const no = '00000000-1111-4222-8333-444444444444'
export const id = {
  test: '6695eb01-f6a4-8304-79aa-97f2502e193f',
  rich: '11111111-2222-4333-8444-555555555501',
  transient: '11111111-2222-4333-8444-555555555502',
  network: 'dd8fe884-6c02-601e-7551-cca97df1c5df',
  other: '11111111-2222-4333-8444-555555555503',
  pool: 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
  pool2: '11111111-2222-4333-8444-555555555504',
}
export const dom = (name: string, uuid: string, number = -1): Value => ({ name, uuid: bytes(uuid), id: number })
export const net = (name: string, uuid: string): Value => ({ name, uuid: bytes(uuid) })

export const richDomain = `<domain type='test'><name>rich</name><uuid>${id.rich}</uuid><title>T</title><description>D</description>
<metadata><a:x xmlns:a='http://a'>1</a:x></metadata>
<memory unit='MiB'>512</memory><currentMemory unit='MiB'>256</currentMemory><vcpu current='2' cpuset='0-3'>4</vcpu>
<iothreads>2</iothreads>
<cputune><shares>10</shares><vcpupin vcpu='1' cpuset='2'/><emulatorpin cpuset='1-2'/><iothreadpin iothread='1' cpuset='3'/></cputune>
<numatune><memory mode='strict' nodeset='0-1'/></numatune>
<blkiotune><weight>100</weight><device><path>/dev/a</path><weight>200</weight></device></blkiotune>
<memtune><hard_limit unit='KiB'>1000000</hard_limit></memtune>
<os><type>hvm</type><boot dev='hd'/></os>
<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot><on_crash>destroy</on_crash>
<devices>
<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/><iotune><total_bytes_sec>10</total_bytes_sec><total_bytes_sec_max>20</total_bytes_sec_max></iotune></disk>
<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
<disk type='block' device='disk'><source dev='/dev/b'/><target dev='vdb' bus='virtio'/></disk>
<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/><bandwidth><inbound average='10' peak='20' burst='30'/></bandwidth></interface>
<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/><target dev='tap7'/></interface>
<interface type='user'><mac address='52:54:00:00:00:03'/></interface>
<graphics type='vnc' port='-1' passwd='secret'/>
<video><model type='vga'/></video>
<memballoon model='virtio'><stats period='5'/></memballoon>
</devices></domain>`
export const smallDomain = (name: string, uuid: string): string =>
  `<domain type='test'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`
export const smallNetwork = `<network><name>other</name><uuid>${id.other}</uuid><bridge name='virbr7'/><ip address='10.1.1.1' netmask='255.255.255.0'><dhcp><range start='10.1.1.2' end='10.1.1.9'/><host mac='52:54:00:00:00:09' ip='10.1.1.3'/></dhcp></ip></network>`
export const smallPool = `<pool type='dir'><name>p2</name><uuid>${id.pool2}</uuid><target><path>/p2</path></target></pool>`
export const volume = (name: string): string => `<volume><name>${name}</name><capacity unit='M'>10</capacity></volume>`

export const device: readonly string[] = [
  "<disk type='file' device='disk'><source file='/n'/><target dev='vdc' bus='virtio'/></disk>",
  "<disk type='file' device='disk'><source file='/n'/><target dev='vda' bus='virtio'/></disk>",
  "<disk type='file' device='cdrom'><source file='/n'/><target dev='hdc' bus='ide'/></disk>",
  "<disk type='file' device='disk'><source file='/n'/><target dev='sda' bus='usb'/></disk>",
  "<disk type='file' device='floppy'><source file='/n'/><target dev='fda' bus='fdc'/></disk>",
  "<disk type='file' device='cdrom'><source file='/n'/><target dev='vdc' bus='virtio'/></disk>",
  "<disk type='file' device='disk'><source file='/n'/><target dev='vdc' bus='virtio'/><alias name='ua-mine'/></disk>",
  "<disk type='file' device='disk'><source file='/n'/></disk>",
  "<interface type='network'><mac address='52:54:00:00:00:11'/><source network='default'/></interface>",
  "<interface type='bridge'><mac address='52:54:00:00:00:12'/><source bridge='br0'/></interface>",
  "<interface type='ethernet'><mac address='52:54:00:00:00:13'/></interface>",
  "<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/></interface>",
  "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='1' slot='2' function='0'/></source></hostdev>",
  "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>",
  "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/></source></hostdev>",
  "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>",
  "<hostdev mode='capabilities' type='storage'><source><block>/dev/x</block></source></hostdev>",
  "<memballoon model='virtio'/>",
  "<graphics type='vnc' port='5'/>",
  "<sound model='ac97'/>",
  "<rng model='virtio'><backend model='random'>/dev/random</backend></rng>",
  "<channel type='pty'><target type='virtio' name='x'/></channel>",
  "<serial type='pty'/>",
  "<input type='tablet' bus='usb'/>",
  "<watchdog model='i6300esb'/>",
  "<controller type='scsi' index='0'/>",
  "<filesystem type='mount'><source dir='/x'/><target dir='/y'/></filesystem>",
  "<lease><lockspace>a</lockspace><key>b</key><target path='/x'/></lease>",
  "<video><model type='vga'/></video>",
  "<memory model='dimm'><target><size unit='MiB'>64</size><node>0</node></target></memory>",
  "<tpm model='tpm-tis'><backend type='passthrough'/></tpm>",
  '<panic/>',
  "<shmem name='x'/>",
  '<vsock/>',
  "<iommu model='intel'/>",
  "<redirdev bus='usb' type='spicevmc'/>",
  "<smartcard mode='host'/>",
  "<hub type='usb'/>",
  '<nvram/>',
  '<a/>',
  '',
  'x',
]
export const snapshots: readonly string[] = [
  '<domainsnapshot/>',
  '<domainsnapshot><name>new</name></domainsnapshot>',
  '<domainsnapshot><name>s1</name></domainsnapshot>',
  '<domainsnapshot><name></name></domainsnapshot>',
  '<domainsnapshot><name>a/b</name></domainsnapshot>',
  "<domainsnapshot><name>n</name><memory snapshot='no'/></domainsnapshot>",
  "<domainsnapshot><name>n</name><memory snapshot='external' file='/m'/></domainsnapshot>",
  "<domainsnapshot><name>n</name><memory snapshot='external'/></domainsnapshot>",
  "<domainsnapshot><name>n</name><disks><disk name='vda' snapshot='external'><source file='/o'/></disk></disks></domainsnapshot>",
  "<domainsnapshot><name>n</name><disks><disk name='vda' snapshot='internal'/></disks></domainsnapshot>",
  "<domainsnapshot><name>n</name><disks><disk name='vdx' snapshot='internal'/></disks></domainsnapshot>",
  "<domainsnapshot><name>n</name><disks><disk name='vda'/><disk name='vda'/></disks></domainsnapshot>",
  "<domainsnapshot><name>n</name><disks><disk name='vda' snapshot='manual'/></disks></domainsnapshot>",
  '<domainsnapshot><name>n</name><state>shutoff</state><creationTime>5</creationTime></domainsnapshot>',
  `<domainsnapshot><name>n</name><state>running</state><creationTime>5</creationTime><parent><name>s1</name></parent>${smallDomain('test', id.test)}</domainsnapshot>`,
  `<domainsnapshot><name>s1</name><state>running</state><creationTime>5</creationTime>${smallDomain('test', id.test)}</domainsnapshot>`,
  `<domainsnapshot><name>s1</name><state>shutoff</state><creationTime>5</creationTime>${smallDomain('test', id.test)}</domainsnapshot>`,
  `<domainsnapshot><name>n</name><state>disk-snapshot</state><creationTime>5</creationTime>${smallDomain('test', id.test)}</domainsnapshot>`,
  `<domainsnapshot><name>n</name><state>running</state><creationTime>5</creationTime>${smallDomain('x', no)}</domainsnapshot>`,
  '<domainsnapshot><name>n</name><state>bogus</state><creationTime>5</creationTime></domainsnapshot>',
  '<domain/>',
  '',
]
export const checkpoints: readonly string[] = [
  '<domaincheckpoint/>',
  '<domaincheckpoint><name>new</name></domaincheckpoint>',
  '<domaincheckpoint><name>c1</name></domaincheckpoint>',
  '<domaincheckpoint><name>a/b</name></domaincheckpoint>',
  "<domaincheckpoint><name>n</name><disks><disk name='vda' checkpoint='bitmap' bitmap='b'/></disks></domaincheckpoint>",
  "<domaincheckpoint><name>n</name><disks><disk name='vda' checkpoint='no'/></disks></domaincheckpoint>",
  "<domaincheckpoint><name>n</name><disks><disk name='vdx'/></disks></domaincheckpoint>",
  "<domaincheckpoint><name>n</name><disks><disk name='vda'/><disk name='vda'/></disks></domaincheckpoint>",
  `<domaincheckpoint><name>n</name><creationTime>5</creationTime><parent><name>c1</name></parent>${smallDomain('test', id.test)}</domaincheckpoint>`,
  `<domaincheckpoint><name>n</name><creationTime>5</creationTime><parent><name>none</name></parent></domaincheckpoint>`,
  '<domaincheckpoint><name>n</name><creationTime>5</creationTime></domaincheckpoint>',
  `<domaincheckpoint><name>n</name><creationTime>5</creationTime>${smallDomain('x', no)}</domaincheckpoint>`,
  '<domain/>',
]
export const networks: readonly string[] = [
  smallNetwork,
  '<network/>',
  '<network><name>n</name></network>',
  '<network><name>default</name></network>',
  `<network><name>default</name><uuid>${id.network}</uuid><bridge name='virbr0'/></network>`,
  `<network><name>x</name><uuid>${id.network}</uuid></network>`,
  `<network><name>default</name><uuid>${no}</uuid></network>`,
  "<network><name>n</name><uuid>11111111-2222-4333-8444-555555555510</uuid><forward mode='bridge'/><bridge name='br0'/></network>",
  "<network><name>n</name><uuid>11111111-2222-4333-8444-555555555510</uuid><forward mode='bogus'/></network>",
  '<domain/>',
  '',
]
export const pools: readonly string[] = [
  smallPool,
  '<pool/>',
  "<pool type='dir'><name>n</name><target><path>/n</path></target></pool>",
  "<pool type='dir'><name>default-pool</name><target><path>/n</path></target></pool>",
  `<pool type='dir'><name>x</name><uuid>${id.pool}</uuid><target><path>/n</path></target></pool>`,
  `<pool type='dir'><name>default-pool</name><uuid>${id.pool}</uuid><target><path>/n</path></target></pool>`,
  "<pool type='dir'><name>n</name><target><path>/default-pool</path></target></pool>",
  "<pool type='netfs'><name>n</name><uuid>11111111-2222-4333-8444-555555555511</uuid><source><host name='h'/><dir path='/d'/></source><target><path>/n</path></target></pool>",
  "<pool type='netfs'><name>n</name><target><path>/n</path></target></pool>",
  "<pool type='bogus'><name>n</name></pool>",
  "<pool type='scsi'><name>n</name><uuid>11111111-2222-4333-8444-555555555511</uuid><source><adapter type='fc_host' parent='scsi_host1' wwnn='20000000c9831b4b' wwpn='10000000c9831b4b'/></source><target><path>/dev/disk/by-path</path></target></pool>",
  "<pool type='logical'><name>n</name><uuid>11111111-2222-4333-8444-555555555511</uuid><source><name>vg</name></source><target><path>/dev/vg</path></target></pool>",
  '<domain/>',
]
export const volumes: readonly string[] = [
  volume('v2'),
  volume('v1'),
  '<volume/>',
  '<volume><name>n</name></volume>',
  "<volume><name>n</name><capacity unit='P'>10</capacity></volume>",
  "<volume><name>n</name><capacity unit='M'>10</capacity><allocation>0</allocation><target><format type='qcow2'/></target></volume>",
  "<volume><name>n</name><capacity unit='M'>10</capacity><target><format type='bogus'/></target></volume>",
  "<volume type='block'><name>n</name><capacity unit='M'>10</capacity></volume>",
  '<pool/>',
]
export const interfaces: readonly string[] = [
  "<interface type='ethernet' name='eth8'><mac address='aa:bb:cc:00:00:08'/></interface>",
  "<interface type='ethernet' name='eth1'><start mode='none'/></interface>",
  "<interface type='ethernet'/>",
  "<interface type='bogus' name='x'/>",
  "<interface type='bridge' name='br0'><bridge><interface type='ethernet' name='eth9'/></bridge></interface>",
  '<interface/>',
  '<domain/>',
]
export const nodeDevices: readonly string[] = [
  "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>",
  "<device><parent>computer</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>",
  "<device><parent>nosuch</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>",
  "<device><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>",
  "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'/></capability></device>",
  '<device/>',
  '<domain/>',
]
