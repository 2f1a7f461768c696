# SPDX-License-Identifier: GPL-2.0-or-later
# Guests whose firmware is UEFI, by libvirt's own Python binding: what becomes of the file with its variables. What each step answers goes
# out as a line of JSON. Usage: firmware.py SOCKET FOLDER NAME, in the mount and network namespace of the daemon.
import hashlib
import os
import re
import select
import stat
import time

import libvirt
from steps import catch_up, conn, folder, hear, of_mark, own_name, step, virsh

conn.domainEventRegisterAny(None, 0, lambda c, d, e, i, o: of_mark(d) or hear("lifecycle", e, i), None)
nvram = "/var/lib/libvirt/qemu/nvram"
ovmf = "/usr/share/OVMF"
template = ovmf + "/OVMF_VARS_4M.fd"
uuid = "f1f2f3f4-0000-4000-8000-0000000000ef"
variables = f"{nvram}/{own_name}_VARS.fd"
life = "lifecycle"
efi = "firmware='efi'"
dom = None


def xml(os_attributes="", inner="", machine="q35", more="", name=own_name, devices="", features="<acpi/>"):
    return f"""<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>128</memory>{more}
    <os {os_attributes}><type arch='x86_64' machine='{machine}'>hvm</type>{inner}</os><features>{features}</features>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><serial type='pty'/>{devices}</devices></domain>"""


def content(path):
    with open(path, "rb") as file:
        return file.read()


known = {}


