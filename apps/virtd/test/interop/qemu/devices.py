# SPDX-License-Identifier: GPL-2.0-or-later
# Guests with devices that need something of their host, by libvirt's own Python binding: what each attempt answers, what the host has of it
# meanwhile, and what is left. Usage: devices.py SOCKET FOLDER NAME, in the mount and network namespace of the daemon.
import glob
import os
import re
import subprocess
import sys

import libvirt
from steps import conn, folder, hear, of_mark, own_name, step, virsh

conn.domainEventRegisterAny(None, 0, lambda c, d, e, i, o: of_mark(d) or hear("lifecycle", e, i), None)
uuid = "f1f2f3f4-0000-4000-8000-0000000000d5"
life = "lifecycle"
mac = "52:54:00:00:00:d5"


def xml(devices="", more="", machine="pc", root=""):
    return f"""<domain type='qemu' {root}><name>{own_name}</name><uuid>{uuid}</uuid><memory unit='MiB'>32</memory>{more}
    <os><type arch='x86_64' machine='{machine}'>hvm</type></os><features><acpi/></features>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{devices}</devices></domain>"""


dom = None


def define(*args, **more):
    global dom
    dom = conn.defineXML(xml(*args, **more))


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else f"{done.returncode} {done.stderr.strip()}"


def words_of_qemu():
    """QEMU says when it says something, and whether it could greet before is chance."""
    try:
        return dom.createWithFlags(1)
    except libvirt.libvirtError as error:
        text = f"{error.get_error_code()}/{error.get_error_domain()} {error.get_error_message()}"
        text = re.sub(r"[\d-]+T[\d:.]+Z ", "", text)
        return re.sub(r"process exited while connecting to monitor|(?:qemu|QEMU) unexpectedly closed the monitor(?: \(vm='[^']*'\))?", "it ended", text)


def part(pattern, flags=0):
    found = re.search(pattern, dom.XMLDesc(flags), re.S)
    return None if found is None else found[0]


def case(name, devices, look=None, shows=None, **more):
    """A guest that is defined, started paused, looked at, and dropped again."""
    step(name, lambda: define(devices, **more))
    try:
        conn.lookupByUUIDString(uuid)
    except libvirt.libvirtError:
        return
    if shows is not None:
        step(f"{name}: kept as", lambda: part(shows, 2))
    step(f"{name}: start", words_of_qemu)
    if dom.isActive():
        if shows is not None:
            step(f"{name}: shows as", lambda: part(shows))
        if look is not None:
            step(f"{name}: host", look)
        step(f"{name}: destroy", lambda: dom.destroy(), life)
    if look is not None:
        step(f"{name}: left", look)
    step(f"{name}: undefine", lambda: dom.undefine())


def links():
    """Links of the host besides those of its own, with what they are."""
    lines = ip("-d", "-o", "link").split("\n")
    found = []
    for line in lines:
        name = re.match(r"\d+: ([^:@]+)", line)[1]
        if name.startswith(("macvtap", "vnet", "tap")):
            found.append([re.sub(r"\d+", "N", name), re.findall(r"link/ether (\S+)|mtu (\d+)|(UP)[,>]|(macvtap mode \w+)|master (\S+)|@(\w+):", line)])
    return sorted(found)


hostdev = "<hostdev mode='subsystem' type='{}' managed='{}'>{}</hostdev>"
where = "<source><address domain='0x0000' bus='0x06' slot='0x12' function='0x5'/></source>"


