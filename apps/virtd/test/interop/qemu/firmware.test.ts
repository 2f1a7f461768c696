// SPDX-License-Identifier: GPL-2.0-or-later
// Guests whose firmware is UEFI, with virtd and a real libvirtd with the same QEMU: they come up, and the file with the firmware's variables
// is made, kept, made anew, saved and dropped alike.
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { linesOnHost, type Step } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh', 'firmware'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error("SKIPPED: guests' firmware compared with libvirtd's")

const steps = (which: 'libvirtd' | 'virtd'): Promise<Step[]> => linesOnHost<Step>(which, 'firmware.py', 'efi')

const none = (kind: string): string =>
  `9/10 operation failed: Unable to find '${kind}' firmware that is compatible with the current configuration`

/** What libvirt 11.3 answers otherwise than the 9.0 that is installed, and nothing is left to be asked then. */
const newer: Readonly<Record<string, unknown>> = {
  BIOS: none('bios'),
  'without variables, of which': none('efi'),
  'secure loader without SMM': none('efi'),
  'secure loader on an i440fx': none('efi'),
  'another machine': none('efi'),
  qcow2: none('efi'),
  'firmware and loader': [],
  'firmware and loader: start': 0,
  'firmware, loader and template': [],
  'firmware, loader and template: start': 0,
  'loader that is in pairs: runs with': expect.stringContaining("<nvram template='/usr/share/OVMF/OVMF_VARS.fd'>"),
  'loader and file that is there: runs with': expect.stringContaining(
    "<nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>",
  ),
  'as it is kept': `<os firmware='efi'>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <firmware>
      <feature enabled='yes' name='enrolled-keys'/>
      <feature enabled='yes' name='secure-boot'/>
    </firmware>
    <loader readonly='yes' secure='yes' type='pflash' format='raw'>/usr/share/OVMF/OVMF_CODE_4M.ms.fd</loader>
    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.ms.fd' templateFormat='raw' format='raw'>/var/lib/libvirt/qemu/nvram/NAME_VARS.fd</nvram>
    <boot dev='hd'/>
  </os>`,
}

const isNewer = ([name]: Step): boolean => name in newer || (name.split(': ')[0] as string) in newer

describe.skipIf(!ready)('a guest with UEFI', () => {
  it('comes up, and has its variables as with libvirtd', async () => {
    const [theirs, ours] = await Promise.all([steps('libvirtd'), steps('virtd')])
    const same = theirs.filter((step) => !isNewer(step))
    expect(same.length).toBeGreaterThan(200)
    expect(ours.filter((step) => !isNewer(step))).toEqual(same)
    const answers = Object.fromEntries(ours)
    for (const [name, answer] of Object.entries(newer)) expect([name, answers[name]]).toEqual([name, answer])
    expect(Object.fromEntries(theirs)).toMatchObject({ 'it comes up': true, 'its own by now': true })
  }, 300_000)
})
