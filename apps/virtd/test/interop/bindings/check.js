// SPDX-License-Identifier: GPL-2.0-or-later
// gjs on libvirt-glib: life cycle, objects and errors, each said in a line.
const { GLib, LibvirtGConfig, LibvirtGLib, LibvirtGObject } = imports.gi
const System = imports.system

const [uri] = ARGV
let failed = false
function check(name, holds) {
  print(`${holds ? 'ok' : 'not ok'} ${name}`)
  failed = failed || !holds
}
function fails(name, call) {
  try {
    call()
    check(name, false)
  } catch (e) {
    check(`${name}: ${e.message.split(': ').slice(1).join(': ')}`, e instanceof GLib.Error)
  }
}

LibvirtGLib.event_register()
const c = new LibvirtGObject.Connection({ uri })
c.open(null)
c.fetch_domains(null)
check('uri', c.get_uri() === uri)
check(
  'list',
  c
    .get_domains()
    .map((d) => d.get_name())
    .join() === 'test',
)
const config = LibvirtGConfig.Domain.new_from_xml(
  "<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>",
)
const d = c.create_domain(config)
check('define', d.get_name() === 'b1')
const seen = new Set()
for (const signal of ['started', 'suspended', 'resumed', 'stopped']) d.connect(signal, () => seen.add(signal))
d.start(0)
check('running', d.get_info().state === LibvirtGObject.DomainState.RUNNING)
d.suspend()
check('paused', d.get_info().state === LibvirtGObject.DomainState.PAUSED)
d.resume()
check('config', d.get_config(0).get_name() === 'b1')
d.stop(0)
fails('stop twice', () => d.stop(0))
const deadline = GLib.get_monotonic_time() + 5000000
GLib.timeout_add(GLib.PRIORITY_DEFAULT, 50, () => true)
while (seen.size < 4 && GLib.get_monotonic_time() < deadline) GLib.MainContext.default().iteration(true)
check('events', seen.size === 4)
d.delete(0)
c.fetch_domains(null)
check(
  'gone',
  c
    .get_domains()
    .map((one) => one.get_name())
    .join() === 'test',
)
c.close()
System.exit(failed ? 1 : 0)