def host_devices():
    for managed in ("yes", "no"):
        case(f"PCI, managed {managed}", hostdev.format("pci", managed, where))
        case(f"PCI by VFIO, managed {managed}", hostdev.format("pci", managed, "<driver name='vfio'/>" + where))
    case("PCI by KVM", hostdev.format("pci", "yes", "<driver name='kvm'/>" + where))
    case("two of one PCI", hostdev.format("pci", "yes", where) * 2)
    typed = where.replace("<address", "<address type='pci'")
    case("card of the host", f"<interface type='hostdev' managed='yes'><mac address='{mac}'/>{typed}</interface>")
    usb = "<source{}><vendor id='0x1234'/><product id='0xbeef'/></source>"
    for policy in ("", " startupPolicy='mandatory'", " startupPolicy='requisite'", " startupPolicy='optional'"):
        case("USB by product" + policy, hostdev.format("usb", "no", usb.format(policy)), shows="<hostdev.*</hostdev>")
    case("USB by address", hostdev.format("usb", "no", "<source><address bus='1' device='3'/></source>"))
    case("USB by both", hostdev.format("usb", "no", "<source><vendor id='0x1234'/><product id='0xbeef'/><address bus='1' device='3'/></source>"))
    case("USB managed", hostdev.format("usb", "yes", usb.format("")))
    case("SCSI", hostdev.format("scsi", "no", "<source><adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/></source>"))
    case("SCSI host", "<hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/></hostdev>")
    case("mediated", "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source></hostdev>")
    case("capabilities", "<hostdev mode='capabilities' type='misc'><source><char>/dev/input/event3</char></source></hostdev>")


def buses():
    """Buses of a host that has devices on them."""
    top = folder + "/bus"
    for name, vendor, product, number in (("usb1", "1d6b", "0002", 1), ("1-1", "1234", "beef", 3), ("1-2", "1234", "beef", 4), ("2-1.4", "aaaa", "00bb", 5)):
        place = f"{top}/usb/devices/{name}"
        os.makedirs(place)
        for file, text in (("idVendor", vendor), ("idProduct", product), ("devnum", number)):
            with open(f"{place}/{file}", "w") as out:
                out.write(f"{text}\n")
    os.makedirs(f"{top}/usb/devices/1-1:1.0")
    os.makedirs(f"{top}/scsi/devices/0:0:1:2/scsi_generic/sg7")
    for file in ("vendor", "model"):
        with open(f"{top}/scsi/devices/0:0:1:2/{file}", "w") as out:
            out.write("X\n")
    subprocess.run(["mount", "--bind", top, "/sys/bus"], check=True)
    os.makedirs("/dev/bus/usb/002")
    os.mknod("/dev/bus/usb/002/005", 0o20660, os.makedev(1, 3))
    os.mknod("/dev/sg7", 0o20660, os.makedev(1, 3))
    both = "<vendor id='0x{}'/><product id='0x{}'/>"

    def usb(name, inner, policy="", more=""):
        source = hostdev.format("usb", "no", f"<source{policy}>{inner}</source>")
        case(name, source, shows="<hostdev.*</hostdev>", look=lambda: os.stat("/dev/bus/usb/002/005").st_uid)

    optional = " startupPolicy='optional'"
    usb("USB, two of a kind", both.format("1234", "beef"))
    usb("USB, one of two of a kind", both.format("1234", "beef") + "<address bus='1' device='4'/>")
    usb("USB, none of two of a kind", both.format("1234", "beef") + "<address bus='1' device='9'/>")
    usb("USB, none of a kind", both.format("1234", "cafe"))
    usb("USB, none of a kind, requisite", both.format("1234", "cafe"), " startupPolicy='requisite'")
    usb("USB, none of a kind, optional", both.format("1234", "cafe"), optional)
    usb("USB, one of a kind", both.format("aaaa", "00bb"))
    usb("USB, at a place", "<address bus='2' device='5'/>")
    usb("USB, at no place", "<address bus='7' device='5'/>")
    usb("USB, at no place, optional", "<address bus='7' device='5'/>", optional)
    usb("USB, a kind at another place", both.format("aaaa", "00bb") + "<address bus='1' device='3'/>")
    scsi = "<source><adapter name='scsi_host0'/><address bus='0' target='1' unit='{}'/></source>"
    case("SCSI that is there", hostdev.format("scsi", "no", scsi.format(2)), look=lambda: os.stat("/dev/sg7").st_uid, shows="<hostdev.*</hostdev>")
    case("SCSI that is not there", hostdev.format("scsi", "no", scsi.format(3)))
    subprocess.run(["umount", "/sys/bus"], check=True)


