# SPDX-License-Identifier: GPL-2.0-or-later
# ruby-libvirt: life cycle, objects, streams and errors, each said in a line.
require 'libvirt'

uri = ARGV[0]
$failed = false
def check(name, holds)
  puts((holds ? 'ok ' : 'not ok ') + name)
  $failed ||= !holds
end

def fails(name, code)
  yield
  check(name, false)
rescue Libvirt::Error => e
  check("#{name} #{e.libvirt_code}", e.libvirt_code == code)
end

c = Libvirt.open(uri)
check('type', c.type == 'TEST')
check('uri', c.uri == uri)
check('list', c.list_all_domains.map(&:name) == ['test'])
d = c.define_domain_xml("<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>")
check('lookup', c.lookup_domain_by_name('b1').uuid == d.uuid)
d.create
check('running', d.state[0] == Libvirt::Domain::RUNNING)
d.suspend
check('paused', d.state[0] == Libvirt::Domain::PAUSED)
d.resume
check('info', d.info.max_mem == 65536)
check('xml', d.xml_desc.include?('<name>b1</name>'))
d.autostart = true
check('autostart', d.autostart?)
s = d.snapshot_create_xml('<domainsnapshot><name>s1</name></domainsnapshot>')
check('snapshots', d.list_snapshots == ['s1'])
d.revert_to_snapshot(s)
s.delete
stream = c.stream
mime = c.lookup_domain_by_name('test').screenshot(stream, 0)
picture = +''
stream.recvall { |data, _| picture << data; data.bytesize }
stream.finish
check("screenshot #{mime} #{picture.bytesize}", picture.byteslice(1, 3) == 'PNG')
d.destroy
fails('destroy twice', 55) { d.destroy }
d.undefine
fails('no domain', 42) { c.lookup_domain_by_name('b1') }
n = c.define_network_xml("<network><name>bn</name><bridge name='virbr77'/></network>")
n.create
check('networks', c.list_all_networks.map(&:name).sort == %w[bn default])
n.destroy
n.undefine
fails('no network', 43) { c.lookup_network_by_name('bn') }
p = c.define_storage_pool_xml("<pool type='dir'><name>bp</name><target><path>/bp</path></target></pool>")
p.create
v = p.create_volume_xml("<volume><name>v</name><capacity unit='M'>1</capacity></volume>")
check('volume', v.info.capacity == 1048576)
fails('no volume', 50) { p.lookup_volume_by_name('x') }
v.delete
p.destroy
p.undefine
fails('no pool', 49) { c.lookup_storage_pool_by_name('bp') }
c.close
exit($failed ? 1 : 0)
