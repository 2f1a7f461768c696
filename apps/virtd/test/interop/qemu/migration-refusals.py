# SPDX-License-Identifier: GPL-2.0-or-later
# Migrations that are refused, by libvirt's own Python binding and virsh: each goes to the daemon that it comes from, which refuses the guest
# at the latest when it reads whose it is. What could go is hence told from what could not.
# Usage: migration-refusals.py SOCKET FOLDER
import os
import re

import libvirt
from steps import conn, folder, step, uri, virsh

other = libvirt.open(uri)
V = libvirt
LIVE, UNSAFE, DISK, INC = V.VIR_MIGRATE_LIVE, V.VIR_MIGRATE_UNSAFE, V.VIR_MIGRATE_NON_SHARED_DISK, V.VIR_MIGRATE_NON_SHARED_INC
OFFLINE, PERSIST, POSTCOPY, PAUSED = V.VIR_MIGRATE_OFFLINE, V.VIR_MIGRATE_PERSIST_DEST, V.VIR_MIGRATE_POSTCOPY, V.VIR_MIGRATE_PAUSED
PARALLEL, ZEROCOPY, CONVERGE = V.VIR_MIGRATE_PARALLEL, V.VIR_MIGRATE_ZEROCOPY, V.VIR_MIGRATE_AUTO_CONVERGE
COMPRESSED, TLS, ABORT, RESUME = V.VIR_MIGRATE_COMPRESSED, V.VIR_MIGRATE_TLS, V.VIR_MIGRATE_ABORT_ON_ERROR, V.VIR_MIGRATE_POSTCOPY_RESUME
TUNNELLED, PEER, PROTECT = V.VIR_MIGRATE_TUNNELLED, V.VIR_MIGRATE_PEER2PEER, V.VIR_MIGRATE_CHANGE_PROTECTION
SYNC = V.VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES

for name in ("plain.img", "boot.img", "second.img"):
    with open(f"{folder}/{name}", "wb") as file:
        file.write(b"\xeb\xfe" + b"\0" * 508 + b"\x55\xaa" + b"\0" * 65024)

boot = f"""<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{folder}/boot.img'/>
<target dev='vda' bus='virtio'/></disk>"""
number = 0


def document(name, devices=boot, more="", memory=32):
    global number
    number += 1
    return f"""<domain type='qemu'><name>{name}</name><uuid>f1f2f3f4-0000-4000-8000-{number:012}</uuid>
<memory unit='MiB'>{memory}</memory><os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os><features><acpi/></features>{more}
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{devices}</devices></domain>"""


def disk(name, target, more="", driver="", device="disk", bus="virtio"):
    return f"""<disk type='file' device='{device}'><driver name='qemu' type='raw' {driver}/><source file='{folder}/{name}'/>
<target dev='{target}' bus='{bus}'/>{more}</disk>"""


