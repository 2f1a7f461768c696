# SPDX-License-Identifier: GPL-2.0-or-later
# Command lines of definitions that are not started. Usage: native.py SOCKET FOLDER
import re

from steps import conn, folder, step

start = """<domain type='qemu'><name>native</name><uuid>f1f2f3f4-0000-4000-8000-0000000000cb</uuid>"""
end = "</devices></domain>"
emulator = "<emulator>/usr/bin/qemu-system-x86_64</emulator>"


def guest(devices="", head="<memory unit='MiB'>64</memory>", machine="pc", features="<features><acpi/></features>", arch="x86_64"):
    return f"{start}{head}<os><type arch='{arch}' machine='{machine}'>hvm</type></os>{features}<devices>{emulator}{devices}{end}"


def plain(line):
    # Folders of the daemon, and numbers of descriptors that each has for itself.
    line = re.sub(r"[^ =,\"']*/(?:lib/libvirt/|run/libvirt/)?qemu/channel/(?:target/domain-)?-1-", "CHANNEL/-1-", line)
    line = re.sub(r"[^ =,\"']*/lib/libvirt/qemu/", "LIB/", line)
    line = re.sub(r"[^ =,\"']*/run/libvirt/", "RUN/", line)
    line = re.sub(r'"fd":"\d+"', '"fd"', line)
    line = re.sub(r"\bfd=\d+", "fd", line)
    # libvirt 9.0 says these otherwise.
    line = re.sub(r" -m (\d+) ", lambda found: f" -m size={int(found[1]) * 1024}k ", line).replace(",clusters=1", "")
    line = re.sub(r',"cache":\{[^}]*\}', "", line).replace(" -global ICH9-LPC.noreboot=off", "")
    # Secrets are written down anew each time.
    return re.sub(r'"(data|iv)":"[^"]*"', r'"\1"', line)


def native(xml, form="qemu-argv", flags=0):
    return plain(conn.domainXMLToNative(form, xml, flags)).split(" -")


disk = f"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{folder}/no such.qcow2'/><target dev='vda' bus='virtio'/></disk>"
raw = f"<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none' io='native'/><source file='{folder}/raw.img'/><target dev='hda' bus='ide'/><boot order='2'/></disk>"
nets = """<interface type='network'><source network='nosuch'/><mac address='52:54:00:00:00:02'/><model type='e1000'/><boot order='1'/>
<address type='pci' domain='0' bus='0' slot='9' function='0'/></interface>
<interface type='user'><mac address='52:54:00:00:00:03'/><model type='virtio'/></interface>
<interface type='bridge'><source bridge='nosuch'/><mac address='52:54:00:00:00:04'/><model type='rtl8139'/></interface>"""
ports = f"""<serial type='file'><source path='{folder}/serial'/><log file='{folder}/log' append='off'/></serial>
<serial type='file'><source path='{folder}/serial' append='on'/></serial><serial type='pty'><log file='{folder}/log2'/></serial>
<serial type='tcp'><source mode='bind' host='127.0.0.1' service='4555'/><protocol type='telnet'/></serial>
<parallel type='dev'><source path='/dev/parport0'/></parallel><channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<channel type='unix'><source mode='connect' path='{folder}/sock'/><target type='virtio' name='x'/></channel>
<channel type='unix'><source mode='bind' path='{folder}/sock2'/><target type='virtio' name='y'/></channel>
"""
screens = """<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>""<graphics type='vnc' port='-1' autoport='yes' passwd='secret'/><graphics type='spice' autoport='yes'/>
<video><model type='vga' vram='16384'/></video><sound model='ich6'/><input type='tablet' bus='usb'/>"""
more = """<controller type='scsi' index='0' model='virtio-scsi'/><controller type='usb' index='0' model='qemu-xhci'/>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng><watchdog model='i6300esb' action='poweroff'/><memballoon model='none'/>"""

for name, xml in (
    ("nothing", guest()),
    ("disks", guest(disk + raw)),
    ("interfaces", guest(nets)),
    ("ports", guest(ports)),
    ("displays", guest(screens)),
    ("more", guest(more, machine="q35")),
    ("all of it", guest(disk + raw + nets.replace("slot='9'", "slot='11'") + ports + screens)),
    ("a model", guest(head="<memory unit='MiB'>64</memory><cpu mode='custom' match='exact'><model>kvm64</model><feature policy='disable' name='cx16'/></cpu>")),
    ("maximum", guest(head="<memory unit='MiB'>64</memory><cpu mode='maximum' migratable='off'/>")),
    ("processors", guest(head="<memory unit='MiB'>96</memory><vcpu current='1'>4</vcpu><iothreads>2</iothreads><cpu><topology sockets='2' cores='2' threads='1'/></cpu>")),
    ("of the host", guest(head="<memory unit='MiB'>64</memory><cpu mode='host-passthrough'/>")),
    ("no such feature", guest(head="<memory unit='MiB'>64</memory><cpu match='exact'><model>kvm64</model><feature policy='require' name='nosuch'/></cpu>")),
    ("a clock", guest(head="<memory unit='MiB'>64</memory><clock offset='localtime'><timer name='pit' tickpolicy='delay'/></clock>")),
    ("no emulator", guest().replace("/usr/bin/qemu-system-x86_64", "/nonexistent")),
    ("no guest", "<domain/>"),
    ("a port of a display that is not there", guest("<channel type='spicevmc'><target type='virtio'/></channel>")),
    ("sound of the first display", guest("<graphics type='spice'/><graphics type='vnc'/>")),
    ("a model of a card that is none", guest("<interface type='user'><mac address='52:54:00:00:00:03'/><model type='nosuch'/></interface>")),
):
    step(name, lambda: native(xml))
step("another form", lambda: native(guest(), "xen-xl"))
step("flags", lambda: native(guest(), "qemu-argv", 1))
step("nothing is left", lambda: [one.name() for one in conn.listAllDomains(0)])
