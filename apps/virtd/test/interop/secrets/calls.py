# SPDX-License-Identifier: GPL-2.0-or-later
# Calls about secrets by libvirt's own Python binding and virsh: what each answers goes out as a line of JSON, the events and the files
# come last. Called with SOCKET FOLDER, the folder with the secrets.
import json
import os
import re
import stat
import subprocess
import sys
import threading

import libvirt

socket, folder = sys.argv[1:3]
libvirt.registerErrorHandler(lambda *_: None, None)
libvirt.virEventRegisterDefaultImpl()


def turn():
    while True:
        libvirt.virEventRunDefaultImpl()


threading.Thread(target=turn, daemon=True).start()


def uri(scheme, path="/system"):
    return f"{scheme}+unix://{path}?socket={socket}"


def plain(value):
    if isinstance(value, libvirt.virSecret):
        return [value.UUIDString(), value.usageType(), value.usageID()]
    if isinstance(value, (list, tuple)):
        return sorted((plain(one) for one in value), key=str)
    if isinstance(value, bytes):
        return value.hex()
    return value


def step(name, code):
    try:
        answer = plain(code())
    except libvirt.libvirtError as error:
        answer = f"{error.get_error_code()}/{error.get_error_domain()} {error.get_error_message()}"
    except Exception as error:
        answer = f"{type(error).__name__} {error}"
    print(json.dumps([name, answer]), flush=True)


def virsh(*args):
    run = subprocess.run(["virsh", "-c", uri("secret"), *args], capture_output=True, text=True)
    lines = sorted(re.sub(r" +", " ", line).strip() for line in (run.stdout + run.stderr).splitlines())
    return [run.returncode, *[line for line in lines if line]]


ids = [f"5e50c6f0-0000-4000-8000-00000000000{n:x}" for n in range(10)]


def xml(n, usage="", attributes="", more=""):
    return f"<secret {attributes}><uuid>{ids[n]}</uuid>{more}{usage}</secret>"


volume = "<usage type='volume'><volume>{}</volume></usage>"
named = "<usage type='{}'><name>{}</name></usage>"
target = "<usage type='iscsi'><target>{}</target></usage>"

for scheme, path in (("secret", "/session"), ("secret", ""), ("secret", "/"), ("secret", "/else"), ("secret", "/system")):
    step(f"open {scheme}:{path}", lambda: libvirt.open(uri(scheme, path)) and "open")
conn = libvirt.open(uri("secret"))
told = []
events = [
    conn.secretEventRegisterAny(None, 0, lambda c, s, event, detail, _: told.append([plain(s), event, detail]), None),
    conn.secretEventRegisterAny(None, 1, lambda c, s, _: told.append([plain(s), "value"]), None),
]
for name in ("getType", "getHostname", "isSecure", "isEncrypted", "isAlive", "getLibVersion", "numOfDomains", "getURI", "getCapabilities"):
    call = getattr(conn, name)
    step(name, lambda: type(call()).__name__ if name in ("getHostname", "getLibVersion", "getURI") else call())

define = conn.secretDefineXML
step("none", lambda: conn.listAllSecrets())
step("define volume", lambda: define(xml(0, volume.format("/images/a"), more="<description>A &amp; B</description>")))
step("define ceph", lambda: define(xml(1, named.format("ceph", "client.admin secret"), "ephemeral='no' private='no'")))
step("define iscsi", lambda: define(xml(2, target.format("iqn.2000-01:t"), "private='yes'")))
step("define tls", lambda: define(xml(3, named.format("tls", "TLS"), "ephemeral='yes'")))
step("define vtpm", lambda: define(xml(4, named.format("vtpm", "VTPM"), "ephemeral='yes' private='yes'")))
step("define without usage", lambda: define(xml(5)))
step("define without uuid", lambda: define("<secret><usage type='volume'><volume>/gone</volume></usage></secret>").usageID())
step("flags", lambda: define(xml(6), 1))
step("flags that are none", lambda: define(xml(6), 2))
for what, bad in {
    "nothing": "",
    "no XML": "secret",
    "open": "<secret>",
    "another root": "<domain/>",
    "uuid": "<secret><uuid>5e50</uuid></secret>",
    "ephemeral": xml(7, attributes="ephemeral='maybe'"),
    "private": xml(7, attributes="private='maybe'"),
    "usage without type": xml(7, "<usage/>"),
    "usage of no type": xml(7, "<usage type='soap'/>"),
    "usage none": xml(7, "<usage type='none'/>"),
    "volume without path": xml(7, "<usage type='volume'/>"),
    "ceph without name": xml(7, "<usage type='ceph'/>"),
    "iscsi without target": xml(7, "<usage type='iscsi'/>"),
    "tls without name": xml(7, "<usage type='tls'/>"),
    "vtpm without name": xml(7, "<usage type='vtpm'/>"),
    "used already": xml(7, volume.format("/images/a")),
    "for something else": xml(0, volume.format("/images/b")),
    "for nothing": xml(0),
    "for something after nothing": xml(5, volume.format("/images/c")),
    "of another type with its id": xml(0, named.format("ceph", "/images/a")),
    "no more private": xml(2, target.format("iqn.2000-01:t")),
}.items():
    step(f"define {what}", lambda: define(bad))
