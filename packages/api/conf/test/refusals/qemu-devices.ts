// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's QEMU driver (11.3) says to devices other than disks that are wrong in one place: number and text, and below what is in the definition.

export const qemuDevices = `
67 PCI controller index 256 too high, maximum is 255
  <controller type='pci' index='256' model='pci-bridge'/>
67 PCI controller chassisNr '0' out of range - must be 1-255
  <controller type='pci' index='1' model='pci-bridge'><target chassisNr='0'/></controller>
67 PCI controller chassisNr '256' out of range - must be 1-255
  <controller type='pci' index='1' model='pci-bridge'><target chassisNr='256'/></controller>
67 PCI controller chassis '256' out of range - must be 0-255
  [q35] <controller type='pci' index='1' model='pcie-root-port'><target chassis='256'/></controller>
67 PCI controller port '256' out of range - must be 0-255
  [q35] <controller type='pci' index='1' model='pcie-root-port'><target port='256'/></controller>
67 PCI controller busNr '255' out of range - must be 1-254
  [q35] <controller type='pci' index='1' model='pcie-expander-bus'><target busNr='255'/></controller>
27 pcie-root with index 0 is configured for a NUMA node (0) not present in the domain's <cpu><numa> array (0)
  [q35] <controller type='pci' index='0' model='pcie-root'><target><node>0</node></target></controller>
27 The PCI controller with index='0' must be model='pci-root' for this machine type, but model='pcie-root' was found instead
  <controller type='pci' index='0' model='pcie-root'/>
27 The PCI controller with index='0' must be model='pcie-root' for this machine type, but model='pci-root' was found instead
  [q35] <controller type='pci' index='0' model='pci-root'/>
67 pcie-expander-bus controllers are not supported with this machine type
  <controller type='pci' index='1' model='pcie-expander-bus'/>
67 pci-expander-bus controllers are only supported on 440fx-based machinetypes
  [q35] <controller type='pci' index='1' model='pci-expander-bus'/>
67 Option 'chassisNr' is not valid for PCI controller with index '0', model 'pci-root' and modelName 'none'
  <controller type='pci' index='0' model='pci-root'><target chassisNr='5'/></controller>
27 The PCI controller with index='0' must be model='pci-root' for this machine type, but model='pci-bridge' was found instead
  <controller type='pci' index='0' model='pci-bridge'/>
27 pci-root and pcie-root controllers should have index 0
  <controller type='pci' index='1' model='pci-root'/>
67 Option 'modelName' has invalid value for PCI controller with index '1', model 'pci-bridge' and modelName 'pxb'
  <controller type='pci' index='1' model='pci-bridge'><model name='pxb'/></controller>
67 Option 'hotplug' is not valid for PCI controller with index '1', model 'pci-bridge' and modelName 'pci-bridge'
  <controller type='pci' index='1' model='pci-bridge'><target hotplug='off'/></controller>
67 Option 'hotplug' is not valid for PCI controller with index '0', model 'pcie-root' and modelName 'none'
  [q35] <controller type='pci' index='0' model='pcie-root'><target hotplug='off'/></controller>
27 'iothread' attribute only supported for virtio scsi controllers
  <controller type='scsi' index='0' model='lsilogic'><driver iothread='1'/></controller>
67 controller iothread '9' not defined in iothreadid
  <controller type='scsi' index='0' model='virtio-scsi'><driver iothread='9'/></controller>
27 controller driver 'iothread' attribute can't be used together with 'iothreads' subelement
  <controller type='scsi' index='0' model='virtio-scsi'><driver iothread='1'><iothreads><iothread id='1'/></iothreads></driver></controller>
27 'iothread' attribute only supported for virtio scsi controllers
  <controller type='usb' index='0'><driver iothread='1'/></controller>
67 'queues' is only supported by virtio-scsi controller
  <controller type='ide' index='0'><driver queues='1'/></controller>
67 'queues' is only supported by virtio-scsi controller
  <controller type='virtio-serial' index='0'><driver queues='1'/></controller>
67 'cmd_per_lun' is only supported by virtio-scsi controller
  <controller type='scsi' index='0' model='lsilogic'><driver cmd_per_lun='5'/></controller>
67 'max_sectors' is only supported by virtio-scsi controller
  <controller type='scsi' index='0'><driver max_sectors='5'/></controller>
67 Unsupported controller model: buslogic
  <controller type='scsi' index='0' model='buslogic'/>
67 Only a single IDE controller is supported for this machine type
  <controller type='ide' index='1'/>
67 IDE controllers are unsupported for this QEMU binary or machine type
  [q35] <controller type='ide' index='0'/>
67 'nec-xhci' controller only supports up to '15' ports
  <controller type='usb' index='0' model='nec-xhci' ports='16'/>
67 USB controller model type 'qusb1' or 'qusb2' is not supported in qemu
  <controller type='usb' index='0' model='qusb1'/>
67 Can't add USB input device. USB bus is disabled
  <controller type='usb' index='0' model='none'/><input type='tablet' bus='usb'/>
67 USB is disabled for this domain, but USB devices are present in the domain XML
  <controller type='usb' index='0' model='none'/><smartcard mode='host'/>
67 Can't add USB hub: USB is disabled for this domain
  <controller type='usb' index='0' model='none'/><hub type='usb'/>
67 USB is disabled for this domain, but USB devices are present in the domain XML
  <controller type='usb' index='0' model='none'/><redirdev bus='usb' type='spicevmc'/>
67 Can't add host USB device: USB is disabled in this host
  <controller type='usb' index='0' model='none'/><hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>
67 USB is disabled for this domain, but USB devices are present in the domain XML
  <controller type='usb' index='0' model='none'/><disk type='file' device='disk'><source file='/a'/><target dev='sda' bus='usb'/></disk>
67 USB is disabled for this domain, but USB devices are present in the domain XML
  <controller type='usb' index='0' model='none'/><sound model='usb'/>
27 Attempted double use of PCI Address 0000:00:01.2
  <controller type='usb' index='0'/><controller type='usb' index='0'/>
67 The 'passt' backend can only be used with interface type='user' or type='vhostuser'
  <interface type='ethernet'><backend type='passt'/></interface>
67 unmanaged target dev is not supported on interfaces of type 'user'
  <interface type='user'><target dev='a' managed='no'/></interface>
67 <virtualport> element unsupported for <interface type='user'>
  <interface type='user'><virtualport type='openvswitch'/></interface>
67 virtio-net teaming persistent interface must be <model type='virtio'/>, not 'rtl8139'
  <interface type='user'><teaming type='persistent'/></interface>
67 teaming persistent attribute not allowed if teaming type is 'persistent'
  <interface type='user'><model type='virtio'/><teaming type='persistent' persistent='x'/></interface>
67 teaming persistent attribute must be set if teaming type is 'transient'
  <interface type='user'><teaming type='transient'/></interface>
67 virtio-net teaming transient interface must be type='hostdev', not 'user'
  <interface type='user'><model type='virtio'/><teaming type='transient' persistent='x'/></interface>
67 setting MTU on interface type user is not supported yet
  <interface type='user'><mtu size='1500'/></interface>
67 coalesce settings on interface type user are not supported
  <interface type='user'><coalesce><rx><frames max='5'/></rx></coalesce></interface>
67 Invalid attempt to set peer IP for guest
  <interface type='user'><ip address='1.2.3.4' peer='1.2.3.5'/></interface>
67 Only one IPv4 address per interface is allowed
  <interface type='user'><ip address='10.0.0.1'/><ip address='10.0.0.2'/></interface>
27 invalid prefix, must be in range of 4-27
  <interface type='user'><ip address='10.0.0.1' prefix='28'/></interface>
67 Only one IPv6 address per interface is allowed
  <interface type='user'><ip address='fd00::1'/><ip address='fd00::2'/></interface>
67 unsupported IPv6 address prefix='60' - must be 64
  <interface type='user'><ip address='fd00::1' prefix='60'/></interface>
67 Invalid attempt to set network interface guest-side IP route, not supported by QEMU
  <interface type='user'><route address='10.0.0.0' prefix='8' gateway='10.0.0.1'/></interface>
67 Invalid attempt to set network interface guest-side IP address info, not supported by QEMU
  <interface type='ethernet'><ip address='10.0.0.1'/></interface>
27 interface type='server' requires a 'source' element
  <interface type='server'><model type='virtio'/></interface>
27 '<local>' element missing for 'udp' socket interface
  <interface type='udp'><source address='127.0.0.1' port='5'/></interface>
27 interface type='bridge' requires a 'source' element
  <interface type='bridge'/>
27 interface type='network' requires a 'source' element
  <interface type='network'/>
27 interface type='direct' requires a 'source' element
  <interface type='direct'/>
27 interface type='internal' requires a 'source' element
  <interface type='internal'/>
67 'interface' requires shared memory
  <interface type='vhostuser'><source type='unix' path='/a' mode='server'/></interface>
67 'interface' requires shared memory
  <interface type='vhostuser'><source type='unix' path='/a' mode='server'/><model type='virtio'/></interface>
67 'interface' requires shared memory
  <interface type='vhostuser'><source type='unix' path='/a' mode='client'/><model type='e1000'/></interface>
67 'reconnect' attribute is not supported when source mode='server' for <interface type='vhostuser'>
  <interface type='vhostuser'><source type='unix' path='/a' mode='server'><reconnect enabled='yes' timeout='5'/></source><model type='virtio'/></interface>
67 'interface' requires shared memory
  <interface type='vhostuser'><source type='unix' path='/a' mode='client'><reconnect enabled='yes' timeout='0'/></source><model type='virtio'/></interface>
67 rx_queue_size has to be a power of two
  <interface type='user'><model type='virtio'/><driver rx_queue_size='5'/></interface>
8 Model name contains invalid characters
  <interface type='user'><model type='foo bar'/></interface>
67 packed driver option is only supported for virtio devices
  <interface type='user'><model type='rtl8139'/><driver packed='on'/></interface>
67 The 'range' of a 'portForward' requires 'start' attribute if 'end', 'to', or 'exclude' is specified
  <interface type='user'><backend type='passt'/><portForward proto='tcp'><range to='5'/></portForward></interface>
67 ROM tuning is not supported when ROM is disabled
  <interface type='user'><model type='virtio'/><rom enabled='no' file='/a'/></interface>
27 unable to parse mac address 'x'
  <interface type='user'><mac address='x'/></interface>
27 expected unicast mac address, found multicast '53:54:00:00:00:01'
  <interface type='user'><mac address='53:54:00:00:00:01'/></interface>
27 Invalid value for attribute 'type' in element 'mac': 'foo'.
  <interface type='user'><mac address='52:54:00:00:00:01' type='foo'/></interface>
1 PCI host devices must use 'pci' or 'unassigned' address type
  <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0' slot='5' function='0'/></source><address type='usb' bus='0' port='1'/></hostdev>
67 USB host device must use 'usb' address type
  <hostdev mode='subsystem' type='usb'><source><address bus='1' device='5'/></source><address type='pci' domain='0' bus='0' slot='5' function='0'/></hostdev>
67 SCSI host device must use 'drive' address type
  <hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/></source><address type='pci' domain='0' bus='0' slot='5' function='0'/></hostdev>
67 SCSI_host host device must use 'pci' or 'ccw' address type
  <hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/><address type='usb' bus='0' port='1'/></hostdev>
27 missing vhost-scsi hostdev source wwpn
  <hostdev mode='subsystem' type='scsi_host'><source protocol='vhost'/></hostdev>
27 malformed 'wwpn' value
  <hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='x'/></hostdev>
67 booting from assigned devices is not supported by vhost SCSI devices
  <hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/><boot order='1'/></hostdev>
1 missing product
  <hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/></source></hostdev>
1 missing vendor
  <hostdev mode='subsystem' type='usb'><source><product id='0x1234'/></source></hostdev>
27 Invalid value for attribute 'id' in element 'vendor': Zero is not permitted
  <hostdev mode='subsystem' type='usb'><source><vendor id='0'/><product id='0x1234'/></source></hostdev>
27 Missing <source> element in hostdev device
  <hostdev mode='subsystem' type='usb'/>
27 'adapter' name must be specified for scsi hostdev source
  <hostdev mode='subsystem' type='scsi'><source><address bus='0' target='0' unit='0'/></source></hostdev>
27 'address' must be specified for scsi hostdev source
  <hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/></source></hostdev>
27 missing iSCSI hostdev source path name
  <hostdev mode='subsystem' type='scsi'><source protocol='iscsi'><host name='a' port='5'/></source></hostdev>
27 missing the host address for the iSCSI hostdev
  <hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='a'/></hostdev>
27 Invalid value for attribute 'protocol' in element 'source': 'foo'.
  <hostdev mode='subsystem' type='scsi'><source protocol='foo' name='a'/></hostdev>
67 Missing <address> element
  <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source/></hostdev>
67 VFIO CCW device assignment is not supported by this version of QEMU
  <hostdev mode='subsystem' type='mdev' model='vfio-ccw' display='on'><source><address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source></hostdev>
67 VFIO AP device assignment is not supported by this version of QEMU
  <hostdev mode='subsystem' type='mdev' model='vfio-ap'><source><address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source></hostdev>
67 graphics device is needed for attribute value 'display=on' in <hostdev>
  <hostdev mode='subsystem' type='mdev' model='vfio-pci' display='on'><source><address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source></hostdev>
67 booting from assigned devices is not supported by mediated devices of model vfio-pci
  <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source><boot order='1'/></hostdev>
67 teaming hostdev devices must have type='transient'
  <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0' slot='5' function='0'/></source><teaming type='persistent'/></hostdev>
67 missing required persistent attribute in hostdev teaming element
  <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0' slot='5' function='0'/></source><teaming type='transient'/></hostdev>
27 rawio is only supported for scsi host device
  <hostdev mode='subsystem' type='usb' rawio='yes'><source><address bus='1' device='5'/></source></hostdev>
27 sgio is only supported for scsi host device
  <hostdev mode='subsystem' type='usb' sgio='filtered'><source><address bus='1' device='5'/></source></hostdev>
67 hostdev mode 'capabilities' is not supported in qemu
  <hostdev mode='capabilities' type='misc'><source><char>/dev/x</char></source></hostdev>
67 hostdev mode 'capabilities' is not supported in qemu
  <hostdev mode='capabilities' type='net'><source><interface>x</interface></source></hostdev>
67 unknown host device source address type '(null)'
  <interface type='hostdev'/>
27 interface type='vdpa' requires a 'source' element
  <interface type='vdpa'/>
27 interface type='client' requires a 'source' element
  <interface type='client'/>
27 Missing required attribute 'network' in element 'source'
  <interface type='network'><source/></interface>
27 Missing required attribute 'bridge' in element 'source'
  <interface type='bridge'><source/></interface>
27 Missing required attribute 'dev' in element 'source'
  <interface type='direct'><source/></interface>
27 Invalid value for attribute 'mode' in element 'source': 'foo'.
  <interface type='direct'><source dev='a' mode='foo'/></interface>
27 Missing required attribute 'port' in element 'source'
  <interface type='udp'><source address='127.0.0.1'/></interface>
27 Missing required attribute 'port' in element 'source'
  <interface type='server'><source address='127.0.0.1'/></interface>
27 Missing required attribute 'address' in element 'source'
  <interface type='client'><source port='5'/></interface>
27 Missing required attribute 'address' in element 'source'
  <interface type='mcast'><source port='5'/></interface>
67 Type='tcp' unsupported for <interface type='vhostuser'>
  <interface type='vhostuser'><source type='tcp' path='/a' mode='client'/></interface>
27 Missing required attribute 'path' in element 'source'
  <interface type='vhostuser'><source type='unix' mode='client'/></interface>
67 'interface' requires shared memory
  <interface type='vhostuser'><source type='unix' path='/a'/></interface>
67 <virtualport> element unsupported for <interface type='ethernet'>
  <interface type='ethernet'><virtualport type='openvswitch'/></interface>
67 unknown input bus type 'foo'
  <input type='mouse' bus='foo'/>
1 ps2 bus does not support tablet input device
  <input type='tablet' bus='ps2'/>
67 only bus 'virtio' is supported for 'passthrough' input devices
  <input type='passthrough' bus='usb'><source evdev='/a'/></input>
67 input evdev doesn't support bus element
  <input type='evdev' bus='usb'><source dev='/a'/></input>
67 only bus 'virtio' is supported for input model 'virtio'
  <input type='mouse' bus='usb' model='virtio'/>
1 unsupported input bus xen
  <input type='mouse' bus='xen'/>
67 virtio (non-)transitional models are not supported for input type=mouse
  <input type='mouse' bus='virtio' model='virtio-transitional'/>
67 video type 'vga' doesn't support multiple 'heads'
  <video><model type='vga' heads='2'/></video>
67 value for 'vgamem' must be at least 1 MiB (1024 KiB)
  <video><model type='qxl' vgamem='512'/></video>
67 value for 'vgamem' must be power of two
  <video><model type='qxl' vgamem='1500'/></video>
67 value for 'vram' must be at least 1 MiB (1024 KiB)
  <video><model type='vga' vram='512'/></video>
67 video resolution values must be greater than 0
  <video><model type='vga'><resolution x='0' y='5'/></model></video>
27 model resolution is not supported
  <video><model type='cirrus'><resolution x='5' y='5'/></model></video>
67 qemu does not support the accel2d setting
  <video><model type='qxl'><acceleration accel2d='yes'/></model></video>
67 3d acceleration is supported only with 'virtio' video device
  <video><model type='qxl'><acceleration accel3d='yes'/></model></video>
67 'vhostuser' driver is only supported with 'virtio' device
  <video><driver name='vhostuser'/><model type='qxl'/></video>
67 packed driver option is only supported for virtio devices
  <video><driver packed='on'/><model type='qxl'/></video>
67 'blob' support for virtio-gpu devices requires a memfd memory backend
  <video><model type='virtio' blob='on'/></video>
67 video type 'vga' does not support blob resources
  <video><model type='vga' blob='on'/></video>
67 video type 'vmvga' is only valid as primary video device
  <video><model type='vmvga'/></video><video><model type='vmvga'/></video>
67 domain configuration does not support video model 'xen'
  <video><model type='xen'/></video>
67 domain configuration does not support video model 'vbox'
  <video><model type='vbox'/></video>
67 address not supported for video type ramfb
  <video><model type='ramfb'/><address type='pci' domain='0' bus='0' slot='9' function='0'/></video>
67 unsupported rendernode accel attribute without 'vhostuser'
  <video><model type='virtio'><acceleration rendernode='/dev/dri/x'/></model></video>
67 a 'none' video type must be the only video device defined for the domain
  <video><model type='none'/></video><video><model type='vga'/></video>
67 only 1 graphics device of each type (sdl, vnc, spice, headless, dbus, rdp) is supported
  <graphics type='vnc'/><graphics type='vnc'/>
67 desktop graphics are not supported with this QEMU
  <graphics type='desktop'/>
67 graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' graphics types
  <graphics type='egl-headless'/><graphics type='sdl'/>
67 multiple OpenGL displays are not supported by QEMU
  <graphics type='spice'><gl enable='yes'/></graphics><graphics type='egl-headless'/>
67 VNC password is 9 characters long, only 8 permitted
  <graphics type='vnc' passwd='123456789'/>
27 'network' attribute is required for listen type 'network'
  <graphics type='vnc'><listen type='network'/></graphics>
67 graphics 'listen' attribute '1.2.3.4' must match 'address' attribute of first listen element (found '1.2.3.5')
  <graphics type='vnc' listen='1.2.3.4'><listen type='address' address='1.2.3.5'/></graphics>
27 D-Bus p2p with an address is not supported
  <graphics type='dbus' p2p='yes' address='x'/>
1 unable to find audio backend for sound device
  <graphics type='dbus'><audio id='1'/></graphics>
67 The associated audio is not of 'dbus' kind.
  <graphics type='dbus'><audio id='1'/></graphics><audio id='1' type='none'/>
67 Spice audio is not supported without spice graphics
  <audio id='1' type='spice'/>
27 Invalid value for attribute 'type' in element 'audio': 'foo'.
  <audio id='1' type='foo'/>
27 audio ID 1 is used multiple times
  <audio id='1' type='none'/><audio id='1' type='none'/>
67 fixed audio settings requires mixing engine
  <audio id='1' type='alsa'><input fixedSettings='yes' mixingEngine='no'/></audio>
67 audio settings specified without fixed settings flag
  <audio id='1' type='alsa'><input fixedSettings='no'><settings frequency='5'/></input></audio>
27 Invalid value for attribute 'model' in element 'sound': 'foo'.
  <sound model='foo'/>
67 unknown codec type 'foo'
  <sound model='ich6'><codec type='foo'/></sound>
27 no audio device with ID 5
  <sound model='ich6'><audio id='5'/></sound>
67 i6300esb model of watchdog can go only on PCI bus
  <watchdog model='i6300esb'><address type='isa'/></watchdog>
67 ib700 model of watchdog does not support configuring the address
  <watchdog model='ib700'><address type='pci' domain='0' bus='0' slot='9' function='0'/></watchdog>
67 ib700 model of watchdog does not support configuring the address
  <watchdog model='ib700'><address type='isa' iobase='0x5'/></watchdog>
67 diag288 model of watchdog is allowed for s390 and s390x only
  <watchdog model='diag288'/>
67 itco model of watchdog is only part of q35 machine
  <watchdog model='itco'/>
67 itco model of watchdog is part of the machine and cannot have any address set.
  [q35] <watchdog model='itco'><address type='pci' domain='0' bus='0' slot='9' function='0'/></watchdog>
67 watchdogs with different actions are not supported with this QEMU binary
  <watchdog model='i6300esb' action='poweroff'/><watchdog model='ib700' action='reset'/>
27 Invalid value for attribute 'model' in element 'rng': 'foo'.
  <rng model='foo'><backend model='random'/></rng>
1 Missing source service attribute for char device
  <rng model='virtio'><backend model='egd' type='udp'/></rng>
27 only one RNG backend is supported
  <rng model='virtio'/>
27 missing TPM device backend
  <tpm model='tpm-tis'/>
27 <active_pcr_banks/> requires TPM version '2.0'
  <tpm model='tpm-tis'><backend type='emulator' version='1.2'><active_pcr_banks><sha1/></active_pcr_banks></backend></tpm>
67 TPM 1.2 is not supported for model 'tpm-crb'
  <tpm model='tpm-crb'><backend type='emulator' version='1.2'/></tpm>
67 The QEMU executable /usr/bin/qemu-system-x86_64 does not support TPM model tpm-spapr
  <tpm model='tpm-spapr'><backend type='emulator' version='2.0'/></tpm>
67 TPM 1.2 is not supported for model 'tpm-spapr'
  <tpm model='tpm-spapr'><backend type='emulator' version='1.2'/></tpm>
67 The QEMU executable /usr/bin/qemu-system-x86_64 does not support TPM model spapr-tpm-proxy
  <tpm model='spapr-tpm-proxy'><backend type='emulator' version='2.0'/></tpm>
67 only a single TPM non-proxy device is supported
  <tpm model='tpm-tis'><backend type='passthrough'/></tpm><tpm model='tpm-crb'><backend type='passthrough'/></tpm>
27 missing external TPM backend source type
  <tpm model='tpm-tis'><backend type='external'/></tpm>
27 only 'connect' mode is supported for external TPM device
  <tpm model='tpm-tis'><backend type='external'><source type='unix' path='/a' mode='bind'/></backend></tpm>
67 unknown hub device type 'foo'
  <hub type='foo'/>
67 nvram device is only supported for PPC64
  <nvram/>
67 only S390 guests support panic device of model 's390'
  <panic model='s390'/>
67 setting the panic device address is not supported for model 'hyperv'
  <panic model='hyperv'><address type='isa' iobase='0x505'/></panic>
67 only pSeries guests support panic device of model 'pseries'
  <panic model='pseries'/>
67 panic is supported only with ISA address type
  <panic model='isa'><address type='pci' domain='0' bus='0' slot='9' function='0'/></panic>
67 pvpanic is supported only with PCI address type
  <panic model='pvpanic'><address type='isa' iobase='0x505'/></panic>
27 Multiple panic devices with model 'isa'
  <panic model='isa'/><panic model='isa'/>
67 shmem name cannot include '/' character
  <shmem name='a/b'/>
27 shmem size must be a power of 2 and at least 1 MiB (1024 KiB)
  <shmem name='a'><size unit='M'>3</size></shmem>
67 ivshmem device is no longer supported
  <shmem name='a'><model type='ivshmem'/></shmem>
67 shmem model 'ivshmem-plain' is supported only with server option disabled
  <shmem name='a'><model type='ivshmem-plain'/><server path='/x'/></shmem>
67 shmem model 'ivshmem-doorbell' is supported only with server option enabled
  <shmem name='a'><model type='ivshmem-doorbell'/></shmem>
67 guest CIDs must be >= 3
  <vsock model='virtio'><cid auto='no' address='2'/></vsock>
67 IOMMU device: 'intel' is only supported with Q35 machines
  <iommu model='intel'/>
67 IOMMU eim requires interrupt remapping to be enabled
  [q35] <iommu model='intel'><driver eim='on'/></iommu>
67 IOMMU device: 'smmuv3' is only supported with ARM Virt machines
  [q35] <iommu model='smmuv3'/>
67 IOMMU device: 'virtio' requires ACPI
  [q35] <iommu model='virtio'/>
27 iommu model 'virtio' doesn't support additional attributes
  [q35] <iommu model='virtio'><driver intremap='on'/></iommu>
27 iommu model 'intel' can't have address
  [q35] <iommu model='intel'><address type='pci' domain='0' bus='0' slot='9' function='0'/></iommu>
27 only one crypto backend is supported
  <crypto model='virtio' type='qemu'/>
27 Invalid value for attribute 'type' in element 'crypto': 'foo'.
  <crypto model='virtio' type='foo'><backend model='builtin'/></crypto>
67 ACPI ERST device must reside on a PCI bus
  <pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>64</size><address type='isa'/></pstore>
67 this QEMU binary lacks multiple smartcard support
  <smartcard mode='host'/><smartcard mode='host'/>
1 Missing source path attribute for char device
  <smartcard mode='passthrough' type='unix'/>
27 expecting absolute path: x
  <smartcard mode='host-certificates'><certificate>a</certificate><certificate>b</certificate><certificate>c</certificate><database>x</database></smartcard>
67 this QEMU binary lacks multiple smartcard support
  <smartcard mode='host'><address type='ccid' controller='1' slot='0'/></smartcard>
67 Controllers must use the 'ccid' address type
  <smartcard mode='host'><address type='usb' bus='0' port='1'/></smartcard>
67 unknown redirdev bus 'foo'
  <redirdev bus='foo' type='spicevmc'/>
1 Missing source path attribute for char device
  <redirdev bus='usb' type='unix'/>
27 Invalid address for a USB device
  <redirdev bus='usb' type='spicevmc'><address type='pci' domain='0' bus='0' slot='9' function='0'/></redirdev>
19 a
  <filesystem type='mount'><target dir='a'/></filesystem>
67 only supports mount filesystem type
  <filesystem type='file'><source file='/a'/><target dir='a'/></filesystem>
67 fmode and dmode must be used with accessmode=mapped
  <filesystem type='mount' fmode='644'><source dir='/a'/><target dir='a'/></filesystem>
27 Invalid value for attribute 'fmode' in element 'filesystem': '9'. Expected non-negative integer value
  <filesystem type='mount' accessmode='mapped' fmode='9'><source dir='/a'/><target dir='a'/></filesystem>
67 'virtiofs' requires shared memory
  <filesystem type='mount'><driver type='virtiofs'/><source dir='/a'/><target dir='a'/></filesystem>
67 filesystem usage limits are not supported with QEMU
  <filesystem type='mount'><source dir='/a'/><target dir='a'/><space_hard_limit unit='KiB'>5</space_hard_limit></filesystem>
1 Missing source path attribute for char device
  <serial type='dev'/>
1 Missing source path attribute for char device
  <serial type='unix'><source mode='bind'/></serial>
1 Maximum supported number of ISA serial ports is '4'
  <serial type='pty'><target type='isa-serial' port='4'/></serial>
1 target port '0' already allocated
  <serial type='pty'><target type='isa-serial' port='0'/></serial><serial type='pty'><target type='isa-serial' port='0'/></serial>
67 Target type 'pci-serial' requires address type 'pci'
  <serial type='pty'><target type='pci-serial'/><address type='isa'/></serial>
67 Target model 'pci-serial' requires target type 'pci-serial'
  <serial type='pty'><target type='isa-serial'><model name='pci-serial'/></target></serial>
67 Serial device with target type 'sclp-serial' and target model 'sclpconsole' not compatible with guest architecture or machine type
  <serial type='pty'><target type='sclp-serial'/></serial>
67 Serial device with target type 'spapr-vio-serial' and target model 'spapr-vty' not compatible with guest architecture or machine type
  <serial type='pty'><target type='spapr-vio-serial'/></serial>
67 tcp chardev protocol 'telnets' not supported
  <serial type='tcp'><source mode='connect' host='a' service='5'/><protocol type='telnets'/></serial>
67 tcp chardev protocol 'tls' not supported
  <serial type='tcp'><source mode='connect' host='a' service='5'/><protocol type='tls'/></serial>
8 chardev reconnect source timeout cannot be '0'
  <serial type='unix'><source mode='connect' path='/a'><reconnect enabled='yes' timeout='0'/></source></serial>
67 unsupported chardev 'nmdm'
  <serial type='nmdm'><source master='a' slave='b'/></serial>
67 chardev 'spiceport' not supported without spice graphics
  <serial type='spiceport'><source channel='org.foo'/></serial>
67 spicevmc device type only supports virtio
  <serial type='spicevmc'/>
67 sclpconsole is not supported in this QEMU binary
  <console type='pty'><target type='sclp'/></console>
67 sclplmconsole is not supported in this QEMU binary
  <console type='pty'><target type='sclplm'/></console>
67 unsupported console target type xen
  <console type='pty'><target type='xen'/></console>
67 unsupported console target type uml
  <console type='pty'><target type='uml'/></console>
67 unsupported console target type lxc
  <console type='pty'><target type='lxc'/></console>
67 Only the first console can be a serial port
  <console type='pty'><target type='virtio'/></console><console type='pty'><target type='serial'/></console>
67 chardev 'spicevmc' not supported without spice graphics
  <channel type='spicevmc'><target type='virtio' name='foo'/></channel>
67 spicevmc device type only supports virtio
  <channel type='spicevmc'><target type='guestfwd' address='10.0.2.1' port='4600'/></channel>
27 Missing required attribute 'port' in element 'target'
  <channel type='pty'><target type='guestfwd' address='10.0.2.1'/></channel>
27 guestfwd channel does not define a target address
  <channel type='pty'><target type='guestfwd' port='10'/></channel>
67 guestfwd channel only supports IPv4 addresses
  <channel type='pty'><target type='guestfwd' address='fd00::1' port='10'/></channel>
`
