// SPDX-License-Identifier: LGPL-2.1-or-later
// Host devices that libvirt refuses: number and text, below them what is in `<device>` behind the name. `<ids/>` stands for what
// every PCI device says.
/** What every PCI device says. */
export const pciIds: string =
  "<domain>0</domain><bus>0</bus><slot>0</slot><function>0</function><product id='0x1'/><vendor id='0x2'/>"

export const devices: string = `
27 'vendor_field' 'index' value 'AB' malformed
  <capability type='pci'><ids/><capability type='vpd'><name>n</name><fields access='readonly'><part_number>1</part_number><vendor_field index='A'>x</vendor_field><vendor_field index='A'>y</vendor_field><vendor_field index='AB'>y</vendor_field></fields></capability></capability>
27 Missing address in 'phys_function' capability
  <capability type='pci'><ids/><capability type='phys_function'/></capability>
1 invalid PCI class supplied for 'a'
  <capability type='pci'><ids/><class>0x1000000</class></capability>
27 Invalid value for attribute 'width' in element 'link': '-1'. Expected non-negative integer value
  <capability type='pci'><ids/><pci-express><link validity='sta' width='-1'/></pci-express></capability>
1 invalid PCI product ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>0</bus><slot>0</slot><function>0</function><product id='1g'>a b</product><vendor id='ffff1'></vendor></capability>
1 invalid PCI domain ID supplied for 'a'
  <capability type='pci'><domain>0 </domain><bus>256</bus><slot>99</slot><function>99</function><product id='1'>a b</product><vendor id='ffff1'></vendor></capability>
1 invalid unique_id supplied for 'a'
  <capability type='scsi_host'><host>1</host><unique_id>x</unique_id></capability>
1 invalid SCSI host ID supplied for 'a'
  <capability type='scsi_host'><host>-1</host></capability>
1 no SCSI host ID supplied for 'a'
  <capability type='scsi_host'></capability>
1 no WWNN supplied for 'a', and auto-generation failed
  <capability type='scsi_host'><host>1</host><capability type='vport_ops'><vports>3</vports></capability><capability type='fc_host'><wwpn>1</wwpn></capability></capability>
1 no WWPN supplied for 'a', and auto-generation failed
  <capability type='scsi_host'><host>1</host><capability type='fc_host'><wwpn></wwpn><wwnn>2</wwnn></capability></capability>
1 unknown SCSI host capability type 'removable' for 'a'
  <capability type='scsi_host'><host>1</host><capability type='removable'/></capability>
27 Invalid value for attribute 'state' in element 'link': 'x'.
  <capability type='net'><interface>e</interface><link state='x'/></capability>
1 no size supplied for 'a'
  <capability type='storage'><block>/b</block></capability>
1 no removable media size supplied for 'a'
  <capability type='storage'><block>/b</block><capability type='removable'><media_available>1</media_available></capability></capability>
1 missing storage capability type for 'a'
  <capability type='storage'><block>/b</block><capability/></capability>
67 missing group_device value for 'a'
  <capability type='css'><cssid>0</cssid><ssid>0</ssid><devno>1</devno><capability type='ccwgroup_member'/></capability>
67 missing cssid value for 'a'
  <capability type='css'><cssid>0</cssid><ssid>0</ssid><devno>1</devno><channel_dev_addr/></capability>
67 unknown state 'x' for 'a'
  <capability type='ccw'><cssid>0</cssid><ssid>0</ssid><devno>1</devno><state>x</state></capability>
27 Missing ref property on ccw_device in members for 'a'
  <capability type='ccwgroup'><cssid>0</cssid><ssid>0</ssid><devno>1</devno><members><ccw_device>y</ccw_device></members><capability type='qeth_generic'><card_type>c</card_type><chpid>d</chpid></capability></capability>
67 invalid ap-adapter value 'x' for 'a'
  <capability type='ap_card'><ap-adapter>x</ap-adapter></capability>
67 missing ap-adapter value for 'a'
  <capability type='ap_card'><ap-adapter></ap-adapter></capability>
67 missing ap-domain value for 'a'
  <capability type='ap_queue'><ap-adapter>12</ap-adapter></capability>
67 invalid ap-domain value 'x' for 'a'
  <capability type='ap_queue'><ap-adapter>12</ap-adapter><ap-domain>x</ap-domain></capability>
67 ap-domain value '256' is out of range for 'a'
  <capability type='ap_queue'><ap-adapter>12</ap-adapter><ap-domain>256</ap-domain></capability>
27 Missing capability type
  <capability type='ap_matrix'><capability/></capability>
1 Invalid uuid 'x' for new mdev device
  <capability type='mdev'><type id='t'/><uuid>x</uuid></capability>
67 missing type id attribute for 'a'
  <capability type='mdev'><type/></capability>
67 unknown drm type '(null)' for 'a'
  <capability type='drm'></capability>
1 unknown capability type '17' for 'a'
  <capability type='vdpa'></capability>
1 no target name supplied for 'a'
  <capability type='scsi_target'></capability>
1 missing wwpn identifier for 'a'
  <capability type='scsi_target'><target>t</target><capability type='fc_remote_port'><rport>r</rport></capability></capability>
1 missing rport name for 'a'
  <capability type='scsi_target'><target>t</target><capability type='fc_remote_port'><wwpn>w</wwpn></capability></capability>
1 unknown SCSI target capability type 'x' for 'a'
  <capability type='scsi_target'><target>t</target><capability type='x'/></capability>
1 missing type for SCSI target capability for 'a'
  <capability type='scsi_target'><target>t</target><capability/></capability>
1 invalid USB interface subclass supplied for 'a'
  <capability type='usb'><number>1</number><class>256</class><subclass>0x1</subclass><protocol>1</protocol></capability>
1 no system UUID supplied for 'a'
  <capability type='system'><product>p</product><hardware/></capability>
1 malformed uuid element for 'a'
  <capability type='system'><hardware><vendor>v</vendor><serial>s</serial><uuid>x</uuid></hardware></capability>
1 no device capabilities for 'a'
  
27 Missing required attribute 'type' in element 'devnode'
  <devnode>/d</devnode><capability type='ap_matrix'/>
27 when providing parent wwnn='1', the wwpn must also be provided
  <path></path><parent wwnn='1'>q</parent><capability type='ap_matrix'/>
27 when providing parent wwpn='1', the wwnn must also be provided
  <parent wwpn='1'>q</parent><capability type='ap_matrix'/>
1 invalid NUMA node ID supplied for 'a'
  <capability type='pci'><ids/><numa node='x'/></capability>
27 Invalid value for attribute 'port' in element 'link': 'x'. Expected integer value
  <capability type='pci'><ids/><pci-express><link validity='sta' width='1' port='x'/></pci-express></capability>
27 unknown network device feature 'x'
  <capability type='net'><interface>e</interface><feature name='x'/></capability>
1 no network interface supplied for 'a'
  <capability type='net'></capability>
1 no block device path supplied for 'a'
  <capability type='storage'><size>1</size></capability>
1 invalid size supplied for 'a'
  <capability type='storage'><block>/b</block><size>99999999999999999999</size></capability>
1 unknown storage capability type 'x' for 'a'
  <capability type='storage'><block>/b</block><capability type='x'/><size>x</size></capability>
1 invalid iommuGroup number attribute for 'a'
  <capability type='mdev'><type id='t'/><iommuGroup number='x'/></capability>
1 invalid USB bus number supplied for 'a'
  <capability type='usb_device'><bus>x</bus><device>x</device></capability>
1 invalid USB product ID supplied for 'a'
  <capability type='usb_device'><bus>4294967295</bus><device>1</device><product id='x'>x</product><vendor id='1'/></capability>
67 invalid cssid value '1g' for 'a'
  <capability type='ccw'><cssid>1g</cssid><ssid>10</ssid><devno>g</devno></capability>
67 invalid devno value 'g' for 'a'
  <capability type='ccw'><cssid>10</cssid><ssid>10</ssid><devno>g</devno></capability>
1 no PCI domain ID supplied for 'a'
  <capability type='pci'><bus>0</bus></capability>
1 no PCI bus ID supplied for 'a'
  <capability type='pci'><domain>0</domain></capability>
1 invalid PCI bus ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>-1</bus></capability>
1 no PCI slot ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>0</bus></capability>
1 invalid PCI slot ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>0</bus><slot>0x1</slot></capability>
1 no PCI function ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>0</bus><slot>0</slot></capability>
1 invalid PCI function ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>0</bus><slot>0</slot><function>4294967296</function></capability>
1 no PCI vendor ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>0</bus><slot>0</slot><function>0</function></capability>
1 invalid PCI vendor ID supplied for 'a'
  <capability type='pci'><domain>0</domain><bus>0</bus><slot>0</slot><function>0</function><product id='1'/><vendor id='-1'/></capability>
1 no USB bus number supplied for 'a'
  <capability type='usb_device'></capability>
1 no USB device number supplied for 'a'
  <capability type='usb_device'><bus>1</bus></capability>
1 invalid USB device number supplied for 'a'
  <capability type='usb_device'><bus>1</bus><device> </device></capability>
1 no USB vendor ID supplied for 'a'
  <capability type='usb_device'><bus>1</bus><device>1</device></capability>
1 invalid USB vendor ID supplied for 'a'
  <capability type='usb_device'><bus>1</bus><device>1</device><product id='1'/><vendor id='z'/></capability>
1 no USB interface number supplied for 'a'
  <capability type='usb'></capability>
1 invalid USB interface number supplied for 'a'
  <capability type='usb'><number>x</number></capability>
1 no USB interface class supplied for 'a'
  <capability type='usb'><number>1</number></capability>
1 invalid USB interface class supplied for 'a'
  <capability type='usb'><number>1</number><class>x</class></capability>
1 no USB interface subclass supplied for 'a'
  <capability type='usb'><number>1</number><class>1</class></capability>
1 no USB interface protocol supplied for 'a'
  <capability type='usb'><number>1</number><class>1</class><subclass>1</subclass></capability>
1 invalid USB interface protocol supplied for 'a'
  <capability type='usb'><number>1</number><class>1</class><subclass>1</subclass><protocol>x</protocol></capability>
1 no SCSI bus ID supplied for 'a'
  <capability type='scsi'><host>1</host></capability>
1 invalid SCSI bus ID supplied for 'a'
  <capability type='scsi'><host>1</host><bus>x</bus></capability>
1 no SCSI target ID supplied for 'a'
  <capability type='scsi'><host>1</host><bus>1</bus></capability>
1 invalid SCSI target ID supplied for 'a'
  <capability type='scsi'><host>1</host><bus>1</bus><target>x</target></capability>
1 no SCSI LUN ID supplied for 'a'
  <capability type='scsi'><host>1</host><bus>1</bus><target>1</target></capability>
1 invalid SCSI LUN ID supplied for 'a'
  <capability type='scsi'><host>1</host><bus>1</bus><target>1</target><lun>x</lun></capability>
67 missing ssid value for 'a'
  <capability type='ccw'><cssid>0</cssid></capability>
67 invalid ssid value 'x' for 'a'
  <capability type='ccw'><cssid>0</cssid><ssid>x</ssid></capability>
67 missing devno value for 'a'
  <capability type='ccw'><cssid>0</cssid><ssid>0</ssid></capability>
27 missing 'id' attribute for mediated device's <type> element
  <capability type='pci'><ids/><capability type='mdev_types'><type/></capability></capability>
27 missing device API for mediated device type 't'
  <capability type='pci'><ids/><capability type='mdev_types'><type id='t'/></capability></capability>
27 missing number of available instances for mediated device type 't'
  <capability type='pci'><ids/><capability type='mdev_types'><type id='t'><deviceAPI>a</deviceAPI><availableInstances>x</availableInstances></type></capability></capability>
27 Malformed 'maxCount' parameter
  <capability type='pci'><ids/><capability type='virt_functions' maxCount='x'/></capability>
27 missing network device feature name
  <capability type='net'><interface>e</interface><feature/></capability>
1 invalid removable media size supplied for 'a'
  <capability type='storage'><block>/b</block><capability type='removable'><media_size>x</media_size></capability></capability>
`