def cleaned(text):
    """Whose host it is, is a daemon's own affair."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)


def attempt(name, dom, flags=LIVE | UNSAFE, **params):
    # Where nobody says where to, libvirtd looks for its host's name, which can take long.
    given = {"migrate_uri": "tcp://127.0.0.1", **{key.replace("__", "."): value for key, value in params.items()}}

    def go():
        try:
            dom.migrate3(other, given, flags)
            return "moved"
        except libvirt.libvirtError as error:
            return f"{error.get_error_code()}/{error.get_error_domain()} {cleaned(error.get_error_message())}"

    step(name, go)


def start(xml, flags=0):
    return conn.createXML(xml, flags | V.VIR_DOMAIN_START_PAUSED)


plain = start(document("plain", boot.replace("boot.img", "plain.img")))

# Flags.
for name, flags in {
    "as it is": LIVE | UNSAFE,
    "standing still": UNSAFE,
    "with an image of its own": LIVE,
    "with an image of its own, protected": LIVE | PROTECT,
    "protected": LIVE | UNSAFE | PROTECT,
    "with its disks": LIVE | DISK,
    "with what differs": LIVE | INC,
    "with its disks in two ways": LIVE | DISK | INC,
    "each write at once": LIVE | UNSAFE | SYNC,
    "post-copy": LIVE | UNSAFE | POSTCOPY,
    "post-copy, not live": UNSAFE | POSTCOPY,
    "post-copy, to wait": LIVE | UNSAFE | POSTCOPY | PAUSED,
    "post-copy, in a tunnel": LIVE | UNSAFE | POSTCOPY | TUNNELLED | PEER,
    "post-copy with its disks": LIVE | POSTCOPY | DISK,
    "post-copy, over several connections": LIVE | UNSAFE | POSTCOPY | PARALLEL,
    "recovery": LIVE | POSTCOPY | RESUME,
    "recovery, protected": LIVE | POSTCOPY | RESUME | PROTECT,
    "recovery without post-copy": LIVE | RESUME,
    "recovery without post-copy, protected": LIVE | RESUME | PROTECT,
    "offline": OFFLINE,
    "offline, to stay": OFFLINE | PERSIST,
    "offline with its disks": OFFLINE | PERSIST | DISK,
    "offline, post-copy": OFFLINE | PERSIST | POSTCOPY,
    "zero-copy": LIVE | UNSAFE | ZEROCOPY,
    "zero-copy, over several connections": LIVE | UNSAFE | ZEROCOPY | PARALLEL,
    "over several connections": LIVE | UNSAFE | PARALLEL,
    "over several connections in a tunnel": LIVE | UNSAFE | PARALLEL | TUNNELLED | PEER,
    "in a tunnel": LIVE | UNSAFE | TUNNELLED,
    "compressed": LIVE | UNSAFE | COMPRESSED,
    "compressed over several connections": LIVE | UNSAFE | COMPRESSED | PARALLEL,
    "slowed down": LIVE | UNSAFE | CONVERGE,
    "unless an image fails": LIVE | UNSAFE | ABORT,
    "no such flag": LIVE | 1 << 25,
}.items():
    attempt(name, plain, flags)

# What tunes it.
for name, flags, params in (
    ("slower at first", LIVE | UNSAFE, {"auto_converge__initial": 20}),
    ("slower and slower", LIVE | UNSAFE, {"auto_converge__increment": 20}),
    ("slower, as asked for", LIVE | UNSAFE | CONVERGE, {"auto_converge__initial": 20, "auto_converge__increment": 5}),
    ("connections", LIVE | UNSAFE, {"parallel__connections": 3}),
    ("connections, as asked for", LIVE | UNSAFE | PARALLEL, {"parallel__connections": 3}),
    ("no method of that name", LIVE | UNSAFE, {"compression": "lz4"}),
    ("a method twice", LIVE | UNSAFE, {"compression": ["mt", "mt"]}),
    ("two methods", LIVE | UNSAFE, {"compression": ["mt", "xbzrle"]}),
    ("xbzrle", LIVE | UNSAFE, {"compression": "xbzrle"}),
    ("xbzrle, compressed", LIVE | UNSAFE | COMPRESSED, {"compression": "xbzrle"}),
    ("a cache of nothing", LIVE | UNSAFE, {"compression__xbzrle__cache": 1 << 20}),
    ("a cache of what is compressed", LIVE | UNSAFE | COMPRESSED, {"compression__xbzrle__cache": 1 << 20}),
    ("a cache of xbzrle", LIVE | UNSAFE, {"compression": "xbzrle", "compression__xbzrle__cache": 1 << 20}),
    ("a level of nothing", LIVE | UNSAFE, {"compression__mt__level": 2}),
    ("threads of nothing", LIVE | UNSAFE, {"compression__mt__threads": 2}),
    ("threads of nothing over there", LIVE | UNSAFE, {"compression__mt__dthreads": 2}),
    ("a level of another method", LIVE | UNSAFE, {"compression": "xbzrle", "compression__mt__level": 2}),
    ("a level of mt", LIVE | UNSAFE, {"compression": "mt", "compression__mt__level": 2}),
    ("xbzrle over several connections", LIVE | UNSAFE | PARALLEL, {"compression": "xbzrle"}),
    ("mt over several connections", LIVE | UNSAFE | PARALLEL, {"compression": "mt"}),
    ("zlib", LIVE | UNSAFE, {"compression": "zlib"}),
    ("zlib over several connections", LIVE | UNSAFE | PARALLEL, {"compression": "zlib"}),
    ("disks of no copy", LIVE | UNSAFE, {"migrate_disks": "vda"}),
    ("disks that are not there", LIVE | UNSAFE | DISK, {"migrate_disks": "vdb"}),
    ("disks that are not there, and images that stay", LIVE | DISK, {"migrate_disks": "vdb"}),
    ("some that are not there", LIVE | UNSAFE | DISK, {"migrate_disks": ["vda", "vdb"]}),
    ("disks", LIVE | DISK, {"migrate_disks": "vda"}),
    ("another name", LIVE | UNSAFE, {"destination_name": "elsewhere"}),
    ("no name", LIVE | UNSAFE, {"destination_name": ""}),
    ("a name with a slash", LIVE | UNSAFE, {"destination_name": "a/b"}),
    ("all that can be sent", LIVE | UNSAFE, {"bandwidth": (1 << 63) - 1}),
    ("more than can be sent", LIVE | UNSAFE, {"bandwidth": 1 << 63}),
    ("more than can be sent in post-copy", LIVE | UNSAFE, {"bandwidth__postcopy": 1 << 62}),
):
    attempt(name, plain, flags, **params)

# Where it goes.
for target in (
    "tcp://127.0.0.1", "tcp://127.0.0.1:49900", "tcp:127.0.0.1", "tcp:127.0.0.1:49900", "tcp://[::1]", "tcp://", "tcp:", "127.0.0.1",
    "127.0.0.1:49900", "http://127.0.0.1", "udp:127.0.0.1", "unix:///tmp/none", "unix:/tmp/none", "unix://", "fd:3", "exec:cat",
    "tcp://127.0.0.1:99999", "tcp://127.0.0.1:port", "rdma://127.0.0.1", "x-tcp://127.0.0.1", "/tmp/none",
):
    attempt(f"to {target}", plain, migrate_uri=target)
for name, flags, params in (
    ("listening", LIVE | UNSAFE, {"listen_address": "127.0.0.1"}),
    ("listening and a URI", LIVE | UNSAFE, {"listen_address": "127.0.0.1", "migrate_uri": "tcp://127.0.0.1"}),
    ("listening and a socket", LIVE | UNSAFE, {"listen_address": "127.0.0.1", "migrate_uri": "unix:///tmp/none"}),
    ("a port of disks", LIVE | DISK, {"disks_port": 49901}),
    ("no port of disks", LIVE | DISK, {"disks_port": -1}),
    ("too high a port of disks", LIVE | DISK, {"disks_port": 70000}),
    ("a port of no disks", LIVE | UNSAFE, {"disks_port": 49901}),
    ("where disks go", LIVE | DISK, {"disks_uri": "tcp://127.0.0.1"}),
    ("where disks go, and a port", LIVE | DISK, {"disks_uri": "tcp://127.0.0.1", "disks_port": 49901}),
    ("where no disks go, and a port", LIVE | UNSAFE, {"disks_uri": "tcp://127.0.0.1", "disks_port": 49901}),
    ("a socket, and disks", LIVE | DISK, {"migrate_uri": "unix:///tmp/none"}),
    ("a socket, and disks somewhere", LIVE | DISK, {"migrate_uri": "unix:///tmp/none", "disks_uri": "unix:///tmp/other"}),
    ("disks to nowhere", LIVE | DISK, {"disks_uri": "http://127.0.0.1"}),
    ("viewers", LIVE | UNSAFE, {"graphics_uri": "spice://127.0.0.1:5900"}),
    ("viewers of nothing", LIVE | UNSAFE, {"graphics_uri": "rdp://127.0.0.1"}),
):
    attempt(name, plain, flags, **params)

# What it is over there.
now = plain.XMLDesc(V.VIR_DOMAIN_XML_MIGRATABLE)
for name, old, new in (
    ("itself", "<name>", "<name>"),
    ("with a title", "</name>", "</name><title>there</title>"),
    ("with another name", "<name>plain<", "<name>other<"),
    ("with another UUID", "4000-8000-0000", "4000-9000-0000"),
    ("with more memory", "32768</memory>", "65536</memory>"),
    ("with less memory now", "32768</currentMemory>", "16384</currentMemory>"),
    ("with more processors", ">1</vcpu>", ">2</vcpu>"),
    ("as another machine", "pc-i440fx-7.2", "pc-i440fx-7.1"),
    ("as a newer machine", "pc-i440fx-7.2", "pc-q35-7.2"),
    ("of another kind", "type='qemu'", "type='kvm'"),
    ("without ACPI", "<acpi/>", ""),
    ("with PAE", "<acpi/>", "<acpi/><pae/>"),
    ("with another image", "plain.img", "second.img"),
    ("with another target", "dev='vda'", "dev='vdb'"),
    ("with another address", "slot='0x03'", "slot='0x09'"),
    ("with a serial number", "<target dev='vda'", "<serial>1</serial><target dev='vda'"),
    ("with another cache", "type='raw'/>", "type='raw' cache='none'/>"),
    ("without a disk", re.search("<disk.*</disk>", now, re.S).group(0), ""),
    ("with another disk", "</disk>", "</disk>" + disk("second.img", "vdb")),
    ("with another balloon", "<memballoon model='virtio'>", "<memballoon model='virtio' autodeflate='on'>"),
    ("with a network card", "<memballoon", "<interface type='user'/><memballoon"),
    ("with a watchdog", "<memballoon", "<watchdog model='i6300esb'/><memballoon"),
    ("with a random source", "<memballoon", "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng><memballoon"),
    ("with another clock", "offset='utc'", "offset='localtime'"),
    ("with a timer", "<clock offset='utc'/>", "<clock offset='utc'><timer name='hpet' present='no'/></clock>"),
    ("with another end", "<on_crash>destroy", "<on_crash>restart"),
    ("with a processor", "<clock", "<cpu mode='custom'><model>Nehalem</model></cpu><clock"),
    ("of another architecture", "arch='x86_64'", "arch='aarch64'"),
    ("of an older architecture", "arch='x86_64'", "arch='i686'"),
    ("with another emulator of another architecture", "/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-system-aarch64"),
    ("without its emulator", "<emulator>/usr/bin/qemu-system-x86_64</emulator>", ""),
    ("with an emulator that is not there", "/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-none"),
    ("with another emulator", "/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-system-i386"),
    ("as nothing", now, "<domain/>"),
):
    step(f"{name}: differs", lambda: (old in now) or now)
    attempt(name, plain, destination_xml=now.replace(old, new))
attempt("kept with a title", plain, LIVE | UNSAFE | PERSIST, persistent_xml=now.replace("</name>", "</name><title>kept</title>"))
attempt("kept as nothing", plain, LIVE | UNSAFE | PERSIST, persistent_xml="<domain/>")

# What it has.
shared = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
for name, xml in {
    "no disk": document("none", ""),
    "a disk to read": document("read", disk("boot.img", "vda", "<readonly/>")),
    "a disk to share": document("share", disk("boot.img", "vda", "<shareable/>", "cache='none'")),
    "a disk without a cache": document("nocache", disk("boot.img", "vda", "", "cache='none'")),
    "no medium": document("medium", "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>"),
    "a medium": document("cdrom", disk("boot.img", "hda", "<readonly/>", "", "cdrom", "ide")),
    "two disks": document("two", boot + disk("second.img", "vdb")),
    "memory that it owns": document("owner", boot + f"<shmem name='mine{os.getpid()}' role='master'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>"),
    "memory of others": document("peer", boot + f"<shmem name='mine{os.getpid()}' role='peer'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>"),
    "memory of nobody": document("nobody", boot + f"<shmem name='mine{os.getpid()}'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>"),
    "modules of memory": document(
        "modules",
        boot + "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>",
        "<maxMemory slots='4' unit='GiB'>2</maxMemory><vcpu>1</vcpu>"
        "<cpu><numa><cell id='0' cpus='0' memory='128' unit='MiB'/></numa></cpu>",
        256,
    ),
    "a viewer": document("viewer", boot + "<graphics type='vnc' port='-1' autoport='yes'/>"),
    "a watchdog": document("watchdog", boot + "<watchdog model='i6300esb' action='none'/>"),
    "a folder by 9p": document(
        "folder", boot + f"<filesystem type='mount' accessmode='mapped'><source dir='{folder}'/><target dir='it'/></filesystem>"
    ),
}.items():
    try:
        guest = start(xml)
    except libvirt.libvirtError as error:
        step(name, lambda: str(error))
        continue
    attempt(name, guest, LIVE)
    attempt(name + ", unsafe", guest)
    attempt(name + ", copied", guest, LIVE | DISK)
    attempt(name + ", in part", guest, LIVE | DISK, migrate_disks="vda")
    attempt(name + ", forced upon", guest, LIVE | UNSAFE | PROTECT)
    guest.destroy()
tied = start(document("tied"), V.VIR_DOMAIN_START_AUTODESTROY)
attempt("tied to a client", tied)
attempt("tied to a client, with its image", tied, LIVE)
tied.destroy()

# What does not run.
still = conn.defineXML(document("still"))
for name, flags in {
    "which does not run": LIVE | UNSAFE,
    "which does not run, protected": LIVE | UNSAFE | PROTECT,
    "which does not run, offline": OFFLINE,
    "which does not run, offline, to stay": OFFLINE | PERSIST,
    "which does not run, offline and live": OFFLINE | PERSIST | LIVE,
    "which does not run, offline with its disks": OFFLINE | PERSIST | DISK,
    "which does not run, offline, protected": OFFLINE | PERSIST | PROTECT,
}.items():
    attempt(name, still, flags)

# What goes with migrations.
for name, dom in (("run", plain), ("still", still)):
    step(f"{name}: post-copy", lambda: dom.migrateStartPostCopy(0))
    step(f"{name}: abort", lambda: dom.abortJob())
    step(f"{name}: speed", lambda: dom.migrateGetMaxSpeed(0))
    step(f"{name}: speed of post-copy", lambda: dom.migrateGetMaxSpeed(1))
    for speed in (0, 100, (1 << 43) - 1, 1 << 43, 1 << 44, 1 << 62):
        step(f"{name}: speed {speed}", lambda: dom.migrateSetMaxSpeed(speed, 0))
        step(f"{name}: speed is", lambda: dom.migrateGetMaxSpeed(0))
        step(f"{name}: speed of post-copy {speed}", lambda: dom.migrateSetMaxSpeed(speed, 1))
        step(f"{name}: speed of post-copy is", lambda: dom.migrateGetMaxSpeed(1))
    step(f"{name}: downtime", lambda: dom.migrateGetMaxDowntime())
    for downtime in (0, 1, 5000, 2000000, 2000001, 1 << 40):
        step(f"{name}: downtime {downtime}", lambda: dom.migrateSetMaxDowntime(downtime, 0))
        step(f"{name}: downtime is", lambda: dom.migrateGetMaxDowntime())
    step(f"{name}: cache", lambda: dom.migrateGetCompressionCache())
    for cache in (0, 1, 4095, 4096, 1 << 20, 3 << 20, 1 << 40):
        step(f"{name}: cache {cache}", lambda: dom.migrateSetCompressionCache(cache, 0))
        step(f"{name}: cache is", lambda: dom.migrateGetCompressionCache())
    step(f"{name}: job", lambda: dom.jobInfo())
    step(f"{name}: job's figures", lambda: dom.jobStats(0))
    step(f"{name}: past job's figures", lambda: dom.jobStats(1))
    for words in (
        "migrate-getspeed", "migrate-setspeed 7", "migrate-getspeed", "migrate-getspeed --postcopy", "migrate-setmaxdowntime 9",
        "migrate-getmaxdowntime", "migrate-compcache", "migrate-compcache --size 4194304", "migrate-postcopy", "domjobinfo",
        "domjobinfo --completed", "domjobinfo --anystats", "domjobabort", "domjobabort --postcopy",
    ):
        command, *rest = words.split(" ")
        step(f"{name}: virsh {words}", lambda: virsh(command, dom.name(), *rest))
step("states", lambda: [plain.state(), still.state(), sorted(one.name() for one in conn.listAllDomains())])
plain.destroy()
still.undefine()
