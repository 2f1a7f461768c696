# SPDX-License-Identifier: GPL-2.0-or-later
# Steps by libvirt's own Python binding and virsh, one after the other; what each answers, and the events that came with it, go out as a
# line of JSON. The programs that use it are called with SOCKET FOLDER [NAME], and leave alone the guest that is made here. Two hosts of one
# machine have its control groups in common: guests of NAME are of one alone, and are "NAME" in what goes out.
import json
import re
import subprocess
import sys
import threading
import time

import libvirt

socket, folder = sys.argv[1:3]
own_name = sys.argv[3] if len(sys.argv) > 3 else None
uri = "qemu+unix:///system?socket=" + socket
libvirt.registerErrorHandler(lambda *_: None, None)
libvirt.virEventRegisterDefaultImpl()


def turn():
    while True:
        libvirt.virEventRunDefaultImpl()


threading.Thread(target=turn, daemon=True).start()
conn = libvirt.open(uri)
told = []
# A guest of its own, which never runs. libvirtd tells of events in their order, but not in step with answers: when a change of this guest
# has been told of, so has everything before it.
mark = conn.defineXML("<domain type='qemu'><name>mark</name><memory>1024</memory><os><type>hvm</type></os></domain>")
marked = threading.Event()
conn.domainEventRegisterAny(mark, 23, lambda *_: marked.set(), None)


def of_mark(dom):
    return dom.name() == "mark"


def catch_up():
    marked.clear()
    mark.setMetadata(1, str(time.monotonic()), None, None, 2)
    marked.wait(20)


catch_up()


def hear(name, *rest):
    told.append([name, *rest])


def plain(value):
    """An answer as JSON can have it, without what another run of the same daemon would answer otherwise."""
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in sorted(value, key=str) if not str(key).endswith(".times")}
    if isinstance(value, (list, tuple)):
        # As whom guests run is up to the daemon's settings.
        return [plain(one) for one in value if one != "tainted: running with undesirable elevated privileges"]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, libvirt.virDomain):
        return plain(value.name())
    if isinstance(value, str):
        value = value.replace(folder, "FOLDER")
        if own_name is not None:
            value = value.replace(own_name, "NAME")
        value = re.sub(r'"id":"libvirt-\d+"', '"id"', value)
        return re.sub(r"vnc://127.0.0.1:\d+", "vnc://127.0.0.1", value)
    return value


def came(wait):
    """Whether an event has come: one of a name, or one that begins as a list does."""
    begin = [wait] if isinstance(wait, str) else list(wait)
    return any(one[: len(begin)] == begin for one in told)


def step(name, code, wait=None):
    """Makes a call; waits for an event where one has to come."""
    told.clear()
    try:
        answer = plain(code())
    except libvirt.libvirtError as error:
        answer = f"{error.get_error_code()}/{error.get_error_domain()} {plain(error.get_error_message())}"
    except (LookupError, TypeError, OverflowError) as error:
        # The binding itself refuses.
        answer = type(error).__name__
    until = time.monotonic() + 20
    while wait is not None and not came(wait) and time.monotonic() < until:
        time.sleep(0.01)
    # What comes at the heels of an event belongs to the same step.
    if wait is not None:
        time.sleep(0.1)
    catch_up()
    # libvirtd looks at agents in threads of their own, and QEMU tells of their channel once a second at most: what is sure is where it ends.
    agents = [one for one in told if one[0] == "agent"][-1:]
    print(json.dumps([plain(name), answer, plain([one for one in told if one[0] != "agent"]), plain(agents)]), flush=True)


def virsh(*words):
    done = subprocess.run(["virsh", "-q", "-c", uri, *words], capture_output=True, text=True, timeout=60, check=False)
    return [done.returncode, done.stdout.strip(), done.stderr.strip()]
