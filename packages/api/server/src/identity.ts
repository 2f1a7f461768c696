// SPDX-License-Identifier: LGPL-2.1-or-later
// Identities as typed parameters: how one daemon tells another for whom it asks.
import { type Identity, Param, type ParamType, paramShape, readParams, type TypedParams } from '@virt/core'

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
export function identityFromParams(params: TypedParams): Identity {
  const given = readParams(params, form)
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, [field, type]]) => {
      const value = given.get(name)
      if (value === undefined) return []
      return [[field, type === string ? value : field === 'processTime' ? BigInt(value as bigint) : Number(value)]]
    }),
  )
}
