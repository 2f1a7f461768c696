# SPDX-License-Identifier: GPL-2.0-or-later
# Guests to which something happens, and what becomes of each as its document says; by libvirt's own Python binding. Each guest's events in
# their order, state and errors go out as a line of JSON.
# Usage: policies.py SOCKET FOLDER BOOT HOST, with no room in FOLDER/small. Names of guests begin with HOST's: control groups are named after
# guests, and another host may be beside this one.
import json
import os
import re
import select
import shutil
import signal
import sys
import time

import libvirt
from images import image, torn
from steps import catch_up, conn, folder, plain, virsh

boot, host = sys.argv[3:5]
journal = {}


def known(dom):
    """By what name a guest is known whatever host it is of."""
    return dom.name().removeprefix(f"{host}-")


def tell(*what):
    print(json.dumps(what).replace(f"{host}-", ""), flush=True)


def note(dom, *what):
    name = known(dom)
    events = journal.setdefault(name, [])
    # Whether QEMU's halt after a panic, its last words and its end are told of is, in libvirtd, a race between its threads.
    if what == ("lifecycle", 3, 0) and name.startswith("crash-") and ["lifecycle", 4, 0] in events:
        return
    if what == ("lifecycle", 6, 2) and "-asked-" in name:
        return
    # How often a failing disk is asked again, and a machine is reset on its way up, is a matter of the moment.
    if not events or events[-1] != list(what):
        events.append(plain(what))


for number, name in ((1, "reboot"), (3, "watchdog"), (4, "io-error"), (6, "io-error-reason"), (13, "balloon"), (15, "device-removed")):
    conn.domainEventRegisterAny(None, number, lambda c, d, *rest: note(d, rest[-1], *rest[:-1]), name)
conn.domainEventRegisterAny(None, 0, lambda c, d, e, i, o: note(d, "lifecycle", e, i), None)


def document(name, more="", devices=""):
    own = f"{folder}/{name}.boot"
    shutil.copyfile(boot, own)
    return f"""<domain type='qemu'><name>{host}-{name}</name><memory unit='MiB'>16</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>{more}
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{own}'/><target dev='hda' bus='ide'/>
    <boot order='1'/></disk>{devices}
    <serial type='pty'/></devices></domain>"""


def disk(file, policy):
    return f"""<disk type='file' device='disk'><driver name='qemu' type='qcow2' {policy}/><source file='{folder}/{file}'/>
    <target dev='vda' bus='virtio'/><boot order='2'/></disk>"""


def attempt(code):
    try:
        return plain(code())
    except libvirt.libvirtError as error:
        return f"{error.get_error_code()}/{error.get_error_domain()} {plain(error.get_error_message())}"


waiting = []


def say(dom, letter):
    """Sends a letter to a guest as soon as it has come up, and QEMU has seen that somebody listens."""
    port = re.search("<source path='(/dev/pts/[0-9]+)'", dom.XMLDesc(0))[1]
    line = os.open(port, os.O_RDWR | os.O_NOCTTY)
    dom.resume()
    while not select.select([line], [], [], 0.05)[0]:
        os.write(line, b"x")
    os.write(line, letter.encode())
    return line


def case(name, letter, last, more="", devices="", then=None):
    """A guest of a document, and a letter that it is sent when it runs. @param last what it is told of last"""

    def begin():
        dom = conn.defineXML(document(name, more, devices))
        dom.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
        waiting.append((name, dom, last, say(dom, letter), then))

    begun = attempt(begin)
    if begun is not None:
        tell(name, begun, journal.get(name))


def finish():
    end = time.monotonic() + 15
    for name, _dom, last, _line, _then in waiting:
        while not any(one[: len(last)] == list(last) for one in journal[name]) and time.monotonic() < end:
            time.sleep(0.01)
    # What comes at the heels of an event.
    time.sleep(0.3)
    for name, dom, _last, line, then in waiting:
        catch_up()
        os.close(line)
        answer = {"events": list(journal.get(name, [])), "state": dom.state(), "active": dom.isActive()}
        if then is not None:
            answer["then"] = then(dom)
        if dom.isActive():
            dom.destroy()
        answer["undefine"] = attempt(dom.undefine)
        tell(name, plain(answer))
    waiting.clear()


