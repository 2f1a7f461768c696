// SPDX-License-Identifier: LGPL-2.1-or-later
import { hostSysinfo } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { readDmiSysinfo, readS390Sysinfo, readSysinfo } from '../src/index.js'
import { host } from './host.js'

const noStrings = () => Promise.reject(new Error('not asked for'))

describe('sysinfo of a host', () => {
  it('is read from what dmidecode prints, empty memory slots left out', async () => {
    const text = [
      'BIOS Information\n\tVendor: Maker \n\tBIOS Revision: 1.2\n',
      'Memory Device\n\tSize: 1 GB\n\tLocator: A\n',
      'Memory Device\n\tSize: No Module Installed\n\tLocator: B\n',
    ].join('\n')
    const { bios, memoryDevices, baseBoards } = await readDmiSysinfo(text, noStrings)
    expect(bios?.entries).toEqual([
      { name: 'vendor', value: 'Maker' },
      { name: 'release', value: '1.2' },
    ])
    expect(memoryDevices).toHaveLength(1)
    expect(baseBoards).toEqual([])
  })

  it('asks for strings that hold what cannot be printed', async () => {
    const text = 'OEM Strings\n\tString 1: plain\n\tString 2: a.b\n\n'
    const { oemStrings } = await readDmiSysinfo(text, (number) => Promise.resolve(`string ${number}\n`))
    expect(oemStrings?.entries).toEqual([{ value: 'plain' }, { value: 'string 2' }])
  })

  it('is read from /proc on s390', () => {
    const cpuinfo = `vendor_id       : IBM/S390
# processors    : 2
processor 0: version = FF,  identification = 1AC3F7,  machine = 2964
processor 1: version = FF,  identification = 1AC3F8,  machine = 2964

cpu number      : 0
cpu MHz dynamic : 5000
cpu MHz static  : 5000

cpu number      : 1
cpu MHz dynamic : 4000
`
    const text = hostSysinfo.print(readS390Sysinfo('Manufacturer:         IBM\nType:                 2964\n', cpuinfo))
    expect(text).toBe(`<sysinfo type='smbios'>
  <system>
    <entry name='manufacturer'>IBM</entry>
    <entry name='family'>2964</entry>
  </system>
  <processor>
    <entry name='family'>2964</entry>
    <entry name='manufacturer'>IBM/S390</entry>
    <entry name='version'>FF</entry>
    <entry name='max_speed'>5000</entry>
    <entry name='serial_number'>1AC3F7</entry>
  </processor>
  <processor>
    <entry name='family'>2964</entry>
    <entry name='manufacturer'>IBM/S390</entry>
    <entry name='version'>FF</entry>
    <entry name='max_speed'>4000</entry>
    <entry name='serial_number'>1AC3F8</entry>
  </processor>
</sysinfo>
`)
  })

  it('is left to the firmware elsewhere', async () => {
    expect(await readSysinfo(host({ 'proc/cpuinfo': '' }), 'x86_64')).toBeUndefined()
    expect(await readSysinfo(host({ 'proc/cpuinfo': 'processor\t: 0\nmodel name\t: X\n' }), 'aarch64')).toMatchObject({
      processors: [{ entries: [{ value: '0' }, { value: 'X' }] }],
    })
  })
})
