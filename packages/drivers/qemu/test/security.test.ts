// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Domain, domain } from '@virt/conf'
import { dirsBelow, processServices } from '@virt/core'
import type { Native } from '@virt/native'
import { fakeNative } from '@virt/native/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { driverPaths } from '../src/host/paths.js'
import { readSettings, type Settings } from '../src/host/settings.js'
import { guestFiles } from '../src/security/guest-files.js'
import { parseOwner } from '../src/security/identity.js'
import { checkModels, withLabel } from '../src/security/labels.js'
import { Security } from '../src/security/security.js'

const folder = mkdtempSync(join(tmpdir(), 'security-'))
afterAll(() => rmSync(folder, { recursive: true }))
const services = processServices({ dirs: dirsBelow(folder) })

function documentOf(devices: string, more = ''): Domain {
  const xml = `<domain type='qemu'><name>guest</name><memory>4096</memory><os><type arch='x86_64' machine='pc'>hvm</type>
    <kernel>/boot/kernel</kernel></os><devices>${devices}</devices>${more}</domain>`
  return domain.parse(xml, { raw: true })
}

async function settingsWith(changes: Partial<Settings>): Promise<Settings> {
  return { ...(await readSettings(driverPaths('embed', services.dirs))), ...changes }
}

const file = (path: string, inside = ''): string => `<source file='${path}'>${inside}</source>`
const disk = (source: string, more = ''): string =>
  `<disk type='file' device='disk'>${source}<target dev='vda' bus='virtio'/>${more}</disk>`

describe('files of a guest', () => {
  it('are those of its document, of which the images that others may have are not given back', () => {
    const below = `<backingStore type='file'><format type='raw'/>${file('/base')}</backingStore>`
    const found = guestFiles(
      documentOf(
        disk(file('/top'), below) +
          disk(file('/shared'), '<shareable/>') +
          disk(file('/left', "<seclabel model='dac' relabel='no'/>")) +
          disk(file('/other', "<seclabel model='dac'><label>a:b</label></seclabel>")) +
          "<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>" +
          "<serial type='file'><source path='/log'/></serial><serial type='pty'/>" +
          "<channel type='unix'><source mode='bind' path='/socket'/><target type='virtio' name='x'/></channel>",
      ),
    )
    expect(found.map(({ path, label, remember, back }) => `${path} ${label ?? '-'} ${remember} ${back}`)).toEqual([
      '/top - true true',
      '/base - false false',
      '/shared - false false',
      '/other a:b true true',
      '/log - true true',
      '/socket - false false',
      '/boot/kernel - true true',
    ])
  })
})

describe('labels', () => {
  const rules = { defaultConfined: true, requireConfined: false }
  const labelled = (seclabel: string, own = rules): object | undefined =>
    withLabel(documentOf('', seclabel), '+1:+2', own).seclabels.find((one) => one.model === 'dac')

  it.each([
    ['', { type: 'dynamic', model: 'dac', relabel: true, label: '+1:+2', imagelabel: '+1:+2' }],
    [
      "<seclabel type='static' model='dac' relabel='yes'><label>a:b</label></seclabel>",
      { type: 'static', model: 'dac', relabel: true, label: 'a:b', imagelabel: 'a:b' },
    ],
    [
      "<seclabel type='static' model='dac' relabel='no'><label>a:b</label></seclabel>",
      { type: 'static', model: 'dac', relabel: false, label: 'a:b' },
    ],
    ["<seclabel type='none' model='dac'/>", { type: 'none', model: 'dac', relabel: false }],
  ])('of a run are those asked for: %s', (asked, expected) => expect(labelled(asked)).toEqual(expected))

  it('are refused where they cannot be', () => {
    expect(() => labelled("<seclabel type='static' model='dac'/>")).toThrow('security label is missing')
    expect(() => labelled("<seclabel type='none' model='dac'/>", { ...rules, requireConfined: true })).toThrow(
      'Unconfined guests are not allowed on this host',
    )
    const other = documentOf('', "<seclabel type='dynamic' model='selinux'/>")
    expect(() => checkModels(other)).toThrow("Security driver model 'selinux' is not available")
  })
})

describe('owners in settings and labels', () => {
  const { users } = fakeNative() as unknown as Native

  it('are names, or numbers behind a plus or not', async () => {
    expect(await parseOwner(users, 'fake:root')).toEqual({ uid: 1000, gid: 0 })
    expect(await parseOwner(users, '+7:8')).toEqual({ uid: 7, gid: 8 })
  })

  it.each([
    ['fake', "Failed to parse uid and gid from 'fake'"],
    ['who:root', "Failed to parse user 'who'"],
    ['root:+', "Failed to parse group '+'"],
    ['+4294967295:0', "Failed to parse user '+4294967295'"],
  ])('that nobody knows are refused: %s', async (label, text) => {
    await expect(parseOwner(users, label)).rejects.toThrow(text)
  })
})

describe('a driver', () => {
  const native = fakeNative() as unknown as Native

  it('of a plain user changes nothing', async () => {
    const security = await Security.open(native, services.log, await settingsWith({}), false)
    expect(security.models.map(({ model }) => model)).toEqual(['none'])
    const document = documentOf(disk(file('/nowhere')))
    expect(security.label(document)).toBe(document)
    expect(await security.process(document)).toEqual({})
    await security.give(document)
  })

  it('refuses models that this host has not', async () => {
    const settings = await settingsWith({ security_driver: ['selinux'] })
    await expect(Security.open(native, services.log, settings, true)).rejects.toThrow(
      'Security driver selinux not enabled',
    )
  })

  it.skipIf(process.getuid?.() !== 0)('gives files to a guest, or none of them', async () => {
    const security = await Security.open(native, services.log, await settingsWith({ user: '+5', group: '+6' }), true)
    const path = join(folder, 'image')
    const kernel = join(folder, 'kernel')
    writeFileSync(path, '')
    const document = (missing: boolean): Domain => {
      const made = documentOf(disk(file(path)) + (missing ? disk(file('/nowhere')) : ''))
      return security.label({ ...made, os: { ...made.os, kernel } as Domain['os'] })
    }
    await expect(security.give(document(true))).rejects.toThrow('unable to stat: /nowhere: No such file or directory')
    expect(statSync(path).uid).toBe(0)
    writeFileSync(kernel, '')
    await security.give(document(false))
    expect([statSync(path).uid, statSync(kernel).gid]).toEqual([5, 6])
    await security.takeBack(document(false))
    expect([statSync(path).uid, statSync(kernel).gid]).toEqual([0, 0])
    expect(await security.process(document(false))).toEqual({ uid: 5, gid: 6, groups: [6] })
    expect(security.processLabels(document(false))).toEqual(['', '+5:+6'])
  })
})
