// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's own test driver (11.3) takes and does not keep: definitions, and what is printed of them.
import { describe, expect, it } from 'vitest'
import { hostInterface, network, storagePool, storageVolume } from '../src/index.js'

/** A definition and what is left of it, each without the blanks between elements. */
function keeps(kind: { parse(text: string): object; print(document: never): string }, text: string): string {
  return kind.print(kind.parse(text) as never).replace(/\n\s*/g, '')
}

describe('of a pool', () => {
  const source =
    "<source><host name='h'/><device path='/d'/><dir path='/p'/><adapter type='scsi_host' name='s'/><name>n</name></source>"
  it.each([
    ['mpath', ''],
    ['fs', "<device path='/d'/><format type='auto'/>"],
    ['logical', "<device path='/d'/><name>n</name><format type='lvm2'/>"],
    ['scsi', "<adapter type='scsi_host' name='s'/>"],
    ['gluster', "<host name='h'/><dir path='/p'/><name>n</name>"],
    ['zfs', "<device path='/d'/><name>n</name>"],
    ['vstorage', '<name>n</name>'],
  ])('of type %s only the parts of the source that it has', (type, left) => {
    const text = `<pool type='${type}'><name>a</name>${source}<target><path>/t</path></target></pool>`
    expect(keeps(storagePool, text)).toContain(`<source>${left}</source>`)
  })

  it('no sizes, whatever is said of them', () => {
    const text = "<pool type='dir'><name>a</name><capacity>x</capacity><target><path>/t</path></target></pool>"
    expect(keeps(storagePool, text)).toContain("<capacity unit='bytes'>0</capacity>")
  })
})

describe('of a volume', () => {
  const of = (inside: string): string =>
    keeps(storageVolume, `<volume type='block'><name>a</name><capacity>5</capacity>${inside}</volume>`)

  it('its type, whatever its pool makes of it later', () => {
    expect(of('')).toContain("<volume type='block'>")
  })

  it('a cipher only for LUKS', () => {
    const cipher = "<cipher name='c' size='5'/>"
    const encryption = (format: string): string => `<encryption format='${format}'>${cipher}</encryption>`
    expect(of(`<target>${encryption('luks')}</target>`)).toContain(encryption('luks'))
    expect(of(`<target>${encryption('luks2')}</target>`)).toContain("<encryption format='luks2'></encryption>")
  })

  it('not its physical size, and owners of 31 bits', () => {
    const text = of('<physical>7</physical><target><permissions><owner>4294967294</owner></permissions></target>')
    expect(text).not.toContain('physical')
    expect(text).toContain('<owner>-2</owner>')
  })
})

describe('of an interface', () => {
  const of = (text: string): string => keeps(hostInterface, `<interface ${text}</interface>`)

  it.each([
    // Nothing of a bridge with a word that is unknown.
    [
      "type='bridge' name='x'><bridge stp='0' delay='a'><interface type='ethernet' name='z'/></bridge>",
      '<bridge></bridge>',
    ],
    ["type='bridge' name='x'><link state='up'/><bridge/>", '<bridge></bridge>'],
    // One way of watching a link.
    [
      "type='bond' name='x'><bond mode=''><miimon freq='1'/><arpmon interval='5' target='a'/></bond>",
      "<bond><miimon freq='1'/></bond>",
    ],
    // Parts have no addresses of their own.
    [
      "type='bond' name='x'><bond><interface type='ethernet' name='b'><mtu size='x'/><start mode='x'/></interface></bond>",
      "<bond><interface type='ethernet' name='b'></interface></bond>",
    ],
    ["type='ethernet' name='x'><start mode=''/><mtu size=''/>", ''],
    [
      "type='ethernet' name='x'><protocol family='ipv4'><ip address='q' prefix='0x10'/><route gateway=''/></protocol>",
      "<protocol family='ipv4'><ip address='q' prefix='16'/></protocol>",
    ],
  ])('%s', (text, left) => {
    const [, type] = /type='(\w+)'/.exec(text) ?? []
    expect(of(text)).toBe(`<interface type='${type}' name='x'>${left}</interface>`)
  })
})

describe('of a network', () => {
  const of = (inside: string): string => keeps(network, `<network><name>a</name>${inside}</network>`)

  it('no domain without a name', () => {
    expect(of("<domain localOnly='yes'/>")).not.toContain('domain')
  })

  it('addresses in four parts', () => {
    expect(of("<ip address='0xff' netmask='255.255.255'/>")).toContain(
      "<ip address='0.0.0.255' netmask='255.255.0.255'>",
    )
  })

  it('parameters of a MidoNet port that it has no use for', () => {
    const port =
      "<virtualport type='midonet'><parameters typeid='15' interfaceid='3e3fce45-4f53-4fa7-bb32-11f34168b82b'/></virtualport>"
    expect(of(port)).toContain(port)
  })
})