def sockets():
    case("vsock", "<vsock model='virtio'><cid auto='yes'/></vsock>", shows="<vsock.*</vsock>")
    case("vsock of a number", "<vsock model='virtio'><cid auto='no' address='77'/></vsock>")
    case("vsock of a small number", "<vsock model='virtio'><cid auto='no' address='2'/></vsock>")
    case("vsock without number", "<vsock model='virtio'/>")


def modules():
    case("TPM of the host", "<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>")
    case("TPM of the host, usual", "<tpm model='tpm-tis'><backend type='passthrough'/></tpm>")
    case("TPM that is a file", f"<tpm model='tpm-tis'><backend type='passthrough'><device path='{folder}/file'/></backend></tpm>")
    case("TPM that is a device", "<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/null'/></backend></tpm>")


def secured():
    sev = "<launchSecurity type='sev'><policy>0x0001</policy><cbitpos>47</cbitpos><reducedPhysBits>1</reducedPhysBits></launchSecurity>"
    for machine in ("pc", "q35"):
        case(f"SEV on {machine}", "", more=sev, machine=machine)
        case(f"PV on {machine}", "", more="<launchSecurity type='s390-pv'/>", machine=machine)


def cards():
    ip("link", "add", "br0", "type", "bridge")
    ip("link", "set", "br0", "up")
    net = "<interface type='{}'><mac address='{}'/>{}<model type='virtio'/></interface>"
    case("bridge", net.format("bridge", mac, "<source bridge='br0'/>"), look=links)
    case("no bridge", net.format("bridge", mac, "<source bridge='br7'/>"), look=links)
    case("no name of a bridge", net.format("bridge", mac, ""))
    case("ethernet", net.format("ethernet", mac, "<target dev='tap0'/>"), look=links)
    case("network", net.format("network", mac, "<source network='default'/>"), look=links)


def images():
    for name in ("base.qcow2", "own.qcow2"):
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", f"{folder}/{name}", "8M"], check=True)
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", f"{folder}/raw.img", "8M"], check=True)

    def afresh():
        """libvirtd leaves transient disks the guest's."""
        for path in glob.glob(f"{folder}/*.*"):
            os.chown(path, 1234, 1234)
            for note in os.listxattr(path):
                if "libvirt" in note:
                    os.removexattr(path, note)

    def files():
        found = [(path, os.stat(path)) for path in sorted(glob.glob(f"{folder}/*.*"))]
        return [[os.path.basename(path), one.st_uid, oct(one.st_mode)] for path, one in found]

    def chain():
        text = virsh("qemu-monitor-command", own_name, '{"execute":"query-named-block-nodes","arguments":{"flat":true}}')[1]
        return [files(), sorted(re.findall(r'"node-name":"([^"]*)"', text)), sorted(re.findall(r'"file":"(/[^"]*)"', text))]

    def image(*args, **more):
        afresh()
        case(*args, **more)

    disk = "<disk type='file' device='{}'><driver name='qemu' type='{}'/><source file='{}'/><target dev='{}' bus='{}'/>{}</disk>"
    own = f"{folder}/own.qcow2"
    shows = "<disk.*</disk>"
    image("transient", disk.format("disk", "qcow2", own, "vda", "virtio", "<transient/>"), look=chain, shows=shows)
    image("transient raw", disk.format("disk", "raw", f"{folder}/raw.img", "vda", "virtio", "<transient/>"), look=chain, shows=shows)
    image("transient on IDE", disk.format("disk", "qcow2", own, "hda", "ide", "<transient/>"), look=chain)
    image("transient on USB", disk.format("disk", "qcow2", own, "sda", "usb", "<transient/>"), look=chain)
    image("transient on SCSI", disk.format("disk", "qcow2", own, "sda", "scsi", "<transient/>"), look=chain, shows=shows)
    image("transient, shared", disk.format("disk", "qcow2", own, "vda", "virtio", "<transient shareBacking='yes'/>"), look=chain, shows=shows)
    image("transient, shared on IDE", disk.format("disk", "qcow2", own, "hda", "ide", "<transient shareBacking='yes'/>"), look=chain)
    image("transient CD", disk.format("cdrom", "qcow2", own, "hda", "ide", "<transient/>"))
    image("transient and read only", disk.format("disk", "qcow2", own, "vda", "virtio", "<transient/><readonly/>"))
    image("transient, shareable", disk.format("disk", "raw", f"{folder}/raw.img", "vda", "virtio", "<transient/><shareable/>"))
    image("two transient", disk.format("disk", "qcow2", own, "vda", "virtio", "<transient/>") + disk.format("disk", "raw", f"{folder}/raw.img", "vdb", "virtio", "<transient/>"), look=chain)


