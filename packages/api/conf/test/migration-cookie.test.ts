// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { cookieDemands, cookieNetwork, domain } from '../src/index.js'

const vcpu = (id: number, enabled: boolean, order?: number): string =>
  `<vcpu id='${id}' enabled='${enabled ? 'yes' : 'no'}' hotpluggable='yes'${order === undefined ? '' : ` order='${order}'`}/>`

describe('the other end must understand', () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ['nothing of a plain guest', '<vcpu>2</vcpu>', []],
    ['memory that comes later', "<maxMemory slots='1' unit='KiB'>2048</maxMemory><vcpu>1</vcpu>", ['memory-hotplug']],
    [
      'nothing of processors in order',
      `<vcpu current='2'>3</vcpu><vcpus>${vcpu(0, true, 1)}${vcpu(1, true, 2)}${vcpu(2, false)}</vcpus>`,
      [],
    ],
    [
      'a gap between processors',
      `<vcpu current='2'>3</vcpu><vcpus>${vcpu(0, true, 1)}${vcpu(1, false)}${vcpu(2, true, 2)}</vcpus>`,
      ['cpu-hotplug'],
    ],
    [
      'another order of processors',
      `<vcpu current='3'>3</vcpu><vcpus>${vcpu(0, true, 1)}${vcpu(1, true, 3)}${vcpu(2, true, 2)}</vcpus>`,
      ['cpu-hotplug'],
    ],
  ]
  it.each(rows)('%s', (_name, parts, expected) => {
    const document = domain.parse(
      `<domain type='qemu'><name>a</name><memory unit='KiB'>1024</memory>${parts}<os><type arch='x86_64'>hvm</type></os></domain>`,
    )
    expect(cookieDemands(document)).toEqual(expected)
  })
})

describe('switches of the other host are told', () => {
  const port = (type: string, parameters = ''): string =>
    `<interface type='bridge'><source bridge='br0'/><virtualport type='${type}'><parameters ${parameters}/></virtualport></interface>`
  const plain = "<interface type='bridge'><source bridge='br0'/></interface>"
  const rows: readonly (readonly [string, string, readonly (readonly [number, string])[] | undefined])[] = [
    ['nothing of ordinary bridges', plain, undefined],
    [
      'of each port by its number',
      plain +
        port('openvswitch', "interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'") +
        plain +
        port('midonet', "interfaceid='0b11cf53-8b5c-4eeb-8f00-d84eaa0aaa4f'"),
      [
        [1, 'openvswitch'],
        [3, 'midonet'],
      ],
    ],
  ]
  it.each(rows)('%s', (_name, interfaces, expected) => {
    const document = domain.parse(
      `<domain type='qemu'><name>a</name><memory unit='KiB'>1024</memory><os><type arch='x86_64'>hvm</type></os><devices>${interfaces}</devices></domain>`,
    )
    expect(cookieNetwork(document)?.interfaces.map(({ index, vporttype }) => [index, vporttype])).toEqual(expected)
  })
})
