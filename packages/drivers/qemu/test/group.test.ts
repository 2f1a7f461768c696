// SPDX-License-Identifier: LGPL-2.1-or-later
// Which control groups an instance takes for its own.
import { describe, expect, it } from 'vitest'
import { isOurs } from '../src/resources/group.js'

describe('groups of guests', () => {
  it('are told from those of other instances, whose names begin alike', () => {
    expect(isOurs('qemu-1-guest.libvirt-qemu', 'qemu-')).toBe(true)
    expect(isOurs('qemu-1.libvirt-qemu', 'qemu-')).toBe(true)
    expect(isOurs('qemu-12-a-b.libvirt-qemu', 'qemu-')).toBe(true)
    expect(isOurs('qemu-embed-0123abcd-1-guest.libvirt-qemu', 'qemu-')).toBe(false)
    expect(isOurs('qemu-embed-0123abcd-1-guest.libvirt-qemu', 'qemu-embed-0123abcd-')).toBe(true)
    expect(isOurs('qemu-1-guest.scope', 'qemu-')).toBe(false)
    expect(isOurs('lxc-1-guest.libvirt-lxc', 'qemu-')).toBe(false)
  })
})