def life(action, policy):
    return f"<on_{action}>{policy}</on_{action}>"


stopped, crashed = ("lifecycle", 5), ("lifecycle", 8)


def switched_off():
    for policy, last in (("destroy", stopped), ("restart", ("reboot",)), ("preserve", stopped), ("rename-restart", stopped)):
        case(f"off-{policy}", "q", last, life("poweroff", policy))
    for policy, last in (("destroy", stopped), ("restart", ("reboot",)), ("preserve", ("lifecycle", 6))):
        case(f"reset-{policy}", "r", last, life("reboot", policy))
    case("reset-and-off-destroy", "q", stopped, life("reboot", "destroy") + life("poweroff", "destroy"))


def panicked():
    for policy, last in (
        ("destroy", stopped),
        ("restart", ("reboot",)),
        ("preserve", crashed),
        ("coredump-destroy", stopped),
        ("coredump-restart", ("reboot",)),
    ):
        case(f"crash-{policy}", "p", last, life("crash", policy), "<panic model='isa'/>")
    case("crash-hyperv", "p", ("lifecycle", 4), "", "<panic model='hyperv'/>")


def errors(dom):
    found = [attempt(lambda: dom.diskErrors(0)), virsh("domblkerror", dom.name())]
    return [*found, attempt(dom.resume) if dom.state()[0] == 3 else None]


def torn_disk():
    both = "error_policy='stop' rerror_policy='report'"
    for number, policy in enumerate(("", "error_policy='stop'", "error_policy='report'", "error_policy='ignore'", both, "rerror_policy='ignore'")):
        torn(f"{folder}/torn{number}.qcow2", "2M")
        case(f"read-{number}", "d", ("io-error-reason",), "", disk(f"torn{number}.qcow2", policy), errors)


def full_disk():
    policies = ("none", "stop", "report", "ignore", "enospace")
    for policy in policies:
        image(f"{folder}/small/{policy}.qcow2", "2M")
    for policy in policies:
        words = "" if policy == "none" else f"error_policy='{policy}'"
        case(f"full-{policy}", "f", ("io-error-reason",), "", disk(f"small/{policy}.qcow2", words), errors)


def barked():
    for action in ("reset", "poweroff", "pause", "none", "dump", "inject-nmi", "shutdown"):
        watchdog = f"<watchdog model='ib700' action='{action}'/>"
        case(f"bark-{action}", "w", ("watchdog",), "", watchdog, lambda dom: attempt(dom.resume))


def asked(ends, call, *rest):
    """What comes of a call. @param ends whether it ends the guest"""

    def then(dom):
        answer = attempt(lambda: getattr(dom, call)(*rest))
        until = time.monotonic() + (10 if ends else 0.3)
        while time.monotonic() < until and not (ends and dom.isActive() == 0):
            time.sleep(0.01)
        catch_up()
        return [answer, list(journal[known(dom)]), dom.state()]

    return then


def asked_for():
    for policy in ("destroy", "restart"):
        for call, rest in (("reset", (0,)), ("destroyFlags", (1,)), ("injectNMI", (0,))):
            both = life("poweroff", policy) + life("reboot", policy)
            ends = call == "destroyFlags" or (call, policy) == ("reset", "destroy")
            case(f"{call}-asked-{policy}", "x", ("lifecycle", 4), both, "", asked(ends, call, *rest))


def end(*_):
    sys.exit(1)


signal.signal(signal.SIGTERM, end)
try:
    # Few at a time: none has to wait for another.
    for part in (switched_off, panicked, torn_disk, full_disk, barked, asked_for):
        part()
        finish()
finally:
    # Whatever has happened, nobody runs on.
    for dom in conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        dom.destroy()
