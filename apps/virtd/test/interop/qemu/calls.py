# SPDX-License-Identifier: GPL-2.0-or-later
# Calls of the QEMU driver by libvirt's own Python binding and virsh, one after the other; what each answers goes out as a line of JSON.
# Usage: calls.py SOCKET FOLDER
import os
import re
import shlex
import subprocess
import time

import libvirt_qemu
from steps import conn, folder, hear, of_mark, step, virsh

conn.domainEventRegisterAny(None, 0, lambda c, d, e, i, o: hear("lifecycle", e, i, d.ID() >= 0), None)
conn.domainEventRegisterAny(None, 17, lambda c, d, p, o: hear("tunable", dict(p)), None)
conn.domainEventRegisterAny(None, 23, lambda c, d, t, u, o: of_mark(d) or hear("metadata", t, u), None)

disk = folder + "/disk.qcow2"
boot = folder + "/boot.img"


def prepare():
    for path in (disk, boot):
        if os.path.exists(path):
            os.unlink(path)
    with open(boot, "wb") as file:
        file.write(b"\xeb\xfe" + b"\0" * 508 + b"\x55\xaa" + b"\0" * 65024)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "8M"], check=True)


prepare()
xml = f"""<domain type='qemu'><name>calls</name><uuid>f1f2f3f4-0000-4000-8000-0000000000ca</uuid>
<memory unit='MiB'>64</memory><vcpu current='1'>4</vcpu><iothreads>2</iothreads>
<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices>
<emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{boot}'/><target dev='hda' bus='ide'/></disk>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<serial type='pty'/><graphics type='vnc' port='-1' autoport='yes'/><video><model type='vga'/></video>
</devices></domain>"""


dom = None


def define():
    global dom
    dom = conn.defineXML(xml)


def screen(number):
    stream = conn.newStream(0)
    kind = dom.screenshot(stream, number, 0)
    data = b""
    while part := stream.recv(65536):
        data += part
    stream.finish()
    return [kind, data[:4].hex(), len(data) > 100]


def vnc(index, flags=0):
    fd = dom.openGraphicsFD(index, flags)
    try:
        return os.read(fd, 12).decode()
    finally:
        os.close(fd)


def monitor(text, flags=0):
    return libvirt_qemu.qemuMonitorCommand(dom, text, flags)


