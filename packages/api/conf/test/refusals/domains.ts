// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's own test driver (11.3) says to domains that are wrong in one place: number and text, and below what is in the definition.

export const domains = `
1 only a single memory balloon device is supported
  <devices><memballoon model='virtio'/><memballoon model='virtio'/></devices>
27 only a single vsock device is supported
  <devices><vsock model='virtio'><cid auto='yes'/></vsock><vsock model='virtio'><cid auto='yes'/></vsock></devices>
27 only a single IOMMU device is supported
  <devices><iommu model='intel'/><iommu model='intel'/></devices>
1 only a single nvram device is supported
  <devices><nvram/><nvram/></devices>
27 only a single pstore device is supported
  <devices><pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>64</size></pstore><pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>64</size></pstore></devices>
1 only one set of redirection filter rule is supported
  <devices><redirfilter><usbdev allow='no'/></redirfilter><redirfilter><usbdev allow='no'/></redirfilter></devices>
27 Multiple 'ide' controllers with index '0'
  <devices><controller type='ide' index='0'/><controller type='ide' index='0'/></devices>
27 Invalid value for attribute 'type' in element 'controller': 'foo'.
  <devices><controller type='foo'/></devices>
67 Unknown model type 'foo'
  <devices><controller type='usb' model='foo'/></devices>
27 Invalid value for attribute 'index' in element 'controller': 'x'. Expected integer value
  <devices><controller type='ide' index='x'/></devices>
27 Multiple <target> elements in controller definition not allowed
  <devices><controller type='pci' index='1' model='pcie-root-port'><target/><target/></controller></devices>
67 unknown type presented to host for character device: foo
  <devices><serial type='foo'/></devices>
67 unknown target type 'foo' specified for character device
  <devices><serial type='pty'><target type='foo'/></serial></devices>
67 unknown target type 'foo' specified for character device
  <devices><console type='pty'><target type='foo'/></console></devices>
67 unknown target type 'foo' specified for character device
  <devices><channel type='pty'><target type='foo'/></channel></devices>
27 target type must be specified for channel device
  <devices><channel type='pty'/></devices>
67 unknown target type '(null)' specified for character device
  <devices><channel type='pty'><target/></channel></devices>
67 unknown target model 'foo' specified for character device
  <devices><serial type='pty'><target type='isa-serial'><model name='foo'/></target></serial></devices>
27 Invalid value for attribute 'type' in element 'protocol': 'foo'.
  <devices><serial type='tcp'><source host='a' service='1'/><protocol type='foo'/></serial></devices>
27 only one log element is allowed for character device
  <devices><serial type='pty'><log file='/a'/><log file='/b'/></serial></devices>
27 only one protocol element is allowed for character device
  <devices><serial type='tcp'><source host='a' service='1'/><protocol type='raw'/><protocol type='raw'/></serial></devices>
67 unknown on_crash action: x
  <on_crash>x</on_crash>
67 unknown on_poweroff action: x
  <on_poweroff>x</on_poweroff>
67 unknown on_reboot action: x
  <on_reboot>x</on_reboot>
67 Lifecycle event 'poweroff' doesn't support 'coredump-destroy' action
  <on_poweroff>coredump-destroy</on_poweroff>
67 unknown on_lockfailure action: x
  <on_lockfailure>x</on_lockfailure>
67 unknown input device type 'foo'
  <devices><input type='foo'/></devices>
1 missing input device type
  <devices><input/></devices>
67 unknown input bus type 'foo'
  <devices><input type='mouse' bus='foo'/></devices>
67 unknown input model 'foo'
  <devices><input type='mouse' bus='virtio' model='foo'/></devices>
1 unsupported input bus xen
  <devices><input type='mouse' bus='xen'/></devices>
27 Invalid value for attribute 'grab' in element 'source': 'foo'.
  <devices><input type='evdev'><source dev='/x' grab='foo'/></input></devices>
67 unknown redirdev bus 'foo'
  <devices><redirdev bus='foo' type='spicevmc'/></devices>
67 unknown redirdev character device type 'foo'
  <devices><redirdev bus='usb' type='foo'/></devices>
1 missing type in redirdev
  <devices><redirdev bus='usb'/></devices>
67 cannot add redirected USB device: USB is disabled for this domain
  <devices><redirdev type='spicevmc'/></devices>
67 unknown hub device type 'foo'
  <devices><hub type='foo'/></devices>
1 missing hub device type
  <devices><hub/></devices>
67 unknown panic model 'foo'
  <devices><panic model='foo'/></devices>
27 Multiple panic devices with model 'default'
  <devices><panic/><panic/></devices>
27 Multiple panic devices with model 'isa'
  <devices><panic model='isa'/><panic model='isa'/></devices>
27 Invalid value for attribute 'model' in element 'tpm': 'foo'.
  <devices><tpm model='foo'/></devices>
27 missing TPM device backend
  <devices><tpm/></devices>
27 Invalid value for attribute 'type' in element 'backend': 'foo'.
  <devices><tpm><backend type='foo'/></tpm></devices>
27 Invalid value for attribute 'version' in element 'backend': 'x'.
  <devices><tpm model='tpm-tis'><backend type='emulator' version='x'/></tpm></devices>
27 only one TPM backend is supported
  <devices><tpm><backend type='emulator'/><backend type='emulator'/></tpm></devices>
27 missing external TPM backend source type
  <devices><tpm><backend type='external'/></tpm></devices>
27 missing socket path for external TPM device
  <devices><tpm><backend type='external'><source type='unix' mode='connect'/></backend></tpm></devices>
27 Invalid value for attribute 'model' in element 'rng': 'foo'.
  <devices><rng model='foo'/></devices>
27 only one RNG backend is supported
  <devices><rng model='virtio'/></devices>
27 Invalid value for attribute 'model' in element 'backend': 'foo'.
  <devices><rng model='virtio'><backend model='foo'/></rng></devices>
27 only one RNG backend is supported
  <devices><rng model='virtio'><backend model='random'/><backend model='random'/></rng></devices>
27 missing EGD backend type
  <devices><rng model='virtio'><backend model='egd'/></rng></devices>
67 unknown backend type 'foo' for egd
  <devices><rng model='virtio'><backend model='egd' type='foo'/></rng></devices>
27 Missing required attribute 'model' in element 'rng'
  <devices><rng/></devices>
27 Missing required attribute 'model' in element 'sound'
  <devices><sound/></devices>
27 Invalid value for attribute 'model' in element 'sound': 'foo'.
  <devices><sound model='foo'/></devices>
67 unknown codec type 'foo'
  <devices><sound model='ich6'><codec type='foo'/></sound></devices>
27 Missing required attribute 'model' in element 'watchdog'
  <devices><watchdog/></devices>
27 Invalid value for attribute 'model' in element 'watchdog': 'foo'.
  <devices><watchdog model='foo'/></devices>
27 Invalid value for attribute 'action' in element 'watchdog': 'foo'.
  <devices><watchdog model='itco' action='foo'/></devices>
27 Invalid value for attribute 'type' in element 'model': 'foo'.
  <devices><video><model type='foo'/></video></devices>
27 Invalid value for attribute 'heads' in element 'model': 'x'. Expected non-negative integer value
  <devices><video><model type='qxl' heads='x'/></video></devices>
27 Invalid value for attribute 'accel2d' in element 'acceleration': 'foo'.
  <devices><video><model type='vga'><acceleration accel2d='foo'/></model></video></devices>
27 Missing required attribute 'y' in element 'resolution'
  <devices><video><model type='vga'><resolution x='1'/></model></video></devices>
67 a 'none' video type must be the only video device defined for the domain
  <devices><video><model type='none'/></video><video/></devices>
67 Only one primary video device is supported
  <devices><video><model type='vga' primary='yes'/></video><video><model type='vga' primary='yes'/></video></devices>
27 Invalid value for attribute 'name' in element 'driver': 'foo'.
  <devices><video><driver name='foo'/></video></devices>
67 unsupported rendernode accel attribute without 'vhostuser'
  <devices><video><model type='virtio'><acceleration accel3d='yes' rendernode='/x'/></model></video></devices>
27 Invalid value for attribute 'model' in element 'memory': 'foo'.
  <devices><memory model='foo'/></devices>
27 Missing required attribute 'model' in element 'memory'
  <devices><memory/></devices>
27 missing <target> element for <memory> device
  <devices><memory model='dimm'/></devices>
27 missing element or attribute './size'
  <devices><memory model='dimm'><target/></memory></devices>
35 can't add memory backend as guest has no NUMA nodes configured
  <devices><memory model='dimm'><target><size>1024</size><node>5</node></target></memory></devices>
35 path is required for model 'nvdimm'
  <devices><memory model='nvdimm'><target><size>1024</size></target></memory></devices>
27 label size must be smaller than NVDIMM size
  <devices><memory model='nvdimm'><source><path>/x</path></source><target><size>1024</size><label><size>4096</size></label></target></memory></devices>
35 requested size must be an integer multiple of block size
  <devices><memory model='virtio-mem'><target><size>1024</size><block>2048</block><requested>5</requested></target></memory></devices>
35 block size must be a power of two
  <devices><memory model='virtio-mem'><target><size>1024</size></target></memory></devices>
27 Invalid value for attribute 'access' in element 'memory': 'foo'.
  <devices><memory model='dimm' access='foo'><target><size>1024</size></target></memory></devices>
27 Invalid value for attribute 'discard' in element 'memory': 'foo'.
  <devices><memory model='dimm' discard='foo'><target><size>1024</size></target></memory></devices>
19 missing source information for device
  <devices><filesystem/></devices>
20 missing target information for device /a
  <devices><filesystem><source dir='/a'/></filesystem></devices>
19 missing source information for device /a
  <devices><filesystem><target dir='/a'/></filesystem></devices>
27 Invalid value for attribute 'type' in element 'filesystem': 'foo'.
  <devices><filesystem type='foo'/></devices>
27 Invalid value for attribute 'accessmode' in element 'filesystem': 'foo'.
  <devices><filesystem accessmode='foo'><source dir='/a'/><target dir='b'/></filesystem></devices>
27 cannot parse usage 'x' for RAM filesystem
  <devices><filesystem type='ram'><source usage='x'/><target dir='b'/></filesystem></devices>
27 missing 'usage' attribute for RAM filesystem
  <devices><filesystem type='ram'><target dir='b'/></filesystem></devices>
27 Invalid value for attribute 'fmode' in element 'filesystem': '9'. Expected non-negative integer value
  <devices><filesystem fmode='9' ><source dir='/a'/><target dir='b'/></filesystem></devices>
27 invalid dmode: '077777'
  <devices><filesystem dmode='77777' ><source dir='/a'/><target dir='b'/></filesystem></devices>
27 cannot parse thread pool size 'x' for virtiofs
  <devices><filesystem><source dir='/a'/><target dir='b'/><driver type='virtiofs'/><binary><thread_pool size='x'/></binary></filesystem></devices>
27 Invalid value for attribute 'multidevs' in element 'filesystem': 'foo'.
  <devices><filesystem multidevs='foo'><source dir='/a'/><target dir='b'/></filesystem></devices>
27 Invalid value for attribute 'type' in element 'driver': 'foo'.
  <devices><filesystem><source dir='/a'/><target dir='b'/><driver type='foo'/></filesystem></devices>
27 Missing 'key' element for lease
  <devices><lease/></devices>
27 Missing 'key' element for lease
  <devices><lease><lockspace>a</lockspace></lease></devices>
27 Missing 'target' element for lease
  <devices><lease><lockspace>a</lockspace><key>b</key></lease></devices>
27 Missing 'path' attribute to 'target' element for lease
  <devices><lease><lockspace>a</lockspace><key>b</key><target/></lease></devices>
27 Invalid value for attribute 'offset' in element 'target': 'q'. Expected non-negative integer value
  <devices><lease><lockspace>a</lockspace><key>b</key><target path='/x' offset='q'/></lease></devices>
27 shmem element must contain 'name' attribute
  <devices><shmem/></devices>
67 shmem name cannot include '/' character
  <devices><shmem name='a/b'/></devices>
27 Invalid value for attribute 'type' in element 'model': 'foo'.
  <devices><shmem name='a'><model type='foo'/></shmem></devices>
27 Invalid value for attribute 'vectors' in element 'msi': 'x'. Expected non-negative integer value
  <devices><shmem name='a'><msi vectors='x'/></shmem></devices>
27 Invalid value for attribute 'model' in element 'vsock': 'foo'.
  <devices><vsock model='foo'/></devices>
67 guest CIDs must be >= 3
  <devices><vsock model='virtio'><cid address='1'/></vsock></devices>
27 Invalid value for attribute 'auto' in element 'cid': 'x'.
  <devices><vsock model='virtio'><cid auto='x'/></vsock></devices>
27 Missing required attribute 'model' in element 'iommu'
  <devices><iommu/></devices>
27 Invalid value for attribute 'model' in element 'iommu': 'foo'.
  <devices><iommu model='foo'/></devices>
27 Invalid value for attribute 'aw_bits' in element 'driver': 'x'. Expected non-negative integer value
  <devices><iommu model='intel'><driver aw_bits='x'/></iommu></devices>
27 Missing required attribute 'mode' in element 'smartcard'
  <devices><smartcard/></devices>
27 Invalid value for attribute 'mode' in element 'smartcard': 'foo'.
  <devices><smartcard mode='foo'/></devices>
27 host-certificates mode needs exactly three certificates
  <devices><smartcard mode='host-certificates'/></devices>
27 expecting absolute path: x
  <devices><smartcard mode='host-certificates'><certificate>a</certificate><certificate>b</certificate><certificate>c</certificate><database>x</database></smartcard></devices>
27 passthrough mode requires a character device type attribute
  <devices><smartcard mode='passthrough'/></devices>
67 unknown type presented to host for character device: foo
  <devices><smartcard mode='passthrough' type='foo'/></devices>
27 Missing required attribute 'type' in element 'graphics'
  <devices><graphics/></devices>
27 Invalid value for attribute 'type' in element 'graphics': 'foo'.
  <devices><graphics type='foo'/></devices>
1 cannot parse vnc port x
  <devices><graphics type='vnc' port='x'/></devices>
27 Invalid value for attribute 'websocket' in element 'graphics': 'x'. Expected integer value
  <devices><graphics type='vnc' websocket='x'/></devices>
27 Invalid value for attribute 'sharePolicy' in element 'graphics': 'x'.
  <devices><graphics type='vnc' sharePolicy='x'/></devices>
27 Invalid value for attribute 'type' in element 'listen': 'foo'.
  <devices><graphics type='vnc'><listen type='foo'/></graphics></devices>
27 Missing required attribute 'type' in element 'listen'
  <devices><graphics type='vnc'><listen/></graphics></devices>
27 'network' attribute is required for listen type 'network'
  <devices><graphics type='vnc'><listen type='network'/></graphics></devices>
27 Invalid value for attribute 'tlsPort' in element 'graphics': 'x'. Expected integer value
  <devices><graphics type='spice' tlsPort='x'/></devices>
27 Invalid value for attribute 'defaultMode' in element 'graphics': 'x'.
  <devices><graphics type='spice' defaultMode='x'/></devices>
27 Missing required attribute 'name' in element 'channel'
  <devices><graphics type='spice'><channel/></graphics></devices>
27 Invalid value for attribute 'mode' in element 'channel': 'x'.
  <devices><graphics type='spice'><channel name='main' mode='x'/></graphics></devices>
27 Invalid value for attribute 'name' in element 'channel': 'x'.
  <devices><graphics type='spice'><channel name='x' mode='any'/></graphics></devices>
27 Missing required attribute 'compression' in element 'image'
  <devices><graphics type='spice'><image/></graphics></devices>
27 Invalid value for attribute 'compression' in element 'image': 'x'.
  <devices><graphics type='spice'><image compression='x'/></graphics></devices>
27 Invalid value for attribute 'mode' in element 'mouse': 'x'.
  <devices><graphics type='spice'><mouse mode='x'/></graphics></devices>
1 cannot parse password validity time 'x', expect YYYY-MM-DDTHH:MM:SS
  <devices><graphics type='vnc' passwd='a' passwdValidTo='x'/></devices>
27 Invalid value for attribute 'fullscreen' in element 'graphics': 'x'.
  <devices><graphics type='sdl' fullscreen='x'/></devices>
27 Missing required attribute 'enable' in element 'gl'
  <devices><graphics type='spice'><gl rendernode='/x'/></graphics></devices>
27 D-Bus p2p with an address is not supported
  <devices><graphics type='dbus' p2p='yes' address='x'/></devices>
67 graphics 'listen' attribute '1.2.3.4' must match 'address' attribute of first listen element (found '1.2.3.5')
  <devices><graphics type='vnc' listen='1.2.3.4'><listen type='address' address='1.2.3.5'/></graphics></devices>
27 Missing required attribute 'type' in element 'audio'
  <devices><audio id='1'/></devices>
27 Invalid value for attribute 'id' in element 'audio': Zero is not permitted
  <devices><audio id='0' type='none'/></devices>
27 Invalid value for attribute 'type' in element 'audio': 'foo'.
  <devices><audio id='1' type='foo'/></devices>
27 audio ID 1 is used multiple times
  <devices><audio id='1' type='none'/><audio id='1' type='none'/></devices>
27 missing partition in element resource
  <resource/>
1 missing 'timezone' attribute for clock with offset='timezone'
  <clock offset='timezone' timezone=''/>
1 missing 'start' attribute for clock with offset='absolute'
  <clock offset='absolute'/>
67 unknown clock basis 'x'
  <clock offset='variable' basis='x'/>
27 Missing required attribute 'state' in element 'dirty-ring'
  <features><kvm><dirty-ring/></kvm></features>
27 dirty ring must be power of 2 and ranges [1024, 65536]
  <features><kvm><dirty-ring state='on' size='0'/></kvm></features>
27 HyperV spinlock retry count must be at least 4095
  <features><hyperv><spinlocks state='on' retries='4094'/></hyperv></features>
27 Missing required attribute 'retries' in element 'spinlocks'
  <features><hyperv><spinlocks state='on'/></hyperv></features>
27 missing 'value' attribute for HyperV feature 'vendor_id'
  <features><hyperv><vendor_id state='on'/></hyperv></features>
27 HyperV vendor_id value must not be more than 12 characters.
  <features><hyperv><vendor_id state='on' value='abcdefghijklm'/></hyperv></features>
27 HyperV vendor_id value is invalid
  <features><hyperv><vendor_id state='on' value='a,b'/></hyperv></features>
27 Missing required attribute 'state' in element 'passthrough'
  <features><xen><passthrough mode='share_pt'/></xen></features>
67 thread_pool_max must be a positive integer
  <iothreadids><iothread id='1' thread_pool_min='5' thread_pool_max='0'/></iothreadids>
67 thread_pool_min must be smaller or equal to thread_pool_max
  <defaultiothread thread_pool_min='0'/>
27 Invalid value for attribute 'thread_pool_min' in element 'defaultiothread': '-1'. Expected non-negative value
  <defaultiothread thread_pool_min='-1' thread_pool_max='-5'/>
67 attribute 'limit' is only supported for maxphysaddr mode 'passthrough'
  <cpu mode='host-passthrough'><maxphysaddr mode='emulate' bits='5' limit='4'/></cpu>
27 Non-empty feature list specified without CPU model
  <cpu mode='custom'><feature name='a'/></cpu>
35 Invalid BIOS 'date' format
  <sysinfo type='smbios'><bios><entry name='date'>13/2/2003</entry></bios></sysinfo>
67 Unexpected length of 'idBlock', expected 96 got 0
  <launchSecurity type='sev-snp'><policy>0x30000</policy><idBlock>abc</idBlock></launchSecurity>
67 Unexpected length of 'hostData', expected 32 got 3
  <launchSecurity type='sev-snp'><policy>0x30000</policy><hostData>text4</hostData></launchSecurity>
27 Missing attribute 'vcpus' in element 'vcpusched'
  <cputune><vcpusched scheduler='fifo'/></cputune>
27 Missing attribute 'iothreads' in element 'iothreadsched'
  <cputune><iothreadsched scheduler='idle'/></cputune>
27 Missing required attribute 'priority' in element 'emulatorsched'
  <cputune><emulatorsched scheduler='rr'/></cputune>
27 Missing required attribute 'priority' in element 'vcpusched'
  <cputune><vcpusched vcpus='0' scheduler='fifo'/></cputune>
67 vCPU '9' is not present in domain definition
  <cputune><vcpusched vcpus='9' scheduler='idle'/></cputune>
67 Value of cputune 'period' must be in range [1000, 1000000]
  <cputune><period>999</period></cputune>
67 Value of cputune 'global_period' must be in range [1000, 1000000]
  <cputune><global_period>1000001</global_period></cputune>
67 Value of cputune 'quota' must be in range [1000, 17592186044415]
  <cputune><quota>17592186044416</quota></cputune>
67 Value of cputune 'emulator_quota' must be in range [1000, 17592186044415]
  <cputune><emulator_quota>999</emulator_quota></cputune>
67 You must map the root user of container
  <idmap><uid start='3' target='2' count='2'/><gid start='0' target='1' count='3'/></idmap>
27 invalid idmap start/target/count settings
  <idmap><uid start='0' target='2'/><gid start='0' target='1' count='3'/></idmap>
27 vcpu id '5' is out of range of maximum vcpu count
  <vcpus><vcpu id='5' enabled='no'/></vcpus>
67 vcpu '0' is both offline and not hotpluggable
  <vcpus><vcpu id='0' enabled='no' hotpluggable='no'/></vcpus>
27 Missing required attribute 'slot' in element 'address'
  <devices><memballoon model='xen'><address type='dimm'/></memballoon></devices>
67 address of type 'unassigned' is supported only for hostdevs
  <devices><rng model='virtio'><backend model='random'/><address type='unassigned'/></rng></devices>
67 USB host device must use 'usb' address type
  <devices><hostdev mode='subsystem' type='usb'><source><vendor id='3'/><product id='0x49'/></source><address type='unassigned'/></hostdev></devices>
67 SCSI host device must use 'drive' address type
  <devices><hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/></source><address type='pci'/></hostdev></devices>
67 SCSI_host host device must use 'pci' or 'ccw' address type
  <devices><hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/><address type='usb' bus='0'/></hostdev></devices>
67 iommu driver option is only supported for virtio devices
  <devices><vsock><driver iommu='on'/></vsock></devices>
27 no audio device with ID 21
  <devices><graphics type='vnc'><audio id='21'/></graphics></devices>
1 CPU IDs in <numa> exceed the <vcpu> count
  <cpu><numa><cell cpus='99' memory='512'/></numa></cpu>
67 NUMA cells 1 and 0 have overlapping vCPU ids
  <cpu><numa><cell cpus='0' memory='512'/><cell cpus='0' memory='512'/></numa></cpu>
27 NUMA topology defined without NUMA cells
  <cpu><numa/></cpu>
27 'value 300' is invalid for 'sibling id 1' under NUMA 'cell id 0'
  <cpu><numa><cell cpus='0' memory='512'><distances><sibling id='1' value='300'/></distances></cell><cell memory='512'/></numa></cpu>
27 'value 20' is invalid for 'sibling id 0' under NUMA 'cell id 0'
  <cpu><numa><cell cpus='0' memory='512'><distances><sibling id='0' value='20'/></distances></cell></numa></cpu>
27 'initiator' refers to a non-existent NUMA node
  <cpu><numa><cell cpus='0' memory='512'/><interconnects><latency initiator='3' target='0' type='access' value='5'/></interconnects></numa></cpu>
27 'target' refers to a non-existent NUMA node
  <cpu><numa><cell cpus='0' memory='512'/><interconnects><bandwidth initiator='0' target='3' type='access' value='5'/></interconnects></numa></cpu>
27 NUMA nodes without CPUs can't be initiator
  <cpu><numa><cell cpus='0' memory='512'/><cell memory='512'/><interconnects><latency initiator='1' target='0' type='access' value='5'/></interconnects></numa></cpu>
27 'cache' refers to a non-existent NUMA node cache
  <cpu><numa><cell cpus='0' memory='512'/><interconnects><latency initiator='0' target='0' cache='1' type='access' value='5'/></interconnects></numa></cpu>
27 Missing required attribute 'value' in element 'latency'
  <cpu><numa><cell cpus='0' memory='512'/><interconnects><latency initiator='0' target='0' type='access'/></interconnects></numa></cpu>
27 Duplicate info for NUMA latencies
  <cpu><numa><cell cpus='0' memory='512'/><interconnects><latency initiator='0' target='0' type='read' value='5'/><latency initiator='0' target='0' type='read' value='5'/></interconnects></numa></cpu>
27 Cache level '1' already defined
  <cpu><numa><cell cpus='0' memory='512'><cache level='1' associativity='none' policy='none'><size value='4' unit='B'/><line value='2' unit='B'/></cache><cache level='1' associativity='none' policy='none'><size value='4' unit='B'/><line value='2' unit='B'/></cache></cell></numa></cpu>
27 Ain't nobody heard of that much cache level
  <cpu><numa><cell cpus='0' memory='512'><cache level='4' associativity='none' policy='none'><size value='4' unit='B'/><line value='2' unit='B'/></cache></cell></numa></cpu>
27 Invalid value for attribute 'type' in element 'address': 'x'.
  <devices><sound model='ac97'><address type='x'/></sound></devices>
27 Invalid value for attribute 'type' in element 'interface': 'x'.
  <devices><interface type='x'/></devices>
27 Invalid value 'x' for element or attribute './currentMemory[1]'
  <currentMemory>x</currentMemory>
67 unknown memoryBacking/access/mode 'x'
  <memoryBacking><access mode='x'/></memoryBacking>
67 Unsupported NUMA memory tuning mode 'x'
  <numatune><memory mode='x' nodeset='0'/></numatune>
27 disk iotune field 'size_iops_sec' must be an integer
  <devices><disk type='file'><source file='/a'/><target dev='hda'/><iotune><size_iops_sec>x</size_iops_sec></iotune></disk></devices>
`