def forgotten():
    """What a guest has written to a transient disk, and what becomes of one that is saved."""
    path, image = f"{folder}/forgotten.img", f"{folder}/saved"
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", path, "1M"], check=True)
    os.chmod(path, 0o644)

    def content():
        with open(path, "rb") as file:
            return file.read(4).hex()

    disk = f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{path}'/><target dev='vda' bus='virtio'/><transient/></disk>"
    step("define", lambda: define(disk), life)
    step("start", lambda: dom.create(), life)
    step("write", lambda: virsh("qemu-monitor-command", "--hmp", own_name, 'qemu-io -d virtio-disk0 "write -P 7 0 512"')[0])
    step("not on the disk", content)
    step("save", lambda: dom.save(image))
    step("state", lambda: dom.state())
    step("managed save", lambda: dom.managedSave(0))
    step("dump", lambda: dom.coreDump(image, 0))
    step("destroy", lambda: dom.destroy(), life)
    step("never on the disk", content)
    step("left", lambda: sorted(os.path.basename(one) for one in glob.glob(path + "*")))
    step("undefine", lambda: dom.undefineFlags(1))
    step("restore", lambda: conn.restore(image) if os.path.exists(image) else None)


def networked():
    disk = "<disk type='network' device='disk'><driver name='qemu' type='raw'/>{}<target dev='vda' bus='virtio'/></disk>"
    usage = "<auth username='me'><secret type='{}' {}/></auth>"
    iscsi = "<source protocol='iscsi' name='iqn.2013-07.com.example:x/1'><host name='127.0.0.1' port='3999'/>{}</source>"
    rbd = "<source protocol='rbd' name='pool/image'><host name='127.0.0.1' port='3998'/>{}</source>"
    for kind, source in (("iscsi", iscsi), ("ceph", rbd)):
        case(f"{kind}, no secret", disk.format(source.format(usage.format(kind, "usage='none'"))))
        case(f"{kind}, no secret of a number", disk.format(source.format(usage.format(kind, "uuid='2ec115d7-3a88-3ceb-bc12-0ac909a6fd87'"))))
    other = conn.secretDefineXML("<secret ephemeral='no' private='yes'><uuid>2ec115d7-3a88-3ceb-bc12-0ac909a6fd88</uuid><usage type='iscsi'><target>own</target></usage></secret>", 0)
    case("iscsi, no value", disk.format(iscsi.format(usage.format("iscsi", "usage='own'"))))
    other.setValue(b"mysecret", 0)
    case("iscsi, nobody there", disk.format(iscsi.format(usage.format("iscsi", "usage='own'"))))
    case("ceph, of another kind", disk.format(rbd.format(usage.format("ceph", "uuid='2ec115d7-3a88-3ceb-bc12-0ac909a6fd88'"))))
    case("iscsi, by number", disk.format(iscsi.format(usage.format("iscsi", "uuid='2ec115d7-3a88-3ceb-bc12-0ac909a6fd88'"))))
    other.undefine()


with open(f"{folder}/file", "w") as file:
    file.write("x")
only = sys.argv[4:]
for part_of_it in (host_devices, buses, sockets, modules, secured, cards, images, forgotten, networked):
    if only == [] or part_of_it.__name__ in only:
        part_of_it()
