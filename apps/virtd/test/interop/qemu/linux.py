# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a guest of Linux, with QEMU's agent in it, by libvirt's own Python binding and virsh.
# Usage: linux.py SOCKET FOLDER IMAGES [whole]
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time

import libvirt
import libvirt_qemu
from images import image, torn
from steps import came, conn, folder, hear, plain, step, told, virsh

images = sys.argv[3]
whole = sys.argv[4:] == ["whole"]


def once(name, *rest):
    """How often a machine is reset on its way up is a matter of the moment."""
    if [name, *rest] not in told:
        hear(name, *rest)


def grown(alias, size):
    """How many steps it takes is the guest's affair: what counts is where it ends."""
    told[:] = [one for one in told if one[:2] != ["memory", alias]]
    hear("memory", alias, size)


panicking = []


def lived(event, detail, active):
    """Whether QEMU's halt after a panic is told of too is, in libvirtd, a race between two of its threads."""
    if not panicking or (event, detail) != (libvirt.VIR_DOMAIN_EVENT_SUSPENDED, 0):
        hear("lifecycle", event, detail, active)


conn.domainEventRegisterAny(None, 0, lambda c, d, e, i, o: lived(e, i, d.ID() >= 0), None)
conn.domainEventRegisterAny(None, 1, lambda c, d, o: once("reboot"), None)
conn.domainEventRegisterAny(None, 2, lambda c, d, u, o: once("clock", abs(time.time() + u - 1700000000) < 120), None)
conn.domainEventRegisterAny(None, 13, lambda c, d, a, o: hear("balloon", a), None)
conn.domainEventRegisterAny(None, 26, lambda c, d, a, s, o: grown(a, s), None)
conn.domainEventRegisterAny(None, 3, lambda c, d, a, o: hear("watchdog", a), None)
conn.domainEventRegisterAny(None, 6, lambda c, d, p, a, t, r, o: hear("io-error", plain(p), a, t, r), None)
conn.domainEventRegisterAny(None, 10, lambda c, d, a, r, o: hear("tray", a, r), None)
conn.domainEventRegisterAny(None, 11, lambda c, d, r, o: hear("wakeup", r), None)
conn.domainEventRegisterAny(None, 12, lambda c, d, r, o: hear("suspend", r), None)
conn.domainEventRegisterAny(None, 14, lambda c, d, r, o: hear("suspend-disk", r), None)
conn.domainEventRegisterAny(None, 18, lambda c, d, s, r, o: hear("agent", s, r), None)
conn.domainEventRegisterAny(None, 24, lambda c, d, v, p, t, e, o: hear("threshold", v, plain(p), t, e > 0), None)

for name in ("data.img", "full.img", "torn.img"):
    if os.path.exists(f"{folder}/{name}"):
        os.unlink(f"{folder}/{name}")
subprocess.run(["qemu-img", "create", "-q", "-f", "raw", folder + "/data.img", "8M"], check=True)
subprocess.run(["mke2fs", "-q", "-t", "ext4", "-U", "f1f2f3f4-0000-4000-8000-000000000001", folder + "/data.img"], check=True)
torn(folder + "/torn.img", "8M")
subprocess.run(["qemu-img", "create", "-q", "-f", "raw", folder + "/one.iso", "2M"], check=True)

disks = "".join(
    f"<disk type='file' device='disk'><driver name='qemu' type='{kind}'{policy}/><source file='{folder}/{name}'/>"
    f"<target dev='{target}' bus='virtio'/></disk>"
    for kind, policy, name, target in (
        ("raw", "", "data.img", "vda"),
        ("qcow2", " error_policy='stop'", "torn.img", "vdb"),
    )
)


