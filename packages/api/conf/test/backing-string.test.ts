// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorNumber, isVirtError } from '@virt/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBackingString, printStorageSource } from '../src/index.js'

function source(text: string): string {
  return printStorageSource(parseBackingString(text).source, { secure: true }).replaceAll(/\n */g, '')
}

function failure(text: string): number {
  try {
    parseBackingString(text)
  } catch (error) {
    if (isVirtError(error)) return error.number
    throw error
  }
  throw new Error('did not fail')
}

describe('a backing string', () => {
  it.each([
    ['./a:b', "<source file='./a:b'/>"],
    ['fat:/dir', "<source dir='/dir'/>"],
    ['nbd:[::1]:10:exportname=:', "<source protocol='nbd' name=':'><host name='::1' port='10'/></source>"],
    ['gluster+tcp://h/vol/a', "<source protocol='gluster' name='vol/a'><host name='h' port='24007'/></source>"],
    [
      'rbd:pool/img@snap:mon_host=a\\:1;b\\;[\\:\\:1]\\:22:conf=/c',
      "<source protocol='rbd' name='pool/img'><host name='a' port='1'/><host name='b'/><host name='::1' port='22'/>" +
        "<snapshot name='snap'/><config file='/c'/></source>",
    ],
    [
      'json:{"file":{"driver":"nvme","device":"0000:01:00.0","namespace":1}}',
      "<source type='pci' managed='no' namespace='1'><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>",
    ],
    [
      'json:{"file.driver":"gluster","file.volume":"v","file.path":"p","file.server.0.type":"unix","file.server.0.socket":"/s"}',
      "<source protocol='gluster' name='v/p'><host transport='unix' socket='/s'/></source>",
    ],
  ])('%s', (given, expected) => expect(source(given)).toBe(expected))

  it('says what a source cannot hold', () => {
    expect(parseBackingString('iscsi://user:secret@h/t').lossy).toBe(true)
    expect(parseBackingString('rbd:p/i:id=admin')).toMatchObject({ username: 'admin', lossy: false })
  })

  it('keeps the format, but not a format inside a format', () => {
    const file = '{"driver":"file","filename":"/x"}'
    expect(parseBackingString(`json:{"driver":"vhdx","file":${file}}`).format).toBe('vhd')
    expect(failure(`json:{"driver":"raw","file":{"driver":"qcow2","file":${file}}}`)).toBe(ErrorNumber.INVALID_ARG)
  })

  it.each([
    '://',
    'moon:x',
    'moon://x',
    'sheepdog:x',
    'nbd:',
    'nbd:unix:',
    'nbd:h:x',
    'gluster://h/v',
    'http+moon://h/',
  ])('refuses %s', (text) => expect(failure(text)).toBe(ErrorNumber.INTERNAL_ERROR))

  it.each(['json:', 'json:[]', 'json:{"a.b":1,"a":2}', 'json:{"driver":"constructor"}', 'json:{"driver":"nbd"}'])(
    'refuses %s',
    (text) => expect(failure(text)).toBe(ErrorNumber.INVALID_ARG),
  )

  it('never throws anything but an error of ours', () => {
    const word = fc.constantFrom(
      'json:',
      'nbd:',
      'rbd:',
      '{"driver":"',
      'raw',
      'file',
      '"',
      ':',
      '/',
      '{',
      '}',
      '@',
      '=',
      '//',
      '[',
      ']',
      '\\',
    )
    const text = fc.array(fc.oneof(word, fc.string({ maxLength: 4 }))).map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (given) => {
        try {
          return typeof parseBackingString(given).lossy === 'boolean'
        } catch (error) {
          return isVirtError(error)
        }
      }),
    )
  })
})
