// SPDX-License-Identifier: GPL-2.0-or-later
// What is tried by SSH, and how it ends with libvirt. docs/ways.md is written from this.
import type { Sshd } from './sshd.js'

export type Kind = 'ssh' | 'libssh' | 'libssh2'
export type Params = Readonly<Record<string, string>>
export type End = 'in' | RegExp
/** What is tried, by which transports, and how it ends for libvirt's client; ours may have other words where they are SSH's own. */
export type Row = [
  what: string,
  kinds: readonly Kind[],
  wish: (at: Place, kind: Kind) => { params?: Params; readOnly?: boolean; port?: number },
  end: End | Readonly<Partial<Record<Kind, End>>>,
  ours?: 'words',
]
export interface Place {
  readonly sshd: Sshd
  readonly socket: string
  readonly folder: string
}

/** Every way to speak it. */
export const all: readonly Kind[] = ['ssh', 'libssh', 'libssh2']
const libraries: readonly Kind[] = ['libssh', 'libssh2']
const changed =
  /^authentication failed: !!! SSH HOST KEY VERIFICATION FAILED !!!: Identity of host '127.0.0.1:\d+' differs from stored identity/

export const rows: Row[] = [
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
  ['a key of another host', libraries, ({ folder }) => ({ params: { known_hosts: `${folder}/changed` } }), changed],
  [
    'a host that is not known',
    libraries,
    ({ folder }) => ({ params: { known_hosts: `${folder}/none` } }),
    /no suitable callback for host key verification$/,
    'words',
  ],
  [
    'a host that is not known, and kept',
    libraries,
    ({ folder }, kind) => ({ params: { known_hosts: `${folder}/auto-${kind}`, known_hosts_verify: 'auto' } }),
    'in',
  ],
  [
    'the same, known by now',
    libraries,
    ({ folder }, kind) => ({ params: { known_hosts: `${folder}/auto-${kind}` } }),
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
