// SPDX-License-Identifier: GPL-2.0-or-later
// Who may come in by polkit: a user without rights at a real libvirtd and at virtd, which ask the same bus.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Asked,
  noBus,
  noPolkit,
  PrivateBus,
  PrivatePolkit,
  ScriptedPolkit,
  startTimeOf,
} from '@virt/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { LibvirtClient, libvirtIsThere } from './clients.js'

const able = process.getuid?.() === 0 && libvirtIsThere && existsSync('/usr/sbin/libvirtd')
const why = able ? (noBus ?? noPolkit) : 'needs root, libvirt-daemon and python3-libvirt'
if (why) console.warn(`SKIPPED: ways in by polkit (${why})`)

const nobody = 65_534
const settings =
  'auth_unix_rw = "polkit"\nauth_unix_ro = "polkit"\nunix_sock_rw_perms = "0777"\nunix_sock_ro_perms = "0777"\n'
const policy = readFileSync(join(import.meta.dirname, '../../../polkit/org.libvirt.unix.policy'), 'utf8')

/** A client without rights that has begun, and both daemons on a bus. */
async function scene(bus: PrivateBus) {
  const env = { DBUS_SYSTEM_BUS_ADDRESS: bus.address }
  const [libvirtd, virtd] = await Promise.all([startLibvirtd({ env, settings }), startVirtd({ env, settings })])
  const daemons = { libvirtd, virtd }
  const client = new LibvirtClient({ HOME: '/nonexistent', LIBVIRT_AUTOSTART: '0' }, nobody)
  return {
    client,
    /** How it went at each daemon. */
    async outcomes(readOnly = false) {
      const all: Record<string, unknown> = {}
      for (const [name, { socket, readOnlySocket }] of Object.entries(daemons)) {
        const uri = `test+unix:///default?socket=${readOnly ? readOnlySocket : socket}`
        all[name] = await client.connect({ uri, readOnly })
      }
      return all
    },
    async stop() {
      await client.stop()
      for (const daemon of Object.values(daemons)) await daemon.stop()
    },
  }
}

/** The same at both. */
const both = (outcome: unknown) => ({ libvirtd: outcome, virtd: outcome })
const inside = both(expect.objectContaining({ domains: ['test'] }))

describe.skipIf(why)('ways in by polkit', () => {
  describe('with a real polkitd and our policy', () => {
    let bus: PrivateBus
    let polkit: PrivatePolkit
    let at: Awaited<ReturnType<typeof scene>>
    const yes = (user: string, action: string): string =>
      `polkit.addRule(function (a, s) { if (s.user === '${user}' && a.id === '${action}') return polkit.Result.YES })\n`
    beforeAll(async () => {
      bus = await PrivateBus.start()
      polkit = await PrivatePolkit.start(bus, yes('nobody', 'org.libvirt.unix.manage'), {
        'org.libvirt.unix.policy': policy,
      })
      at = await scene(bus)
    }, 60_000)
    afterAll(async () => {
      await at?.stop()
      await polkit?.stop()
      await bus?.stop()
    })

    it('somebody whom a rule lets in is in', async () => {
      expect(await at.outcomes()).toEqual(inside)
    })

    it('everybody may look', async () => {
      expect(await at.outcomes(true)).toEqual(inside)
    })

    it('whom no rule lets in would need an administrator’s password', async () => {
      polkit.replaceRules(yes('somebody', 'org.libvirt.unix.manage'))
      const refused = expect.objectContaining({
        message: expect.stringMatching(/no polkit agent available to authenticate action 'org.libvirt.unix.manage'$/),
      })
      await expect.poll(async () => (await at.outcomes()).virtd, { timeout: 10_000 }).toEqual(refused)
      const outcomes = await at.outcomes()
      expect(outcomes.libvirtd).toEqual(refused)
      expect(outcomes.virtd).toEqual(outcomes.libvirtd)
    })

    it('whom a rule refuses is refused', async () => {
      polkit.replaceRules('polkit.addRule(function () { return polkit.Result.NO })\n')
      const refused = expect.objectContaining({ message: expect.stringMatching(/access denied by policy$/) })
      await expect.poll(async () => (await at.outcomes()).virtd, { timeout: 10_000 }).toEqual(refused)
      const outcomes = await at.outcomes()
      expect(outcomes.virtd).toEqual(outcomes.libvirtd)
      expect(await at.outcomes(true)).toEqual(both(refused))
    })
  })

  it('polkit is asked about the process, its start and its user, as by libvirt', { timeout: 60_000 }, async () => {
    const bus = await PrivateBus.start()
    const polkit = await ScriptedPolkit.start(bus, () => true)
    const at = await scene(bus)
    try {
      expect(await at.outcomes()).toEqual(inside)
      const pid = at.client.pid as number
      const { questions } = polkit
      expect(questions).toHaveLength(2)
      const [libvirtd, virtd] = questions as [Asked, Asked]
      expect(virtd).toEqual(libvirtd)
      expect(virtd).toMatchObject({
        action: 'org.libvirt.unix.manage',
        subject: { pid, 'start-time': startTimeOf(pid), uid: nobody },
        flags: 1,
      })
    } finally {
      await at.stop()
      await polkit.stop()
      await bus.stop()
    }
  })
})
