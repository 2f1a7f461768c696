// SPDX-License-Identifier: LGPL-2.1-or-later
import { type DomainRef, gate } from '@virt/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bench, failure, open, settled } from './support.js'

let bench: Bench
let dom: DomainRef

beforeEach(async () => {
  bench = await open()
  dom = (await gate.domainLookupByName(bench.session, bench.call('domainLookupByName'), 'test')) as DomainRef
})
afterEach(() => bench.close())

describe('the default domain', () => {
  it('answers small facts at once', () => {
    const { session, call } = bench
    expect(dom).toEqual({ name: 'test', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 })
    const info = gate.domainGetInfo(session, call('domainGetInfo'), dom)
    expect(info).toMatchObject({ state: 1, maxMem: 8388608n, memory: 2097152n, nrVirtCpu: 2 })
    expect(gate.domainGetState(session, call('domainGetState'), dom, 0)).toEqual({ state: 1, reason: 0 })
    expect(gate.domainGetOSType(session, call('domainGetOSType'), dom)).toBe('linux')
  })

  it('prints its XML', () => {
    const { session, call } = bench
    const xml = gate.domainGetXMLDesc(session, call('domainGetXMLDesc'), dom, 0)
    expect(xml).toMatch(/^<domain type='test' id='1'>\n {2}<name>test<\/name>\n/)
  })

  it('goes through its life with the right events', async () => {
    const { session, call, events } = bench
    await gate.domainSuspend(session, call('domainSuspend'), dom)
    expect(failure(() => gate.domainSuspend(session, call('domainSuspend'), dom))).toBe(
      "1/12 internal error: domain 'test' not running",
    )
    await gate.domainResume(session, call('domainResume'), dom)
    await gate.domainShutdown(session, call('domainShutdown'), dom)
    await gate.domainCreate(session, call('domainCreate'), dom)
    await gate.domainDestroy(session, call('domainDestroy'), dom)
    await settled()
    expect(events).toEqual(['test(1) 3,0', 'test(1) 4,0', 'test(-1) 5,0', 'test(2) 2,0', 'test(-1) 5,1'])
  })
})
