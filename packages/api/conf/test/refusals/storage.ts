// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's own test driver (11.3) says to pools, volumes and interfaces of the host that are wrong in one place: number and text, and
// below what is in the definition.

export const pools = `
27 missing storage pool source adapter
  type='scsi'><source><adapter/></source>
27 Invalid PCI address function=0x8, must be <= 7
  type='scsi'><source><adapter type='scsi_host'><parentaddr unique_id='1'><address slot='1' function='8'/></parentaddr></adapter></source>
27 malformed owner element
  type='dir'><target><path>/x</path><permissions><owner></owner></permissions></target>
27 missing username for auth
  type='iscsi'><source><host name='h'/><device path='d'/><auth type='chap' username=''><secret usage='u'/></auth></source>
67 missing initiator IQN
  type='iscsi-direct'><source><host name='h'/><device path='d'/><initiator><iqn name=''/></initiator></source>
3 cow feature may only be used for 'fs' and 'dir' pools
  type='mpath'><target><path>/t</path></target><features><cow state='no'/></features>
27 missing storage pool source path
  type='netfs'><source><host name='h'/><dir path=''/></source><target><path>/t</path></target>
27 Use of 'parentaddr' element requires use of the adapter 'type'
  type='scsi'><source><adapter><parentaddr unique_id='1'><address slot='1'/></parentaddr></adapter></source>
27 Missing or invalid scsi adapter 'unique_id' value
  type='scsi'><source><adapter type='scsi_host'><parentaddr><address slot='1'/></parentaddr></adapter></source>
27 Missing or invalid scsi adapter 'unique_id' value
  type='scsi'><source><adapter type='scsi_host'><parentaddr unique_id='x'/></adapter></source>
27 Missing scsi_host PCI address element
  type='scsi'><source><adapter type='scsi_host'><parentaddr unique_id='2'/></adapter></source>
27 Invalid value for attribute 'type' in element 'adapter': 'default'.
  type='scsi'><source><adapter type='default' name='a'/></source>
1 Malformed wwn: 1
  type='scsi'><source><adapter type='fc_host' wwnn='1' wwpn='2'/></source>
27 when providing parent_wwnn='1', the parent_wwpn must also be provided
  type='scsi'><source><adapter type='fc_host' wwnn='0x1234567890123456' wwpn='1234567890123456' parent_wwnn='1'/></source>
27 when providing parent_wwpn='1', the parent_wwnn must also be provided
  type='scsi'><source><adapter type='fc_host' wwnn='0x1234567890123456' wwpn='1234567890123456' parent_wwpn='1'/></source>
1 Malformed wwn: 1
  type='scsi'><source><adapter type='fc_host' wwnn='1234567890123456' wwpn='1234567890123456' parent_fabric_wwn='1'/></source>
27 missing secret uuid or usage attribute
  type='iscsi'><source><host name='h'/><auth type='chap' username='u'><secret/></auth></source>
27 invalid secret uuid 'x'
  type='iscsi'><source><host name='h'/><auth type='chap' username='u'><secret uuid='x'/></auth></source>
27 either secret uuid or usage expected
  type='iscsi'><source><host name='h'/><auth type='chap' username='u'><secret uuid='c7a5fdbd-edaf-9455-926a-000000000157' usage='u'/></auth></source>
67 unknown auth type 'zz'
  type='iscsi'><source><host name='h'/><auth type='zz' username='u'><secret usage='u'/></auth></source>
67 storage pool missing auth type
  type='iscsi'><source><host name='h'/><auth type='none' username='u'><secret usage='u'/></auth></source>
67 storage pool missing auth type
  type='iscsi'><source><host name='h'/><auth username='u'><secret usage='u'/></auth></source>
27 malformed group element
  type='dir'><target><path>/t</path><permissions><group>20855793828</group></permissions></target>
27 malformed owner element
  type='dir'><target><path>/t</path><permissions><owner>-2</owner></permissions></target>
`

export const volumes = `
27 malformed capacity element
  <capacity>99999999999999999999</capacity>
27 Invalid value 'x' for element or attribute './target/clusterSize'
  <capacity>1</capacity><target><clusterSize unit='KiB'>x</clusterSize></target>
67 unknown volume format type none
  <capacity>5</capacity><target><format type='none'/></target>
67 unknown volume format type none
  <capacity>5</capacity><backingStore><path>/a</path><format type='none'/></backingStore>
27 malformed capacity element
  <capacity>5</capacity><allocation>x</allocation>
27 ivgen element found, but cipher is missing
  <capacity>5</capacity><target><encryption format='luks'><ivgen name='n'/></encryption></target>
27 Missing required attribute 'size' in element 'cipher'
  <capacity>5</capacity><target><encryption format='luks'><cipher name='a'/></encryption></target>
67 unknown volume encryption secret type zz
  <capacity>5</capacity><target><encryption format='qcow'><secret type='zz' usage='a'/></encryption></target>
27 missing secret uuid or usage attribute
  <capacity>5</capacity><target><encryption format='qcow'><secret type='passphrase'/></encryption></target>
67 unknown volume encryption format type zz
  <capacity>5</capacity><target><encryption format='zz'/></target>
27 unknown volume encryption format
  <capacity>5</capacity><target><encryption/></target>
27 forbidden characters in 'compat' attribute
  <capacity>5</capacity><target><compat>x</compat></target>
`

export const interfaces = `
27 interface has no name
  type='vlan'><vlan tag='5'><interface name='a'/></vlan>
27 interface has no name
  type='bridge' name='q'><bridge><interface type='vlan'><vlan tag='5'><interface name='a'/></vlan></interface></bridge>
27 vlan interface misses name attribute
  type='vlan' name='x'><vlan tag='5'><interface name=''/></vlan>
27 vlan interface misses name attribute
  type='vlan' name='x'><vlan tag='5'/>
27 vlan interface misses the tag attribute
  type='vlan' name='x'><vlan tag=''><interface name='a'/></vlan>
27 interface has unsupported type 'bond'
  type='bond' name='x'><bond><interface type='bond' name='b'><bond/></interface></bond>
27 interface has unsupported type 'vlan'
  type='bond' name='x'><bond><interface type='vlan' name='r'><vlan tag='4'><interface name='u'/></vlan></interface></bond>
27 interface has unsupported type 'bridge'
  type='bridge' name='x'><bridge><interface type='bridge' name='y'><bridge/></interface></bridge>
27 unknown arp bonding validate none
  type='bond' name='x'><bond><arpmon interval='5' target='a' validate='none'/></bond>
27 bond interface miimon freq missing or invalid
  type='bond' name='x'><bond><miimon freq='' carrier=''/></bond>
27 bond interface miimon downdelay invalid
  type='bond' name='x'><bond><miimon freq='5' downdelay='x'/></bond>
27 bond interface arpmon interval missing or invalid
  type='bond' name='x'><bond><arpmon interval='x' target='b'/></bond>
27 bond interface arpmon target missing
  type='bond' name='x'><bond mode=''><arpmon interval='5' target='' validate=''/></bond>
27 unsupported protocol family ''
  type='ethernet' name='x'><protocol family=''/>
27 unknown interface startmode bogus
  type='bridge' name='x'><start mode='bogus'/><bridge/>
27 Invalid value for attribute 'state' in element 'link': 'bogus'.
  type='ethernet' name='x'><link speed='5' state='bogus'/>
27 value of the 'size' attribute of 'mtu' element must be at most 100000
  type='ethernet' name='x'><mtu size='100001'/>
`
