# SPDX-License-Identifier: GPL-2.0-or-later
# Guests that need secrets: what their calls answer goes out as a line of JSON. Called with SOCKET FOLDER.
import json
import os
import re
import subprocess
import sys

import libvirt

socket, folder = sys.argv[1:3]
libvirt.registerErrorHandler(lambda *_: None, None)
conn = libvirt.open(f"qemu+unix:///system?socket={socket}")


def step(name, code):
    try:
        answer = code()
    except libvirt.libvirtError as error:
        # QEMU's own words come with the time they were said at.
        text = re.sub(r"\d{4}-\d\d-\d\d.*?Z ", "", error.get_error_message())
        # Which of both it is depends on how fast QEMU is gone; libvirt 11.3 says whose.
        text = re.sub(r"process exited while connecting to monitor|(?i:qemu) unexpectedly closed the monitor( \(vm='keys'\))?", "QEMU ended", text)
        answer = f"{error.get_error_code()}/{error.get_error_domain()} {text.replace(folder, 'FOLDER')}"
    print(json.dumps([name, answer]), flush=True)


def image(name, *options):
    path = f"{folder}/{name}"
    made = ["qemu-img", "create", "-q", "-f", "luks" if name == "luks" else "qcow2", "--object", "secret,id=s,data=passphrase", *options, path, "1M"]
    # It measures how much CPU time a round takes, which it may not find out on a machine that has much to do.
    for last in [False] * 19 + [True]:
        if not os.path.exists(path) and subprocess.run(made, check=last, capture_output=not last).returncode != 0:
            continue
        os.chmod(path, 0o666)
        return path


# Few rounds: what a passphrase costs is of no interest here.
rounds = "iter-time=100"
raw = image("luks", "-o", f"key-secret=s,{rounds}")
qcow = image("qcow2", "-o", f"encrypt.format=luks,encrypt.key-secret=s,encrypt.{rounds}")

ids = [f"5e50c6f0-0000-4000-8000-0000000000a{n:x}" for n in range(6)]


def secret(n, usage, attributes="", value=None):
    made = conn.secretDefineXML(f"<secret {attributes}><uuid>{ids[n]}</uuid>{usage}</secret>")
    if value is not None:
        made.setValue(value)
    return made


volume = "<usage type='volume'><volume>{}</volume></usage>"
secret(0, volume.format(raw), "private='yes'", b"passphrase")
secret(1, volume.format("wrong"), "", b"something else")
secret(2, volume.format("empty"))


def disk(path, kind, reference, place="source"):
    encryption = f"<encryption format='luks'><secret type='passphrase' {reference}/></encryption>"
    return f"""<disk type='file' device='disk'><driver name='qemu' type='{kind}'/>
      <source file='{path}'>{encryption if place == "source" else ""}</source><target dev='vda' bus='virtio'/>
      {encryption if place != "source" else ""}</disk>"""


def guest(devices):
    return f"""<domain type='qemu'><name>keys</name><uuid>5e50c6f0-0000-4000-8000-0000000000ff</uuid><memory unit='MiB'>32</memory>
      <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
      <devices><controller type='usb' model='none'/><memballoon model='none'/>{devices}</devices></domain>"""


def run(devices):
    """Starts a guest; its document, and the beginnings of how its secrets are written on its command line."""
    dom = conn.createXML(guest(devices), 1)
    try:
        xml = re.search(r"<disk.*</disk>|<tpm.*</tpm>", dom.XMLDesc(), re.S).group().replace(folder, "FOLDER")
        commands = [open(f"/proc/{pid}/cmdline").read() for pid in os.listdir("/proc") if pid.isdigit() and readable(pid)]
        own = [line.split("\0") for line in commands if "guest=keys," in line and f"{folder}/" in line or "guest=keys," in line and "tpm" in line]
        objects = sorted({re.sub(r'"(data|iv|file)":"[^"]*"', r'"\1"', arg) for line in own for arg in line if '"qom-type":"secret"' in arg})
        return [xml, objects]
    finally:
        dom.destroy()


def readable(pid):
    try:
        return bool(open(f"/proc/{pid}/cmdline").read())
    except OSError:
        return False


for kind, path in (("raw", raw), ("qcow2", qcow)):
    for place in ("source", "disk"):
        step(f"{kind} with the key in {place}", lambda: run(disk(path, kind, f"uuid='{ids[0]}'", place)))
    step(f"{kind} by usage", lambda: run(disk(path, kind, f"usage='{raw}'")))
    step(f"{kind} with a wrong key", lambda: run(disk(path, kind, f"uuid='{ids[1]}'")))
    step(f"{kind} with a key without value", lambda: run(disk(path, kind, f"uuid='{ids[2]}'")))
    step(f"{kind} with a key that is not there", lambda: run(disk(path, kind, f"uuid='{ids[5]}'")))
    step(f"{kind} by a usage that is not there", lambda: run(disk(path, kind, "usage='nobody'")))
step("neither uuid nor usage", lambda: run(disk(raw, "raw", "")))
step("both uuid and usage", lambda: run(disk(raw, "raw", f"uuid='{ids[0]}' usage='a'")))
step("malformed uuid", lambda: run(disk(raw, "raw", "uuid='5e50'")))
step("nothing left", lambda: [dom.name() for dom in conn.listAllDomains()])

if len(sys.argv) > 3:
    vtpm = "<usage type='vtpm'><name>{}</name></usage>"
    secret(3, vtpm.format("tpm"), "private='yes'", b"a passphrase of a TPM")
    secret(4, vtpm.format("tpm without value"))

    def tpm(n):
        backend = f"<backend type='emulator' version='2.0'><encryption secret='{ids[n]}'/></backend>"
        return f"<tpm model='tpm-crb'>{backend}</tpm>"

    step("tpm", lambda: run(tpm(3)))
    step("tpm with a key without value", lambda: run(tpm(4)))
    step("tpm with a key that is not there", lambda: run(tpm(5)))
    step("tpm with a key for something else", lambda: run(tpm(1)))
