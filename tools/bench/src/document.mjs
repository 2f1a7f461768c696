// SPDX-License-Identifier: GPL-2.0-or-later
// The domains that are defined, loaded and parsed: what a cloud's guest looks like, as long as one wants it.

const uuidOf = (index) => `5a1b0c2d-77aa-4e11-9a55-${`${index}`.padStart(12, '0')}`
const hex = (value) => (value & 0xff).toString(16).padStart(2, '0')

const disk = (name, at) => `    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='native' discard='unmap'/>
      <source file='/srv/images/${name}-${at}.qcow2'/>
      <target dev='vd${String.fromCharCode(97 + at)}' bus='virtio'/>
      <iotune>
        <read_iops_sec>2000</read_iops_sec>
        <write_iops_sec>1000</write_iops_sec>
      </iotune>
      <serial>${name}-${at}</serial>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x${hex(at + 5)}' function='0x0'/>
    </disk>
`
const nic = (index, at) => `    <interface type='bridge'>
      <mac address='52:54:00:${hex(index >> 8)}:${hex(index)}:${hex(at)}'/>
      <source bridge='br${at}'/>
      <target dev='tap${index}.${at}'/>
      <model type='virtio'/>
      <mtu size='1500'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x${hex(at + 0x13)}' function='0x0'/>
    </interface>
`

/** A domain of about `90 + 11 disks + 8 nics` lines. */
export function domainOf(index, { disks = 2, nics = 2, type = 'test' } = {}) {
  const name = `guest${index}`
  const list = (count, make) => Array.from({ length: count }, (_, at) => make(at)).join('')
  return `<domain type='${type}'>
  <name>${name}</name>
  <uuid>${uuidOf(index)}</uuid>
  <title>${name} of a benchmark</title>
  <description>Made to be read &amp; printed</description>
  <metadata>
    <b:owner xmlns:b='http://virt.example/bench/1.0'>
      <b:project name='p${index % 31}'/>
    </b:owner>
  </metadata>
  <memory unit='KiB'>2097152</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu placement='static'>4</vcpu>
  <cputune>
    <shares>1024</shares>
    <vcpupin vcpu='0' cpuset='0-1'/>
    <vcpupin vcpu='1' cpuset='0-1'/>
  </cputune>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <boot dev='hd'/>
    <boot dev='network'/>
  </os>
  <features>
    <acpi/>
    <apic/>
    <pae/>
  </features>
  <cpu mode='custom' match='exact' check='none'>
    <model fallback='forbid'>Haswell-noTSX</model>
    <vendor>Intel</vendor>
    <feature policy='require' name='vme'/>
    <feature policy='disable' name='rtm'/>
  </cpu>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
${list(disks, (at) => disk(name, at))}    <controller type='usb' index='0' model='piix3-uhci'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x2'/>
    </controller>
    <controller type='pci' index='0' model='pci-root'/>
    <controller type='virtio-serial' index='0'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/>
    </controller>
${list(nics, (at) => nic(index, at))}    <serial type='pty'>
      <target type='isa-serial' port='0'>
        <model name='isa-serial'/>
      </target>
    </serial>
    <console type='pty'>
      <target type='serial' port='0'/>
    </console>
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
      <address type='virtio-serial' controller='0' bus='0' port='1'/>
    </channel>
    <input type='tablet' bus='usb'>
      <address type='usb' bus='0' port='1'/>
    </input>
    <input type='mouse' bus='ps2'/>
    <input type='keyboard' bus='ps2'/>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <video>
      <model type='vga' vram='16384' heads='1' primary='yes'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
    </video>
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
    </memballoon>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x12' function='0x0'/>
    </rng>
  </devices>
</domain>
`
}

/** The document of 300 lines. */
export const longDomain = (index) => domainOf(index, { disks: 13, nics: 9 })
