// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions that are wrong in one place are refused as libvirt's own test driver (11.3) refuses them.
import { ErrorDomain, VirtError } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { domain, hostInterface, network, nodeDevice, storagePool, storageVolume } from '../src/index.js'
import { devices, pciIds } from './refusals/devices.js'
import { domains } from './refusals/domains.js'
import { general } from './refusals/general.js'
import { networks } from './refusals/networks.js'
import { interfaces, pools, volumes } from './refusals/storage.js'

/** How the texts of a number begin. */
const beginnings: Readonly<Record<number, string>> = {
  1: 'internal error: ',
  3: 'this function is not supported by the connection driver: ',
  27: 'XML error: ',
  67: 'unsupported configuration: ',
}

/** Rows of a table: number and text, below them what is in the definition. */
function rows(table: string): [inside: string, number: number, message: string][] {
  return [...table.matchAll(/^(\d+) (.*)\n {2}(.*)$/gm)].map(([, number = '', text = '', inside = '']) => [
    inside,
    Number(number),
    `${beginnings[Number(number)] ?? ''}${text}`,
  ])
}

function refused(parse: () => unknown): unknown {
  try {
    parse()
  } catch (error) {
    if (error instanceof VirtError) {
      if (general.test(error.message)) expect(error.domain).toBe(ErrorDomain.XML)
      return [error.number, error.message.trimEnd()]
    }
    throw error
  }
  return 'taken'
}

describe('a wrong definition', () => {
  it.each(rows(domains))('of a domain with %s is refused in libvirt’s words', (inside, number, message) => {
    const os = "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
    const text = `<domain type='test'><name>a</name><memory>8192</memory><vcpu>4</vcpu>${os}${inside}</domain>`
    expect(refused(() => domain.parse(text, { inactive: true }))).toEqual([number, message])
  })

  it.each(rows(networks))('of a network with %s is refused in libvirt’s words', (inside, number, message) => {
    const text = `<network><name>a</name>${inside}</network>`
    expect(refused(() => network.parse(text, { inactive: true }))).toEqual([number, message])
  })

  it.each(rows(pools))('of a pool with %s is refused in libvirt’s words', (inside, number, message) => {
    const text = `<pool ${inside}<name>a</name></pool>`
    expect(refused(() => storagePool.parse(text))).toEqual([number, message])
  })

  it.each(rows(volumes))('of a volume with %s is refused in libvirt’s words', (inside, number, message) => {
    const text = `<volume><name>a</name>${inside}</volume>`
    expect(refused(() => storageVolume.parse(text))).toEqual([number, message])
  })

  it.each(rows(interfaces))('of an interface with %s is refused in libvirt’s words', (inside, number, message) => {
    expect(refused(() => hostInterface.parse(`<interface ${inside}</interface>`))).toEqual([number, message])
  })

  it.each(rows(devices))('of a host device with %s is refused in libvirt’s words', (inside, number, message) => {
    const text = `<device><name>a</name>${inside.replace('<ids/>', pciIds)}</device>`
    expect(refused(() => nodeDevice.parse(text))).toEqual([number, message])
  })

  it('of a host device has no name to be refused by when it is being created', () => {
    const text = "<device><name>a</name><capability type='net'/></device>"
    const message = "internal error: no network interface supplied for 'new device'"
    expect(refused(() => nodeDevice.parse(text, { create: true }))).toEqual([1, message])
    expect(refused(() => nodeDevice.parse('<device/>'))).toEqual([21, 'missing name information'])
  })
})
