// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain, ErrorNumber, isVirtError } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { nwfilter, nwfilterBinding } from '../src/index.js'

const uuid = '5c6d49af-b071-6127-b4ec-6f8ed4b55335'

function filter(inner: string, attributes = ''): string {
  return nwfilter.print(nwfilter.parse(`<filter name='f'${attributes}><uuid>${uuid}</uuid>${inner}</filter>`))
}

/** What is printed of the match elements of one rule. */
function matches(text: string): string[] {
  const printed = filter(`<rule action='accept' direction='in'>${text}</rule>`)
  return [...printed.matchAll(/^ {4}(<.*)$/gm)].map((match) => match[1] ?? '')
}

function failure(run: () => unknown): [number, number, string] {
  try {
    run()
  } catch (error) {
    if (isVirtError(error)) return [error.number, error.domain, error.message]
    throw error
  }
  throw new Error('did not fail')
}

describe('rules of a network filter', () => {
  it.each([
    ["<tcp dscp='1'/><tcp dscp='2'/>", ["<tcp dscp='2'/>"]],
    ["<tcp match='no' dscp='1'/>", ["<tcp match='no' dscp='1'/>"]],
    ["<tcp match='yes' dscp='1'/>", ["<tcp dscp='1'/>"]],
    ["<tcp/><tcp match='no'/>", ['<tcp/>']],
    ["<tcp match='no' dscp='1'/><tcp state='NEW'/>", ["<tcp state='NEW'/>", "<tcp match='no' dscp='1'/>"]],
    ["<udp/><tcp dscp='x'/>", ['<udp/>']],
    ['<moon/><tcp/>', ['<tcp/>']],
  ])('merge %s', (given, expected) => expect(matches(given)).toEqual(expected))

  it.each([
    [
      "<tcp match='no' srcipaddr='1.1.1.1'/><tcp srcipmask='24'/>",
      ["<tcp match='no' srcipaddr='1.1.1.1' srcipmask='24'/>"],
    ],
    ["<tcp match='no' srcipmask='24'/>", ["<tcp srcipmask='24'/>"]],
    ["<tcp match='no' dstportstart='22'/>", ["<tcp dstportstart='22'/>"]],
    ["<stp match='no' port='1' port-hi='2'/>", ["<stp match='no' port='1' port-hi='2'/>"]],
    ["<stp match='no' port-hi='2'/>", ["<stp port-hi='2'/>"]],
    ["<arp match='no' srcmacmask='ff:0:0:0:0:0'/>", ["<arp match='no' srcmacmask='ff:00:00:00:00:00'/>"]],
  ])('negate with their leader %s', (given, expected) => expect(matches(given)).toEqual(expected))

  it.each([
    ["<tcp ipset='a' ipsetflags='dst'/>", ['<tcp/>']],
    ["<tcp ipset='a'/>", ["<tcp ipset='a' ipsetflags='src'/>"]],
    ["<all ipset='a' ipsetflags='DST'/>", ["<all ipset='a' ipsetflags='dst'/>"]],
  ])('treat sets of addresses as libvirt does: %s', (given, expected) => expect(matches(given)).toEqual(expected))

  it.each([
    ['$A[@0]', '$A'],
    ['$A[ @ 1 ]', '$A[@1]'],
    ['$A[-1]', '$A[4294967295]'],
    ['0x1F', '0x1f'],
    ['3f', '0x3f'],
    [' +5', '5'],
  ])('write %s as %s', (given, expected) =>
    expect(matches(`<tcp dscp='${given}'/>`)).toEqual([`<tcp dscp='${expected}'/>`]),
  )

  it('tell of the bad value that is declared last', () =>
    expect(failure(() => matches("<tcp dstportend='65536' srcipmask='129' srcipaddr='1.1.1.1'/>"))[2]).toBe(
      'internal error: dstportend has illegal value 65536',
    ))

  it.each([
    ['1001', "priority='500'"],
    ['-1000', "priority='-1000'"],
  ])('take a priority of %s as %s', (given, printed) =>
    expect(filter(`<rule action='drop' direction='in' priority='${given}'/>`)).toContain(printed),
  )

  it('refuse a priority that is no number', () =>
    expect(failure(() => filter("<rule action='drop' direction='in' priority='5 '/>"))[2]).toBe(
      "XML error: Invalid value for attribute 'priority' in element 'rule': '5 '. Expected integer value",
    ))

  it.each(['$A[@1001]', '$A-B', '64', '5 ', ''])('refuse %s', (bad) =>
    expect(failure(() => matches(`<tcp dscp='${bad}'/>`))).toEqual([
      ErrorNumber.INTERNAL_ERROR,
      ErrorDomain.NWFILTER,
      `internal error: dscp has illegal value ${bad}`,
    ]),
  )

  it('ask for a protocol that has ports', () => {
    expect(matches("<ip protocol='17' srcportstart='1'/>")).toEqual(["<ip protocol='udp' srcportstart='1'/>"])
    expect(failure(() => matches("<ip protocol='$P' srcportstart='1'/>"))[2]).toContain('tcp(6), udp(17)')
  })

  it('cut comments at 256 bytes, not inside a character', () => {
    expect(matches(`<tcp comment='${'é'.repeat(150)}'/>`)).toEqual([`<tcp comment='${'é'.repeat(128)}'/>`])
  })
})

