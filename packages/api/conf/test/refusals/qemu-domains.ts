// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's QEMU driver (11.3) says to guests that are wrong in one place: number and text, and below what is in the definition.

export const qemuDomains = `
67 'sev' launch security is not supported with this QEMU binary
  <domain><launchSecurity type='sev'><policy>1</policy></launchSecurity>
67 'sev-snp' launch security is not supported with this QEMU binary
  <domain><launchSecurity type='sev-snp'><policy>1</policy></launchSecurity>
67 's390-pv' launch security is not supported with this QEMU binary
  <domain><launchSecurity type='s390-pv'/>
67 aia feature is only supported with RISC-V Virt machines
  <domain><features><aia value='aplic'/></features>
67 ras feature is only supported with ARM Virt machines
  <domain><features><ras state='on'/></features>
67 The 'htm' feature is not supported for architecture 'x86_64' or machine type 'pc'
  <domain><features><htm state='on'/></features>
67 The 'gic' feature is not supported for architecture 'x86_64' or machine type 'pc'
  <domain><features><gic version='2'/></features>
1 missing 'start' attribute for clock with offset='absolute'
  <domain><clock offset='absolute'/>
67 timer kvmclock doesn't support setting of timer tickpolicy
  <domain><clock offset='utc'><timer name='kvmclock' tickpolicy='delay'/></clock>
27 setting of timer catchup policies is only supported with tickpolicy='catchup'
  <domain><clock offset='utc'><timer name='pit' tickpolicy='delay'><catchup slew='5'/></timer></clock>
67 unsupported rtc timer tickpolicy 'discard'
  <domain><clock offset='utc'><timer name='rtc' tickpolicy='discard'/></clock>
67 unsupported timer type (name) 'platform'
  <domain><clock offset='utc'><timer name='platform'/></clock>
67 Configuring the 'armvtimer' timer is not supported for virtType=qemu arch=x86_64 machine=pc guests
  <domain><clock offset='utc'><timer name='armvtimer'/></clock>
67 maximum vCPU count must not be less than current vCPU count
  <domain><vcpu current='5'>2</vcpu>
67 NUMA cells 1 and 0 have overlapping vCPU ids
  <domain><vcpu>4</vcpu><cpu><numa><cell cpus='0-1' memory='100' unit='KiB'/><cell cpus='1-2' memory='100' unit='KiB'/></numa></cpu>
1 Number of CPUs in <numa> exceeds the <vcpu> count
  <domain><vcpu>4</vcpu><cpu><numa><cell cpus='0-9' memory='100' unit='KiB'/></numa></cpu>
27 missing element or attribute './@memory'
  <domain><vcpu>4</vcpu><cpu><numa><cell id='0' cpus='0-1'/></numa></cpu>
27 Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous ranges or ranges not starting from 0 are not allowed
  <domain><vcpu>4</vcpu><cpu><numa><cell id='1' cpus='0-1' memory='100' unit='KiB'/></numa></cpu>
27 'value 20' is invalid for 'sibling id 0' under NUMA 'cell id 0'
  <domain><vcpu>4</vcpu><cpu><numa><cell id='0' cpus='0-1' memory='100' unit='KiB'><distances><sibling id='0' value='20'/></distances></cell><cell id='1' cpus='2-3' memory='100' unit='KiB'/></numa></cpu>
27 'value 10' is invalid for 'sibling id 1' under NUMA 'cell id 0'
  <domain><vcpu>4</vcpu><cpu><numa><cell id='0' cpus='0-1' memory='100' unit='KiB'><distances><sibling id='1' value='10'/></distances></cell><cell id='1' cpus='2-3' memory='100' unit='KiB'/></numa></cpu>
27 'value 9' is invalid for 'sibling id 1' under NUMA 'cell id 0'
  <domain><vcpu>4</vcpu><cpu><numa><cell id='0' cpus='0-1' memory='100' unit='KiB'><distances><sibling id='1' value='9'/></distances></cell><cell id='1' cpus='2-3' memory='100' unit='KiB'/></numa></cpu>
67 CPU cache mode 'emulate' can only be used with level='3'
  <domain><cpu><cache mode='emulate' level='2'/><model>qemu64</model></cpu>
67 CPU cache mode 'passthrough' can only be used with 'host-passthrough' / 'maximum' CPUs
  <domain><cpu><cache mode='passthrough' level='3'/><model>qemu64</model></cpu>
67 bootloader is not supported by QEMU
  <domain><bootloader>/x</bootloader>
67 hugepages are not allowed with memory allocation ondemand
  <domain><memoryBacking><hugepages/><allocation mode='ondemand'/></memoryBacking>
67 hugepages are not allowed with anonymous memory source
  <domain><memoryBacking><hugepages/><source type='anonymous'/></memoryBacking>
67 tb-cache size must be an integer multiple of MiB
  <domain><features><tcg><tb-cache unit='KiB'>5</tb-cache></tcg></features>
67 vmport feature requires the ps2 feature not to be disabled
  <domain><features><ps2 state='off'/><vmport state='on'/></features>
67 SMM TSEG is only supported with q35 machine type
  <domain><features><smm state='on'><tseg unit='KiB'>5</tseg></smm></features>
`
