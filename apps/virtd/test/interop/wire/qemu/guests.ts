// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that the walk of the QEMU driver is about, and the states that they are in.
import type { Value } from '../call.js'
import type { Scene, Step } from '../cases.js'
import { dom } from '../documents.js'

export const id = {
  rich: 'f1f2f3f4-0000-4000-8000-000000000001',
  plain: 'f1f2f3f4-0000-4000-8000-000000000002',
  other: 'f1f2f3f4-0000-4000-8000-000000000003',
}
const emulator = '<emulator>/usr/bin/qemu-system-x86_64</emulator>'

/** A guest with something of most kinds. @param name what it is called @param uuid its UUID */
export const richGuest = (name = 'rich', uuid: string = id.rich): string =>
  `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><title>T</title><description>D</description>
<metadata><a:x xmlns:a='http://a'>1</a:x></metadata>
<memory unit='MiB'>64</memory><currentMemory unit='MiB'>48</currentMemory><vcpu current='2'>4</vcpu><iothreads>2</iothreads>
<cputune><shares>10</shares><vcpupin vcpu='1' cpuset='1'/><emulatorpin cpuset='0-1'/><iothreadpin iothread='1' cpuset='1'/></cputune>
<memtune><soft_limit unit='KiB'>2000000</soft_limit></memtune>
<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os><features><acpi/></features>
<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model><numa><cell id='0' cpus='0-1' memory='32' unit='MiB'/><cell id='1' cpus='2-3' memory='32' unit='MiB'/></numa></cpu>
<devices>${emulator}
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/srv/boot.img'/><target dev='hda' bus='ide'/></disk>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' iothread='1'/><source file='/srv/disk.qcow2'/><target dev='vda' bus='virtio'/><iotune><total_bytes_sec>1000000</total_bytes_sec><total_bytes_sec_max>2000000</total_bytes_sec_max></iotune></disk>
<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
<interface type='ethernet'><mac address='52:54:00:00:00:02'/><model type='virtio'/></interface>
<interface type='bridge'><mac address='52:54:00:00:00:03'/><source bridge='br0'/><target dev='tap7'/><model type='virtio'/></interface>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<channel type='pty'><target type='virtio' name='org.virt.pty'/></channel>
<serial type='pty'/><graphics type='vnc' port='-1' autoport='yes' passwd='secret'/><video><model type='vga'/></video>
<watchdog model='i6300esb' action='pause'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<memballoon model='virtio'><stats period='5'/></memballoon><panic model='isa'/>
</devices></domain>`

/** A guest with as little as there can be. */
export const plainGuest = (name = 'plain', uuid: string = id.plain): string =>
  `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices>${emulator}<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>`

export const step = (name: string, args: Record<string, Value> = {}): Step => ({ name, args })
export const rich: Value = dom('rich', id.rich, 1)
export const plain: Value = dom('plain', id.plain, 1)
const define = step('DOMAIN_DEFINE_XML_FLAGS', { xml: richGuest(), flags: 0 })
const start = step('DOMAIN_CREATE', { dom: rich })

/** Procedures of guests, and those that tell of several. */
const guests = /^DOMAIN_|LIST|STATS|_BY_/

export const scenes: readonly Scene[] = [
  { name: 'off', steps: [define], dom: rich, only: /./ },
  { name: 'on', steps: [define, start], dom: rich, only: guests },
  {
    name: 'paused',
    steps: [define, step('DOMAIN_CREATE_WITH_FLAGS', { dom: rich, flags: 1 })],
    dom: rich,
    only: guests,
  },
  {
    name: 'transient',
    steps: [step('DOMAIN_CREATE_XML', { xml_desc: richGuest(), flags: 0 })],
    dom: rich,
    only: guests,
  },
  {
    name: 'plain off',
    steps: [step('DOMAIN_DEFINE_XML_FLAGS', { xml: plainGuest(), flags: 0 })],
    dom: plain,
    only: guests,
  },
  {
    name: 'plain on',
    steps: [step('DOMAIN_DEFINE_XML_FLAGS', { xml: plainGuest(), flags: 0 }), step('DOMAIN_CREATE', { dom: plain })],
    dom: plain,
    only: guests,
  },
  {
    name: 'saved',
    steps: [define, start, step('DOMAIN_MANAGED_SAVE', { dom: rich, flags: 0 })],
    dom: rich,
    only: /MANAGED|UNDEFINE|^DOMAIN_CREATE|LIST|RENAME|DEFINE|AUTOSTART|DESTROY|^DOMAIN_SAVE|RESTORE/,
  },
]
