// SPDX-License-Identifier: LGPL-2.1-or-later
// Identities as typed parameters: how one daemon tells another for whom it asks.
import type { Identity, TypedParams } from '@virt/core'

const fields: Readonly<Record<string, keyof Identity>> = {
  'user-name': 'userName',
  'unix-user-id': 'unixUserId',
  'group-name': 'groupName',
  'unix-group-id': 'unixGroupId',
  'process-id': 'processId',
  'process-time': 'processTime',
  'sasl-user-name': 'saslUserName',
  'x509-distinguished-name': 'x509DistinguishedName',
  'selinux-context': 'selinuxContext',
}

/** `VIR_CONNECT_IDENTITY_*` parameters as an identity; unknown ones are left out. */
export function identityFromParams(params: TypedParams): Identity {
  const identity: Record<string, unknown> = {}
  params.shape.names.forEach((name, i) => {
    const field = fields[name]
    if (field === undefined) return
    const value = params.values[i]
    identity[field] =
      field === 'processTime' ? BigInt(value as bigint) : typeof value === 'bigint' ? Number(value) : value
  })
  return identity as Identity
}