agent = """
fSTrim(None, 0, 0)|fSTrim("/", 0, 0)|fsFreeze()|fsThaw()|fsFreeze(["/"])|fsThaw(["/"])|fsInfo()|getTime()
setTime({"seconds": 5, "nseconds": 1})|setTime({"seconds": 5}, 1)|setUserPassword("root", "x", 0)|guestVcpus()
setGuestVcpus("0", 1, 0)|setGuestVcpus("x", 1, 0)|setGuestVcpus("0", 2, 0)|agentSetResponseTimeout(5, 0)
agentSetResponseTimeout(-3, 0)|agentSetResponseTimeout(-2, 0)|authorizedSSHKeysGet("root", 0)
authorizedSSHKeysSet("root", ["a"], 0)|authorizedSSHKeysSet("root", ["a"], 3)|guestInfo(0, 0)|guestInfo(3, 0)
guestInfo(4096, 0)|hostname(0)|hostname(1)|hostname(2)|hostname(3)|interfaceAddresses(0, 0)|interfaceAddresses(1, 0)
interfaceAddresses(5, 0)
"""
hands = """
sendKey(0, 0, [30], 1, 0)|sendKey(9, 0, [30], 1, 0)|sendKey(0, 100, [30, 31], 2, 0)|sendKey(0, 0, [5000], 1, 0)
sendKey(8, 0, [65], 1, 0)|sendKey(5, 0, [200], 1, 0)|sendKey(7, 0, [4], 1, 0)|sendKey(9, 0, [70000], 1, 0)
sendKey(9, 0, [999], 1, 0)|sendKey(12, 0, [9], 1, 0)|injectNMI(0)|injectNMI(1)|pMSuspendForDuration(0, 0, 0)
pMSuspendForDuration(0, 5, 0)|pMSuspendForDuration(7, 0, 0)|pMWakeup(0)|sendProcessSignal(1, 1, 0)|messages(0)
memoryPeek(0, 16, 2)[:0]|memoryPeek(0, 16, 1)[:0]|memoryPeek(0, 16, 0)|memoryPeek(0, 16, 3)|blockPeek("hda", 510, 2, 0).hex()
blockPeek("xx", 0, 4, 0)|blockPeek("hda", 65530, 100, 0)|blockPeek("vda", 0, 4, 0)
"""
notes = """
setMetadata(0, "hello", None, None, 3)|metadata(0, None, 1)|metadata(0, None, 2)|metadata(1, None, 0)
setMetadata(1, "a\\nb", None, None, 0)|setMetadata(2, "<a/>", "k", "http://x", 3)|metadata(2, "http://x", 2)
setMetadata(2, "<a", "k", "http://x", 3)|metadata(2, "http://y", 2)|setMetadata(5, "x", None, None, 0)|metadata(0, None, 3)
setLifecycleAction(0, 1, 2)|setLifecycleAction(0, 4, 3)|setLifecycleAction(2, 4, 2)|setLifecycleAction(7, 1, 2)
setLifecycleAction(0, 3, 2)|setLifecycleAction(1, 0, 2)|setLifecycleAction(0, 1, 2)|setLifecycleAction(1, 1, 2)
setLifecycleAction(1, 0, 1)|setLifecycleAction(1, 1, 1)|setLifecycleAction(1, 2, 2)|setLifecycleAction(0, 0, 2)|setLifecycleAction(1, 9, 2)|rename("calls", 0)
"""
blocks = """
blockStats("hda")|blockStats("vda")|blockStats("nope")|blockStats("")|blockStatsFlags("vda", 0)|blockInfo("hda", 0)
blockInfo("vda", 0)|blockInfo("nope", 0)|blockInfo("hdc", 0)|diskErrors(0)|blockIoTune("vda", 0)|blockIoTune("vda", 1)
blockIoTune("vda", 2)|blockIoTune("vda", 3)|blockIoTune("zz", 0)|setBlockIoTune("vda", {"total_bytes_sec": 1000000}, 0)
blockIoTune("vda", 0)|setBlockIoTune("vda", {"total_bytes_sec": 1000, "read_bytes_sec": 10}, 0)
setBlockIoTune("vda", {"read_iops_sec": 100, "write_iops_sec": 200, "group_name": "g"}, 0)|blockIoTune("vda", 0)
setBlockIoTune("vda", {"read_iops_sec": 10**16}, 0)|setBlockIoTune("vda", {"bad": 1}, 0)
setBlockIoTune("zz", {"total_bytes_sec": 5}, 0)|setBlockIoTune("vda", {"size_iops_sec": 8}, 2)|blockIoTune("vda", 2)
setBlockThreshold("zz", 1, 0)|interfaceStats("52:54:00:00:00:01")|interfaceStats("vnet9")
interfaceParameters("52:54:00:00:00:01", 0)|interfaceParameters("xx", 2)
setInterfaceParameters("52:54:00:00:00:01", {"inbound.average": 100}, 2)|setInterfaceParameters("zz", {"inbound.peak": 1}, 2)
"""
threads = """
vcpusFlags(0)|vcpusFlags(1)|vcpusFlags(2)|vcpusFlags(4)|vcpusFlags(6)|vcpusFlags(8)|vcpusFlags(3)|maxVcpus()|setVcpus(9)
setVcpus(2)|vcpusFlags(0)|setVcpusFlags(3, 2)|vcpusFlags(2)|setVcpusFlags(9, 2)|setVcpusFlags(0, 2)|setVcpusFlags(6, 6)
setVcpusFlags(6, 5)|setVcpusFlags(2, 8)|setVcpusFlags(2, 10)|vcpusFlags(6)|setVcpusFlags(4, 6)|vcpus()[0][0][0]
addIOThread(0, 0)|addIOThread(1, 0)|addIOThread(7, 0)|addIOThread(8, 3)|delIOThread(8, 0)|delIOThread(8, 0)|delIOThread(99, 2)
pinIOThread(1, (True,), 2)|pinIOThread(9, (True,), 2)|delIOThread(7, 0)|setIOThreadParams(1, {"poll_max_ns": 100}, 1)|setIOThreadParams(1, {"poll_max_ns": 1 << 40}, 1)
setIOThreadParams(99, {"poll_max_ns": 100}, 1)|setIOThreadParams(1, {"x": 100}, 1)|controlInfo()[:2]|jobInfo()|jobStats()
abortJob()|launchSecurityInfo(0)|startDirtyRateCalc(0, 0)|startDirtyRateCalc(1, 2)|info()[:4]|OSType()|setMemoryStatsPeriod(5, 3)
"""
host = """
getCPUStats(99, 0)|getMemoryStats(5, 0)|getMemoryStats(-5, 0)|getCellsFreeMemory(4, 3)|getFreePages([3], 0, 1, 0)
getFreePages([4, 2048], 3, 1, 0)|getCPUMap(0)|setMemoryParameters({"shm_pages_shared": 100}, 0)|setMemoryParameters({"x": 1}, 0)
allocPages({4: 1}, 0, 1, 0)|allocPages({7: 1}, 0, 1, 0)|getSysinfo(0)|getCPUModelNames("ppc64", 0)|getCPUModelNames("zz", 0)
getSEVInfo(0)|baselineCPU([], 0)|suspendForDuration(7, 60, 0)|suspendForDuration(7, 60, 1)|suspendForDuration(-1, 1, 0)
compareCPU("<cpu><arch>x86_64</arch><model>qemu64</model></cpu>", 0)
compareCPU("<cpu><arch>x86_64</arch><model>Haswell</model></cpu>", 1)
compareCPU("<cpu><arch>x86_64</arch><model>kvm64</model><vendor>Nobody</vendor></cpu>", 1)
compareCPU("<cpu match='exact'><model>kvm64</model><feature policy='forbid' name='sse2'/></cpu>", 1)
compareCPU("<cpu match='exact'><model>kvm64</model><feature policy='force' name='vmx'/></cpu>", 1)
compareCPU("<cpu match='exact'><model>kvm64</model><feature policy='optional' name='svm'/></cpu>", 1)
compareCPU("<cpu match='minimum'><model>kvm64</model></cpu>", 0)
compareCPU("<cpu><arch>ppc64</arch><model>POWER8</model></cpu>", 1)
compareCPU("<cpu><arch>zz</arch><model>POWER8</model></cpu>", 0)
compareCPU("<cpu/>", 0)|compareCPU("<cpu><arch>x86_64</arch></cpu>", 0)|compareCPU("<cpu mode='host-model'/>", 0)
compareCPU("<cpu mode='maximum'/>", 0)|compareCPU("<domain/>", 0)|compareCPU("<cpu/>", 4)
compareCPU("<cpu><arch>x86_64</arch><model>nobody</model></cpu>", 0)
compareCPU("<cpu><arch>x86_64</arch><model>kvm64</model><feature name='nosuch'/></cpu>", 0)
baselineCPU(["<cpu><arch>x86_64</arch><model>qemu64</model><feature name='osxsave'/><feature name='avx'/></cpu>"], 0)
baselineCPU(["<cpu><arch>x86_64</arch><model>qemu64</model></cpu>"], 2)|baselineCPU(["<domain/>"], 0)
compareHypervisorCPU(None, None, None, "qemu", "<cpu><arch>x86_64</arch><model>qemu64</model></cpu>", 0)
compareHypervisorCPU(None, None, None, "qemu", "<cpu><arch>x86_64</arch><model>Haswell</model></cpu>", 0)
compareHypervisorCPU(None, None, None, "qemu", "<cpu><arch>x86_64</arch><model>EPYC-Rome</model></cpu>", 0)
compareHypervisorCPU(None, None, None, "qemu", "<cpu><arch>x86_64</arch><model>nobody</model></cpu>", 0)
compareHypervisorCPU(None, None, None, "qemu", "<cpu><arch>x86_64</arch><model>qemu64</model></cpu>", 4)
compareHypervisorCPU(None, None, None, "qemu", "<cpu match='exact'><model>qemu64</model><feature policy='forbid' name='sse2'/></cpu>", 1)
compareHypervisorCPU(None, None, None, "qemu", "<cpu mode='host-model'/>", 0)
compareHypervisorCPU(None, None, None, "qemu", "<cpu><arch>x86_64</arch></cpu>", 1)
compareHypervisorCPU(None, "ppc64", None, "qemu", "<cpu/>", 0)
compareHypervisorCPU(None, "zz", None, "qemu", "<cpu/>", 0)
compareHypervisorCPU(None, None, "nothing", "qemu", "<cpu/>", 0)
compareHypervisorCPU(None, None, None, "nothing", "<cpu/>", 0)
compareHypervisorCPU("/nowhere", None, None, "qemu", "<cpu/>", 0)
compareHypervisorCPU("/usr/bin/qemu-system-x86_64", "i686", None, "qemu", "<cpu><arch>x86_64</arch><model>qemu64</model></cpu>", 0)
baselineHypervisorCPU(None, None, None, "qemu", ["<cpu><arch>x86_64</arch><model>qemu64</model></cpu>"], 0)
baselineHypervisorCPU(None, None, None, "qemu", ["<cpu><arch>x86_64</arch><model>qemu64</model></cpu>"], 1)
baselineHypervisorCPU(None, None, None, "qemu", ["<cpu><arch>x86_64</arch><model>Haswell</model></cpu>", "<cpu><arch>x86_64</arch><model>qemu64</model></cpu>"], 0)
baselineHypervisorCPU(None, None, None, "qemu", ["<cpu><arch>x86_64</arch><model>Haswell</model></cpu>", "<cpu><arch>x86_64</arch><model>qemu64</model></cpu>"], 2)
baselineHypervisorCPU(None, None, None, "qemu", ["<cpu><arch>x86_64</arch><model>nobody</model></cpu>"], 0)
baselineHypervisorCPU(None, None, None, "qemu", ["<cpu><arch>x86_64</arch><model>qemu64</model></cpu>"], 8)
baselineHypervisorCPU(None, None, None, "qemu", [], 0)
"""


