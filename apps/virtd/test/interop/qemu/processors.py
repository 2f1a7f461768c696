# SPDX-License-Identifier: GPL-2.0-or-later
# Processors of a guest come and go, by their numbers and by how many. Usage: processors.py SOCKET FOLDER
import re

from steps import conn, step

each = "".join(f"<vcpu id='{i}' enabled='{'yes' if i < 3 else 'no'}' hotpluggable='{'no' if i == 0 else 'yes'}'/>" for i in range(6))


def guest(current, more="", features=""):
    return f"""<domain type='qemu'><name>processors</name><uuid>f1f2f3f4-0000-4000-8000-0000000000cc</uuid><memory unit='MiB'>32</memory>
<vcpu current='{current}'>6</vcpu>{more}<os><type arch='x86_64' machine='pc'>hvm</type></os>{features}
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>"""


one_by_one = (
    ("1", 1, 2), ("2", 1, 2), ("2", 0, 2), ("0", 0, 2), ("3-4", 1, 2), ("9", 1, 2), ("x", 1, 2), ("", 1, 2), ("1", 2, 2), ("1", 1, 4),
    ("3", 0, 2), ("1", 1, 1), ("4", 1, 1), ("4", 1, 1), ("3-4", 1, 1), ("2-3", 1, 1), ("5", 1, 3), ("5", 0, 3), ("4", 0, 1), ("0", 0, 1),
    ("2", 0, 1), ("9", 1, 1), ("1", 0, 0), ("3", 1, 0), ("^1", 1, 2),
)  # fmt: skip
so_many = ((1, 2), (2, 2), (3, 1), (4, 3), (2, 1), (2, 3), (6, 3), (6, 4), (3, 4), (6, 8), (2, 16), (3, 18), (1, 17), (2, 17), (9, 1), (9, 2))


def seen(dom, flags):
    found = re.findall(r"<vcpu .*?</vcpu>|<vcpus>.*?</vcpus>", dom.XMLDesc(flags), re.S)
    return re.sub(r"\s+", " ", "".join(found))


for current, more, features in ((2, "", ""), (3, f"<vcpus>{each}</vcpus>", ""), (1, "", "<features><acpi/></features>")):
    dom = conn.defineXML(guest(current, more, features))
    for phase in ("off", "on"):
        if phase == "on":
            dom.create()
        for what in one_by_one:
            step(f"{phase} setVcpu{what}", lambda: dom.setVcpu(*what))
        step("kept", lambda: seen(dom, 2))
        step("now", lambda: seen(dom, 0))
        for what in so_many:
            step(f"{phase} setVcpusFlags{what}", lambda: dom.setVcpusFlags(*what))
        step("kept", lambda: seen(dom, 2))
        step("now", lambda: seen(dom, 0))
        step("how many", lambda: [dom.vcpusFlags(flags) for flags in (0, 2, 4, 6)])
    dom.destroy()
    dom.undefine()
