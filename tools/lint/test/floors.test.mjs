// SPDX-License-Identifier: GPL-2.0-or-later
import { describe, expect, it } from 'vitest'
import { packages } from '../floors.mjs'

const may = new Map(packages().map((item) => [item.name, item.may]))

describe('the floors', () => {
  it('let core import nothing of ours', () => {
    expect(may.get('@virt/core')).toEqual([])
  })

  it('let no driver import a driver', () => {
    const drivers = packages().filter((item) => item.path.startsWith('packages/drivers/'))
    const names = drivers.map((item) => item.name)
    expect(names.length).toBeGreaterThan(0)
    for (const driver of drivers) expect(driver.may.filter((name) => names.includes(name))).toEqual([])
  })

  it('have no rings', () => {
    const visit = (name, above) => {
      expect(above).not.toContain(name)
      for (const below of may.get(name) ?? []) visit(below, [...above, name])
    }
    for (const name of may.keys()) visit(name, [])
  })
})
