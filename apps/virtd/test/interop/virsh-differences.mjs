// SPDX-License-Identifier: GPL-2.0-or-later
// Lines whose answer depends on libvirt's level: Debian 12's in-process driver is 9.0, virtd is 11.3. Each with its reason.
// Against a driver of 11.3 nothing is excused.

/** What 11.3 says otherwise; patterns over the line. */
const reasons = [
  [/@(broken|empty)\b|<broken/, 'malformed XML: 9.0 puts a label before the line number, 11.3 says "at line N"'],
  [/^nodedev-list|; nodedev-list/, '9.0 refuses the flag "active", which its own virsh sends; 11.3 knows it'],
  [/^capabilities$/, '11.3 tells the cluster of each CPU'],
  [/(^|; )blkdeviotune test vda --[\w-]+ [\dg]/, '9.0 ends the message about a limit above its burst with a space'],
  [/^domcapabilities/, "9.0's driver has no domain capabilities, 11.3's has"],
  [
    /(^|; )((?:attach|detach|update)-(?:device|disk|interface)|change-media|domif-setlink)\b/,
    "9.0's driver has no devices to attach, 11.3's has",
  ],
  [/^cpu-models (?:x86_64|i686)/, '11.3 knows more models than 9.0'],
  [/^net-update default .* modify dns-txt/, '9.0 cannot modify a TXT record'],
  [/^cpu-models riscv64/, '11.3 knows what to do with RISC-V'],
  [/(^|; )freepages/, '11.3 counts pages of cell 0 from another start'],
]

/** Why a line may differ from a libvirt of this level, or undefined. */
export const levelDifference = (line, level) =>
  level?.startsWith('11.3.') ? undefined : reasons.find(([pattern]) => pattern.test(line))?.[1]
