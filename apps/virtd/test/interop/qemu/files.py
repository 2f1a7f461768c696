# SPDX-License-Identifier: GPL-2.0-or-later
# Disks whose files a client has opened. Usage: files.py SOCKET FOLDER
import os
import re

import libvirt
import libvirtmod
from steps import conn, folder, step, uri

image = folder + "/given.img"
with open(image, "wb") as file:
    file.truncate(1 << 20)


def guest(group="group", format="raw"):
    return f"""<domain type='qemu'><name>files</name><uuid>f1f2f3f4-0000-4000-8000-0000000000ce</uuid><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{image}' fdgroup='{group}'/><target dev='vda' bus='virtio'/></disk>
</devices></domain>"""


def give(dom, *fds, flags=0, name="group"):
    # Bindings of 9.0 have it without a name for users.
    if libvirtmod.virDomainFDAssociate(dom._o, name, list(fds), flags) < 0:
        raise libvirt.libvirtError("virDomainFDAssociate() failed")


def code(call):
    """The number of an error whose text has times in it."""
    try:
        return call()
    except libvirt.libvirtError as error:
        return error.get_error_code()


dom = conn.defineXML(guest())
step("nothing was given", lambda: dom.create())
fd = os.open(image, os.O_RDWR)
step("flags", lambda: give(dom, fd, flags=4))
step("none", lambda: give(dom))
step("another group", lambda: give(dom, fd, name="other"))
step("still nothing", lambda: dom.create())
step("a file", lambda: give(dom, fd))
os.close(fd)
step("create", lambda: dom.create())
step("size", lambda: dom.blockInfo("vda", 0))
step("document", lambda: re.findall("<source.*", dom.XMLDesc(0)))
step("destroy", lambda: dom.destroy())
# The file that was given counts, not the one of its name.
os.rename(image, image + ".moved")
step("create again", lambda: dom.create())
step("destroy again", lambda: dom.destroy())
other = libvirt.open(uri)
theirs = other.lookupByName("files")
fd = os.open(image + ".moved", os.O_RDONLY)
step("another connection gives it for reading alone", lambda: give(theirs, fd))
step("which is not enough", lambda: code(dom.create))
os.close(fd)
other.close()
step("undefine", lambda: dom.undefine())
