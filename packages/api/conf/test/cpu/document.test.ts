// SPDX-License-Identifier: LGPL-2.1-or-later

import { isVirtError } from '@virt/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { domain, guestCpu, hostCpu, parseCpu, printCpu } from '../../src/index.js'
import { failure } from './support.js'

const hostText = `<cpu>
  <arch>x86_64</arch>
  <model>Penryn</model>
  <vendor>Intel</vendor>
  <microcode version='12'/>
  <signature family='6' model='23' stepping='6'/>
  <counter name='tsc' frequency='2100000000' scaling='yes'/>
  <topology sockets='1' dies='1' clusters='1' cores='2' threads='2'/>
  <maxphysaddr mode='passthrough' bits='39'/>
  <feature name='vmx'/>
</cpu>
`
const guestText = `<cpu mode='custom' match='exact' check='full'>
  <model fallback='forbid' vendor_id='Acme Machine'>Penryn</model>
  <vendor>Intel</vendor>
  <topology sockets='1' dies='1' clusters='1' cores='2' threads='2'/>
  <cache level='3' mode='emulate'/>
  <feature policy='disable' name='vmx'/>
</cpu>
`

describe('<cpu> on its own', () => {
  it('is a host or a guest', () => {
    expect(parseCpu(hostText)).toMatchObject({ arch: 'x86_64', model: 'Penryn', features: [{ name: 'vmx' }] })
    expect(parseCpu(guestText)).toMatchObject({ mode: 'custom', features: [{ name: 'vmx', policy: 'disable' }] })
  })

  it('prints what it reads', () => {
    for (const text of [hostText, guestText]) expect(printCpu(parseCpu(text))).toBe(text)
  })

  const host = (inner: string) => `<cpu><arch>x86_64</arch><model>Penryn</model>${inner}</cpu>`
  it.each([
    [
      "<cpu mode='custom'><arch>x86_64</arch></cpu>",
      'unsupported configuration: Attribute mode is only allowed for guest CPU',
    ],
    ['<cpu><model>Penryn</model></cpu>', 'XML error: Missing CPU architecture'],
    ['<cpu><arch>moon</arch></cpu>', 'unsupported configuration: Unknown architecture moon'],
    ['<cpu><arch>x86_64</arch><model/></cpu>', 'XML error: Missing CPU model name'],
    [host('<feature/>'), 'XML error: Invalid CPU feature name'],
    [host("<feature name='a'/><feature name='a'/>"), "XML error: CPU feature 'a' specified more than once"],
    [host("<microcode version='x'/>"), 'unsupported configuration: invalid microcode version'],
    [
      host("<topology sockets='0' cores='1' threads='1'/>"),
      "XML error: Invalid value for attribute 'sockets' in element 'topology': Zero is not permitted",
    ],
    [
      host("<topology sockets='x' cores='1' threads='1'/>"),
      "XML error: Invalid value for attribute 'sockets' in element 'topology': 'x'. Expected non-negative integer value",
    ],
  ])('of a host refuses %s', (text, message) => {
    expect(failure(() => hostCpu.parse(text)).message).toBe(message)
  })

  it('does not take a host for a guest that matches', () => {
    expect(failure(() => parseCpu("<cpu match='exact'><arch>x86_64</arch></cpu>")).number).toBe(27)
  })

  it('fails with an error of its own whatever it is given (property)', () => {
    const piece = fc.constantFrom(
      '<arch>x86_64</arch>',
      '<model>Penryn</model>',
      "<model fallback='x'/>",
      "<feature name='vmx'/>",
      "<feature policy='force'/>",
      "<topology sockets='1'/>",
      '<vendor/>',
      '<numa><cell/></numa>',
      '<',
      '&amp;',
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          printCpu(parseCpu(`<cpu>${pieces.join('')}</cpu>`))
        } catch (error) {
          expect(isVirtError(error)).toBe(true)
        }
      }),
    )
  })
})

describe('<cpu> of a guest', () => {
  const inDomain = (cpu: string) =>
    domain.parse(`<domain type='test'><name>d</name><memory>1</memory><os><type>hvm</type></os>${cpu}</domain>`).cpu
  const printed = (cpu: string) => guestCpu.print(guestCpu.parse(cpu))

  it.each([
    ['<cpu/>', ''],
    ["<cpu mode='custom'/>", ''],
    ["<cpu match='exact'/>", ''],
    ['<cpu><model/></cpu>', ''],
    [
      '<cpu><model>Penryn</model></cpu>',
      "<cpu mode='custom' match='exact'><model fallback='allow'>Penryn</model></cpu>",
    ],
    ["<cpu mode='host-model' match='minimum'/>", "<cpu mode='host-model'/>"],
    [
      "<cpu mode='host-model'><model fallback='forbid' vendor_id='Acme Machine'/></cpu>",
      "<cpu mode='host-model'><model vendor_id='Acme Machine'/></cpu>",
    ],
    ["<cpu mode='host-passthrough'><model>x</model></cpu>", "<cpu mode='host-passthrough'/>"],
    [
      "<cpu mode='host-passthrough'><feature name='vmx'/></cpu>",
      "<cpu mode='host-passthrough'><feature policy='require' name='vmx'/></cpu>",
    ],
    [
      "<cpu><topology sockets='1' cores='2' threads='3'/></cpu>",
      "<cpu><topology sockets='1' dies='1' clusters='1' cores='2' threads='3'/></cpu>",
    ],
  ])('%s prints as %s', (text, expected) => {
    expect(printed(text).replace(/\n\s*/g, '')).toBe(expected)
  })

  it.each([
    ["<cpu mode='moon'/>", "unsupported configuration: Invalid mode attribute 'moon'"],
    ['<cpu><vendor>Intel</vendor></cpu>', 'XML error: CPU vendor specified without CPU model'],
    ["<cpu><feature name='vmx'/></cpu>", 'XML error: Non-empty feature list specified without CPU model'],
    [
      "<cpu><model>x</model><feature name='vmx' policy='moon'/></cpu>",
      'unsupported configuration: Invalid CPU feature policy',
    ],
    ["<cpu><model>x</model><feature policy='force'/></cpu>", 'XML error: Invalid CPU feature name'],
    ["<cpu><model fallback='moon'>x</model></cpu>", 'unsupported configuration: Invalid fallback attribute'],
    ["<cpu><model vendor_id='short'>x</model></cpu>", 'XML error: vendor_id must be exactly 12 characters long'],
    ["<cpu><model vendor_id='abcdefghijk,'>x</model></cpu>", 'XML error: vendor id is invalid'],
    ["<cpu><cache level='9' mode='emulate'/></cpu>", 'XML error: invalid CPU cache level, must be in range [1,3]'],
    [
      "<cpu migratable='on'><model>x</model></cpu>",
      "unsupported configuration: Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode",
    ],
  ])('refuses %s', (text, message) => {
    expect(failure(() => inDomain(text)).message).toBe(message)
  })
})
