// SPDX-License-Identifier: LGPL-2.1-or-later
// Where certificates are, as qemu.conf has it: for each use its own, or what all share.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConf } from '@virt/core'
import { afterAll, describe, expect, it } from 'vitest'
import { tlsSettings } from '../src/host/tls-settings.js'

const folder = mkdtempSync(join(tmpdir(), 'virt-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const read = (text: string): object => tlsSettings(parseConf(text.replaceAll('FOLDER', folder), 'qemu.conf'))

describe('certificates', () => {
  const rows: readonly (readonly [text: string, settings: object])[] = [
    ['', { vnc_tls_x509_verify: false, chardev_tls_x509_verify: true, migrate_tls_x509_verify: true }],
    ['default_tls_x509_verify = 0', { vnc_tls_x509_verify: false, migrate_tls_x509_verify: false }],
    ['default_tls_x509_verify = 0\nmigrate_tls_x509_verify = 1', { migrate_tls_x509_verify: true }],
    ['default_tls_x509_verify = 1', { vnc_tls_x509_verify: true }],
    ['default_tls_x509_cert_dir = "FOLDER"', { migrate_tls_x509_cert_dir: folder, nbd_tls_x509_cert_dir: folder }],
    [
      'migrate_tls_x509_cert_dir = "FOLDER"',
      { migrate_tls_x509_cert_dir: folder, vnc_tls_x509_cert_dir: '/etc/pki/qemu' },
    ],
    [
      'default_tls_x509_secret_uuid = "a"\nchardev_tls_x509_secret_uuid = "b"',
      { migrate_tls_x509_secret_uuid: 'a', chardev_tls_x509_secret_uuid: 'b' },
    ],
  ]
  it.each(rows)('%s', (text, settings) => {
    expect(read(text)).toMatchObject(settings)
  })

  it.each(['default', 'migrate'])('have to be where %s says', (user) => {
    expect(() => read(`${user}_tls_x509_cert_dir = "FOLDER/none"`)).toThrow(
      expect.objectContaining({
        code: 'conf-syntax',
        message: expect.stringContaining(`${user}_tls_x509_cert_dir directory '${folder}/none' does not exist`),
      }),
    )
  })
})