def calls(target, text):
    for code in re.split(r"[|\n]", text.strip()):
        # The calls are the lines above, nothing from elsewhere.
        step(f"{target}.{code}", lambda: eval(f"{target}.{code}"))


def all_of_a_guest():
    for text in (agent, hands, notes, blocks, threads):
        calls("dom", text)
    for number in (0, 1, 7):
        step(f"screenshot {number}", lambda: screen(number))
    for index, flags in ((0, 0), (5, 0), (0, 4)):
        step(f"graphics {index} {flags}", lambda: vnc(index, flags))
    for text, flags in (
        ('{"execute":"query-status"}', 0),
        ('{"execute":"nosuch"}', 0),
        ("info status", 1),
        ("nonsense", 1),
        ("info status", 4),
    ):
        step(f"monitor {text} {flags}", lambda: monitor(text, flags))
    step("agent", lambda: libvirt_qemu.qemuAgentCommand(dom, '{"execute":"guest-ping"}', 5, 0))
    for bit in (1, 16, 32, 64, 128, 256, 512):
        step(f"stats {bit}", lambda: conn.domainListGetStats([dom], bit, 0)[0][1])
    for bit in (2, 4, 8):
        step(f"names of stats {bit}", lambda: sorted(conn.domainListGetStats([dom], bit, 0)[0][1]))
    for words in (
        "domstate --reason calls",
        "vcpucount calls",
        "domblklist --details calls",
        "domiflist calls",
        "domblkerror calls",
        "desc calls",
        "desc --title calls",
        "domcontrol calls",
        "domjobinfo calls",
        "send-key calls KEY_LEFTCTRL KEY_C",
        "send-key calls --codeset win32 65",
        "send-key calls KEY_NOSUCH",
        "qemu-monitor-command --hmp calls 'info status'",
        "managedsave-dumpxml calls",
        "domdisplay calls",
        "metadata calls http://x",
        "iothreadinfo calls --config",
        "dumpxml --inactive --xpath /domain/iothreadids calls",
        "dumpxml --inactive --xpath /domain/cputune calls",
    ):
        step(f"virsh {words}", lambda: virsh(*shlex.split(words)))


