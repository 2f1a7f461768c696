# SPDX-License-Identifier: GPL-2.0-or-later
# The C library passes files to a guest and takes one from it: the URI in, what came of it out as JSON.
import json
import os
import socket
import sys
import tempfile

import libvirt


def file_with(text):
    fd, path = tempfile.mkstemp()
    os.write(fd, text.encode())
    os.unlink(path)
    return fd


conn = libvirt.open(sys.argv[1])
dom = conn.lookupByName("guest")
ours, theirs = socket.socketpair()
ours.send(b"one")
dom.openGraphics(2, theirs.fileno())
conn.createXMLWithFiles("<domain/>", [file_with("two"), file_with("three")])
if hasattr(dom, "FDAssociate"):
    dom.FDAssociate("disk", [file_with("four")])
fd = dom.openGraphicsFD(0)
print(json.dumps({"seen": dom.XMLDesc(), "file": os.pread(fd, 100, 0).decode()}))
conn.close()
