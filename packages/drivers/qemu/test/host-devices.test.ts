// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Domain, domain } from '@virt/conf'
import { afterAll, describe, expect, it } from 'vitest'
import { scsiNames, withHostDevices } from '../src/resources/host-devices.js'

const top = mkdtempSync(join(tmpdir(), 'buses-'))
afterAll(() => rmSync(top, { recursive: true }))
const buses = {
  usb: join(top, 'usb'),
  scsi: join(top, 'scsi'),
  iommuGroups: join(top, 'iommu'),
  vhostScsi: join(top, 'vhost-scsi'),
}

function usbDevice(name: string, idVendor: string, idProduct: string, devnum: number): void {
  const folder = join(buses.usb, name)
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of Object.entries({ idVendor, idProduct, devnum }))
    writeFileSync(join(folder, file), `${text}\n`)
}

usbDevice('usb1', '1d6b', '0002', 1)
usbDevice('1-1', '1234', 'beef', 3)
usbDevice('1-2', '1234', 'beef', 4)
usbDevice('2-1.4', 'aaaa', '00bb', 5)
mkdirSync(join(buses.usb, '1-1:1.0'))
mkdirSync(join(buses.scsi, '3:0:1:2/scsi_generic/sg7'), { recursive: true })

/** As a guest has it: raw, with nothing added. */
const documentOf = (device: string): Domain =>
  domain.parse(`<domain type='qemu'><name>g</name><devices>${device}</devices></domain>`, { raw: true })

const usb = (inner: string, policy = ''): string =>
  `<hostdev mode='subsystem' type='usb'><source${policy}>${inner}</source></hostdev>`
const kind = (vendor: string, product: string): string => `<vendor id='0x${vendor}'/><product id='0x${product}'/>`
const place = (bus: number, device: number): string => `<address bus='${bus}' device='${device}'/>`
const optional = " startupPolicy='optional'"

async function found(xml: string): Promise<unknown> {
  const document = await withHostDevices(documentOf(xml), buses)
  const [device] = document.devices?.hostdevs ?? []
  return device?.type === 'usb' ? (device.source?.missing ?? device.source?.address) : undefined
}

describe('devices of the host', () => {
  it.each([
    [usb(kind('aaaa', '00bb')), { bus: 2, device: 5 }],
    [usb(place(2, 5)), { bus: 2, device: 5 }],
    [usb(kind('1234', 'beef') + place(1, 4)), { bus: 1, device: 4 }],
    [usb(kind('1234', 'cafe'), optional), true],
    [usb(place(7, 1), optional), true],
  ])('are found on the USB: %s', async (xml, expected) => {
    expect(await found(xml)).toEqual(expected)
  })

  it.each([
    [usb(kind('1234', 'cafe')), 'internal error: Did not find USB device 1234:cafe'],
    [usb(kind('1234', 'cafe'), " startupPolicy='requisite'"), 'internal error: Did not find USB device 1234:cafe'],
    [usb(place(7, 1)), 'internal error: Did not find USB device bus:7 device:1'],
    [usb(kind('1234', 'beef')), 'operation failed: Multiple USB devices for 1234:beef, use <address> to specify one'],
    [
      "<hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/></hostdev>",
      'cannot be found',
    ],
  ])('are missing: %s', async (xml, message) => {
    await expect(found(xml)).rejects.toThrow(message)
  })

  it('of PCI need what keeps them from the memory of others', async () => {
    const xml =
      "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='6' slot='18' function='5'/></source></hostdev>"
    await expect(found(xml)).rejects.toThrow("host doesn't support passthrough of host PCI devices")
    mkdirSync(join(buses.iommuGroups, '1'), { recursive: true })
    await expect(found(xml)).rejects.toThrow('not supported by this driver yet')
  })

  it('of SCSI have a generic device', () => {
    const scsi = (unit: number): string =>
      `<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host3'/><address bus='0' target='1' unit='${unit}'/></source></hostdev>`
    expect([...scsiNames(documentOf(scsi(2)), buses).values()]).toEqual(['sg7'])
    expect(() => scsiNames(documentOf(scsi(5)), buses)).toThrow('cannot open directory')
  })
})