def file(path=variables):
    """Whose a file is, who may read it, how long it is, and which content it has: the template's, or the how manieth of those seen here."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    data = content(path)
    digest = hashlib.sha256(data).hexdigest()
    if os.path.exists(template) and data == content(template):
        which = "template"
    else:
        which = known.setdefault(digest, f"content {len(known)}")
    notes = sorted(name for name in os.listxattr(path) if "libvirt" in name)
    return [f"{found.st_uid}:{found.st_gid} {stat.S_IMODE(found.st_mode):o}", found.st_size, which, notes]


def folder_of_variables():
    found = os.stat(nvram)
    return [f"{found.st_uid}:{found.st_gid} {stat.S_IMODE(found.st_mode):o}", sorted(os.listdir(nvram))]


def plain_words(work):
    """What QEMU says at its end, and when: whether it could greet before is chance."""
    try:
        return work()
    except libvirt.libvirtError as error:
        text = re.sub(r"[\d-]+T[\d:.]+Z ", "", error.get_error_message())
        return re.sub(r"process exited while connecting to monitor|(?:qemu|QEMU) unexpectedly closed the monitor(?: \(vm='[^']*'\))?", "it ended", text)


def define(*args, **more):
    global dom
    dom = conn.defineXML(xml(*args, **more))


def live_os():
    text = re.search("<os.*</os>", dom.XMLDesc(0), re.S)[0]
    # The newer level writes down more of what it has chosen.
    text = re.sub(r" *<firmware>.*</firmware>\n", "", text, flags=re.S)
    return re.sub(r" (?:format|templateFormat)='raw'| firmware='efi'", "", text)


def flash():
    words = virsh("qemu-monitor-command", dom.name(), '{"execute":"query-named-block-nodes"}')[1]
    nodes = re.findall(r'"node-name":"(libvirt-pflash[^"]*)"|"drv":"(\w+)"|"file":"(/[^"]*)"|"ro":(true|false)', words)
    return sorted(str(node) for node in nodes)


def started():
    """Whether the firmware has come so far that it looks for something to boot: its variables are written by then."""
    port = re.search("<source path='(/dev/pts/[0-9]+)'", dom.XMLDesc(0))[1]
    line = os.open(port, os.O_RDWR | os.O_NOCTTY)
    said = b""
    end = time.monotonic() + 90
    try:
        while b"BdsDxe" not in said and time.monotonic() < end:
            if select.select([line], [], [], 0.2)[0]:
                said += os.read(line, 65536)
    finally:
        os.close(line)
    return b"BdsDxe" in said


def lives():
    step("define", lambda: define(efi), life)
    step("folder", folder_of_variables)
    step("start", lambda: dom.create(), life)
    step("what it runs with", live_os)
    step("flash memory", flash)
    step("it comes up", started)
    step("file", lambda: file()[0])
    step("its own by now", lambda: file()[2] != "template")
    step("no definition without it", lambda: dom.undefine())
    step("destroy", lambda: dom.destroy(), life)
    step("kept", file)
    step("start again, paused", lambda: dom.createWithFlags(1), life)
    step("as it was", file)
    step("destroy", lambda: dom.destroy(), life)
    step("start from the template", lambda: dom.createWithFlags(1 | 32), life)
    step("as in the beginning", file)


def saved():
    image = folder + "/image"
    step("save", lambda: dom.save(image), life)
    step("kept", lambda: file()[::2])
    step("restore, paused", lambda: conn.restoreFlags(image, None, 4), life)
    step("as it was", lambda: file()[2] != "template")
    step("save", lambda: dom.save(image), life)
    step("restore with the template", lambda: conn.restoreFlags(image, None, 4 | 8), life)
    step("file", lambda: file())
    step("managed save", lambda: dom.managedSave(0), life)
    step("start with the template", lambda: dom.createWithFlags(32 | 1), life)
    step("file", lambda: file())
    step("destroy", lambda: dom.destroy(), life)
    step("restore where there is no file", lambda: [os.unlink(variables), conn.restoreFlags(image, None, 4)][1:], life)
    step("file", lambda: file()[:2])
    step("destroy", lambda: dom.destroy(), life)


def undefined():
    step("undefine", lambda: dom.undefine())
    step("both", lambda: dom.undefineFlags(4 | 8))
    step("kept", lambda: file() is not None)
    step("keep", lambda: dom.undefineFlags(8), life)
    step("kept", lambda: file() is not None)
    step("define", lambda: define(efi), life)
    step("start", lambda: dom.createWithFlags(1), life)
    step("undefine while it runs", lambda: dom.undefineFlags(4), life)
    step("kept", lambda: file() is not None)
    step("destroy", lambda: dom.destroy(), life)
    step("kept", lambda: file() is not None)
    step("define", lambda: define(efi), life)
    step("remove", lambda: dom.undefineFlags(4), life)
    step("gone", file)
    step("folder", folder_of_variables)
    step("transient", lambda: conn.createXML(xml(efi), 1), life)
    step("file", file)
    step("destroy", lambda: conn.lookupByName(own_name).destroy(), life)
    step("left", file)
    step("transient, from the template", lambda: conn.createXML(xml(efi), 1 | 32), life)
    step("destroy", lambda: conn.lookupByName(own_name).destroy(), life)
    step("no firmware", lambda: define())
    step("undefine", lambda: dom.undefineFlags(4), life)
    step("define", lambda: define(efi, name=own_name + "2"), life)
    step("start", lambda: dom.createWithFlags(1), life)
    step("file", lambda: file(f"{nvram}/{own_name}2_VARS.fd"))
    step("destroy", lambda: dom.destroy(), life)
    step("rename", lambda: dom.rename(own_name, 0), life)
    step("files", lambda: sorted(os.listdir(nvram)))
    step("start", lambda: conn.lookupByName(own_name).createWithFlags(1), life)
    step("files", lambda: sorted(os.listdir(nvram)))
    step("destroy", lambda: conn.lookupByName(own_name).destroy(), life)
    step("remove", lambda: conn.lookupByName(own_name).undefineFlags(4), life)
    for left in os.listdir(nvram):
        os.unlink(f"{nvram}/{left}")


code = f"<loader readonly='yes' type='pflash'>{ovmf}/OVMF_CODE_4M.fd</loader>"
own = folder + "/own.fd"
bad_name = "/nowhere/at/all.fd"


def case(name, *args, before=lambda: None, look=(), **more):
    """A guest that is defined, started paused, looked at, and dropped again."""
    step(name, lambda: [before(), define(*args, **more)][:0])
    try:
        conn.lookupByUUIDString(uuid)
    except libvirt.libvirtError:
        return
    step(f"{name}: start", lambda: plain_words(lambda: dom.createWithFlags(1)))
    if dom.isActive():
        step(f"{name}: runs with", live_os)
    for path in look or (variables,):
        step(f"{name}: {path}", lambda: file(path))
    if dom.isActive():
        step(f"{name}: destroy", lambda: dom.destroy())
        for path in look or (variables,):
            step(f"{name}: {path} after", lambda: file(path))
    step(f"{name}: undefine", lambda: dom.undefineFlags(4))
    for path in look or (variables,):
        if path.startswith((folder, nvram)) and os.path.exists(path):
            os.unlink(path)


def put(path, data=b"", mode=0o600):
    def write():
        with open(path, "wb") as out:
            out.write(data)
        os.chmod(path, mode)

    return write


def ways():
    case("loader and template", "", f"{code}<nvram template='{template}'/>")
    case("loader, template and file", "", f"{code}<nvram template='{template}'>{own}</nvram>", look=(own,))
    case("loader and file", "", f"{code}<nvram>{own}</nvram>", look=(own,))
    case("loader alone", "", code)
    case("on an i440fx", efi, machine="pc")
    case("variables of a source", efi, f"<nvram type='file'><source file='{own}'/></nvram>", look=(own,))
    case("variables elsewhere", efi, f"<nvram>{own}</nvram>", look=(own,))
    case("no folder", efi, f"<nvram>{folder}/none/own.fd</nvram>", look=(folder + "/none/own.fd",))
    case("no template", "", f"{code}<nvram template='{bad_name}'/>")
    case("template that nobody may read", "", f"{code}<nvram template='{folder}/secret.fd'/>", before=put(folder + "/secret.fd", b"x" * 512, 0))
    case("short template", "", f"{code}<nvram template='{folder}/short.fd'/>", before=put(folder + "/short.fd", b"x" * 4096, 0o644))
    case("empty variables", "", f"{code}<nvram>{own}</nvram>", look=(own,), before=put(own, b""))
    case("no loader", "", f"<loader readonly='yes' type='pflash'>{bad_name}</loader><nvram template='{template}'/>")
    case("code as ROM", "", f"<loader type='rom'>{ovmf}/OVMF_CODE_4M.fd</loader>")
    case("one that may be written", "", f"<loader readonly='no' type='pflash'>{own}</loader>", look=(own,), before=put(own, content(template)))
    case("without variables", "", code.replace("<loader", "<loader stateless='yes'"))
    case("with enrolled keys", efi, "<firmware><feature enabled='yes' name='enrolled-keys'/></firmware>", features="<acpi/><smm state='on'/>")
    case("without enrolled keys", efi, "<firmware><feature enabled='no' name='enrolled-keys'/></firmware>")
    case("with secure boot", efi, "<firmware><feature enabled='yes' name='secure-boot'/></firmware>", features="<acpi/><smm state='on'/>")
    case("without secure boot", efi, "<firmware><feature enabled='no' name='secure-boot'/></firmware>")
    case("keys without secure boot", efi, "<firmware><feature enabled='yes' name='enrolled-keys'/><feature enabled='no' name='secure-boot'/></firmware>")
    case("secure loader", efi, "<loader secure='yes'/>", features="<acpi/><smm state='on'/>")
    case("no ACPI", efi, features="")
    case("another machine", efi, machine="isapc")


def same_file():
    """Two guests with one file of variables."""
    global dom
    text = xml("", f"{code}<nvram template='{template}'>{own}</nvram>")
    dom = conn.defineXML(text)
    second = conn.defineXML(text.replace(own_name + "</name>", own_name + "2</name>").replace(uuid, uuid[:-1] + "0"))
    catch_up()
    step("first", lambda: dom.createWithFlags(1))
    step("second", lambda: second.createWithFlags(1))
    step("file", lambda: file(own))
    for one in (dom, second):
        step("over", lambda: one.destroy(), life)
        step("undefine", lambda: one.undefineFlags(8))
    step("file", lambda: file(own))


def newer():
    """What only levels from 9.2 on can do, or tell of."""
    case("firmware and loader", efi, code)
    case("firmware, loader and template", efi, f"{code}<nvram template='{template}'/>")
    case("BIOS", "firmware='bios'")
    case("without variables, of which", efi, "<loader stateless='yes'/>")
    case("secure loader without SMM", efi, "<loader secure='yes'/>", features="<acpi/><smm state='off'/>")
    case("secure loader on an i440fx", efi, "<loader secure='yes'/>", machine="pc")
    case("qcow2", efi, "<loader format='qcow2'/>")
    case("variables of a form", "", f"{code}<nvram template='{template}' templateFormat='raw' format='raw'/>")
    case("loader that is in pairs", "", code.replace("_4M", ""))
    case("loader and file that is there", "", f"{code}<nvram>{own}</nvram>", look=(own,), before=put(own, content(template)))
    step("define", lambda: define(efi))
    step("as it is kept", lambda: re.search("<os.*</os>", dom.XMLDesc(2), re.S)[0])
    step("undefine where there is no file", lambda: dom.undefine(), life)


lives()
saved()
undefined()
ways()
same_file()
newer()
