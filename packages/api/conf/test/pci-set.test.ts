// SPDX-License-Identifier: LGPL-2.1-or-later
import { isVirtError } from '@virt/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connect } from '../src/domain/addresses/pci-connect.js'
import { PciSet, type PciSetOptions, printPlace } from '../src/domain/addresses/pci-set.js'
import type { PciControllerModel } from '../src/domain/types.gen.js'

const device = { connect: Connect.pci | Connect.hotplug, group: 0 }
const express = { connect: Connect.pcie | Connect.hotplug, group: 0 }

function setOf(model: PciControllerModel, options: Partial<PciSetOptions> = {}): PciSet {
  const set = new PciSet({ grows: false, pcieToPci: true, manyRoots: false, ...options })
  set.add({ model, group: 0, groupFixed: false })
  return set
}

describe('the PCI buses of a guest', () => {
  it('give the first free slot', () => {
    const set = setOf('pci-root')
    set.take({ domain: 0, bus: 0, slot: 1, function: 0 }, device)
    expect(printPlace(set.next(device))).toBe('0000:00:02.0')
  })

  it('refuse a place that is taken', () => {
    const set = setOf('pci-root')
    const place = { domain: 0, bus: 0, slot: 5, function: 1 }
    set.take(place, device)
    expect(() => set.take(place, device)).toThrow('XML error: Attempted double use of PCI Address 0000:00:05.1')
  })

  it('let a definition put a plain device on PCI Express, but do so by themselves never', () => {
    const set = setOf('pcie-root')
    set.take({ domain: 0, bus: 0, slot: 3, function: 0 }, device)
    expect(() => set.next(device)).toThrow('internal error: No more available PCI slots')
  })

  it('put ports side by side on one slot', () => {
    const set = setOf('pcie-root')
    const port = { connect: Connect.rootPort | Connect.aggregate, group: 0 }
    const places = Array.from({ length: 9 }, () => printPlace(set.next(port)))
    expect(places.at(7)).toBe('0000:00:01.7')
    expect(places.at(8)).toBe('0000:00:02.0')
  })

  it.each([
    [true, ['pcie-root', 'pcie-root-port', 'pcie-to-pci-bridge']],
    [false, ['pcie-root', 'dmi-to-pci-bridge', 'pci-bridge']],
  ])('grow what leads from PCI Express to PCI (bridge of QEMU: %s)', (pcieToPci, models) => {
    const set = setOf('pcie-root', { grows: true, pcieToPci })
    expect(set.next(device).bus).toBe(2)
    expect(Array.from({ length: set.size }, (_, i) => set.model(i))).toEqual(models)
  })

  it('keep groups apart', () => {
    const set = new PciSet({ grows: true, pcieToPci: true, manyRoots: true })
    set.add({ model: 'pci-root', group: 0, groupFixed: true })
    expect(set.next({ ...device, group: 3 }).bus).toBe(1)
    expect(set.next(device).bus).toBe(0)
    expect(set.next({ ...device, group: 3 }).bus).toBe(1)
  })

  it('never give one place twice, and fail with our own error only', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(device, express), { maxLength: 80 }), fc.boolean(), (needs, grows) => {
        const set = setOf('pcie-root', { grows })
        const seen = new Set<string>()
        for (const need of needs) {
          try {
            const place = printPlace(set.next(need))
            expect(seen.has(place)).toBe(false)
            seen.add(place)
          } catch (error) {
            expect(isVirtError(error)).toBe(true)
          }
        }
      }),
    )
  })
})
