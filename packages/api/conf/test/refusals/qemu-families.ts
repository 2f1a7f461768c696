// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's QEMU driver (11.3) says to guests that are wrong in one place: number and text, and below what is in the definition.

export const qemuFamilies = `
67 Unknown model type 'x'
  <controller type='ccid' index='0' model='x'/>
67 Only the PCI controller with index 0 can have target index 0, and vice versa
  <controller type='pci' index='0' model='pci-root'><target index='1'/></controller>
27 invalid size of ACPI ERST pstore device
  <pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>5</size></pstore>
27 ACPI table type 'slic' may only appear once
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><acpi><table type='slic'>/a</table><table type='slic'>/b</table></acpi></os>
67 ACPI table type 'rawset' is not supported
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><acpi><table type='raw'>/a</table><table type='rawset'>/b</table></acpi></os>
27 dirty ring must be power of 2 and ranges [1024, 65536]
  <domain><features><kvm><dirty-ring state='on' size='1000'/></kvm></features>
67 ncr53c90 SCSI controller is not a built-in for this machine
  <controller type='scsi' index='0' model='ncr53c90'/>
27 missing 'value' attribute for HyperV feature 'vendor_id'
  <domain><features><hyperv><vendor_id state='on'/></hyperv></features>
27 HyperV vendor_id value must not be more than 12 characters.
  <domain><features><hyperv><vendor_id state='on' value='toolongvendoridx'/></hyperv></features>
27 HyperV vendor_id value is invalid
  <domain><features><hyperv><vendor_id state='on' value='a,b'/></hyperv></features>
27 HyperV spinlock retry count must be at least 4095
  <domain><features><hyperv><spinlocks state='on' retries='100'/></hyperv></features>
67 attribute 'limit' is only supported for maxphysaddr mode 'passthrough'
  <domain><cpu mode='maximum'><maxphysaddr mode='emulate' limit='40'/></cpu>
67 CPU maximum physical address bits number specification cannot be used with mode='passthrough'
  <domain><cpu mode='maximum'><maxphysaddr mode='passthrough' bits='40'/></cpu>
67 Secure boot requires SMM feature enabled
  <domain><features><acpi/></features><os><type arch='x86_64' machine='q35'>hvm</type><loader type='pflash' readonly='yes' secure='yes'>/a</loader><nvram>/b</nvram></os>
67 unsupported nvram disk type 'volume'
  <domain><features><acpi/></features><os><type arch='x86_64' machine='q35'>hvm</type><loader type='pflash' readonly='yes'>/a</loader><nvram type='volume'><source pool='a' volume='b'/></nvram></os>
27 NUMA topology defined without NUMA cells
  <domain><cpu><numa/></cpu>
27 'sibling_id 5' does not refer to a valid cell within NUMA 'cell id 0'
  <domain><cpu><numa><cell id='0' cpus='0' memory='262144'><distances><sibling id='5' value='20'/></distances></cell><cell id='1' cpus='1' memory='262144'/></numa></cpu>
27 'model' attribute in <hostdev> is only supported when type='pci'
  <hostdev mode='subsystem' type='pci' model='vfio-ap'><source><address domain='0' bus='1' slot='1' function='0'/></source></hostdev>
1 hostdev invalid secret type 'ceph'
  <hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='iqn.1992-01.com.example:storage'><host name='example.org' port='3260'/><auth username='a'><secret type='ceph' usage='x'/></auth></source></hostdev>
67 Missing 'uuid' attribute for element <address>
  <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address/></source></hostdev>
1 Cannot parse uuid attribute of element <address>
  <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='xx'/></source></hostdev>
27 Missing <char> element in hostdev character device
  <hostdev mode='capabilities' type='misc'><source/></hostdev>
27 Missing <block> element in hostdev storage device
  <hostdev mode='capabilities' type='storage'><source/></hostdev>
27 Missing <interface> element in hostdev net device
  <hostdev mode='capabilities' type='net'><source/></hostdev>
27 Invalid PCI address function=0x9, must be <= 7
  <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='1' function='9'/></source></hostdev>
67 Write filtering of PCI device configuration space is not supported by qemu
  <hostdev mode='subsystem' type='pci'><source writeFiltering='no'><address domain='0' bus='1' slot='1' function='0'/></source></hostdev>
67 ram attribute only supported for video type qxl
  <video><model type='vga' ram='1'/></video>
67 vram64 attribute only supported for video type qxl
  <video><model type='vga' vram64='1'/></video>
67 vgamem attribute only supported for video type qxl
  <video><model type='vga' vgamem='1'/></video>
67 missing values for acceleration
  <video><model type='virtio'><acceleration/></model></video>
27 'socket' attribute is valid only for listen type 'socket'
  <graphics type='spice'><listen type='address' socket='/tmp/x'/></graphics>
67 VNC supports connected='keep' only
  <graphics type='vnc' connected='disconnect' passwd='a'/>
67 unknown driver format value 'luks'
  <disk type='file' device='disk'><driver name='qemu' type='luks'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
27 can't split path 'image' into pool name and image name
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='rbd' name='image'><host name='h'/></source><target dev='vda' bus='virtio'/></disk>
27 can't split path '/image' into pool name and image name
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='rbd' name='/image'><host name='h'/></source><target dev='vda' bus='virtio'/></disk>
27 target 'vda' duplicated for disk sources 'image' and 'image'
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='rbd' name='pool/image'><host name='h'/></source><target dev='vda' bus='virtio'/></disk><disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='rbd' name='pool/image'><host name='h'/></source><target dev='vda' bus='virtio'/></disk>
27 missing name for disk source
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nfs'><host name='x'/></source><target dev='vda' bus='virtio'/></disk>
67 'sheepdog' protocol is no longer supported by any hypervisor driver
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='sheepdog' name='a'/><target dev='vda' bus='virtio'/></disk>
67 TLS transport is not supported for disk protocol 'iscsi'
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='iscsi' name='a' tls='yes'><host name='x'/></source><target dev='vda' bus='virtio'/></disk>
27 element 'identity' requires either 'keyfile' or 'agentsock' attribute
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='ssh' name='a'><host name='x'/><identity username='u'/></source><target dev='vda' bus='virtio'/></disk>
67 unknown secret type '<null>'
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='http' name='a'><host name='x'/><auth username='u'><secret usage='x'/></auth></source><target dev='vda' bus='virtio'/></disk>
67 invalid secret type 'ceph'
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='iscsi' name='a'><host name='x'/><auth username='u'><secret type='ceph' usage='x'/></auth></source><target dev='vda' bus='virtio'/></disk>
27 Missing <secret> element in auth
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='iscsi' name='a'><host name='x'/><auth username='u'/></source><target dev='vda' bus='virtio'/></disk>
67 unknown auth type 'foo'
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='iscsi' name='a'><host name='x'/><auth type='foo' username='u'><secret type='iscsi' usage='x'/></auth></source><target dev='vda' bus='virtio'/></disk>
27 missing connection mode for <reservations/>
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/dev/x'><reservations managed='no'><source type='unix' path='/p'/></reservations></source><target dev='sda' bus='scsi'/></disk>
27 missing disk backing store format
  <disk type='file' device='disk'><source file='/a'/><backingStore type='file'/><target dev='vda' bus='virtio'/></disk>
27 missing disk backing store source
  <disk type='file' device='disk'><source file='/a'/><backingStore type='file'><format type='qcow2'/></backingStore><target dev='vda' bus='virtio'/></disk>
27 unknown storage source type 'foo'
  <disk type='file' device='disk'><source file='/a'/><backingStore type='foo'><format type='raw'/><source file='/b'/></backingStore><target dev='vda' bus='virtio'/></disk>
27 missing data file store format
  <disk type='file' device='disk'><driver type='qcow2'/><source file='/a'><dataStore type='file'><source file='/b'/></dataStore></source><target dev='vda' bus='virtio'/></disk>
27 missing 'type' attribute for vhostuser disk source
  <disk type='vhostuser' device='disk'><source path='/x'/><target dev='vda' bus='virtio'/></disk>
27 invalid 'type' attribute for vhostuser disk source
  <disk type='vhostuser' device='disk'><source type='tcp' path='/x'/><target dev='vda' bus='virtio'/></disk>
27 NVMe disk source is missing address
  <disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'/><target dev='vda' bus='virtio'/></disk>
27 missing 'type' attribute to disk source
  <disk type='nvme' device='disk'><source managed='yes' namespace='1'><address domain='0' bus='1' slot='0' function='0'/></source><target dev='vda' bus='virtio'/></disk>
27 unsupported source type 'usb'
  <disk type='nvme' device='disk'><source type='usb' namespace='1'><address domain='0' bus='1' slot='0' function='0'/></source><target dev='vda' bus='virtio'/></disk>
27 'pool' and 'volume' must be specified together for 'pool' type source
  <disk type='volume' device='disk'><source volume='x'/><target dev='vda' bus='virtio'/></disk>
27 Unknown disk name 'mmcblk0' and no address specified
  <disk type='file' device='disk'><source file='/a'/><target dev='mmcblk0'/></disk>
67 invalid disk target 'vda1', partitions can't appear in disk targets
  <disk type='file' device='disk'><source file='/a'/><target dev='vda1'/></disk>
67 rawio can be used only with device='lun'
  <disk type='file' device='disk' rawio='yes'><source file='/a'/><target dev='sda' bus='scsi'/></disk>
67 CHS translation mode can only be set for 'ide' bus not 'virtio'
  <disk type='file' device='disk'><source file='/a'/><geometry cyls='1' heads='2' secs='3' trans='lba'/><target dev='vda' bus='virtio'/></disk>
1 Malformed wwn: 123
  <disk type='file' device='disk'><source file='/a'/><target dev='hda' bus='ide'/><wwn>123</wwn></disk>
67 disk vendor is more than 8 characters
  <disk type='file' device='disk'><source file='/a'/><target dev='sda' bus='scsi'/><vendor>toolongvendor</vendor></disk>
67 disk product is more than 16 characters
  <disk type='file' device='disk'><source file='/a'/><target dev='sda' bus='scsi'/><product>toolongproductname</product></disk>
67 Only scsi disk supports 'vendor'
  <disk type='file' device='disk'><source file='/a'/><target dev='sda' bus='sata'/><vendor>abc</vendor></disk>
67 virtual FAT storage can't be accessed in read-write mode
  <disk type='dir' device='floppy'><driver name='qemu' type='fat'/><source dir='/a'/><target dev='fda' bus='fdc'/></disk>
27 unknown volume encryption format
  <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/><encryption/></disk>
27 disk iotune field 'total_bytes_sec' must be an integer
  <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/><iotune><total_bytes_sec>x</total_bytes_sec></iotune></disk>
27 virtio serial controller 0 does not have port 40
  <channel type='pty'><target type='virtio' name='a'/><address type='virtio-serial' controller='0' bus='0' port='40'/></channel>
67 unknown target type 'foo' specified for character device
  <console type='pty'><target type='foo'/></console>
67 unknown target model 'foo' specified for character device
  <serial type='pty'><target type='isa-serial'><model name='foo'/></target></serial>
67 usb-serial requires address of usb type
  <serial type='pty'><target type='usb-serial'/><address type='isa'/></serial>
67 unknown type presented to host for character device: foo
  <serial type='foo'/>
67 Missing source channel attribute for char device
  <serial type='spiceport'/><graphics type='spice' autoport='yes'/>
1 Should define both master and slave path attributes for nmdm device
  <serial type='nmdm'><source master='/a'/></serial>
1 Missing source host attribute for char device
  <serial type='tcp'/>
1 chardev reconnect is possible only for connect mode
  <serial type='tcp'><source mode='bind' host='a' service='1'><reconnect enabled='yes' timeout='1'/></source></serial>
27 Invalid port number: x
  <serial type='pty'><target port='x'/></serial>
27 target type must be specified for channel device
  <channel type='pty'/>
1 missing type in redirdev
  <redirdev bus='usb'/>
67 unknown redirdev character device type 'foo'
  <redirdev bus='usb' type='foo'/>
1 Invalid USB Class code 0x100
  <redirdev bus='usb' type='pty'/><redirfilter><usbdev class='0x100' allow='yes'/></redirfilter>
27 Cannot parse USB device version x
  <redirdev bus='usb' type='pty'/><redirfilter><usbdev version='x' allow='no'/></redirfilter>
27 requested USB port 1.9 not present on USB bus 0
  <hub type='usb'><address type='usb' bus='0' port='1'/></hub><input type='tablet' bus='usb'><address type='usb' bus='0' port='1.9'/></input>
27 Missing USB bus 1
  <input type='tablet' bus='usb'><address type='usb' bus='1' port='1'/></input>
27 requested USB port 5 not present on USB bus 0
  <input type='tablet' bus='usb'><address type='usb' bus='0' port='5'/></input>
27 Duplicate USB address bus 0 port 1
  <input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input><input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>
27 there is no hub at port 1 in USB address bus: 0 port: 1.1
  <input type='tablet' bus='usb'><address type='usb' bus='0' port='1.1'/></input>
1 missing hub device type
  <hub/>
27 host-certificates mode needs exactly three certificates
  <smartcard mode='host-certificates'><certificate>a</certificate><certificate>b</certificate></smartcard>
27 passthrough mode requires a character device type attribute
  <smartcard mode='passthrough'/>
67 Invalid attempt to set network interface host-side IP route and/or address info on interface of type 'user'. This is only supported on interfaces of type 'ethernet'
  <interface type='user'><source><ip address='192.168.125.1' family='ipv4' prefix='24'/></source></interface>
27 Invalid address '172.17.2.0' in <ip>
  <interface type='user'><ip family='ipv6' address='172.17.2.0'/></interface>
27 Missing required address in <ip>
  <interface type='user'><ip/></interface>
27 Invalid prefix value '99' in <ip>
  <interface type='user'><ip address='10.0.2.15' prefix='99'/></interface>
8 Invalid peer 'foo' in <ip>
  <interface type='ethernet'><source><ip address='192.168.125.1' prefix='24' peer='foo'/></source></interface>
67 unknown interface link state 'foo'
  <interface type='user'><link state='foo'/></interface>
27 sndbuf must be a positive integer
  <interface type='user'><tune><sndbuf>x</sndbuf></tune></interface>
27 malformed mtu size
  <interface type='ethernet'><mtu size='x'/></interface>
67 floor attribute is not supported for this config
  <interface type='user'><bandwidth><inbound average='1000' floor='5'/></bandwidth></interface>
27 vlan tag id 4299 too large (maximum 4095)
  <interface type='user'><vlan><tag id='4299'/></vlan></interface>
27 missing tag id - each <vlan> must have at least one <tag id='n'/> subelement
  <interface type='user'><vlan/></interface>
27 invalid "trunk='foo'" in <vlan> - must be yes or no
  <interface type='user'><vlan trunk='foo'><tag id='1'/></vlan></interface>
27 duplicate native vlan setting
  <interface type='user'><vlan><tag id='1' nativeMode='tagged'/><tag id='2' nativeMode='tagged'/></vlan></interface>
67 unknown teaming type 'foo'
  <interface type='user'><model type='virtio'/><teaming type='foo'/></interface>
67 The <portForward> element can only be used with the 'passt' backend of interface type='user' or type='vhostuser'
  <interface type='user'><portForward proto='tcp'><range start='1'/></portForward></interface>
27 Invalid value for attribute 'port' in element 'local': 'x'. Expected integer value
  <interface type='udp'><source address='1.2.3.4' port='5'><local address='1.2.3.4' port='x'/></source></interface>
27 Invalid value for attribute 'switchid' in element 'source': 'x'. Expected UUID
  <interface type='vds'><source switchid='x' portid='1' portgroupid='d' connectionid='1'/></interface>
67 non unique alias detected: ua-a
  <interface type='user'><alias name='ua-a'/></interface><interface type='user'><alias name='ua-a'/></interface>
27 Invalid PCI address 0001:00:03.0. Only PCI domain 0 is available
  <interface type='user'><address type='pci' domain='0x0001' bus='0' slot='3' function='0'/></interface>
27 Invalid PCI address slot='0x21', must be <= 0x1F
  <interface type='user'><address type='pci' bus='0' slot='33' function='0'/></interface>
27 virtio-s390 bus doesn't have an address
  <interface type='user'><address type='virtio-s390'/></interface>
67 address of type 'unassigned' is supported only for hostdevs
  <interface type='user'><address type='unassigned'/></interface>
19 t
  <filesystem type='mount'><target dir='t'/></filesystem>
67 boot order is only supported for virtiofs
  <filesystem type='mount'><source dir='/a'/><target dir='t'/><boot order='1'/></filesystem>
27 invalid RNG rate bytes value
  <rng model='virtio'><rate bytes='x'/><backend model='random'/></rng>
27 invalid RNG rate period value
  <rng model='virtio'><rate bytes='10' period='x'/><backend model='random'/></rng>
27 missing EGD backend type
  <rng model='virtio'><backend model='egd'/></rng>
67 unknown backend type 'foo' for egd
  <rng model='virtio'><backend model='egd' type='foo'/></rng>
1 Unable to parse secret uuid 'x'
  <tpm model='tpm-tis'><backend type='emulator'><encryption secret='x'/></backend></tpm>
1 Invalid persistent_state value, either 'yes' or 'no'
  <tpm model='tpm-tis'><backend type='emulator' version='2.0' persistent_state='foo'/></tpm>
27 missing TPM source path
  <tpm model='tpm-tis'><backend type='emulator' version='2.0'><source type='file'/></backend></tpm>
27 missing socket path for external TPM device
  <tpm model='tpm-tis'><backend type='external'><source type='unix'/></backend></tpm>
1 only a single memory balloon device is supported
  <memballoon model='virtio'/><memballoon model='virtio'/>
67 unknown panic model 'foo'
  <panic model='foo'/>
67 domain can only have one watchdog with model 'ib700'
  <watchdog model='ib700'/><watchdog model='ib700'/>
67 unknown input device type 'foo'
  <input type='foo'/>
1 missing input device type
  <input/>
27 Missing evdev path for input device
  <input type='passthrough' bus='virtio'><source/></input>
67 virtio (non-)transitional models are not supported for input type=passthrough
  <input type='passthrough' bus='virtio' model='virtio-transitional'><source evdev='/dev/x'/></input>
27 msi option is only supported with a server
  <shmem name='a'><model type='ivshmem-doorbell'/><msi vectors='16'/></shmem>
67 shmem model 'ivshmem-doorbell' does not support size setting
  <shmem name='a'><model type='ivshmem-doorbell'/><server path='/x'/><size unit='M'>4</size></shmem>
27 shmem element must contain 'name' attribute
  <shmem/>
67 shmem name cannot be equal to '..'
  <shmem name='..'><model type='ivshmem-plain'/></shmem>
27 only a single IOMMU device is supported
  [q35] <iommu model='intel'/><iommu model='intel'/>
27 only a single vsock device is supported
  <vsock model='virtio'/><vsock model='virtio'/>
27 only a single pstore device is supported
  <pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>8</size></pstore><pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>8</size></pstore>
27 Missing 'target' element for lease
  <lease><lockspace>a</lockspace><key>b</key></lease>
27 maximum vcpus count must be an integer
  <domain><vcpu>x</vcpu>
67 vcpu 0 can't be offline
  <domain><vcpu current='0'>2</vcpu>
8 Failed to parse bitmap 'x'
  <domain><vcpu cpuset='x'>2</vcpu>
67 Maximum CPUs greater than specified machine type limit 255
  <domain><vcpu>300</vcpu>
67 vcpu0 can't be hotpluggable
  <domain><vcpu>2</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='yes'/></vcpus>
27 vcpu id '5' is out of range of maximum vcpu count
  <domain><vcpu>2</vcpu><vcpus><vcpu id='5' enabled='yes' hotpluggable='no'/></vcpus>
67 vcpu0 must be enabled first
  <domain><vcpu>2</vcpu><vcpus><vcpu id='0' enabled='yes' order='5'/></vcpus>
27 invalid iothreads count 'x'
  <domain><iothreads>x</iothreads>
27 duplicate iothread id '1' found
  <domain><iothreads>2</iothreads><iothreadids><iothread id='1'/><iothread id='1'/></iothreadids>
67 thread_pool_min must be smaller or equal to thread_pool_max
  <domain><iothreads>1</iothreads><iothreadids><iothread id='4' thread_pool_min='5' thread_pool_max='2'/></iothreadids>
67 thread_pool_max must be a positive integer
  <domain><defaultiothread thread_pool_max='0'/>
1 duplicate vcpupin for vcpu '0'
  <domain><cputune><vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='0' cpuset='1'/></cputune>
1 missing cpuset for vcpupin
  <domain><cputune><vcpupin vcpu='0'/></cputune>
1 missing cpuset for emulatorpin
  <domain><cputune><emulatorpin/></cputune>
27 only one emulatorpin is supported
  <domain><cputune><emulatorpin cpuset='0'/><emulatorpin cpuset='1'/></cputune>
1 duplicate iothreadpin for same iothread '1'
  <domain><cputune><iothreadpin iothread='1' cpuset='0'/><iothreadpin iothread='1' cpuset='0'/></cputune>
67 Cannot find 'iothread' : 9
  <domain><cputune><iothreadpin iothread='9' cpuset='0'/></cputune>
27 Missing attribute 'vcpus' in element 'vcpusched'
  <domain><cputune><vcpusched scheduler='batch'/></cputune>
67 vCPU '9' is not present in domain definition
  <domain><cputune><vcpusched vcpus='9' scheduler='batch'/></cputune>
27 can't parse cputune shares value
  <domain><cputune><shares>x</shares></cputune>
67 Value of cputune 'period' must be in range [1000, 1000000]
  <domain><cputune><period>500</period></cputune>
67 cachetune is only supported for KVM domains
  <domain><cputune><cachetune vcpus='0'><cache id='0' level='3' type='both' size='3' unit='MiB'/></cachetune></cputune>
27 maximum memory size must be equal or greater than the actual memory size
  <domain><maxMemory slots='4' unit='KiB'>1000</maxMemory>
27 Failed to parse memory slot count
  <domain><maxMemory slots='x' unit='KiB'>1048576</maxMemory>
67 unknown memoryBacking/source/type 'foo'
  <domain><memoryBacking><source type='foo'/></memoryBacking>
67 unknown memoryBacking/allocation/mode 'foo'
  <domain><memoryBacking><allocation mode='foo'/></memoryBacking>
67 unknown memoryBacking/access/mode 'foo'
  <domain><memoryBacking><access mode='foo'/></memoryBacking>
67 Parameter 'min_guarantee' not supported by QEMU.
  <domain><memtune><min_guarantee>5</min_guarantee></memtune>
67 missing per-device path
  <domain><blkiotune><device><weight>500</weight></device></blkiotune>
67 duplicate blkio device path '/dev/a'
  <domain><blkiotune><device><path>/dev/a</path><weight>500</weight></device><device><path>/dev/a</path><weight>500</weight></device></blkiotune>
67 could not parse weight x
  <domain><blkiotune><device><path>/dev/a</path><weight>x</weight></device></blkiotune>
67 could not parse read bytes sec x
  <domain><blkiotune><device><path>/dev/a</path><read_bytes_sec>x</read_bytes_sec></device></blkiotune>
27 security label is missing
  <domain><seclabel type='static' model='selinux'/>
67 dynamic label type must use resource relabeling
  <domain><seclabel type='dynamic' model='selinux' relabel='no'/>
67 resource relabeling is not compatible with 'none' label type
  <domain><seclabel type='none' model='selinux' relabel='yes'/>
27 missing security model when using multiple labels
  <domain><seclabel type='dynamic' model='dac'/><seclabel type='dynamic'/>
67 Invalid mode attribute 'foo'
  <domain><cpu mode='foo'/>
67 Invalid fallback attribute
  <domain><cpu><model fallback='foo'>qemu64</model></cpu>
27 vendor_id must be exactly 12 characters long
  <domain><cpu><model vendor_id='x'>qemu64</model></cpu>
27 CPU vendor specified without CPU model
  <domain><cpu><vendor>AMD</vendor></cpu>
67 Invalid CPU feature policy
  <domain><cpu><model>qemu64</model><feature policy='foo' name='lahf_lm'/></cpu>
27 Invalid CPU feature name
  <domain><cpu><model>qemu64</model><feature policy='require'/></cpu>
27 CPU feature 'lahf_lm' specified more than once
  <domain><cpu><model>qemu64</model><feature policy='require' name='lahf_lm'/><feature policy='disable' name='lahf_lm'/></cpu>
27 Non-empty feature list specified without CPU model
  <domain><cpu><feature policy='require' name='lahf_lm'/></cpu>
67 CPU topology doesn't match maximum vcpu count
  <domain><cpu><topology sockets='4' cores='4' threads='1'/></cpu>
67 Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode
  <domain><cpu migratable='on'><model>qemu64</model></cpu>
27 invalid CPU cache level, must be in range [1,3]
  <domain><cpu><cache mode='emulate' level='5'/></cpu>
27 at most one CPU cache element may be specified
  <domain><cpu><cache mode='emulate' level='3'/><cache mode='emulate' level='3'/></cpu>
27 'target' refers to a non-existent NUMA node
  <domain><cpu><numa><cell id='0' cpus='0-1' memory='524288' unit='KiB'/><interconnects><latency initiator='0' target='3' type='access' value='5'/></interconnects></numa></cpu>
67 Unsupported NUMA memory tuning mode 'foo'
  <domain><numatune><memory mode='foo' nodeset='0'/></numatune>
67 nodeset for NUMA memory tuning must be set if 'placement' is 'static'
  <domain><numatune><memory mode='strict'/></numatune>
67 Unsupported NUMA memory placement mode 'foo'
  <domain><numatune><memory mode='strict' placement='foo'/></numatune>
27 Element 'memnode' is invalid without any guest NUMA cells
  <domain><numatune><memnode cellid='0' mode='strict' nodeset='0'/></numatune>
27 Missing required nodeset attribute in memnode element
  <domain><numatune><memnode cellid='0' mode='strict'/></numatune><cpu><numa><cell id='0' cpus='0-1' memory='524288' unit='KiB'/></numa></cpu>
27 Multiple memnode elements with cellid 0
  <domain><numatune><memnode cellid='0' mode='strict' nodeset='0'/><memnode cellid='0' mode='strict' nodeset='0'/></numatune><cpu><numa><cell id='0' cpus='0-1' memory='524288' unit='KiB'/></numa></cpu>
67 unknown clock offset 'foo'
  <domain><clock offset='foo'/>
67 unknown clock basis 'foo'
  <domain><clock offset='variable' adjustment='5' basis='foo'/>
67 unsupported rtc timer track 'boot'
  <domain><clock><timer name='rtc' track='boot'/></clock>
67 unsupported pit tickpolicy 'merge'
  <domain><clock><timer name='pit' tickpolicy='merge'/></clock>
67 unknown on_poweroff action: foo
  <domain><on_poweroff>foo</on_poweroff>
67 qemu driver doesn't support the 'preserve' action for 'on_reboot'/'on_poweroff'
  <domain><on_poweroff>preserve</on_poweroff>
67 qemu driver doesn't support the 'rename-restart' action for 'on_reboot'/'on_poweroff'/'on_crash'
  <domain><on_reboot>rename-restart</on_reboot>
67 Lifecycle event 'poweroff' doesn't support 'coredump-destroy' action
  <domain><on_poweroff>coredump-destroy</on_poweroff>
67 qemu driver doesn't support 'onReboot' set to 'destroy and 'onPoweroff' set to 'reboot'
  <domain><on_poweroff>restart</on_poweroff><on_reboot>destroy</on_reboot>
67 unknown on_lockfailure action: foo
  <domain><on_lockfailure>foo</on_lockfailure>
1 malformed genid element
  <domain><genid>x</genid>
67 unknown smbios mode 'foo'
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><smbios mode='foo'/></os>
67 qemu does not support more than one entry to Type 2 in SMBIOS table
  <domain><sysinfo type='smbios'><baseBoard><entry name='vendor'>a</entry><entry name='manufacturer'>m</entry></baseBoard><baseBoard><entry name='manufacturer'>b</entry></baseBoard><chassis><entry name='manufacturer'>c</entry></chassis><oemStrings><entry>x</entry><entry>y,z</entry></oemStrings></sysinfo><os><type arch='x86_64' machine='pc'>hvm</type><smbios mode='sysinfo'/></os>
27 Firmware entry is missing 'name' attribute
  <domain><sysinfo type='fwcfg'><entry>x</entry></sysinfo>
27 Firmware entry must have either value or 'file' attribute
  <domain><sysinfo type='fwcfg'><entry name='opt/com.example/name'/></sysinfo>
67 invalid value for boot menu timeout, must be in range [0,65535]
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><bootmenu enable='yes' timeout='99999'/></os>
27 need at least one serial port to use BIOS serial output
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><bios useserial='yes'/></os>
67 invalid value for rebootTimeout, must be in range [-1,65535]
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><bios rebootTimeout='99999'/></os>
67 Secure boot is supported with q35 machine types only
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><loader secure='yes'>/x</loader></os>
27 Unsupported loader format 'vmdk'
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><loader format='vmdk'>/x</loader></os>
27 Unsupported nvram format 'vmdk'
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><loader type='pflash' readonly='yes'>/x</loader><nvram format='vmdk'>/y</nvram></os>
27 Unsupported nvram template format 'vmdk'
  <domain><os><type arch='x86_64' machine='pc'>hvm</type><loader type='pflash' readonly='yes'>/x</loader><nvram template='/t' templateFormat='vmdk'>/y</nvram></os>
27 No PCI buses available
  <domain><os><type arch='x86_64' machine='foo'>hvm</type></os>
67 Emulator '/usr/bin/qemu-system-x86_64' does not support os type 'linux'
  <domain><os><type arch='x86_64' machine='pc'>linux</type></os>
27 init binary must be specified
  <domain><os><type arch='x86_64' machine='pc'>exe</type></os>
27 unknown firmware value foo
  <domain><os firmware='foo'><type arch='x86_64' machine='pc'>hvm</type></os>
67 'aes-key-wrap'/'dea-key-wrap' is not available on this architecture
  <domain><keywrap><cipher name='aes' state='on'/></keywrap>
27 failed to get launch security policy
  <domain><launchSecurity type='sev'/>
27 perf event 'cmt' was already specified
  <domain><perf><event name='cmt' enabled='yes'/><event name='cmt' enabled='no'/></perf>
1 No qemu command-line argument specified
  <domain><qemu:commandline><qemu:arg/></qemu:commandline>
1 Invalid environment name, it must begin with a letter or underscore
  <domain><qemu:commandline><qemu:env name='9A' value='b'/></qemu:commandline>
1 Invalid environment name, it must contain only alphanumerics and underscore
  <domain><qemu:commandline><qemu:env name='A-B' value='b'/></qemu:commandline>
1 No qemu environment name specified
  <domain><qemu:commandline><qemu:env value='b'/></qemu:commandline>
27 missing 'alias' attribute for qemu:device
  <domain><qemu:override><qemu:device><qemu:frontend><qemu:property name='a' type='string' value='b'/></qemu:frontend></qemu:device></qemu:override>
27 invalid value 'b' of 'value' attribute of 'qemu:property'
  <domain><qemu:override><qemu:device alias='ua-x'><qemu:frontend><qemu:property name='a' type='unsigned' value='b'/></qemu:frontend></qemu:device></qemu:override>
27 property with name 'id' can't be overridden
  <domain><qemu:override><qemu:device alias='ua-x'><qemu:frontend><qemu:property name='id' type='string' value='b'/></qemu:frontend></qemu:device></qemu:override>
27 missing 'name' attribute for qemu:property
  <domain><qemu:override><qemu:device alias='ua-x'><qemu:frontend><qemu:property type='string' value='b'/></qemu:frontend></qemu:device></qemu:override>
27 setting 'value' attribute of 'qemu:property' doesn't make sense with 'remove' type
  <domain><qemu:override><qemu:device alias='ua-x'><qemu:frontend><qemu:property name='a' type='remove' value='b'/></qemu:frontend></qemu:device></qemu:override>
27 missing 'value' attribute for 'qemu:property'
  <domain><qemu:override><qemu:device alias='ua-x'><qemu:frontend><qemu:property name='a' type='string'/></qemu:frontend></qemu:device></qemu:override>
27 missing group name
  <domain><throttlegroups><throttlegroup><total_bytes_sec>100</total_bytes_sec></throttlegroup></throttlegroups>
27 throttle group field 'total_bytes_sec' must be an integer
  <domain><throttlegroups><throttlegroup><total_bytes_sec>x</total_bytes_sec><group_name>a</group_name></throttlegroup></throttlegroups>
`
