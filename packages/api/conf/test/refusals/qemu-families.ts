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
`
