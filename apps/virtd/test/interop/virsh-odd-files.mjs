// SPDX-License-Identifier: GPL-2.0-or-later
// Documents for command lines that few people write.

const base = (inside = '', name = 'd1', memory = 64) =>
  `<domain type='test'><name>${name}</name><uuid>11111111-2222-3333-4444-555555555555</uuid><memory unit='MiB'>${memory}</memory><os><type>hvm</type></os>${inside}</domain>`
const snapshot = (inside) => `<domainsnapshot>${inside}</domainsnapshot>`
const old = (inside = '', domain = base()) =>
  snapshot(`<name>r1</name><state>running</state><creationTime>1000</creationTime>${inside}${domain}`)
const checkpoint = (inside) => `<domaincheckpoint>${inside}</domaincheckpoint>`

/** Files that lines may name as `@key`. */
export const oddFiles = {
  oddDomain: base(),
  oddDisks: base(
    "<devices><disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk><disk type='file' device='cdrom'><source file='/b'/><target dev='hda' bus='ide'/></disk></devices>",
  ),
  oddThreads: base("<iothreads>2</iothreads><vcpu current='1'>4</vcpu>"),
  oddDisk: "<disk type='file' device='disk'><source file='/tmp/x'/><target dev='vdb' bus='virtio'/></disk>",
  oddCdrom: "<disk type='file' device='cdrom'><source file='/tmp/x'/><target dev='hda' bus='ide'/></disk>",
  oddNic: "<interface type='network'><mac address='52:54:00:00:00:77'/><source network='default'/></interface>",
  oddHostdev:
    "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>",
  oddLease: '<lease><lockspace>l</lockspace><key>k</key><target path="/x"/></lease>',
  oddSound: "<sound model='ich6'/>",
  oddBalloon: "<memballoon model='virtio'/>",
  oddElement: '<moon/>',
  oddRedefined: old(),
  oddRedefinedMore: old('', base('', 'd1', 128)),
  oddRedefinedOther: old(
    '',
    base().replace('11111111-2222-3333-4444-555555555555', '22222222-2222-3333-4444-555555555555'),
  ),
  oddRedefinedNone: old('', ''),
  oddRedefinedOff: old('').replace('running', 'shutoff'),
  oddRedefinedDisk: old('').replace('running', 'disk-snapshot'),
  oddRedefinedParent: old('<parent><name>none</name></parent>'),
  oddRedefinedSelf: old('<parent><name>r1</name></parent>'),
  oddRedefinedCrashed: old('').replace('running', 'moon'),
  oddRedefinedTimeless: old('').replace('<creationTime>1000</creationTime>', ''),
  oddSnapshotNameless: snapshot(''),
  oddSnapshotSlash: snapshot('<name>a/b</name>'),
  oddSnapshotMemory: snapshot("<name>s</name><memory snapshot='external' file='/m'/>"),
  oddSnapshotMemoryBad: snapshot("<name>s</name><memory snapshot='external'/>"),
  oddSnapshotMemoryNo: snapshot("<name>s</name><memory snapshot='no'/>"),
  oddSnapshotDisk: snapshot(
    "<name>s</name><disks><disk name='vda' snapshot='external'><source file='/s'/></disk></disks>",
  ),
  oddSnapshotNoDisk: snapshot("<name>s</name><disks><disk name='vdz' snapshot='internal'/></disks>"),
  oddSnapshotTwice: snapshot("<name>s</name><disks><disk name='vda'/><disk name='vda'/></disks>"),
  oddSnapshotManual: snapshot("<name>s</name><disks><disk name='vda' snapshot='manual'/></disks>"),
  oddCheckpoint: checkpoint(
    "<name>c</name><description>why</description><disks><disk name='vda' checkpoint='bitmap'/></disks>",
  ),
  oddCheckpointNone: checkpoint("<name>c</name><disks><disk name='vda' checkpoint='no'/></disks>"),
  oddCheckpointNoDisk: checkpoint("<name>c</name><disks><disk name='vdz'/></disks>"),
  oddCheckpointBitmap: checkpoint("<disks><disk name='vda' checkpoint='bitmap' bitmap='b1'/></disks>"),
  oddCheckpointOld: checkpoint(`<name>c</name><creationTime>7</creationTime>${base()}`),
  oddPort:
    "<networkport><uuid>33333333-2222-3333-4444-555555555555</uuid><owner><name>o</name><uuid>44444444-2222-3333-4444-555555555555</uuid></owner><mac address='52:54:00:7b:35:93'/></networkport>",
  oddNetwork:
    "<network><name>n2</name><forward mode='bridge'/><bridge name='br9'/><portgroup name='g' default='yes'/></network>",
  oddNetworkIsolated: "<network><name>n3</name><bridge name='virbr9'/></network>",
  oddNetworkAddress: "<network><name>n6</name><ip address='moon'/></network>",
  oddNetworkRoute:
    "<network><name>n7</name><ip address='10.0.0.2' prefix='24'/><route address='10.9.0.0' prefix='24' gateway='10.1.0.1'/></network>",
  oddNetworkRange:
    "<network><name>n8</name><ip address='10.0.0.2' prefix='24'><dhcp><range start='10.0.0.9' end='10.0.0.3'/></dhcp></ip></network>",
  oddNetworkLease:
    "<network><name>n9</name><ip address='10.0.0.2' prefix='24'><dhcp><range start='10.0.0.3' end='10.0.0.9'><lease expiry='1' unit='minutes'/></range></dhcp></ip></network>",
  oddNetworkBridge: "<network><name>n10</name><forward mode='passthrough'/><bridge name='v'/></network>",
  oddNetworkNoBridge: "<network><name>n4</name><forward mode='hostdev'/></network>",
  oddNetworkBad: "<network><name>n5</name><forward mode='moon'/></network>",
  oddPool: "<pool type='logical'><name>p2</name><source><device path='/dev/sda'/></source></pool>",
  oddPoolBad: "<pool type='moon'><name>p3</name></pool>",
  oddPoolNameless: "<pool type='dir'><target><path>/p</path></target></pool>",
  oddPoolFc:
    "<pool type='scsi'><name>fc</name><source><adapter type='fc_host' parent='scsi_host1' wwnn='20000000c9831b4b' wwpn='10000000c9831b4b'/></source><target><path>/dev/disk</path></target></pool>",
  oddVolume:
    "<volume><name>w1</name><capacity unit='M'>10</capacity><allocation unit='M'>2</allocation><target><format type='qcow2'/><permissions><mode>0600</mode></permissions></target><backingStore><path>/base</path><format type='raw'/></backingStore></volume>",
  oddVolumeNoSize: '<volume><name>w2</name></volume>',
  oddVolumeNameless: "<volume><capacity unit='M'>10</capacity></volume>",
  oddVolumeBad: "<volume><name>w3</name><capacity unit='moon'>10</capacity></volume>",
  oddInterface:
    "<interface type='bridge' name='br3'><bridge><interface type='ethernet' name='eth3'/></bridge></interface>",
  oddInterfaceBad: "<interface type='moon' name='x'/>",
  oddPortDevice:
    "<device><parent>scsi_host2</parent><capability type='scsi_host'><capability type='fc_host'/></capability></device>",
  oddPortDeviceNone:
    "<device><parent>nosuch</parent><capability type='scsi_host'><capability type='fc_host'/></capability></device>",
  oddPortDeviceComputer:
    "<device><parent>computer</parent><capability type='scsi_host'><capability type='fc_host'/></capability></device>",
  oddDeviceOther: "<device><parent>computer</parent><capability type='system'/></device>",
  oddKeys: 'ssh-ed25519 AAAA me\n',
}
