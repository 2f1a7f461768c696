// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's own test driver (11.3) takes and does not keep: definitions, and what is printed of them.
import { describe, expect, it } from 'vitest'
import { domain, hostInterface, network, storagePool, storageVolume } from '../src/index.js'

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

  it.each([
    ['9007199254740993', '9007199254740993'],
    ['18446744073709551615', '-1'],
  ])('a delay of the bridge of %s, which it prints as %s', (given, printed) => {
    expect(of(`<bridge delay='${given}'/>`)).toContain(` delay='${printed}'`)
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

describe('of a domain', () => {
  const of = (inside: string): string => {
    const os = "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
    const text = `<domain type='test'><name>a</name><memory>8192</memory><vcpu>3</vcpu>${os}${inside}</domain>`
    return domain.print(domain.parse(text, { inactive: true }), { inactive: true }).replace(/\n\s*/g, '')
  }

  it.each([
    ["<seclabel model='dac' relabel='no'/>", ''],
    ['<numatune><memory/></numatune>', ''],
    ["<cpu deprecated_features='off'/>", ''],
    ['<features><xen/><kvm/></features>', '<features><kvm></kvm><xen></xen></features>'],
    ['<features><hyperv/></features>', "<features><hyperv mode='custom'></hyperv></features>"],
    ['<features><async-teardown/></features>', "<features><async-teardown enabled='yes'/></features>"],
    [
      "<features><hyperv><stimer state='off'><direct state='on'/></stimer></hyperv></features>",
      "<features><hyperv mode='custom'><stimer state='off'/></hyperv></features>",
    ],
    [
      "<features><hyperv><tlbflush state='on'><direct state='on'/><extended state='off'/></tlbflush></hyperv></features>",
      "<features><hyperv mode='custom'><tlbflush state='on'><direct state='on'/></tlbflush></hyperv></features>",
    ],
    ["<features><smm state='off'><tseg>5</tseg></smm></features>", "<features><smm state='off'/></features>"],
    [
      "<vcpus><vcpu id='1' enabled='yes'/></vcpus>",
      "<vcpus><vcpu id='0' enabled='no' hotpluggable='yes'/><vcpu id='1' enabled='yes' hotpluggable='no'/><vcpu id='2' enabled='no' hotpluggable='yes'/></vcpus>",
    ],
    ["<clock offset='variable' adjustment='+05'/>", "<clock offset='variable' adjustment='5' basis='utc'/>"],
    ["<clock offset='utc' adjustment='reset'/>", "<clock offset='utc' adjustment='reset'/>"],
    [
      '<throttlegroups><throttlegroup><group_name>g</group_name><total_bytes_sec_max_length>4</total_bytes_sec_max_length></throttlegroup></throttlegroups>',
      '<throttlegroups><throttlegroup><total_bytes_sec_max_length>4</total_bytes_sec_max_length><group_name>g</group_name></throttlegroup></throttlegroups>',
    ],
  ])('%s', (inside, left) => {
    const [, name = ''] = /^<([\w]+)/.exec(inside) ?? []
    const kept = new RegExp(`<${name}( [^>]*)?(/>|>.*</${name}>)`).exec(of(inside))?.[0] ?? ''
    expect(kept).toBe(left)
  })

  it('no place of a balloon that is none', () => {
    expect(of("<devices><memballoon model='none'><address type='pci' slot='3'/></memballoon></devices>")).toContain(
      "<memballoon model='none'/>",
    )
  })
})