def saved_and_dumped():
    image = folder + "/image"
    life = "lifecycle"
    step("save", lambda: dom.save(image), life)
    step("state", lambda: dom.state())
    step("restore", lambda: conn.restore(image), life)
    step("state", lambda: dom.state())
    step("restore again", lambda: conn.restore(image))
    step("save, to be paused", lambda: dom.saveFlags(image, None, 4), life)
    step("restore", lambda: conn.restore(image), life)
    step("state", lambda: dom.state())
    step("resume", lambda: dom.resume(), life)
    step("save, running and paused", lambda: dom.saveFlags(image, None, 6))
    step("managed save", lambda: dom.managedSave(0), life)
    step("there is one", lambda: dom.hasManagedSaveImage(0))
    step("rename", lambda: dom.rename("other", 0))
    step("undefine", lambda: dom.undefine())
    step("start", lambda: dom.create(), life)
    step("there is none", lambda: dom.hasManagedSaveImage(0))
    step("its document", lambda: dom.managedSaveGetXMLDesc(0))
    step("suspend", lambda: dom.suspend(), life)
    step("managed save", lambda: dom.managedSave(0), life)
    step("start", lambda: dom.create(), life)
    step("state", lambda: dom.state())
    step("save", lambda: dom.save(image), life)
    step("restore, to run", lambda: conn.restoreFlags(image, None, 2), life)
    step("managed save, to be paused", lambda: dom.managedSave(4), life)
    step("drop it", lambda: dom.managedSaveRemove(0))
    step("no image", lambda: conn.saveImageGetXMLDesc(boot, 0))
    step("no file", lambda: conn.saveImageGetXMLDesc("/nonexistent", 0))
    step("the image's document", lambda: re.findall("<name>.*", conn.saveImageGetXMLDesc(image, 0)))
    edited = conn.saveImageGetXMLDesc(image, 1).replace("<on_reboot>restart", "<on_reboot>destroy")
    step("another document", lambda: conn.saveImageDefineXML(image, edited, 2))
    step("no document", lambda: conn.saveImageDefineXML(image, "<domain/>", 0))
    step("save while off", lambda: dom.save(image))
    step("managed save while off", lambda: dom.managedSave(0))
    step("restore", lambda: conn.restore(image), life)
    step("with the other document", lambda: "<on_reboot>destroy" in dom.XMLDesc(0))
    step("save where no folder is", lambda: dom.save("/nonexistent/image"), life)
    step("state", lambda: dom.state())
    core = folder + "/core"
    for format, flags in ((None, 0), (None, 2), (None, 4), (None, 16), (1, 0), (1, 16), (2, 16), (3, 16), (4, 16), (9, 16), (None, 3)):
        dump = (lambda: dom.coreDump(core, flags)) if format is None else (lambda: dom.coreDumpWithFormat(core, format, flags))
        step(f"dump {format} {flags}", dump)
        step("state", lambda: dom.state())
    figures = lambda: sorted(name for name in dom.jobStats(1) if name != "memory_bps")
    step("names of figures", figures)
    step("dump of memory", lambda: dom.coreDumpWithFormat(core, 0, 16))
    step("figures", figures)
    step("dump and end", lambda: dom.coreDump(core, 1), life)
    step("state", lambda: dom.state())
    step("dump while off", lambda: dom.coreDump(core, 0))


def started():
    """Waits until the firmware has read what it starts: figures of the disk stand from then on."""
    until = time.monotonic() + 20
    while dom.blockStats("hda")[0] == 0 and time.monotonic() < until:
        time.sleep(0.01)


step("define", define, "lifecycle")
calls("conn", host)
all_of_a_guest()
step("rename", lambda: dom.rename("other", 0), "lifecycle")
step("a name with a slash", lambda: conn.lookupByName("other").rename("a/b", 0))
step("rename back", lambda: conn.lookupByName("other").rename("calls", 0), "lifecycle")
dom = conn.lookupByName("calls")
step("undefine", lambda: dom.undefine(), "lifecycle")
step("define", define, "lifecycle")
step("no description", lambda: dom.setMetadata(0, None, None, None, 2), "metadata")
step("create", lambda: dom.create(), "lifecycle")
started()
all_of_a_guest()
saved_and_dumped()
step("undefine", lambda: dom.undefine(), "lifecycle")
step("look for it", lambda: conn.lookupByName("calls"))
