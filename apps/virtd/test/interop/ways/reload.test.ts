// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates are changed under a daemon that has clients: real virt-admin says so, who is connected stays, who comes
// afterwards meets the new ones.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, describe, expect, it } from 'vitest'
import { Authority, opensslIsThere, pkiFolder } from '../../../../../tools/test/certificates.mjs'
import { runProgram } from '../place.mjs'
import { LibvirtClient, libvirtIsThere, OurClient } from './clients.js'
import { openVirtd } from './setting.js'

const able = process.getuid?.() === 0 && libvirtIsThere && opensslIsThere
if (!able) console.warn('SKIPPED: certificates that change (needs root, openssl, libvirt-daemon and python3-libvirt)')
const folder = mkdtempSync(join(tmpdir(), 'virt-reload-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// differs: libvirtd reads its usual files again, whatever its settings name (seen with 9.0), so that it is no model here.
describe.skipIf(!able)('virtd', () => {
  it('takes new certificates and lists without dropping anybody', async () => {
    const at = (file: string): string => join(folder, file)
    const [old, next] = [new Authority(at('old')), new Authority(at('next'), 'Next CA')]
    const here = 'DNS:localhost,IP:127.0.0.1'
    const make = (ca: Authority, file: string) => {
      const client = ca.sign('client')
      pkiFolder(at(file), {
        ca: ca.path('cacert.pem'),
        crl: ca.revoke(ca.sign('client', { file: 'gone' }).cert),
        client,
        server: ca.sign('server', { names: here }),
      })
      return client
    }
    const client = make(old, 'before')
    make(next, 'after')
    const files = { ca: 'cacert', cert: 'servercert', key: 'serverkey', crl: 'cacrl' }
    mkdirSync(at('used'))
    for (const file of Object.values(files)) copyFileSync(at(`before/${file}.pem`), at(`used/${file}.pem`))
    const settings = Object.entries(files).map(([kind, file]) => `${kind}_file = "${at(`used/${file}.pem`)}"\n`)
    const daemon = await openVirtd(`listen_tls = 1\nauth_tls = "none"\nauth_unix_rw = "none"\n${settings.join('')}`)
    const clients = [new LibvirtClient({ HOME: folder }), new OurClient()]
    const uri = (pki: string): string => `test+tls://localhost:${daemon.tls}/default?pkipath=${at(pki)}`
    const outcomes = async (pki: string) => {
      const all: unknown[] = []
      for (const one of clients) all.push('domains' in (await one.connect({ uri: uri(pki) })))
      return all
    }
    const use = async (pki: string, which: readonly string[]) => {
      for (const file of which) copyFileSync(at(`${pki}/${file}.pem`), at(`used/${file}.pem`))
      const admin = `libvirtd+unix:///system?socket=${join(dirname(daemon.unix), 'libvirt-admin-sock')}`
      return await runProgram('virt-admin', ['-c', admin, 'server-update-tls', 'libvirtd'])
    }
    try {
      await use('before', Object.values(files))
      const held = await connect(uri('before'), { drivers: [remote()] })
      expect(await outcomes('before')).toEqual([true, true])

      // Nothing is changed by a key that does not belong to the certificate.
      const wrong = await use('after', ['serverkey'])
      expect(wrong.code).toBe(1)
      expect(await outcomes('before')).toEqual([true, true])

      expect(await use('after', Object.values(files))).toMatchObject({
        stderr: '',
        code: 0,
        stdout: expect.stringMatching(/^update tls related files succeed/),
      })
      expect(await outcomes('before')).toEqual([false, false])
      expect(await outcomes('after')).toEqual([true, true])
      expect((await held.domains.byName('test')).name).toBe('test')

      await use('before', Object.values(files))
      copyFileSync(old.revoke(client.cert), at('before/cacrl.pem'))
      expect(await outcomes('before')).toEqual([true, true])
      expect((await use('before', ['cacrl'])).code).toBe(0)
      rmSync(at('before/cacrl.pem'))
      expect(await outcomes('before')).toEqual([false, false])
      expect((await held.domains.byName('test')).name).toBe('test')
      await held.close()
    } finally {
      for (const one of clients) await one.stop()
      await daemon.stop()
    }
  })
})
