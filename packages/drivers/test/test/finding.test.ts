// SPDX-License-Identifier: LGPL-2.1-or-later
// What slots go by when a client names an object, and what they answer without looking at one.
import { gate, isVirtError } from '@virt/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bench, open } from './support.js'

let bench: Bench
beforeEach(async () => {
  bench = await open()
})
afterEach(() => bench.close())

const nowhere = '00000000-1111-4222-8333-444444444444'
const network = { name: 'default', uuid: 'dd8fe884-6c02-601e-7551-cca97df1c5df' }
const dom = { name: 'test', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 }

function message(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    if (isVirtError(error)) return error.message
    throw error
  }
  return 'ok'
}

describe('the test driver', () => {
  it('finds a network by its name, and by its UUID where the state is asked', () => {
    const { session, call } = bench
    const renewed = { ...network, uuid: nowhere }
    expect(gate.networkGetBridgeName(session, call('networkGetBridgeName'), renewed)).toBe('virbr0')
    expect(message(() => gate.networkIsActive(session, call('networkIsActive'), renewed))).toBe(
      `Network not found: no network with matching uuid '${nowhere}'`,
    )
  })

  it('tells the pool of a volume that is gone', () => {
    const { session, call } = bench
    const vol = { pool: 'default-pool', name: 'gone', key: '' }
    expect(gate.storagePoolLookupByVolume(session, call('storagePoolLookupByVolume'), vol)).toMatchObject({
      name: 'default-pool',
    })
  })

  it('says how many parameters there are without looking for the domain', () => {
    const { session, call } = bench
    const asked = Object.assign(call('domainGetNumaParameters'), { countOnly: true })
    expect(gate.domainGetNumaParameters(session, asked, { ...dom, uuid: nowhere }, 0)).toBe(2)
  })

  it('puts another medium into a drive, without an event of a device', async () => {
    const { session, call } = bench
    const drive = (file: string): string =>
      `<disk type='file' device='cdrom'><source file='${file}'/><target dev='hdc' bus='ide'/></disk>`
    const made = await gate.domainCreateXML(
      session,
      call('domainCreateXML'),
      `<domain type='test'><name>drive</name><memory>65536</memory><os><type>hvm</type></os><devices>${drive('/a')}</devices></domain>`,
      0,
    )
    await gate.domainAttachDeviceFlags(session, call('domainAttachDeviceFlags'), made, drive('/b'), 1)
    const xml = await gate.domainGetXMLDesc(session, call('domainGetXMLDesc'), made, 0)
    expect(xml).toContain("<source file='/b'/>")
    expect(xml).not.toContain("<source file='/a'/>")
  })

  it('keeps no flags of pools', () => {
    const { session, call } = bench
    const pool = { name: 'default-pool', uuid: 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566' }
    expect(message(() => gate.storagePoolCreate(session, call('storagePoolCreate'), pool, 1))).toBe(
      'unsupported flags (0x1) in function testStoragePoolCreate',
    )
  })
})