describe('a network filter', () => {
  it.each([
    ['', "chain='root'"],
    [" chain='mac-x'", "chain='mac-x' priority='-800'"],
    [" chain='stp'", "chain='stp'"],
    [" chain='root' priority='7'", "chain='root' priority='7'"],
  ])('with%s has %s', (given, expected) => expect(filter('', given)).toContain(`<filter name='f' ${expected}>`))

  it.each([
    [" chain='foo'", ErrorNumber.INVALID_ARG, "Invalid chain name 'foo'."],
    [" chain='mac-0123456789'", ErrorNumber.INVALID_ARG, 'longer than 12'],
    [" chain='mac+'", ErrorNumber.INVALID_ARG, 'contains invalid characters'],
    [" priority='1001'", ErrorNumber.INVALID_ARG, "Priority '1001' is outside valid range of [-1000,1000]"],
    [" priority='x'", ErrorNumber.INVALID_ARG, "Could not parse chain priority 'x'"],
  ])('refuses%s', (given, number, text) => {
    const [code, , message] = failure(() => filter('', given))
    expect([code, message]).toEqual([number, expect.stringContaining(text)])
  })

  it('keeps rules and references in order, parameters sorted by name', () => {
    const inner = `  <uuid>${uuid}</uuid>
  <rule action='drop' direction='inout' priority='500'/>
  <filterref filter='other'>
    <parameter name='A' value='2'/>
    <parameter name='A' value='1'/>
    <parameter name='b' value='3'/>
  </filterref>
  <rule action='return' direction='out' priority='-1' statematch='false'>
    <all/>
  </rule>
`
    const text = `<filter name='f' chain='root'>\n${inner}</filter>\n`
    expect(nwfilter.print(nwfilter.parse(text))).toBe(text)
    const mixed = text.replace(/( *<parameter name='A'.*\n)( *<parameter name='A'.*\n)( *<param.*\n)/, '$3$1$2')
    expect(nwfilter.print(nwfilter.parse(mixed))).toBe(text)
  })
})

describe('a filter binding', () => {
  const parts = {
    owner: `<owner><name>m</name><uuid>${uuid}</uuid></owner>`,
    portdev: "<portdev name='vnet0'/>",
    mac: "<mac address='52:54:00:7b:35:93'/>",
    filterref: "<filterref filter='f'/>",
  }
  it.each([
    ['owner', 'owner name'],
    ['portdev', 'port dev name'],
    ['mac', 'MAC address'],
    ['filterref', 'filter reference'],
  ])('needs %s', (left, what) => {
    const text = Object.entries(parts).map(([name, xml]) => (name === left ? '' : xml))
    expect(failure(() => nwfilterBinding.parse(`<filterbinding>${text.join('')}</filterbinding>`))).toEqual([
      ErrorNumber.INTERNAL_ERROR,
      ErrorDomain.NWFILTER,
      `internal error: filter binding has no ${what}`,
    ])
  })
})
