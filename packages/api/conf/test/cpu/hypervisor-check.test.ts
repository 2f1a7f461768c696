// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { type AnyCpu, compareWithHypervisor, type HypervisorOffer } from '../../src/index.js'
import { failure, guestOf, hostOf } from './support.js'

/** A host of few features, whose hypervisor says that it runs n270 all the same. */
const offer: HypervisorOffer = {
  host: hostOf('kvm64', ['avx']),
  models: new Map([
    ['n270', { usable: true, blockers: [] }],
    ['kvm64-v1', { usable: true, blockers: [] }],
    ['EPYC-v1', { usable: false, blockers: ['fxsr_opt', 'osvw'] }],
  ]),
  features: ['sse2', 'avx'],
}
const compare = (cpu: AnyCpu) => compareWithHypervisor('x86_64', cpu, offer)
const why = (cpu: AnyCpu) =>
  failure(() => compareWithHypervisor('x86_64', cpu, offer, { failIncompatible: true })).message.replace(/.*: /, '')

describe('what a hypervisor says of a model', () => {
  it('is enough where no more is wanted', () => {
    expect(compare(guestOf('n270'))).toBe('superset')
    expect(compare(guestOf('n270', ['disable sse2'], "match='strict'"))).toBe('superset')
  })

  it('is not asked about features on top of a model that libvirt compares', () => {
    for (const feature of ['require sse2', 'optional avx', 'forbid pcid', 'force pcid'])
      expect(compare(guestOf('n270', [feature]))).toBe('incompatible')
    expect(why(guestOf('n270', ['require pcid']))).toMatch(/pcid, vme/)
  })

  it('decides for models of a version, with the features that are required', () => {
    expect(compare(guestOf('kvm64-v1', ['require avx', 'forbid sse2', 'force pcid', 'optional vmx']))).toBe('superset')
    expect(why(guestOf('kvm64-v1', ['require pcid', 'require nosuch']))).toBe('pcid, nosuch')
    expect(why(guestOf('EPYC-v1', ['require pcid']))).toBe('fxsr_opt, osvw, pcid')
    expect(why(guestOf('EPYC-v1', ['disable osvw']))).toBe('fxsr_opt')
    expect(compare(guestOf('EPYC-v1', ['disable osvw', 'disable fxsr_opt']))).toBe('superset')
  })

  it('says nothing of what hosts have', () => {
    expect(compare(hostOf('kvm64-v1', ['pcid']))).toBe('superset')
    expect(compare(hostOf('n270', ['pcid']))).toBe('incompatible')
  })
})
