// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's own test driver (11.3) says to networks that are wrong in one place: number and text, and below what is in the definition.

export const networks = `
27 bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')
  <forward mode='bridge'/><bridge name='b' delay='3'/>
27 bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')
  <forward mode='bridge'/><bridge name='b' stp='on'/>
27 bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')
  <forward mode='bridge'/><bridge name='b' stp='off'/>
27 bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')
  <forward mode='bridge'/><bridge name='b' zone='x'/>
27 A network with forward mode='bridge' can specify a bridge name or a forward dev, but not both (network 'a')
  <forward mode='bridge' dev='eth0'/><bridge name='b'/>
27 bridge name not allowed in vepa mode (network 'a')
  <forward mode='vepa' dev='eth0'/><bridge name='b'/>
27 bridge zone not allowed in vepa mode (network 'a')
  <forward mode='vepa' dev='eth0'/><bridge zone='b'/>
27 mtu size only allowed in open, route, nat, and isolated mode, not in vepa (network 'a')
  <forward mode='vepa' dev='eth0'/><mtu size='9000'/>
27 mtu size only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')
  <forward mode='bridge'/><bridge name='x'/><mtu size='9000'/>
27 missing required virtualport type
  <virtualport/>
27 missing required virtualport type
  <forward mode='bridge'/><bridge name='x'/><virtualport><parameters managerid='1' profileid='x'/></virtualport>
27 multiple forwarding interfaces specified for network 'a', only one is supported
  <forward mode='nat'><interface dev='a'/><interface dev='b'/></forward><ip address='1.2.3.4' prefix='24'/>
27 interface 'a' can only be listed once in network a
  <forward mode='nat'><interface dev='a'/><interface dev='a'/></forward><ip address='1.2.3.4' prefix='24'/>
27 Missing required dev attribute in <forward> <interface> element of network a
  <forward mode='nat'><interface/></forward><ip address='1.2.3.4' prefix='24'/>
27 PCI device '0000:00:00.0' can only be listed once in network a
  <forward mode='hostdev'><address type='pci' domain='0' bus='0' slot='0' function='0'/><address type='pci' domain='0' bus='0' slot='0' function='0'/></forward>
67 unknown address type 'usb' in network a
  <forward mode='hostdev'><address type='usb'/></forward>
27 missing address type in network a
  <forward mode='hostdev'><address/></forward>
27 Invalid PCI address slot='0x63', must be <= 0x1F
  <forward mode='hostdev'><address type='pci' slot='99'/></forward>
27 the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present in network a
  <forward mode='hostdev' dev='x'><address type='pci' slot='9'/></forward>
27 Only one <pf> element is allowed in <forward> of network a
  <forward mode='hostdev'><pf dev='x'/><pf dev='y'/></forward>
27 the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present in network a
  <forward mode='hostdev' dev='a'><pf dev='x'/></forward>
27 Missing required dev attribute in <pf> element of network 'a'
  <forward mode='hostdev'><pf/></forward>
27 Only one <nat> element is allowed in <forward> of network a
  <forward mode='nat'><nat/><nat/></forward><ip address='1.2.3.4' prefix='24'/>
27 missing 'end' attribute in <address> element in <nat> in <forward> in network a
  <forward mode='nat'><nat><address start='1.2.3.4'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
27 missing 'start' attribute in <address> element in <nat> in <forward> in network a
  <forward mode='nat'><nat><address end='1.2.3.4'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
1 range 1.2.3.4 - 1.2.3.3 is reversed
  <forward mode='nat'><nat><address start='1.2.3.4' end='1.2.3.3'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
27 Bad ipv4 start address 'x' in <nat> in <forward> in network 'a'
  <forward mode='nat'><nat><address start='x' end='1.2.3.3'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
27 Bad ipv4 end address '::1' in <nat> in <forward> in network 'a'
  <forward mode='nat'><nat><address start='1.2.3.3' end='::1'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
27 Only one <address> element is allowed in <nat> in <forward> in network a
  <forward mode='nat'><nat><address start='1.2.3.3' end='1.2.3.5'/><address start='1.2.3.3' end='1.2.3.5'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
35 Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network a
  <forward mode='nat'><nat><port start='5' end='4'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
35 Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network a
  <forward mode='nat'><nat><port start='5'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
35 Missing or invalid 'start' attribute in <port> in <nat> in <forward> in network a
  <forward mode='nat'><nat><port end='5'/></nat></forward><ip address='1.2.3.4' prefix='24'/>
35 classID attribute not supported on <bandwidth> in this usage context
  <bandwidth classID='5'><inbound average='5'/></bandwidth>
67 floor attribute is not supported for this config
  <bandwidth><inbound floor='5'/></bandwidth>
67 floor attribute is not supported for this config
  <bandwidth><inbound average='1' floor='5'/></bandwidth>
35 Missing mandatory average or floor attributes
  <bandwidth><inbound/></bandwidth>
35 Missing mandatory average or floor attributes
  <bandwidth><inbound peak='1'/></bandwidth>
67 floor attribute is not supported for this config
  <bandwidth><outbound floor='1'/></bandwidth>
67 floor attribute is not supported for this config
  <bandwidth><outbound average='1' floor='1'/></bandwidth>
27 Invalid value for attribute 'average' in element 'inbound': 'x'. Expected non-negative integer value
  <bandwidth><inbound average='x'/></bandwidth>
35 classID attribute not supported on <bandwidth> in this usage context
  <portgroup name='x'><bandwidth classID='4'/></portgroup>
67 floor attribute is not supported for this config
  <portgroup name='x'><bandwidth><inbound average='5' floor='1'/></bandwidth></portgroup>
27 invalid configuration in <vlan> - "trunk='no'" is not allowed with a native vlan id
  <vlan trunk='no'><tag id='1' nativeMode='tagged'/></vlan>
27 invalid "trunk='no'" in <vlan> - trunk='yes' is required for more than one vlan tag
  <vlan trunk='no'><tag id='1'/><tag id='2'/></vlan>
27 invalid "trunk='x'" in <vlan> - must be yes or no
  <vlan trunk='x'><tag id='1'/></vlan>
27 vlan tag id 4096 too large (maximum 4095)
  <vlan><tag id='4096'/></vlan>
27 Missing required attribute 'id' in element 'tag'
  <vlan><tag/></vlan>
27 Invalid value for attribute 'id' in element 'tag': 'x'. Expected non-negative integer value
  <vlan><tag id='x'/></vlan>
27 Invalid value for attribute 'nativeMode' in element 'tag': 'x'.
  <vlan><tag id='1' nativeMode='x'/></vlan>
27 missing tag id - each <vlan> must have at least one <tag id='n'/> subelement
  <vlan/>
67 attribute 'register=yes' in <domain> element requires 'localOnly=yes' in network a
  <domain register='yes'/>
67 attribute 'register=yes' in <domain> element requires 'localOnly=yes' in network a
  <domain name='x' localOnly='no' register='yes'/>
27 Invalid value for attribute 'localOnly' in element 'domain': 'q'.
  <domain name='x' localOnly='q'/>
27 Invalid delay value in network 'a'
  <bridge delay='x'/>
27 Invalid delay value in network 'a'
  <bridge delay='-1'/>
27 Invalid macTableManager setting 'x' in network 'a'
  <bridge macTableManager='x'/>
27 bridge macTableManager setting not allowed in vepa mode (network 'a')
  <forward mode='vepa'><interface dev='x'/></forward><bridge macTableManager='libvirt'/>
27 Invalid mtu size 'x' in network 'a'
  <mtu size='x'/>
27 Invalid bridge mac address 'x' in network 'a'
  <mac address='x'/>
27 Invalid multicast bridge mac address '01:00:00:00:00:00' in network 'a'
  <mac address='01:00:00:00:00:00'/>
27 Missing required name attribute in portgroup
  <portgroup default='yes'/>
27 Invalid value for attribute 'trustGuestRxFilters' in element 'portgroup': 'x'.
  <portgroup name='a' trustGuestRxFilters='x'/>
27 route forwarding requested, but no IP address provided for network 'a'
  <forward mode='route'/>
27 forward dev not allowed for network 'a' with forward mode='open'
  <forward mode='open' dev='x'/>
27 forward dev not allowed for network 'a' with forward mode='open'
  <forward mode='open'><interface dev='x'/></forward>
27 <forward dev='x'> must match first <interface dev='y'/> in network a
  <forward mode='nat' dev='x'><interface dev='y'/></forward><ip address='1.2.3.4' prefix='24'/>
27 The <nat> element can only be used when <forward> 'mode' is 'nat' in network a
  <forward mode='route'><nat/></forward><ip address='1.2.3.4' prefix='24'/>
67 unknown forwarding type 'q'
  <forward mode='q'/>
27 Invalid value for attribute 'name' in element 'driver': 'q'.
  <forward mode='hostdev'><driver name='q'/></forward>
27 Invalid value for attribute 'isolated' in element 'port': 'q'.
  <port isolated='q'/>
67 unreachable static route gateway '1.2.3.4' specified for network 'a'
  <route address='1.2.3.0' prefix='24' gateway='1.2.3.4'/>
27 Invalid value for attribute 'metric' in element 'route': Zero is not permitted
  <ip address='1.2.3.1' prefix='24'/><route address='2.2.3.0' prefix='24' gateway='1.2.3.4' metric='0'/>
1 malformed uuid element
  <uuid>x</uuid>
67 unknown virtualport type none
  <virtualport type='none'/>
35 Missing IP address in network 'a' DNS HOST record
  <dns><host><hostname>h</hostname></host></dns>
35 Missing hostname in network 'a' DNS HOST record
  <dns><host ip='1'><hostname></hostname></host></dns>
35 Invalid IP address in network 'a' DNS HOST record
  <dns><host ip='x'><hostname>h</hostname></host></dns>
27 Invalid forwarder IP address 'x' in network 'a'
  <dns><forwarder addr='x'/></dns>
35 invalid character in service attribute 'a.b' in DNS SRV record of network 'a'
  <dns><srv service='a.b' protocol='tcp'/></dns>
35 invalid character in protocol attribute 't_' in DNS SRV record of network 'a'
  <dns><srv service='a' protocol='t_'/></dns>
35 missing required service attribute in DNS SRV record of network 'a'
  <dns><srv protocol='tcp'/></dns>
35 missing required protocol attribute in DNS SRV record 's' of network 'a'
  <dns><srv service='s'/></dns>
35 missing required value attribute in DNS TXT record named 't' of network a
  <dns><txt name='t'/></dns>
35 invalid DNS SRV port attribute for service 's' in network 'a'
  <dns><srv port='x' service='s' protocol='tcp' target='t'/></dns>
35 Invalid DNS SRV priority attribute for service 's' in network 'a'
  <dns><srv priority='-1' service='s' protocol='tcp' target='t'/></dns>
35 Missing or invalid 'start' attribute in <port> in <nat> in <forward> in network a
  <forward mode='nat'><nat><port start='x' end='5'/></nat></forward>
27 Missing required attribute 'file' in element 'bootp'
  <ip address='1.2.3.1' netmask='255.255.255.0'><dhcp><bootp server='1.2.3.4'/></dhcp></ip>
27 a: Address '10.0.0.0' in route definition is not a network address
  <ip address='1.2.3.1' netmask='255.255.255.0'/><route address='10.0.0.0' gateway='1.2.3.4'/>
27 value of managerid out of range
  <virtualport type='802.1Qbg'><parameters managerid='256'/></virtualport>
27 value for typeid out of range
  <virtualport type='802.1Qbg'><parameters typeid='-1'/></virtualport>
27 Missing required name attribute in portgroup
  <portgroup name=''/>
`
