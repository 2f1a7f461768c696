// SPDX-License-Identifier: GPL-2.0-or-later
// What is tried over TLS, TCP and unix sockets, and how it ends with libvirt. docs/ways.md is written from this.
import type { Wish } from './clients.js'
import type { Certificates, DaemonPki, Doors, Passwords } from './setting.js'

/** How it ends: they are in, or what the error says. */
export type End = 'in' | RegExp
/** Where we are not the same, on purpose. */
export interface Differs {
  /** How it ends at our daemon. */
  readonly virtd?: End
  /** The error is the same, its words are those of the library below. */
  readonly words?: true
}
/** One attempt: to what, and how it ends. */
export type Row = readonly [what: string, wish: (at: Doors) => Wish, ends: End, differs?: Differs]
export interface Group {
  readonly name: string
  readonly settings: string
  readonly rows: readonly Row[]
}

const refused = /^authentication failed: authentication failed$/
const unread = /^Unable to read TLS confirmation: Input\/output error$/
const distrusted = /^authentication failed: Failed to verify peer's certificate$/
const handshake = /^authentication failed: TLS handshake failed /

/** All of it, with the certificates and the files of credentials that are tried. */
export function waysGroups(pki: Pick<Certificates, 'of'>, auth: Pick<Passwords, 'of'>): readonly Group[] {
  const tls =
    (more = '', name: Parameters<Certificates['of']>[0] = 'good', host = 'localhost') =>
    (at: Doors) => ({
      uri: `test+tls://${host}:${at.tls}/default?pkipath=${pki.of(name)}${more}`,
    })
  const tcp =
    (file: Parameters<Passwords['of']>[0], more = '', host = 'localhost') =>
    (at: Doors) => ({
      uri: `test+tcp://${host}:${at.tcp}/default?authfile=${auth.of(file)}${more}`,
    })
  const unix = (file: 'right' | 'wrong', mechanism: string) => (at: Doors) => ({
    uri: `test+unix:///default?socket=${at.unix}&auth=sasl.${mechanism}&authfile=${auth.of(file)}`,
  })
  const keys = (name: DaemonPki): string =>
    ['ca', 'cert', 'key', 'crl']
      .map(
        (kind) =>
          `${kind}_file = "${pki.of(name)}/${{ ca: 'cacert', cert: 'servercert', key: 'serverkey', crl: 'cacrl' }[kind]}.pem"\n`,
      )
      .join('')

  return [
    {
      name: 'certificates',
      settings: `listen_tls = 1\nlisten_tcp = 1\nauth_tls = "none"\nauth_tcp = "none"\n${keys('daemon')}`,
      rows: [
        ['a good one', tls(), 'in'],
        ['a good one, for reading', (at) => ({ ...tls()(at), readOnly: true }), 'in'],
        ['a name with a comma', tls('', 'second'), 'in'],
        ['an address that is in it', tls('', 'good', '127.0.0.1'), 'in'],
        ['none', tls('', 'none'), unread],
        ['one that has expired', tls('', 'expired'), /^The client certificate .* has expired$/],
        ['one that has expired, unlooked at', tls('&no_sanity=1', 'expired'), unread],
        ['one that is not valid yet', tls('', 'future'), /^The client certificate .* is not yet active$/],
        ['one that is not valid yet, unlooked at', tls('&no_sanity=1', 'future'), unread],
        ['one that was revoked', tls('', 'revoked'), unread],
        ['one of another authority', tls('', 'untrusted'), /^Our own certificate .* failed validation against /],
        ['one of another authority, unlooked at', tls('&no_sanity=1', 'untrusted'), unread],
        // differs: GnuTLS lets pass what is not marked as critical; OpenSSL cannot be told to.
        ['one for servers', tls('', 'wrongPurpose'), 'in', { virtd: unread }],
        ['a client that does not know the authority', tls('', 'distrusting'), distrusted],
        ['the same, that looks at nothing', tls('&no_verify=1', 'distrusting'), unread],
        ['a client to whom the daemon’s was revoked', tls('', 'revokesDaemon'), distrusted],
        ['the same, that looks at nothing', tls('&no_verify=1', 'revokesDaemon'), 'in'],
        [
          'no files',
          (at) => ({ uri: `test+tls://localhost:${at.tls}/default?pkipath=/nowhere` }),
          /^Cannot read CA certificate '\/nowhere\/cacert.pem': No such file or directory$/,
        ],
        [
          'a folder of no one’s',
          (at) => ({ uri: `test+tls://localhost:${at.tls}/default` }),
          /^Cannot read CA certificate '\/etc\/pki\/CA\/cacert.pem'/,
        ],
        [
          'a priority that is none',
          tls('&tls_priority=FOO'),
          /^Failed to set TLS session priority to FOO: The request is invalid.$/,
        ],
        ['an older version', tls('&tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS1.2'), 'in'],
        ['TCP without a word', (at) => ({ uri: `test+tcp://localhost:${at.tcp}/default` }), 'in'],
        [
          'TCP at the TLS port',
          (at) => ({ uri: `test+tcp://localhost:${at.tls}/default` }),
          /^(Cannot recv data|End of file)/,
          { words: true },
        ],
        [
          'TLS at the TCP port',
          (at) => ({ uri: `test+tls://localhost:${at.tcp}/default?pkipath=${pki.of('good')}` }),
          handshake,
          { words: true },
        ],
        [
          'a closed port',
          () => ({ uri: `test+tls://localhost:1/default?pkipath=${pki.of('good')}` }),
          /^unable to connect to server at 'localhost:1': Connection refused$/,
        ],
        [
          'a closed TCP port',
          () => ({ uri: 'test+tcp://127.0.0.1:1/default' }),
          /^unable to connect to server at '127.0.0.1:1': Connection refused$/,
        ],
        [
          'a host that is none',
          () => ({ uri: 'test+tcp://nohost.invalid/default' }),
          /^Unable to resolve address 'nohost.invalid' service '16509': /,
        ],
        [
          'SASL where there is none',
          (at) => ({ uri: `test+tcp://localhost:${at.tcp}/default?auth=sasl` }),
          /^authentication failed: requested authentication type sasl rejected$/,
        ],
      ],
    },
    {
      name: 'a list of names',
      settings: `listen_tls = 1\nauth_tls = "none"\n${keys('daemon')}tls_allowed_dn_list = [ "CN=other", "*CN=sec?nd" ]\n`,
      rows: [
        ['one that is on it', tls('', 'second'), 'in'],
        ['one that is not', tls(), unread],
      ],
    },
    {
      name: 'a whole name',
      settings: `listen_tls = 1\nauth_tls = "none"\n${keys('daemon')}tls_allowed_dn_list = [ "O=Virt,CN=first", "O=Virt\\, Ltd,C=GB,CN=second" ]\n`,
      rows: [
        ['as the certificate has it', tls(), 'in'],
        ['with a comma', tls('', 'second'), 'in'],
      ],
    },
    {
      name: 'a daemon that looks at nothing',
      settings: `listen_tls = 1\nauth_tls = "none"\n${keys('daemon')}tls_no_verify_certificate = 1\ntls_allowed_dn_list = [ "CN=other" ]\n`,
      rows: [
        ['none', tls('', 'none'), 'in'],
        ['a good one', tls(), 'in'],
        ['one of another authority', tls('&no_sanity=1', 'untrusted'), 'in'],
        ['one that was revoked', tls('', 'revoked'), 'in'],
      ],
    },
    {
      name: 'a daemon whose own has expired',
      settings: `listen_tls = 1\nauth_tls = "none"\n${keys('expiredDaemon')}tls_no_sanity_certificate = 1\n`,
      rows: [
        ['a client that looks', tls(), distrusted],
        ['a client that does not', tls('&no_verify=1'), 'in'],
      ],
    },
    {
      name: 'a daemon with the name of another host',
      settings: `listen_tls = 1\nauth_tls = "none"\n${keys('otherHost')}`,
      rows: [
        ['a client that looks', tls(), distrusted],
        ['a client that knows its address', tls('', 'good', '127.0.0.1'), distrusted],
        ['a client that does not look', tls('&no_verify=1'), 'in'],
      ],
    },
    {
      name: 'a daemon with a certificate of the old kind',
      settings: `listen_tls = 1\nauth_tls = "none"\n${keys('nameless')}tls_priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2"\n`,
      rows: [
        ['its name is in the subject', tls(), 'in'],
        ['it has no address', tls('', 'good', '127.0.0.1'), distrusted],
        [
          'a client that wants what it has not',
          tls('&tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS1.3'),
          handshake,
          { words: true },
        ],
      ],
    },
    {
      name: 'passwords',
      settings: `listen_tls = 1\nlisten_tcp = 1\nauth_tls = "sasl"\nauth_tcp = "sasl"\nauth_unix_rw = "sasl"\nauth_unix_ro = "none"\n${keys('daemon')}`,
      rows: [
        ...(['SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'PLAIN'].flatMap((mechanism) => [
          [`${mechanism} over TLS`, tls(`&auth=sasl.${mechanism}&authfile=${auth.of('right')}`), 'in'],
          [`${mechanism} over TLS, wrong`, tls(`&auth=sasl.${mechanism}&authfile=${auth.of('wrong')}`), refused],
          [`${mechanism} over a unix socket`, unix('right', mechanism), 'in'],
          [`${mechanism} over a unix socket, wrong`, unix('wrong', mechanism), refused],
        ]) as Row[]),
        ['any over TLS', tls(`&authfile=${auth.of('right')}`), 'in'],
        ['any over TCP', tcp('right'), 'in'],
        ['any over TCP, by address', tcp('right', '', '127.0.0.1'), 'in'],
        ['any over TCP, for reading', (at) => ({ ...tcp('right')(at), readOnly: true }), 'in'],
        ['DIGEST-MD5 over TCP', tcp('right', '&auth=sasl.DIGEST-MD5'), 'in'],
        ['DIGEST-MD5 over TCP, wrong', tcp('wrong', '&auth=sasl.DIGEST-MD5'), refused],
        ['another user', tcp('second'), 'in'],
        ['a wrong password over TCP', tcp('wrong'), refused],
        ['a user that is none', tcp('nobody'), refused],
        ['a user that is none, over TLS', tls(`&authfile=${auth.of('nobody')}`), refused],
        ['a realm that nobody asks for', tcp('realm'), 'in'],
        [
          'PLAIN over TCP',
          tcp('right', '&auth=sasl.PLAIN'),
          /^authentication failed: SASL mechanism PLAIN not supported by server$/,
        ],
        [
          'SCRAM-SHA-256 over TCP',
          tcp('right', '&auth=sasl.SCRAM-SHA-256'),
          /^authentication failed: SASL mechanism SCRAM-SHA-256 not supported by server$/,
        ],
        [
          'a mechanism that is none',
          tls(`&auth=sasl.FOO&authfile=${auth.of('right')}`),
          /^authentication failed: SASL mechanism FOO not supported by server$/,
        ],
        [
          'an answer of the user',
          (at) => ({ ...tcp('empty')(at), answers: { authname: 'fred', passphrase: 'secret' } }),
          'in',
        ],
        ['half an answer', (at) => ({ ...tcp('half')(at), answers: { passphrase: 'secret' } }), 'in'],
        ['a wrong answer', (at) => ({ ...tcp('half')(at), answers: { passphrase: 'x' } }), refused],
        [
          'no answer',
          (at) => ({ ...tcp('half')(at), answers: {} }),
          /^authentication failed: Failed to collect auth credentials/,
        ],
        [
          'a file that leads nowhere',
          tcp('broken'),
          /^configuration file syntax error: Missing group 'credentials-missing' referenced from group/,
        ],
        [
          'polkit instead',
          tcp('right', '&auth=polkit'),
          /^authentication failed: requested authentication type polkit rejected$/,
        ],
        ['a kind that is none', tcp('right', '&auth=foo'), /^authentication failed: unknown authentication type foo$/],
        [
          'a certificate and no password',
          tls(`&authfile=${auth.of('empty')}`),
          /^authentication failed: Failed to collect auth credentials/,
        ],
        [
          'the unix socket',
          (at) => ({ uri: `test+unix:///default?socket=${at.unix}&authfile=${auth.of('right')}` }),
          'in',
        ],
        [
          'the unix socket, wrong',
          (at) => ({ uri: `test+unix:///default?socket=${at.unix}&authfile=${auth.of('wrong')}` }),
          refused,
        ],
        ['the unix socket for reading', (at) => ({ uri: `test+unix:///default?socket=${at.unixRo}` }), 'in'],
      ],
    },
    {
      name: 'a list of users',
      settings: `listen_tcp = 1\nlisten_tls = 1\nauth_tls = "sasl"\nauth_tcp = "sasl"\n${keys('daemon')}sasl_allowed_username_list = [ "joe", "a*" ]\n`,
      rows: [
        ['one that is on it', tcp('second'), 'in'],
        ['one that is not', tcp('right'), refused],
        ['one that is not, over TLS', tls(`&authfile=${auth.of('right')}`), refused],
      ],
    },
  ]
}
