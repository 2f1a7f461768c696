// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's calls.
import { secret as secretDocument } from '@virt/conf'
import {
  type Answer,
  type Call,
  ErrorDomain,
  ErrorNumber,
  listed,
  permitted,
  type Resolvers,
  type SecretRef,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import { type KeptSecret, noSecret, refOf, type SecretStore } from './store.js'

/** Flags of listing (`virConnectListAllSecretsFlags`), and of defining. */
const Flag = { ephemeral: 1, notEphemeral: 2, private: 4, notPrivate: 8, validate: 1 } as const

export const support: SlotTable = {
  connectNumOfSecrets: { since: '0.7.1' },
  connectListSecrets: { since: '0.7.1' },
  connectListAllSecrets: { since: '0.10.2', flags: 15, fn: 'secretConnectListAllSecrets' },
  secretLookupByUUID: { since: '0.7.1' },
  secretLookupByUsage: { since: '0.7.1' },
  secretDefineXML: { since: '0.7.1', flags: Flag.validate, fn: 'secretDefineXML' },
  secretGetXMLDesc: { since: '0.7.1', flags: 0, fn: 'secretGetXMLDesc' },
  secretSetValue: { since: '0.7.1', flags: 0, fn: 'secretSetValue' },
  secretGetValue: { since: '0.7.1', flags: 0, fn: 'secretGetValue' },
  secretUndefine: { since: '0.7.1' },
}

/** Whether a secret passes one pair of flags: neither or both let all pass. */
function passesPair(flags: number, is: boolean, yes: number, no: number): boolean {
  return (flags & (yes | no)) === 0 || (flags & (is ? yes : no)) !== 0
}

function passes({ document }: KeptSecret, flags: number): boolean {
  return (
    passesPair(flags, document.ephemeral, Flag.ephemeral, Flag.notEphemeral) &&
    passesPair(flags, document.private, Flag.private, Flag.notPrivate)
  )
}

/** @param system whether the place itself asks, which also gets values that are kept to it */
export function secretSlots(store: SecretStore, system: boolean): SlotMethods & Resolvers {
  const { secrets } = store
  const all = <R>(call: Call, flags: number, go: (secrets: readonly KeptSecret[]) => R): Answer<R> =>
    listed(
      call,
      'secret',
      secrets.list((one) => passes(one, flags)),
      go,
    )
  const found = (call: Call, secret: KeptSecret | undefined, what: string): Answer<SecretRef> => {
    if (secret === undefined) throw noSecret(what)
    return permitted(call, secret, 0, () => refOf(secret.document))
  }
  return {
    resolveSecret: ({ uuid }) => {
      const secret = secrets.byUuid(uuid)
      if (secret === undefined) throw noSecret(`uuid '${uuid}'`)
      return secret
    },
    connectNumOfSecrets: (call) => all(call, 0, (found) => found.length),
    connectListSecrets: (call) => all(call, 0, (found) => found.map(({ uuid }) => uuid)),
    connectListAllSecrets: (call, flags) => all(call, flags, (found) => found.map(({ document }) => refOf(document))),
    secretLookupByUUID: (call, uuid) => found(call, secrets.byUuid(uuid), `uuid '${uuid}'`),
    secretLookupByUsage: (call, type, id) => found(call, store.byUsage(type, id), `usage '${id}'`),
    secretDefineXML(call, xml, flags) {
      const document = secretDocument.parse(xml, { validate: (flags & Flag.validate) !== 0 })
      return permitted(call, refOf(document), flags, () => store.define(document))
    },
    secretGetXMLDesc: (_call, secret) => secretDocument.print((secret as KeptSecret).document),
    secretSetValue: (_call, secret, value) => store.setValue(secret as KeptSecret, value),
    secretGetValue(_call, secret) {
      const { document, value, uuid } = secret as KeptSecret
      if (document.private && !system)
        throw virtError(ErrorNumber.INVALID_SECRET, ErrorDomain.SECRET, 'secret is private')
      if (value === undefined)
        throw virtError(ErrorNumber.NO_SECRET, ErrorDomain.SECRET, `secret '${uuid}' does not have a value`)
      return Uint8Array.from(value)
    },
    secretUndefine: (_call, secret) => store.undefine(secret as KeptSecret),
  }
}
