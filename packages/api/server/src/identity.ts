// SPDX-License-Identifier: LGPL-2.1-or-later
// Identities as typed parameters: how one daemon tells another for whom it asks, and who is believed.
import {
  ErrorDomain,
  type Identity,
  Param,
  type ParamType,
  paramShape,
  readParams,
  type Session,
  type TypedParams,
} from '@virt/core'
import { accessDenied } from './access.js'
import type { Client } from './client.js'

const { llong, ullong, string } = Param

/** Names (`VIR_CONNECT_IDENTITY_*`), and what each value is on the wire. */
const fields = {
  'user-name': ['userName', string],
  'unix-user-id': ['unixUserId', ullong],
  'group-name': ['groupName', string],
  'unix-group-id': ['unixGroupId', ullong],
  'process-id': ['processId', llong],
  'process-time': ['processTime', ullong],
  'sasl-user-name': ['saslUserName', string],
  'x509-distinguished-name': ['x509DistinguishedName', string],
  'selinux-context': ['selinuxContext', string],
} as const satisfies Readonly<Record<string, readonly [keyof Identity, ParamType]>>

const form = paramShape(Object.fromEntries(Object.entries(fields).map(([name, [, type]]) => [name, type])))

/**
 * What `connectSetIdentity` tells another daemon of the one for whom this daemon asks.
 * @since 0.1.0
 */
export function identityParams(identity: Identity): TypedParams {
  const known = Object.entries(fields).flatMap(([name, [field, type]]) => {
    const value = identity[field]
    return value === undefined ? [] : [{ name, type, value: typeof value === 'number' ? BigInt(value) : value }]
  })
  return {
    shape: { names: known.map((k) => k.name), types: known.map((k) => k.type) },
    values: known.map((k) => k.value),
  }
}

/**
 * The same the other way.
 * @throws VirtError as `readParams`
 */
function identityFromParams(params: TypedParams): Identity {
  const given = readParams(params, form)
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, [field, type]]) => {
      const value = given.get(name)
      if (value === undefined) return []
      return [[field, type === string ? value : field === 'processTime' ? BigInt(value as bigint) : Number(value)]]
    }),
  )
}

/**
 * What the gate of `connectSetIdentity` leads to: it is the connection's own matter, whatever driver is behind.
 * `differs:` libvirt believes whoever may write to the connection, who could then be root to every rule; here only a
 * process of root's or of the daemon's own user is believed.
 */
export function identitySession(client: Client): Session {
  return {
    supports: { connectSetIdentity: { flags: 0, fn: 'remoteDispatchConnectSetIdentity' } },
    errorDomain: ErrorDomain.RPC,
    connectSetIdentity(_call, params) {
      const { unixUserId } = client.peer.identity
      if (unixUserId === undefined || (unixUserId !== 0 && unixUserId !== process.getuid?.())) {
        client.server.log.warn(`client ${client.id}: a user who is not trusted wants to be somebody else`)
        throw accessDenied(client.driverName)
      }
      client.identity = identityFromParams(params)
    },
    close() {},
  }
}
