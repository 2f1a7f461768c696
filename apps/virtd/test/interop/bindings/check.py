# SPDX-License-Identifier: GPL-2.0-or-later
# libvirt-python: life cycle, objects, streams, events and errors, each said in a line.
import sys, threading, time
import libvirt

uri = sys.argv[1]
failed = []


def check(name, holds):
    print(('ok ' if holds else 'not ok ') + name)
    if not holds:
        failed.append(name)


def fails(name, code, call):
    try:
        call()
        check(name, False)
    except libvirt.libvirtError as e:
        check('%s %d' % (name, e.get_error_code()), e.get_error_code() == code)


libvirt.registerErrorHandler(lambda *_: None, None)
libvirt.virEventRegisterDefaultImpl()
stop = False


def loop():
    while not stop:
        libvirt.virEventRunDefaultImpl()


threading.Thread(target=loop, daemon=True).start()
# The loop sleeps until something happens: a timer lets it see that it is to end.
libvirt.virEventAddTimeout(50, lambda *_: None, None)

c = libvirt.open(uri)
check('type', c.getType() == 'TEST')
check('uri', c.getURI() == uri)
check('capabilities', '<capabilities>' in c.getCapabilities())
check('list', [d.name() for d in c.listAllDomains()] == ['test'])
seen = []
callback = c.domainEventRegisterAny(
    None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, lambda _c, d, e, detail, _o: seen.append((d.name(), e)), None)
d = c.defineXML("<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>")
check('lookup', c.lookupByName('b1').UUIDString() == d.UUIDString())
check('lookup by uuid', c.lookupByUUIDString(d.UUIDString()).name() == 'b1')
d.create()
check('running', d.state()[0] == libvirt.VIR_DOMAIN_RUNNING)
d.suspend()
check('paused', d.state()[0] == libvirt.VIR_DOMAIN_PAUSED)
d.resume()
check('info', d.info()[1] == 65536)
check('xml', '<name>b1</name>' in d.XMLDesc())
d.setAutostart(True)
check('autostart', d.autostart() == 1)
s = d.snapshotCreateXML('<domainsnapshot><name>s1</name></domainsnapshot>')
check('snapshots', [x.getName() for x in d.listAllSnapshots()] == ['s1'])
d.revertToSnapshot(s)
s.delete()
check('snapshot gone', d.snapshotNum() == 0)
check('parameters', d.memoryParameters()['hard_limit'] == 9007199254740991)
stream = c.newStream()
mime = c.lookupByName('test').screenshot(stream, 0)
picture = b''
while True:
    chunk = stream.recv(65536)
    if not chunk:
        break
    picture += chunk
stream.finish()
check('screenshot %s %d' % (mime, len(picture)), picture[:4] == b'\x89PNG')
d.destroy()
fails('destroy twice', 55, d.destroy)
fails('suspend inactive', 1, d.suspend)
d.undefine()
fails('no domain', 42, lambda: c.lookupByName('b1'))
n = c.networkDefineXML("<network><name>bn</name><bridge name='virbr77'/></network>")
n.create()
check('networks', sorted(x.name() for x in c.listAllNetworks()) == ['bn', 'default'])
n.destroy()
n.undefine()
fails('no network', 43, lambda: c.networkLookupByName('bn'))
p = c.storagePoolDefineXML("<pool type='dir'><name>bp</name><target><path>/bp</path></target></pool>")
p.create()
v = p.createXML("<volume><name>v</name><capacity unit='M'>1</capacity></volume>")
check('volume', v.info()[1] == 1048576 and [x.name() for x in p.listAllVolumes()] == ['v'])
fails('no volume', 50, lambda: p.storageVolLookupByName('x'))
v.delete()
p.destroy()
p.undefine()
fails('no pool', 49, lambda: c.storagePoolLookupByName('bp'))
fails('no support', 3, lambda: c.secretLookupByUUIDString('00000000-0000-4000-8000-000000000000'))
for _ in range(100):
    if seen and seen[-1] == ('b1', 1):
        break
    time.sleep(0.05)
kinds = [e for _, e in seen]
check('events', kinds[:1] == [0] and kinds[-1:] == [1] and set(kinds) >= {0, 1, 2, 3, 4, 5})
c.domainEventDeregisterAny(callback)
stop = True
c.close()
sys.exit(1 if failed else 0)
