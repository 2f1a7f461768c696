// SPDX-License-Identifier: GPL-2.0-or-later
// What is tried with Kerberos, and how it ends with libvirt. docs/ways.md is written from this.
import type { Certificates, Doors } from './setting.js'

/** Files of tickets. */
export type Tickets = Readonly<Record<'fred' | 'anna' | 'other' | 'expired' | 'none', string>>

/** The daemon's TCP port. */
export const tcp = (at: Pick<Doors, 'tcp'>, host = 'localhost'): string => `test+tcp://${host}:${at.tcp}/default`

const refused = /^authentication failed: authentication failed$/
const failed = (why: string): RegExp =>
  new RegExp(
    `^authentication failed: Failed to start SASL negotiation: -1 \\(SASL\\(-1\\): generic failure: GSSAPI Error: .*${why}`,
  )

/** One attempt: with which ticket, to what, and how it ends. */
export type Row = readonly [what: string, ticket: () => string, uri: (at: Doors) => string, ends: 'in' | RegExp]
/** All of it, with certificates and tickets that are made later. */
export function kerberosRows(pki: () => Pick<Certificates, 'of'>, tickets: () => Tickets): readonly Row[] {
  const tls = (at: Doors): string => `test+tls://localhost:${at.tls}/default?pkipath=${pki().of('good')}`
  return [
    ['a ticket, over TCP', () => tickets().fred, tcp, 'in'],
    ['a ticket, over TLS', () => tickets().fred, tls, 'in'],
    ['a ticket, by name of the mechanism', () => tickets().fred, (at) => `${tcp(at)}?auth=sasl.GSSAPI`, 'in'],
    ['somebody who is not on the list', () => tickets().anna, tcp, refused],
    ['somebody who is not on the list, over TLS', () => tickets().anna, tls, refused],
    ['no ticket', () => tickets().none, tcp, failed('No Kerberos credentials available')],
    ['no ticket, over TLS', () => tickets().none, tls, failed('No Kerberos credentials available')],
    ['a ticket that has expired', () => tickets().expired, tcp, failed('Ticket expired')],
    ['a ticket of a realm that does not know ours', () => tickets().other, tcp, failed('')],
    [
      'a host without a key',
      () => tickets().fred,
      (at) => tcp(at, '127.0.0.1'),
      failed('not found in Kerberos database'),
    ],
  ]
}
