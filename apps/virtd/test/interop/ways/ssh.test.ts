// SPDX-License-Identifier: GPL-2.0-or-later
// Through a real sshd, with our helper and with netcat on the host: libvirt's client and ours, each by `ssh` and by the
// libraries. What libvirt's makes of it is what ours has to make of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { LibvirtClient, libvirtIsThere, OurClient, type Outcome, type Wish } from './clients.js'
import { all, type End, type Kind, type Params, type Place, rows } from './ssh-table.js'
import { type Sshd, sshdIsThere, startSshd, wrapper } from './sshd.js'

const able = process.getuid?.() === 0 && (await ensure('ways')).ok && libvirtIsThere && sshdIsThere
if (!able) console.warn('SKIPPED: ways in by SSH (needs root, openssh-server, netcat-openbsd and python3-libvirt)')

const helper = join(import.meta.dirname, '../../../../virt-ssh-helper/dist/main.js')

describe.skipIf(!able)('ways in by SSH', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-sshd-'))
  const home = join(folder, 'home')
  let sshd: Sshd
  let daemon: Awaited<ReturnType<typeof startVirtd>>
  let place: Place
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), LIBVIRT_AUTOSTART: '0', SSH_AUTH_SOCK: '' }
  const libvirt = new LibvirtClient(env)
  const ours = new OurClient()

  beforeAll(async () => {
    mkdirSync(join(home, '.ssh'), { recursive: true })
    mkdirSync(join(folder, 'bin'))
    daemon = await startVirtd({ settings: 'auth_unix_rw = "none"\nauth_unix_ro = "none"\n' })
    wrapper(join(folder, 'bin/virt-ssh-helper'), `${process.execPath} ${helper}`, join(daemon.root, 'run/libvirt'))
    sshd = await startSshd({
      folder,
      path: `${folder}/bin:/usr/bin:/bin`,
      env: { LIBVIRT_AUTOSTART: '0' },
    })
    writeFileSync(join(folder, 'changed'), `[127.0.0.1]:${sshd.port} ${sshd.hostKey.replace(/.{8}$/, 'AAAAAAAA')}\n`)
    place = { sshd, socket: daemon.socket, folder }
  })
  afterAll(async () => {
    await libvirt.stop()
    await sshd?.stop()
    await daemon?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const uriOf = (kind: Kind, { params = {}, port = sshd.port }: { params?: Params; port?: number }): string => {
    const usual = kind === 'ssh' ? { no_verify: '1', no_tty: '1' } : { known_hosts: sshd.knownHosts }
    const query = new URLSearchParams({ keyfile: sshd.keyfile, ...usual, ...params }).toString()
    return `test+${kind}://root@127.0.0.1:${port}/default?${query.replaceAll('+', '%20')}`
  }

  it.each(rows.flatMap(([what, kinds, wish, end, words]) => kinds.map((kind) => ({ what, kind, wish, end, words }))))(
    '$kind: $what',
    async ({ kind, wish, end, words }) => {
      const made = wish(place, kind)
      const asked: Wish = { uri: uriOf(kind, made), readOnly: made.readOnly ?? false }
      const expected = end === 'in' || end instanceof RegExp ? end : (end[kind] as End)
      const model: Outcome = await reasonOf(() => libvirt.connect(asked))
      const answer: Outcome = await ours.connect(asked)
      expect({ said: sshd.said(), model }).toMatchObject({ model: endOf(expected) })
      if (words === undefined) expect(answer).toEqual(model)
      else expect(answer).not.toHaveProperty('domains')
    },
  )

  it('lead to libvirtd as well', async () => {
    await using libvirtd = await startLibvirtd({ settings: 'auth_unix_rw = "none"\nauth_unix_ro = "none"\n' })
    for (const kind of all)
      for (const client of [libvirt, ours])
        expect({
          [`${client.name} by ${kind}`]: await client.connect({
            uri: uriOf(kind, { params: { socket: libvirtd.socket } }),
          }),
        }).toMatchObject({ [`${client.name} by ${kind}`]: { domains: ['test'] } })
  })
})

/** libvirt knows no reason when the end of what a command says comes before its exit status: it is asked again, now and then. */
async function reasonOf(ask: () => Promise<Outcome>): Promise<Outcome> {
  for (let left = 20; ; left--) {
    const outcome = await ask()
    if (left === 0 || !('message' in outcome) || !unknown.test(`${outcome.message}`)) return outcome
  }
}

const unknown = /^An error occurred, but the cause is unknown$|with non-zero code: -1$/

const endOf = (end: End): object => (end === 'in' ? { domains: ['test'] } : { message: expect.stringMatching(end) })