def document(crash="destroy", panic="<panic model='isa'/>"):
    return f"""<domain type='qemu'><name>linux</name><uuid>f1f2f3f4-0000-4000-8000-0000000011aa</uuid>
<maxMemory slots='2' unit='GiB'>1</maxMemory><memory unit='MiB'>320</memory><currentMemory unit='MiB'>320</currentMemory><vcpu>1</vcpu>
<clock offset='variable' adjustment='3600' basis='utc'/><cpu><numa><cell id='0' cpus='0' memory='192' unit='MiB'/></numa></cpu>
<os><type arch='x86_64' machine='pc'>hvm</type><kernel>{images}/vmlinuz</kernel><initrd>{images}/initrd</initrd>
<cmdline>console=ttyS0 quiet panic=-1 memhp_default_state=online</cmdline></os><features><acpi/></features>
<on_crash>{crash}</on_crash>
<pm><suspend-to-mem enabled='yes'/><suspend-to-disk enabled='yes'/></pm><devices>
<emulator>/usr/bin/qemu-system-x86_64</emulator>{disks}
<disk type='file' device='cdrom'><source file='{folder}/one.iso'/><target dev='hdc' bus='ide'/><readonly/></disk>
<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<channel type='unix'><target type='virtio' name='org.virt.echo'/></channel>
<memory model='virtio-mem'><target><size unit='MiB'>128</size><node>0</node><block unit='MiB'>2</block>
<requested unit='MiB'>64</requested></target></memory><watchdog model='ib700' action='dump'/>
<serial type='pty'/>{panic}</devices></domain>"""


# Whoever waits for bytes holds up the calls of the same connection.
apart = libvirt.open(conn.getURI())


class Line:
    """One end of a console or a channel, of which everything is kept."""

    def __init__(self, opening):
        self.stream = apart.newStream(0)
        opening(apart.lookupByName("linux"), self.stream)
        self.text = ""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while part := self.stream.recv(4096):
                self.text += part.decode(errors="replace")
        except libvirt.libvirtError:
            pass

    def until(self, what, seconds=20):
        end = time.monotonic() + seconds
        while not re.search(what, self.text) and time.monotonic() < end:
            time.sleep(0.01)
        return re.search(what, self.text) is not None

    def say(self, text, answer):
        self.text = ""
        self.stream.send((text + "\n").encode())
        return self.until(answer)


dom = None
console = None


def define(**what):
    global dom
    dom = conn.defineXML(document(**what))


def boot():
    """Starts it so that nothing that it says is lost."""
    global console
    dom.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    console = Line(lambda own, stream: own.openConsole(None, stream, 0))
    dom.resume()
    return console.until("linux is up", 30)


def shell(text, answer="#"):
    return console.say(text, answer)


def agent(text, timeout=10):
    """An answer of the agent, without what depends on the moment."""
    answer = json.loads(libvirt_qemu.qemuAgentCommand(dom, text, timeout, 0))
    return answer.get("return") if len(str(answer)) < 200 else sorted(answer)


def without_moments(answer):
    if isinstance(answer, dict):
        return {key: without_moments(value) for key, value in answer.items() if not re.search(r"used-bytes|total-bytes|guest_bus", key)}
    return answer


def calls(text):
    for code in re.split(r"[|\n]", text.strip()):
        # The calls are the lines below, nothing from elsewhere.
        step(code, lambda: without_moments(eval(f"dom.{code}")))


agent_calls = """
hostname(0)|hostname(2)|hostname(1)|guestInfo(0, 0)|guestInfo(2, 0)|guestInfo(4, 0)|guestInfo(8, 0)|guestInfo(16, 0)
guestInfo(32, 0)|guestInfo(64, 0)|guestInfo(1, 0)|guestInfo(256, 0)|interfaceAddresses(1, 0)|interfaceAddresses(0, 0)
guestVcpus()|setGuestVcpus("0", 1, 0)|setGuestVcpus("5", 1, 0)|setGuestVcpus("0", 0, 0)|fsInfo()
setTime({"seconds": 1700000000, "nseconds": 5}, 0)|getTime()["seconds"] - 1700000000 in range(60)
setUserPassword("root", "secret", 0)|setUserPassword("nobody-here", "secret", 0)|setUserPassword("root", "$6$x$y", 1)
fSTrim(None, 0, 0)|fSTrim("/", 0, 0)|fsFreeze()|fsFreeze()|fSTrim(None, 0, 0)|fsThaw()|fsThaw()|fsFreeze(["/mnt"])|fsThaw(["/mnt"])
fsFreeze(["/nowhere"])|fsThaw()|authorizedSSHKeysGet("root", 0)|authorizedSSHKeysSet("root", ["ssh-rsa AAAA me"], 0)
authorizedSSHKeysGet("root", 0)|authorizedSSHKeysSet("root", ["ssh-rsa BBBB me"], 1)|authorizedSSHKeysGet("root", 0)
authorizedSSHKeysSet("root", ["ssh-rsa AAAA me"], 2)|authorizedSSHKeysGet("root", 0)|authorizedSSHKeysSet("root", [], 0)
authorizedSSHKeysGet("nobody-here", 0)|agentSetResponseTimeout(10, 0)|agentSetResponseTimeout(-1, 0)|agentSetResponseTimeout(-4, 0)
"""


