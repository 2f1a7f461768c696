// SPDX-License-Identifier: LGPL-2.1-or-later
// What the driver says of the domains it can run.
import { invalidArg } from './errors.js'

const architectures: ReadonlySet<string> = new Set(
  (
    'alpha armv6l armv7l armv7b aarch64 cris i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips mipsel mips64 ' +
    'mips64el or32 parisc parisc64 ppc ppc64 ppc64le ppcemb riscv32 riscv64 s390 s390x sh4 sh4eb sparc sparc64 unicore32 ' +
    'x86_64 xtensa xtensaeb'
  ).split(' '),
)

const domainTypes: ReadonlySet<string> = new Set(
  'none qemu kqemu kvm xen lxc uml openvz test vmware hyperv vbox phyp parallels bhyve vz hvf'.split(' '),
)

/** Whether libvirt knows an architecture. */
export function knowsArch(name: string): boolean {
  return architectures.has(name)
}

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (c) => `&${{ '<': 'lt', '>': 'gt', '&': 'amp', "'": 'apos', '"': 'quot' }[c]};`)
}

/** What `virConnectGetDomainCapabilities` answers: whatever is asked for, without any device. */
export function domainCapabilitiesXml(
  emulator: string | undefined,
  arch = 'i686',
  machine: string | undefined,
  virtType = 'test',
): string {
  if (!domainTypes.has(virtType)) throw invalidArg(`unknown virttype: ${virtType}`)
  if (!knowsArch(arch)) throw invalidArg(`unknown architecture: ${arch}`)
  return `<domainCapabilities>
${emulator === undefined ? '' : `  <path>${escapeXml(emulator)}</path>\n`}  <domain>${virtType}</domain>
${machine === undefined ? '' : `  <machine>${escapeXml(machine)}</machine>\n`}  <arch>${arch}</arch>
  <cpu>
    <mode name='host-passthrough' supported='no'/>
    <mode name='maximum' supported='no'/>
    <mode name='host-model' supported='no'/>
    <mode name='custom' supported='no'/>
  </cpu>
  <devices>
  </devices>
  <features>
    <sev supported='no'/>
    <sgx supported='no'/>
  </features>
</domainCapabilities>
`
}
