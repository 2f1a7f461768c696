// SPDX-License-Identifier: GPL-2.0-or-later
// Through a real sshd, with our helper and with netcat on the host: libvirt's client and ours, each by `ssh` and by the
// libraries. What libvirt's makes of it is what ours has to make of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startVirtd } from '../peers.mjs'
import { LibvirtClient, libvirtIsThere, OurClient, type Outcome, type Wish } from './clients.js'
import { type Sshd, sshdIsThere, startSshd, wrapper } from './sshd.js'

const able = process.getuid?.() === 0 && (await ensure('ways')).ok && libvirtIsThere && sshdIsThere
if (!able) console.warn('SKIPPED: ways in by SSH (needs root, openssh-server, netcat-openbsd and python3-libvirt)')

const helper = join(import.meta.dirname, '../../../../virt-ssh-helper/dist/main.js')

type Kind = 'ssh' | 'libssh' | 'libssh2'
type Params = Readonly<Record<string, string>>
type End = 'in' | RegExp
/** What is tried, by which transports, and how it ends for libvirt's client; ours may have other words where they are SSH's own. */
type Row = [
  what: string,
  kinds: readonly Kind[],
  wish: (at: Place, kind: Kind) => { params?: Params; readOnly?: boolean; port?: number },
  end: End | Readonly<Partial<Record<Kind, End>>>,
  ours?: 'words',
]
interface Place {
  readonly sshd: Sshd
  readonly socket: string
  readonly folder: string
}

const all: readonly Kind[] = ['ssh', 'libssh', 'libssh2']
const libraries: readonly Kind[] = ['libssh', 'libssh2']
const changed =
  /^authentication failed: !!! SSH HOST KEY VERIFICATION FAILED !!!: Identity of host '127.0.0.1:\d+' differs from stored identity/

const rows: Row[] = [
  ['the helper', all, () => ({ params: { proxy: 'native' } }), 'in'],
  ['the helper if it is there', all, () => ({}), 'in'],
  ['the helper, for reading', all, () => ({ readOnly: true }), 'in'],
  ['netcat', all, ({ socket }) => ({ params: { proxy: 'netcat', socket } }), 'in'],
  ['netcat, by the socket alone', all, ({ socket }) => ({ params: { socket } }), 'in'],
  ['another netcat', all, ({ socket }) => ({ params: { netcat: '/usr/bin/nc', socket } }), 'in'],
  [
    'a netcat that is none',
    libraries,
    ({ socket }) => ({ params: { netcat: '/nowhere', socket } }),
    /Remote command terminated with non-zero code: 127$/,
  ],
  [
    'a netcat that is none, by ssh',
    ['ssh'],
    ({ socket }) => ({ params: { netcat: '/nowhere', socket } }),
    /\/nowhere.*: (Connection reset by peer|Input\/output error)$/s,
    'words',
  ],
  [
    'a socket that is none',
    libraries,
    () => ({ params: { socket: '/nowhere' } }),
    /Remote command terminated with non-zero code: 1$/,
  ],
  [
    'a proxy that is none',
    all,
    () => ({ params: { proxy: 'foo' } }),
    /^invalid argument: Unn?kn?own proxy type 'foo'$/,
    'words',
  ],
  [
    'a daemon of one driver',
    all,
    () => ({ params: { mode: 'direct' } }),
    /^Operation not supported: Cannot use direct socket mode for (lib)?ssh2? transport$/,
  ],
  [
    'a key that may not',
    libraries,
    ({ sshd }) => ({ params: { keyfile: sshd.stranger, sshauth: 'privkey' } }),
    {
      libssh2:
        /^authentication failed: authentication with private key '.*' has failed: Username\/PublicKey combination invalid$/,
      libssh: /Access denied for 'publickey'/,
    },
    'words',
  ],
  [
    'a key that may not, by ssh',
    ['ssh'],
    ({ sshd }) => ({ params: { keyfile: sshd.stranger, no_tty: '1' } }),
    /^Cannot recv data: .*Permission denied.*: Connection reset by peer$/s,
  ],
  [
    'a method that is none',
    libraries,
    () => ({ params: { sshauth: 'foo' } }),
    /^invalid argument: Invalid authentication method: 'foo'$/,
  ],
  ['a key of another host', libraries, ({ folder }) => ({ params: { known_hosts: join(folder, 'changed') } }), changed],
  [
    'a host that is not known',
    libraries,
    ({ folder }) => ({ params: { known_hosts: join(folder, 'none') } }),
    /no suitable callback for host key verification$/,
    'words',
  ],
  [
    'a host that is not known, and kept',
    libraries,
    ({ folder }, kind) => ({ params: { known_hosts: join(folder, `auto-${kind}`), known_hosts_verify: 'auto' } }),
    'in',
  ],
  [
    'the same, known by now',
    libraries,
    ({ folder }, kind) => ({ params: { known_hosts: join(folder, `auto-${kind}`) } }),
    'in',
  ],
  [
    'a check that is none',
    libraries,
    () => ({ params: { known_hosts_verify: 'bad' } }),
    /^invalid argument: Invalid host key verification method: 'bad'$/,
  ],
  [
    'a closed port',
    libraries,
    () => ({ port: 1 }),
    /^unable to connect to server at '127.0.0.1:1': Connection refused$/,
  ],
  [
    'a closed port, by ssh',
    ['ssh'],
    () => ({ port: 1 }),
    /^Cannot recv data: ssh: connect to host 127.0.0.1 port 1: Connection refused.*: Connection reset by peer$/s,
  ],
]

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