def addressed():
    """A guest makes up an address of IPv6 for itself, and takes its time to find out that nobody has it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        addresses = [one["addr"] for link in dom.interfaceAddresses(1, 0).values() for one in link["addrs"] or ()]
        if any(one.startswith("fe80:") for one in addresses):
            return
        time.sleep(0.1)
    raise TimeoutError("the guest has no address of IPv6")


def by_the_agent():
    addressed()
    step("its channel", lambda: re.findall("state='[a-z]*'", dom.XMLDesc(0)))
    calls(agent_calls)
    step("passwd has changed", lambda: shell("grep -c 'root:[$]6[$]' /etc/shadow", "\n1"))
    for words in (
        "qemu-agent-command linux '{\"execute\":\"guest-ping\"}'",
        "qemu-agent-command linux --timeout 5 '{\"execute\":\"guest-get-host-name\"}'",
        "qemu-agent-command linux '{\"execute\":\"no-such\"}'",
        "domhostname linux --source agent",
        "domifaddr linux --source agent",
        "domifaddr linux --source agent --full",
        "domfsinfo linux",
        "domfsfreeze linux",
        "domfsthaw linux",
        "domfstrim linux",
        "guestvcpus linux",
        "set-user-password linux root other",
        "guestinfo linux --os",
        "guestinfo linux --timezone",
        "guestinfo linux --hostname",
        "guestinfo linux --interface",
        "guest-agent-timeout linux 7",
        "get-user-sshkeys linux root",
        "domstate --reason linux",
        "domtime linux --sync",
    ):
        step(f"virsh {words}", lambda: virsh(*shlex.split(words)))
    for text in (
        '{"execute":"guest-info"}',
        '{"execute":"guest-get-osinfo"}',
        '{"execute":"guest-get-users"}',
        '{"execute":"guest-sync","arguments":{"id":7}}',
        '{"execute":"guest-file-open","arguments":{"path":"/etc/passwd"}}',
        '{"execute":"guest-file-open","arguments":{"path":"/nowhere"}}',
        '{"execute":"guest-exec","arguments":{"path":"/bin/true"}}',
    ):
        step(f"agent {text}", lambda: agent(text) if "exec\"" not in text else sorted(agent(text)))


def consoles():
    step("a command on the console", lambda: shell("echo $((6 * 7))", "\n42"))
    step("what was given on the command line", lambda: shell("cat /proc/cmdline", "quiet panic=-1 memhp"))
    step("a second console", lambda: dom.openConsole(None, conn.newStream(0), 0))
    step("a second one at any rate", lambda: dom.openConsole(None, conn.newStream(0), 2))
    step("one that is not there", lambda: dom.openConsole("serial7", conn.newStream(0), 0))
    step("a channel that is not there", lambda: dom.openChannel("org.none", conn.newStream(0), 0))
    channel = []
    step("a channel", lambda: channel.append(Line(lambda own, stream: own.openChannel("org.virt.echo", stream, 0))))
    step("what it says", lambda: channel[0].say("hello", "echo: hello"))
    step("the agent's", lambda: dom.openChannel("org.qemu.guest_agent.0", conn.newStream(0), 0))
    step("a channel that is taken", lambda: dom.openChannel("org.virt.echo", conn.newStream(0), 0))
    step("what it says then", lambda: channel[0].say("again", "echo: again"))


def figures():
    """What there is of memory."""
    text = dom.XMLDesc(0)
    shown = re.findall("<currentMemory[^/]*|<(?:requested|current)[^/]*", text[text.index("<memory model") :] + text[:2000])
    return [shown, dom.info()[1:3]]


def memory_and_time():
    step("memory", figures)
    step("it has its other memory", lambda: shell("for one in $(cat /later/virtio_mem); do insmod $one; done"), ["memory", "virtiomem0", 65536])
    step("memory", figures)
    step("more than there is", lambda: dom.setMemory(262144))
    step("the balloon shrinks", lambda: dom.setMemory(180224), ["balloon", 180224])
    step("memory", figures)
    step("the balloon grows", lambda: dom.setMemory(196608), ["balloon", 196608])
    step("memory", figures)
    step("statistics", lambda: dom.setMemoryStatsPeriod(1, 1))
    step("names of statistics", lambda: sorted(dom.memoryStats()))
    step("virsh dommemstat", lambda: [line.split()[0] for line in virsh("dommemstat", "linux")[1].split("\n")])
    step("its clock", lambda: dom.setTime({"seconds": 1700000000}, 0), "clock")
    step("where its clock is", lambda: abs(int(re.search("adjustment='(-?[0-9]+)'", dom.XMLDesc(0))[1]) + time.time() - 1700000000) < 120)
    step("its watchdog barks", lambda: shell("printf '\\016' | dd of=/dev/port bs=1 seek=1091 count=1"), ("lifecycle", 4))
    step("state", lambda: dom.state())


# What is another at each daemon.
own = r"(?:Id|CPU time|Security.*): *\S+|/dev/pts/\d+|\s*Messages: .*"
looks = """
dominfo linux|domblklist linux --details|domiflist linux|domif-getlink linux 52:54:00:00:00:01|vcpucount linux|ttyconsole linux
domcontrol linux|domjobinfo linux|schedinfo linux|iothreadinfo linux|domblkinfo linux vda|domblkinfo linux hdc|domdisplay linux
send-key linux KEY_A|inject-nmi linux|domid nothing|domuuid linux|desc linux|emulatorpin linux|numatune linux|memtune linux
blkiotune linux|perf linux|screenshot linux|reset nothing
"""


def seen_from_outside():
    for words in re.split(r"[|\n]", looks.strip()):
        step(f"virsh {words}", lambda: [re.sub(own, "", str(one)) for one in virsh(*shlex.split(words))])


def sleeping():
    step("it goes to sleep", lambda: dom.pMSuspendForDuration(0, 0, 0), "suspend")
    step("state", lambda: dom.state())
    step("sleep again", lambda: dom.pMSuspendForDuration(0, 0, 0))
    step("suspend it asleep", lambda: dom.suspend())
    step("resume it asleep", lambda: dom.resume())
    step("shut it down asleep", lambda: dom.shutdownFlags(1))
    step("ask its agent asleep", lambda: dom.hostname(2))
    step("wake it", lambda: dom.pMWakeup(0), "wakeup")
    step("state", lambda: dom.state())
    step("wake it again", lambda: dom.pMWakeup(0))
    step("it is there", lambda: shell("echo $((6 * 7))", "\n42"))
    step("sleep for some time", lambda: dom.pMSuspendForDuration(0, 10, 0))
    step("sleep of no kind", lambda: dom.pMSuspendForDuration(9, 0, 0))


def stopped_and_saved():
    step("suspend", lambda: dom.suspend(), "lifecycle")
    step("agent of one that stands", lambda: dom.hostname(2))
    step("resume", lambda: dom.resume(), "lifecycle")
    step("agent", lambda: dom.hostname(2))
    console.text = ""
    step("save", lambda: dom.save(folder + "/image"), ("lifecycle", 5))
    step("restore", lambda: conn.restore(folder + "/image"), ("agent", 1))
    reopened()
    step("the same", lambda: shell("cat /etc/passwd", "root:x:0"))
    step("agent", lambda: dom.hostname(2))
    step("managed save", lambda: dom.managedSave(0), ("lifecycle", 5))
    step("start", lambda: dom.create(), ("agent", 1))
    reopened()
    step("the same", lambda: shell("cat /etc/hostname; hostname", "linuxguest"))
    step("dump", lambda: dom.coreDumpWithFormat(folder + "/core", 0, libvirt.VIR_DUMP_MEMORY_ONLY))
    step("its form", lambda: open(folder + "/core", "rb").read(4).hex())


def reopened():
    global console
    console = Line(lambda own, stream: own.openConsole(None, stream, 0))


def anew(between=lambda: None):
    """A process of its own for what follows: QEMU lets nobody to a channel twice in all that can happen to a guest."""
    dom.destroy()
    between()
    told.clear()
    boot()
    until = time.monotonic() + 20
    while not came(("agent", 1)) and time.monotonic() < until:
        time.sleep(0.01)


def again(how, name):
    """It begins anew by some way."""
    console.text = ""
    step(name, lambda: [how(), console.until("linux is up")], ("agent", 1))
    step("state", lambda: dom.state())


def media():
    # Linux ejects what is closed where it is told to, and closes the tray of what is opened.
    eject = "echo 1 >/proc/sys/dev/cdrom/autoeject; dd if=/dev/sr0 of=/dev/null bs=2k count=1; echo 0 >/proc/sys/dev/cdrom/autoeject"
    step("the tray opens", lambda: shell(eject, "1\\+0 records out"), "tray")
    step("it is open", lambda: re.findall("tray='[a-z]*'", dom.XMLDesc(0)))
    step("the tray closes", lambda: shell("dd if=/dev/sr0 of=/dev/null bs=2k count=1", "1\\+0 records out"), "tray")
    step("it is closed", lambda: re.findall("tray='[a-z]*'", dom.XMLDesc(0)))


def broken_disk():
    step("a threshold", lambda: dom.setBlockThreshold("vda", 4096, 0))
    step("which is passed", lambda: shell("dd if=/dev/zero of=/mnt/x bs=1k count=512 conv=fsync", "512\\+0 records out"), "threshold")
    step("the torn disk is read", lambda: console.stream.send(b"dd if=/dev/vdb of=/dev/null bs=64k count=4\n") > 0, ("lifecycle", 3))
    step("state", lambda: dom.state())
    step("errors", lambda: dom.diskErrors(0))
    step("virsh domblkerror", lambda: virsh("domblkerror", "linux"))
    step("resume", lambda: dom.resume(), ("lifecycle", 4))
    step("state", lambda: dom.state())
    step("errors", lambda: dom.diskErrors(0))


def crash(policy, wait):
    name = f"on_crash {policy}"
    step(f"{name}: define", lambda: define(crash=policy), "lifecycle")
    step(f"{name}: start", boot, ("agent", 1))
    panicking.append(name)
    step(f"{name}: panic", lambda: console.stream.send(b"echo c >/proc/sysrq-trigger\n") > 0, wait)
    panicking.clear()
    step(f"{name}: state", lambda: dom.state())
    if policy.startswith("coredump"):
        # Neither says where it was put: that there is no complaint shows in the state.
        step(f"{name}: reason", lambda: virsh("domstate", "--reason", "linux"))
    if dom.isActive():
        # Its kernel then does as its command line says.
        step(f"{name}: resume", lambda: dom.resume(), None if policy == "restart" else "reboot")
        step(f"{name}: suspend", lambda: dom.suspend())
        step(f"{name}: destroy", lambda: dom.destroy(), ("lifecycle", 5))


step("define", define, "lifecycle")
step("start", boot, ("agent", 1))
step("state", lambda: dom.state())
consoles()
by_the_agent()
stopped_and_saved()
memory_and_time()
seen_from_outside()
media()
broken_disk()
# QEMU has marked the image, and would not take it again.
anew(lambda: image(folder + "/torn.img", "8M"))
step("shut down by the button", lambda: dom.shutdownFlags(1), ("lifecycle", 5))
step("state", lambda: dom.state())
step("start", boot, ("agent", 1))
if whole:
    again(lambda: dom.reboot(2), "reboot by the agent")
    again(lambda: dom.reset(0), "reset")
    anew()
    again(lambda: dom.reboot(0), "reboot")
    again(lambda: dom.reboot(1), "reboot by the button")
    anew()
    again(lambda: console.stream.send(b"reboot -f\n"), "it reboots itself")
    anew()
    step("shut down by the agent", lambda: dom.shutdownFlags(2), ("lifecycle", 5))
    step("state", lambda: dom.state())
    step("start", boot, ("agent", 1))
    step("shut down", lambda: dom.shutdown(), ("lifecycle", 5))
    step("start", boot, ("agent", 1))
    sleeping()
    anew()
step("it ends itself", lambda: console.stream.send(b"poweroff -f\n") > 0, ("lifecycle", 5))
if whole:
    crash("preserve", ("lifecycle", 8))
    crash("restart", ("lifecycle", 4))
crash("coredump-destroy", ("lifecycle", 5))
step("undefine", lambda: dom.undefine(), "lifecycle")
