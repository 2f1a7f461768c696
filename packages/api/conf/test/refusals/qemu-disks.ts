// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's QEMU driver (11.3) says to disks that are wrong in one place: number and text, and below what is in the definition.

export const qemuDisks = `
27 total and read/write bytes_sec cannot be set at the same time
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><iotune><total_bytes_sec>1</total_bytes_sec><read_bytes_sec>1</read_bytes_sec></iotune></disk>
27 total and read/write iops_sec cannot be set at the same time
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><iotune><total_iops_sec>1</total_iops_sec><read_iops_sec>1</read_iops_sec></iotune></disk>
27 total and read/write bytes_sec_max cannot be set at the same time
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><iotune><total_bytes_sec>5</total_bytes_sec><total_bytes_sec_max>9</total_bytes_sec_max><read_bytes_sec_max>9</read_bytes_sec_max></iotune></disk>
27 total and read/write iops_sec_max cannot be set at the same time
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><iotune><total_iops_sec>5</total_iops_sec><total_iops_sec_max>9</total_iops_sec_max><write_iops_sec_max>9</write_iops_sec_max></iotune></disk>
67 authentication is not supported for protocol 'nbd'
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nbd' name='a'><host name='h'/><auth username='a'><secret type='iscsi' usage='x'/></auth></source><target dev='vda' bus='virtio'/></disk>
67 supplying <cipher> for domain disk definition is unnecessary
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'><encryption format='luks'><secret type='passphrase' uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80fb0'/><cipher name='aes' size='256'/></encryption></source><target dev='vda' bus='virtio'/></disk>
67 disk device='lun' is not supported for protocol='nbd'
  <disk type='network' device='lun'><driver name='qemu' type='raw'/><source protocol='nbd' name='a'><host name='h'/></source><target dev='sda' bus='scsi'/></disk>
67 disk device 'lun' must use 'raw' format
  <disk type='block' device='lun'><driver name='qemu' type='qcow2'/><source dev='/a'/><target dev='sda' bus='scsi'/></disk>
67 disk device 'lun' doesn't support storage slice
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/a'><slices><slice type='storage' offset='1' size='4096'/></slices></source><target dev='sda' bus='scsi'/></disk>
67 disk device 'lun' doesn't support encryption
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/a'><encryption format='luks'><secret type='passphrase' uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80fb0'/></encryption></source><target dev='sda' bus='scsi'/></disk>
27 disk startupPolicy 'optional' is not allowed for disk of 'network' type
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nbd' name='a' startupPolicy='optional'><host name='h'/></source><target dev='vda' bus='virtio'/></disk>
27 disk startupPolicy 'requisite' is allowed only for cdrom or floppy
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a' startupPolicy='requisite'/><target dev='vda' bus='virtio'/></disk>
67 unfiltered sgio is no longer supported
  <disk type='block' device='lun' sgio='unfiltered'><driver name='qemu' type='raw'/><source dev='/a'/><target dev='sda' bus='scsi'/></disk>
67 sgio can be used only with device='lun'
  <disk type='block' device='disk' sgio='filtered'><driver name='qemu' type='raw'/><source dev='/a'/><target dev='sda' bus='scsi'/></disk>
67 disk model 'virtio-transitional' not supported for bus 'scsi'
  <disk type='block' device='disk' model='virtio-transitional'><driver name='qemu' type='raw'/><source dev='/a'/><target dev='sda' bus='scsi'/></disk>
67 disk model 'virtio' not supported for bus 'scsi'
  <disk type='block' device='disk' model='virtio'><driver name='qemu' type='raw'/><source dev='/a'/><target dev='sda' bus='scsi'/></disk>
67 queues attribute in disk driver element is only supported for virtio bus
  <disk type='file' device='disk'><driver name='qemu' type='raw' queues='2'/><source file='/a'/><target dev='sda' bus='scsi'/></disk>
67 queue_size attribute in disk driver is only supported for virtio bus
  <disk type='file' device='disk'><driver name='qemu' type='raw' queue_size='256'/><source file='/a'/><target dev='sda' bus='scsi'/></disk>
67 iommu driver option is only supported for virtio devices
  <disk type='file' device='disk'><driver name='qemu' type='raw' iommu='on'/><source file='/a'/><target dev='sda' bus='scsi'/></disk>
67 packed driver option is only supported for virtio devices
  <disk type='file' device='disk'><driver name='qemu' type='raw' packed='on'/><source file='/a'/><target dev='sda' bus='scsi'/></disk>
67 vhostuser disk supports only virtio bus
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='sda' bus='scsi'/></disk>
67 iotune is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><iotune><total_bytes_sec>1</total_bytes_sec></iotune></disk>
67 readonly is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><readonly/></disk>
67 shareable is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><shareable/></disk>
67 transient is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><transient/></disk>
67 serial is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><serial>a</serial></disk>
67 wwn is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><wwn>5000c50015ea71aa</wwn></disk>
67 vendor is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><vendor>a</vendor></disk>
67 product is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><product>a</product></disk>
67 geometry is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><geometry cyls='1' heads='1' secs='1'/></disk>
67 blockio is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><blockio logical_block_size='512'/></disk>
67 cache is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' cache='none'/></disk>
67 error_policy is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' error_policy='stop'/></disk>
67 error_policy is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' rerror_policy='stop'/></disk>
67 io is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' io='native'/></disk>
67 ioeventfd is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' ioeventfd='on'/></disk>
67 copy_on_read is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' copy_on_read='on'/></disk>
67 discard is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' discard='unmap'/></disk>
67 detect_zeroes is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' detect_zeroes='on'/></disk>
67 'vhostuser' requires shared memory
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' event_idx='on'/></disk>
67 iothread is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' iothread='1'/></disk>
67 metadata_cache is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='qcow2'><metadata_cache><max_size>1</max_size></metadata_cache></driver></disk>
67 'vhostuser' requires shared memory
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='qcow2'/></disk>
67 encryption is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><encryption format='luks'><secret type='passphrase' uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80fb0'/></encryption></disk>
67 auth is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><auth username='a'><secret type='iscsi' usage='x'/></auth></disk>
67 backingStore is not supported with vhostuser disk
  <disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><backingStore type='file'><format type='raw'/><source file='/b'/></backingStore></disk>
67 'discard_no_unref' only works with qcow2 disk format
  <disk type='vhostuser' device='disk'><source type='unix' path='/tmp/x'/><target dev='vda' bus='virtio'/><driver name='qemu' type='raw' discard_no_unref='on'/></disk>
67 tray is only valid for cdrom and floppy
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio' tray='open'/></disk>
1 Invalid bus type 'virtio' for floppy disk
  <disk type='file' device='floppy'><driver name='qemu' type='raw'/><source file='/a'/><target dev='fda' bus='virtio'/></disk>
1 Invalid bus type 'fdc' for disk
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='fdc'/></disk>
1 Invalid bus type 'fdc' for disk
  <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='fdc'/></disk>
27 removable is only valid for usb or scsi disks
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio' removable='on'/></disk>
67 'discard_no_unref' is not compatible with read-only disk
  <disk type='file' device='disk'><driver name='qemu' type='qcow2' discard_no_unref='on'/><source file='/a'/><target dev='vda' bus='virtio'/><readonly/></disk>
67 Disk iothread '2' not defined in iothreadid
  <disk type='file' device='disk'><driver name='qemu' type='raw' iothread='2'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
27 disk driver 'iothread' attribute can't be used together with 'iothreads' subelement
  <disk type='file' device='disk'><driver name='qemu' type='raw' iothread='1'><iothreads><iothread id='1'/></iothreads></driver><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 missing iothread mapping for queue '1'
  <disk type='file' device='disk'><driver name='qemu' type='raw' queues='2'><iothreads><iothread id='1'><queue id='0'/></iothread></iothreads></driver><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 'queue' count must be configured for explicit iothread to queue mapping
  <disk type='file' device='disk'><driver name='qemu' type='raw'><iothreads><iothread id='1'><queue id='0'/></iothread></iothreads></driver><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 duplicate mapping for iothread '1'
  <disk type='file' device='disk'><driver name='qemu' type='raw'><iothreads><iothread id='1'/><iothread id='1'/></iothreads></driver><source file='/a'/><target dev='vda' bus='virtio'/></disk>
19 vda
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><target dev='vda' bus='virtio'/></disk>
19 sda
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><target dev='sda' bus='scsi'/></disk>
19 hda
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><target dev='hda' bus='ide'/></disk>
27 missing name for host
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nbd' name='a'><host port='8'/></source><target dev='vda' bus='virtio'/></disk>
27 missing socket for unix transport
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nbd' name='a'><host transport='unix'/></source><target dev='vda' bus='virtio'/></disk>
27 transport 'tcp' does not support socket attribute
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nbd' name='a'><host name='x' socket='/a'/></source><target dev='vda' bus='virtio'/></disk>
67 'tftp' protocol is not supported with this QEMU binary
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='tftp' name='a'><host name='x'/></source><target dev='vda' bus='virtio'/></disk>
67 'nfs' protocol requires the usage of exactly one host
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nfs' name='a'><host name='x'/><host name='y'/></source><target dev='vda' bus='virtio'/></disk>
67 'nfs' host must use TCP protocol
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nfs' name='a'><host transport='unix' socket='/x'/></source><target dev='vda' bus='virtio'/></disk>
67 port cannot be specified in 'nfs' protocol host
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nfs' name='a'><host name='x' port='5'/></source><target dev='vda' bus='virtio'/></disk>
67 VxHS protocol is not supported with this QEMU binary
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='vxhs' name='a'><host name='x' port='5'/></source><target dev='vda' bus='virtio'/></disk>
67 'tlsHostname' field is supported only with NBD disks
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='iscsi' name='a' tlsHostname='x'><host name='x' port='5'/></source><target dev='vda' bus='virtio'/></disk>
27 missing cookie name
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='https' name='a'><host name='x' port='5'/><cookies><cookie name=''>a</cookie></cookies></source><target dev='vda' bus='virtio'/></disk>
27 duplicate cookie 'a'
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='https' name='a'><host name='x' port='5'/><cookies><cookie name='a'>b</cookie><cookie name='a'>b</cookie></cookies></source><target dev='vda' bus='virtio'/></disk>
27 cookie name 'a;' contains invalid characters
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='https' name='a'><host name='x' port='5'/><cookies><cookie name='a;'>b</cookie></cookies></source><target dev='vda' bus='virtio'/></disk>
27 value of cookie 'a' contains invalid characters
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='https' name='a'><host name='x' port='5'/><cookies><cookie name='a'>b;</cookie></cookies></source><target dev='vda' bus='virtio'/></disk>
67 'cow' storage format is not supported
  <disk type='file' device='disk'><driver name='qemu' type='cow'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 'directory' storage format is not directly supported by QEMU, use 'dir' disk type instead
  <disk type='file' device='disk'><driver name='qemu' type='dir'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 storage format 'iso' is not directly supported by QEMU, use 'raw' instead
  <disk type='file' device='disk'><driver name='qemu' type='iso'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 <reservations/> allowed only for lun devices
  <disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/a'><reservations managed='yes'/></source><target dev='sda' bus='scsi'/></disk>
27 missing connection type for <reservations/>
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/a'><reservations managed='no'/></source><target dev='sda' bus='scsi'/></disk>
27 unsupported connection type for <reservations/>: tcp
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/a'><reservations managed='no'><source type='tcp' path='/a' mode='client'/></reservations></source><target dev='sda' bus='scsi'/></disk>
27 unsupported connection mode for <reservations/>: server
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/a'><reservations managed='no'><source type='unix' path='/a' mode='server'/></reservations></source><target dev='sda' bus='scsi'/></disk>
27 missing path for <reservations/>
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/a'><reservations managed='no'><source type='unix' mode='client'/></reservations></source><target dev='sda' bus='scsi'/></disk>
67 This QEMU doesn't support SCSI emulation with 'virtio-blk' device
  <disk type='block' device='lun'><driver name='qemu' type='raw'/><source dev='/a'><reservations managed='yes'/></source><target dev='vda' bus='virtio'/></disk>
67 NVMe namespace can't be zero
  <disk type='nvme' device='disk'><driver name='qemu' type='raw'/><source type='pci' managed='yes' namespace='0'><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source><target dev='vda' bus='virtio'/></disk>
27 missing offset or size attribute of slice
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'><slices><slice type='storage' offset='1'/></slices></source><target dev='vda' bus='virtio'/></disk>
27 malformed value 'x' of 'size' attribute of slice
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'><slices><slice type='storage' offset='1' size='x'/></slices></source><target dev='vda' bus='virtio'/></disk>
67 only 'raw' images supported as <dataStore>
  <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a'><dataStore type='file'><format type='qcow2'/><source file='/d'/></dataStore></source><target dev='vda' bus='virtio'/></disk>
67 <dataStore> feature available only with qcow2 images
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'><dataStore type='file'><format type='raw'/><source file='/d'/></dataStore></source><target dev='vda' bus='virtio'/></disk>
1 unexpected address type for usb disk
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='sda' bus='usb'/><address type='pci' domain='0' bus='0' slot='5' function='0'/></disk>
67 virtio disk cannot have an address of type 'usb'
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><address type='usb' bus='0' port='1'/></disk>
67 CCW addresses are not supported by machine type 'pc'
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0002'/></disk>
67 virtio disk cannot have an address of type 'drive'
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><address type='drive' controller='0' bus='0' unit='0'/></disk>
67 disk event_idx mode supported only for virtio bus
  <disk type='file' device='disk'><driver name='qemu' type='raw' event_idx='on'/><source file='/a'/><target dev='sda' bus='scsi'/></disk>
67 disk ioeventfd mode supported only for virtio bus
  <disk type='file' device='disk'><driver name='qemu' type='raw' ioeventfd='on'/><source file='/a'/><target dev='sda' bus='scsi'/></disk>
84 cdrom device with throttle filters isn't supported
  <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/a'/><target dev='hda' bus='ide'/><throttlefilters><throttlefilter group='a'/></throttlefilters></disk>
67 unsupported driver name 'phy' for disk 'vda'
  <disk type='file' device='disk'><driver name='phy' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 io='native' needs either no disk cache or directsync cache mode
  <disk type='file' device='disk'><driver name='qemu' type='raw' io='native'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 io='native' needs either no disk cache or directsync cache mode
  <disk type='file' device='disk'><driver name='qemu' type='raw' io='native' cache='writeback'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
67 storage type 'dir' requires use of storage format 'fat'
  <disk type='dir' device='disk'><driver name='qemu' type='raw'/><source dir='/a'/><target dev='vda' bus='virtio'/></disk>
67 storage format 'fat' is supported only with 'dir' storage type
  <disk type='file' device='disk'><driver name='qemu' type='fat'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>
1 rotation rate is only valid for SCSI/IDE/SATA bus
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio' rotation_rate='7200'/></disk>
1 Malformed wwn: x
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/><wwn>x</wwn></disk>
67 disk bus 'ide' doesn't support transiend disk backing image sharing
  <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a'/><target dev='hda' bus='ide'/><transient shareBacking='yes'/></disk>
67 shared access for disk 'hda' requires use of supported storage format
  <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a'/><target dev='hda' bus='virtio'/><shareable/></disk>
1 Only 1 IDE controller is supported
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='hda' bus='ide'/><address type='drive' controller='1' bus='0' target='0' unit='0'/></disk>
67 target must be 0 for ide controller
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='hda' bus='ide'/><address type='drive' controller='0' bus='0' target='1' unit='0'/></disk>
67 bus must be 0 for sata controller
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='sda' bus='sata'/><address type='drive' controller='0' bus='1' target='0' unit='0'/></disk>
67 target must be 0 for sata controller
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='sda' bus='sata'/><address type='drive' controller='0' bus='0' target='1' unit='0'/></disk>
1 Only 1 fdc controller is supported
  <disk type='file' device='floppy'><driver name='qemu' type='raw'/><source file='/a'/><target dev='fda' bus='fdc'/><address type='drive' controller='1' bus='0' target='0' unit='0'/></disk>
1 Only 1 fdc bus is supported
  <disk type='file' device='floppy'><driver name='qemu' type='raw'/><source file='/a'/><target dev='fda' bus='fdc'/><address type='drive' controller='0' bus='1' target='0' unit='0'/></disk>
67 target must be 0 for controller fdc
  <disk type='file' device='floppy'><driver name='qemu' type='raw'/><source file='/a'/><target dev='fda' bus='fdc'/><address type='drive' controller='0' bus='0' target='1' unit='0'/></disk>
1 SCSI controller only supports 1 bus
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='sda' bus='scsi'/><address type='drive' controller='0' bus='1' target='0' unit='0'/></disk>
`
