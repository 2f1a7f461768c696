// SPDX-License-Identifier: GPL-2.0-or-later
// Guests with devices that need something of their host: links, images, devices of its buses, modules, secrets. With virtd and a real
// libvirtd with the same QEMU: the same errors, the same on the host meanwhile, and nothing left.
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { linesOnHost, type Step } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error("SKIPPED: guests' devices of the host compared with libvirtd's")

const steps = (which: 'libvirtd' | 'virtd'): Promise<Step[]> => linesOnHost<Step>(which, 'devices.py', 'dev')

/** What libvirt 11.3 answers otherwise than the 9.0 that is installed, what only a driver of networks can say, and what stays whose it was. */
const others: Readonly<Record<string, unknown>> = {
  'PCI by KVM: start': "1/10 internal error: invalid PCI passthrough type 'kvm'",
  'SEV on pc': "67/10 unsupported configuration: 'sev' launch security is not supported with this QEMU binary",
  'SEV on q35': "67/10 unsupported configuration: 'sev' launch security is not supported with this QEMU binary",
  'PV on pc': "67/10 unsupported configuration: 's390-pv' launch security is not supported with this QEMU binary",
  'PV on q35': "67/10 unsupported configuration: 's390-pv' launch security is not supported with this QEMU binary",
  'network: start': '5/0 no connection driver available for network',
}

/** libvirtd leaves a transient disk's own image the guest's. */
const keepsOwner = (name: string): boolean => / ?transient.*: left$/.test(name)

describe.skipIf(!ready)('devices of the host', () => {
  it('are as with libvirtd', async () => {
    const [theirs, ours] = await Promise.all([steps('libvirtd'), steps('virtd')])
    const same = (all: readonly Step[]): Step[] => all.filter(([name]) => !(name in others) && !keepsOwner(name))
    expect(same(theirs).length).toBeGreaterThan(200)
    expect(same(ours)).toEqual(same(theirs))
    const answers = Object.fromEntries(ours)
    for (const [name, answer] of Object.entries(others)) expect([name, answers[name]]).toEqual([name, answer])
    const left = ours.filter(([name]) => keepsOwner(name)).map(([, answer]) => (answer as [string, number][][])[0])
    expect(left.length).toBeGreaterThan(5)
    for (const files of left) expect(files?.map(([, owner]) => owner)).toEqual([1234, 1234, 1234])
  }, 300_000)
})
