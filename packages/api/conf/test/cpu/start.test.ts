// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { forQemu, startable } from '../../src/index.js'
import { failure, guestOf, hostOf, policies } from './support.js'

const host = hostOf('Penryn', ['vmx', 'invtsc', 'osxsave'], 'Intel')
const migratable = hostOf('Penryn', ['vmx'], 'Intel')
const models = new Map(['486', 'Conroe', 'Penryn'].map((name) => [name, {}]))

describe('a guest that is started', () => {
  it('gets the model of the host, once and for all', () => {
    const cpu = startable('x86_64', guestOf('', ['disable ssse3'], "mode='host-model'"), { host, migratable, models })
    expect(cpu).toMatchObject({ mode: 'custom', match: 'exact', model: { name: 'Penryn', fallback: 'forbid' } })
    expect(policies(cpu)).toEqual(['require vmx', 'disable ssse3'])
  })

  it('gets a model that the hypervisor has', () => {
    const cpu = startable('x86_64', guestOf('core2duo'), { models })
    expect(cpu.model).toEqual({ name: 'Conroe', fallback: 'forbid' })
  })

  it('is compared with the host as far as its check says', () => {
    const guest = (check: string) => guestOf('Nehalem', [], `check='${check}'`)
    expect(failure(() => startable('x86_64', guest('partial'), { host })).number).toBe(91)
    for (const check of ['none', 'full'])
      expect(startable('x86_64', guest(check), { host }).model?.name).toBe('Nehalem')
  })

  it('is not compared where the hypervisor knows better', () => {
    const guest = guestOf('Denverton', [], "check='partial'")
    expect(startable('x86_64', guest, { host }).model?.name).toBe('Denverton')
  })

  it('may forbid what the host has, in every mode', () => {
    const guest = (attributes: string) => guestOf('', ['forbid vmx'], `mode='host-passthrough' ${attributes}`)
    expect(failure(() => startable('x86_64', guest(''), { host })).message).toMatch(/forbidden feature 'vmx'$/)
    expect(() => startable('x86_64', guest("check='none'"), { host })).not.toThrow()
  })

  it('keeps its generation on POWER, by its new name', () => {
    expect(startable('ppc64', guestOf('POWER7_v2.3'), {}).model?.name).toBe('POWER7')
    expect(startable('ppc64', guestOf('power8', [], "mode='host-model'"), {})).toMatchObject({
      mode: 'host-model',
      model: { name: 'power8' },
    })
  })

  it('stays without a model when it has none', () => {
    const guest = guestOf('')
    expect(startable('x86_64', guest, { host })).toBe(guest)
  })
})

describe('what QEMU cannot be asked for', () => {
  it('is left out on x86', () => {
    expect(policies(forQemu('x86_64', guestOf('486', ['require cmt', 'require vmx', 'disable osxsave'])))).toEqual([
      'require vmx',
    ])
    expect(policies(forQemu('s390x', guestOf('z15', ['require cmt'])))).toEqual(['require cmt'])
  })
})
