# SPDX-License-Identifier: GPL-2.0-or-later
# PyGObject on libvirt-glib: life cycle, objects, events and errors, each said in a line.
import sys
import gi

gi.require_version('LibvirtGLib', '1.0')
gi.require_version('LibvirtGConfig', '1.0')
gi.require_version('LibvirtGObject', '1.0')
from gi.repository import GLib, LibvirtGConfig, LibvirtGLib, LibvirtGObject

uri = sys.argv[1]
failed = False


def check(name, holds):
    global failed
    print(('ok ' if holds else 'not ok ') + name)
    failed = failed or not holds


def fails(name, call):
    try:
        call()
        check(name, False)
    except GLib.Error as e:
        # libvirt-glib gives every error the number 0.
        check('%s: %s' % (name, e.message.split(': ', 1)[-1]), True)


context = GLib.MainContext.default()


def until(holds):
    deadline = GLib.get_monotonic_time() + 5000000
    GLib.timeout_add(50, lambda: True)
    while not holds() and GLib.get_monotonic_time() < deadline:
        context.iteration(True)
    return holds()


LibvirtGObject.init_object_check(None)
LibvirtGLib.event_register()
c = LibvirtGObject.Connection.new(uri)
c.open(None)
c.fetch_domains(None)
check('uri', c.get_uri() == uri)
check('list', [d.get_name() for d in c.get_domains()] == ['test'])
config = LibvirtGConfig.Domain.new_from_xml(
    "<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>")
d = c.create_domain(config)
check('define', d.get_name() == 'b1')
seen = []
for signal in ('started', 'suspended', 'resumed', 'stopped'):
    d.connect(signal, lambda _d, *_, s=signal: seen.append(s))
d.start(0)
check('running', d.get_info().state == LibvirtGObject.DomainState.RUNNING)
d.suspend()
check('paused', d.get_info().state == LibvirtGObject.DomainState.PAUSED)
d.resume()
check('memory', d.get_info().maxMem == 65536)
check('config', d.get_config(0).get_name() == 'b1')
d.stop(0)
fails('stop twice', lambda: d.stop(0))
check('events', until(lambda: set(seen) == {'started', 'suspended', 'resumed', 'stopped'}))
d.delete(0)
c.fetch_domains(None)
check('gone', [x.get_name() for x in c.get_domains()] == ['test'])
c.close()
sys.exit(1 if failed else 0)
