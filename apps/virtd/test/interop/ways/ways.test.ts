// SPDX-License-Identifier: GPL-2.0-or-later
// Every transport and every way to prove who one is: libvirt's client and ours, against libvirtd and virtd. What the
// C library makes of a real libvirtd is what all four have to make of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { opensslIsThere } from '../../../../../tools/test/certificates.mjs'
import { LibvirtClient, libvirtIsThere, OurClient, type Outcome, type WaysClient } from './clients.js'
import { Certificates, type Doors, openLibvirtd, openVirtd, Passwords } from './setting.js'
import { type End, waysGroups } from './ways-table.js'

const able = process.getuid?.() === 0 && libvirtIsThere && opensslIsThere
if (!able) console.warn('SKIPPED: ways in, against libvirt (needs root, openssl, libvirt-daemon and python3-libvirt)')

const folder = mkdtempSync(join(tmpdir(), 'virt-ways-'))
const pki = able ? new Certificates(join(folder, 'pki')) : ({ of: () => '' } as unknown as Certificates)
const auth = new Passwords(join(folder, 'auth'))
const clients: WaysClient[] = [new LibvirtClient({ HOME: folder }), new OurClient()]
afterAll(async () => {
  for (const client of clients) await client.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!able)('ways in', () => {
  for (const { name, settings, rows } of waysGroups(pki, auth))
    describe(name, () => {
      let daemons: { libvirtd: Doors; virtd: Doors }
      beforeAll(async () => {
        const [libvirtd, virtd] = await Promise.all([openLibvirtd(settings), openVirtd(settings)])
        daemons = { libvirtd, virtd }
      })
      afterAll(async () => {
        await daemons?.libvirtd.stop()
        await daemons?.virtd.stop()
      })

      it.each(rows.map(([what, wish, ends, differs = {}]) => ({ what, wish, ends, differs })))(
        '$what',
        async ({ wish, ends, differs }) => {
          const results: Record<string, Outcome> = {}
          for (const [daemon, at] of Object.entries(daemons))
            for (const client of clients)
              results[`${client.name} → ${daemon}`] = neutral(await client.connect(wish(at)), at)
          const [model] = Object.values(results) as [Outcome]
          expect(model).toMatchObject(endOf(ends))
          for (const [key, outcome] of Object.entries(results)) {
            if (differs.virtd !== undefined && key.endsWith('→ virtd'))
              expect({ [key]: outcome }).toMatchObject({ [key]: endOf(differs.virtd) })
            else if (differs.words) expect({ [key]: outcome }).toMatchObject({ [key]: { ...model, ...endOf(ends) } })
            else expect({ [key]: outcome }).toEqual({ [key]: model })
          }
        },
      )
    })
})

const endOf = (end: End): object => (end === 'in' ? { domains: ['test'] } : { message: expect.stringMatching(end) })

/** Without what differs between two daemons of the same kind. */
function neutral(outcome: Outcome, at: Doors): Outcome {
  if (!('message' in outcome)) return outcome
  return { ...outcome, message: outcome.message.replace(String(at.tls), 'TLS').replace(String(at.tcp), 'TCP') }
}