step("again", lambda: define(xml(0, volume.format("/images/a"), more="<description>other</description>")))
for n in range(6):
    step(f"lookup {n}", lambda: conn.secretLookupByUUIDString(ids[n]))
    step(f"document {n}", lambda: conn.secretLookupByUUIDString(ids[n]).XMLDesc())
step("lookup none", lambda: conn.secretLookupByUUIDString(ids[9]))
step("lookup malformed", lambda: conn.secretLookupByUUIDString("5e50"))
for kind, name in ((1, "/images/a"), (2, "client.admin secret"), (3, "iqn.2000-01:t"), (4, "TLS"), (5, "VTPM"), (0, ""), (1, "TLS"), (4, "VTPM"), (9, "x"), (2, "")):
    step(f"usage {kind} {name}", lambda: conn.secretLookupByUsage(kind, name))
for flags in (0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16):
    step(f"list {flags}", lambda: [s.UUIDString() for s in conn.listAllSecrets(flags) if s.usageID() != "/gone"])
step("number", conn.numOfSecrets)
step("names", lambda: len(conn.listSecrets()))
secrets = [conn.secretLookupByUUIDString(ids[n]) for n in range(6)]
step("document with flags", lambda: secrets[0].XMLDesc(1))
for n, secret in enumerate(secrets):
    step(f"no value {n}", secret.value)
    step(f"set {n}", lambda: secret.setValue(bytes(range(256))[n:]))
    step(f"value {n}", secret.value)
step("set short", lambda: secrets[0].setValue(b"0"))
step("set empty", lambda: secrets[0].setValue(b""))
step("set with flags", lambda: secrets[0].setValue(b"a", 1))
step("value with flags", lambda: secrets[0].value(1))
step("value after", secrets[0].value)
step("becomes ephemeral", lambda: define(xml(1, named.format("ceph", "client.admin secret"), "ephemeral='yes'")))
step("files of it", lambda: [name for name in os.listdir(folder) if name.startswith(ids[1])])
step("value stays", secrets[1].value)
step("becomes lasting", lambda: define(xml(1, named.format("ceph", "client.admin secret"))))
step("value stays still", secrets[1].value)
step("files of it again", lambda: [name for name in os.listdir(folder) if name.startswith(ids[1])])
step("becomes private", lambda: define(xml(1, named.format("ceph", "client.admin secret"), "private='yes'")))
step("value told no more", secrets[1].value)

reader = libvirt.openReadOnly(uri("secret") + "") if os.path.exists(socket + "-ro") else None
if reader:
    read = libvirt.openReadOnly(f"secret+unix:///system?socket={socket}-ro")
    seen = read.secretLookupByUUIDString(ids[0])
    step("read only: document", seen.XMLDesc)
    step("read only: value", seen.value)
    step("read only: set", lambda: seen.setValue(b"a"))
    step("read only: undefine", seen.undefine)
    step("read only: define", lambda: read.secretDefineXML(xml(8)))
    step("read only: list", lambda: len(read.listAllSecrets()))

other = libvirt.open(uri("qemu"))
step("qemu: lookup", lambda: other.secretLookupByUUIDString(ids[0]))
step("qemu: number", other.numOfSecrets)

step("virsh list", lambda: [line for line in virsh("secret-list") if "/gone" not in str(line)])
step("virsh list ephemeral", lambda: virsh("secret-list", "--ephemeral"))
step("virsh dump", lambda: virsh("secret-dumpxml", ids[0]))
step("virsh get", lambda: virsh("secret-get-value", ids[0]))
step("virsh get plain", lambda: virsh("secret-get-value", "--plain", ids[0]))
step("virsh get private", lambda: virsh("secret-get-value", ids[2]))
step("virsh get none", lambda: virsh("secret-get-value", ids[9]))
step("virsh set", lambda: virsh("secret-set-value", ids[0], "--base64", "c2VjcmV0"))
step("virsh set wrong", lambda: virsh("secret-set-value", ids[0], "--base64", "%%%"))
step("virsh undefine", lambda: virsh("secret-undefine", ids[5]))
step("virsh undefine again", lambda: virsh("secret-undefine", ids[5]))

for n in (1, 3):
    step(f"undefine {n}", secrets[n].undefine)
    step(f"undefine {n} again", secrets[n].undefine)
    step(f"value of one that is gone {n}", secrets[n].value)
    step(f"document of one that is gone {n}", secrets[n].XMLDesc)
    step(f"set one that is gone {n}", lambda: secrets[n].setValue(b"a"))
for secret in conn.listAllSecrets():
    if secret.usageID() == "/gone":
        step("undefine gone", secret.undefine)

# What was done before a secret changes has been told of when its change is.
done = threading.Event()
conn.secretEventRegisterAny(secrets[0], 1, lambda *_: done.set(), None)
secrets[0].setValue(b"last")
done.wait(20)
for event in told:
    if event[0][2] != "/gone":
        print(json.dumps(["event", event]))
for name in sorted(os.listdir(folder)):
    path = os.path.join(folder, name)
    if os.path.isdir(path):
        continue
    with open(path, encoding="utf8") as file:
        text = re.sub(r"<!--.*?-->\s*", "", file.read(), flags=re.S)
    print(json.dumps(["file", name, oct(stat.S_IMODE(os.stat(path).st_mode)), text]))
print(json.dumps(["folder", oct(stat.S_IMODE(os.stat(folder).st_mode))]))
