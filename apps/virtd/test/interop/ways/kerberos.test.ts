// SPDX-License-Identifier: GPL-2.0-or-later
// Kerberos (GSSAPI) with a KDC of our own: libvirt's client and ours, against libvirtd and virtd. What the C library
// makes of a real libvirtd is what all four have to make of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from '@virt/native'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { opensslIsThere } from '../../../../../tools/test/certificates.mjs'
import { LibvirtClient, late, libvirtIsThere, OurClient, type Outcome } from './clients.js'
import { Hanging, Kdc, kerberosIsThere, otherRealm, realm } from './kdc.js'
import { kerberosRows, type Tickets, tcp } from './kerberos-table.js'
import { Certificates, type Doors, openLibvirtd, openVirtd } from './setting.js'

const able =
  process.getuid?.() === 0 && libvirtIsThere && opensslIsThere && kerberosIsThere && load()?.kerberos.isThere() === true
if (!able)
  console.warn(
    'SKIPPED: Kerberos (needs root, openssl, libvirt, krb5-kdc, krb5-admin-server, krb5-user, GSSAPI for SASL)',
  )

const folder = mkdtempSync(join(tmpdir(), 'virt-kerberos-'))
const before = { ...process.env }
let kdc: Kdc
let pki: Certificates
let tickets: Tickets
beforeAll(async () => {
  if (!able) return
  kdc = await Kdc.start(join(folder, 'kdc'))
  Object.assign(process.env, kdc.env)
  pki = new Certificates(join(folder, 'pki'))
  const expired = await kdc.ticket(`fred@${realm}`, '2s')
  tickets = {
    fred: await kdc.ticket(`fred@${realm}`),
    anna: await kdc.ticket(`anna@${realm}`),
    other: await kdc.ticket(`fred@${otherRealm}`),
    expired,
    none: kdc.noTicket,
  }
  await kdc.expired(expired)
}, 60_000)
afterAll(async () => {
  await kdc?.stop()
  for (const name of ['KRB5_CONFIG', 'KRB5_KDC_PROFILE', 'KRB5_KTNAME', 'KRB5CCNAME'])
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  rmSync(folder, { recursive: true, force: true })
})

const rows = kerberosRows(
  () => pki,
  () => tickets,
)

const settings = (list: string): string =>
  `listen_tls = 1\nlisten_tcp = 1\nauth_tls = "sasl"\nauth_tcp = "sasl"\nsasl_allowed_username_list = [ "${list}" ]\n${[
    'ca',
    'cert',
    'key',
  ]
    .map(
      (kind) =>
        `${kind}_file = "${pki.of('daemon')}/${{ ca: 'cacert', cert: 'servercert', key: 'serverkey' }[kind]}.pem"\n`,
    )
    .join('')}`

/** All four: a client and a daemon each. */
async function outcomes(daemons: readonly Doors[], ticket: string, uri: (at: Doors) => string): Promise<Outcome[]> {
  process.env.KRB5CCNAME = ticket
  const libvirt = new LibvirtClient({ HOME: folder, KRB5CCNAME: ticket, ...kdc.env })
  const all: Outcome[] = []
  for (const client of [libvirt, new OurClient()])
    for (const at of daemons) all.push(await client.connect({ uri: uri(at) }))
  await libvirt.stop()
  return all
}

describe.skipIf(!able)('Kerberos', () => {
  // A principal of the daemon's own realm may be on the list without it: which form counts, libvirtd says.
  describe.each(['fred', `fred@${realm}`])('where %s may come in', (list) => {
    let daemons: Doors[] = []
    beforeAll(async () => {
      daemons = [
        await openLibvirtd(settings(list), kdc.env, 'gssapi'),
        await openVirtd(`${settings(list)}sasl_mechanisms = [ "GSSAPI" ]\n`, kdc.env),
      ]
    }, 60_000)
    afterAll(async () => {
      for (const daemon of daemons) await daemon.stop()
    })

    it.each(list === 'fred' ? rows : [])('%s', { timeout: 60_000 }, async (_what, ticket, uri, ends) => {
      const [first, ...rest] = await outcomes(daemons, ticket(), uri)
      if (ends === 'in') expect(first).toHaveProperty('domains', ['test'])
      else expect(first).toMatchObject({ code: 45, message: expect.stringMatching(ends) })
      for (const outcome of rest) expect(outcome).toEqual(first)
    })

    it('is by the same form of the name', async () => {
      const [first, ...rest] = await outcomes(daemons, tickets.fred, tcp)
      for (const outcome of rest) expect(outcome).toEqual(first)
    })

    if (list !== 'fred') return
    it('a KDC that says nothing is waited for as long as the caller wants', async () => {
      // A new ticket, which has not been changed for one of the daemon yet.
      const ticket = await kdc.ticket(`fred@${realm}`, '30m')
      const hanging = await Hanging.start()
      const env = { KRB5CCNAME: ticket, KRB5_CONFIG: kdc.leadingTo(hanging.port) }
      Object.assign(process.env, env)
      const libvirt = new LibvirtClient({ HOME: folder, ...kdc.env, ...env })
      try {
        const wish = { uri: tcp(daemons[1] as Doors), patience: 2000 }
        expect(await libvirt.connect(wish)).toEqual(late)
        expect(await new OurClient().connect(wish)).toEqual(late)
        expect(hanging.asked).toBeGreaterThan(1)
      } finally {
        Object.assign(process.env, kdc.env)
        hanging.stop()
        await libvirt.stop()
      }
    })
  })
})
