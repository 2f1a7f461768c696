// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of hardware architectures.

const names: ReadonlySet<string> = new Set(
  (
    'alpha armv6l armv7l armv7b aarch64 cris hppa hppa64 i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips ' +
    'mipsel mips64 mips64el openrisc parisc parisc64 ppc ppcle ppc64 ppc64le ppcemb riscv32 riscv64 s390 s390x sh4 ' +
    'sh4eb sparc sparc64 unicore32 x86_64 xtensa xtensaeb'
  ).split(' '),
)

/** Whether libvirt has a hardware architecture of this name (`virArchFromString`). */
export function isArchitecture(name: string): boolean {
  return names.has(name)
}
