// SPDX-License-Identifier: LGPL-2.1-or-later
// Values of the secrets that a guest's document refers to, as the host's secret driver has them.
import { randomBytes } from 'node:crypto'
import { type Domain, secretUsageTypes } from '@virt/conf'
import { type Call, ErrorDomain, ErrorNumber, gate, type Session, virtError } from '@virt/core'
import type { Props } from '../command/props.js'
import { type Concealed, masterKeySize, type SecretReference, sealSecret, vectorSize } from '../command/secrets.js'
import type { QemuState } from '../state.js'

const keyOf = ({ type, uuid, usage }: SecretReference): string => uuid ?? `${type}/${usage ?? ''}`

/** A key of a guest's own. */
export function newMasterKey(): Uint8Array {
  return randomBytes(masterKeySize)
}

/** All secrets of an object and what is in it: elements that name one by UUID or usage. */
function referencesIn(value: unknown, found: SecretReference[]): void {
  if (Array.isArray(value)) {
    for (const one of value) referencesIn(one, found)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const { auth, encryption, protocol } = value as {
    auth?: { secret?: SecretReference }
    encryption?: { secrets?: readonly SecretReference[] }
    protocol?: string
  }
  if (auth?.secret !== undefined)
    found.push({ ...auth.secret, type: protocol === 'rbd' || String(auth.secret.type) === 'ceph' ? 'ceph' : 'iscsi' })
  for (const secret of encryption?.secrets ?? []) found.push({ ...secret, type: 'volume' })
  for (const inner of Object.values(value)) referencesIn(inner, found)
}

/** Secrets of one start. */
export class SecretValues {
  readonly #values: ReadonlyMap<string, Uint8Array>
  readonly #key: Uint8Array

  constructor(values: ReadonlyMap<string, Uint8Array>, key: Uint8Array) {
    this.#values = values
    this.#key = key
  }

  /** How a secret is written down. @throws VirtError `no-secret` */
  sealed(what: Concealed): Props {
    const value = 'text' in what ? Buffer.from(what.text) : this.#values.get(keyOf(what))
    if (value === undefined)
      throw virtError(
        ErrorNumber.NO_SECRET,
        ErrorDomain.SECRET,
        `no secret with matching ${'uuid' in what && what.uuid !== undefined ? `uuid '${what.uuid}'` : 'usage'}`,
      )
    return sealSecret(value, this.#key, randomBytes(vectorSize))
  }
}

/** Asks for all secrets of a document. @throws VirtError `no-secret`, and as the secret driver says */
export async function secretValues(state: QemuState, document: Domain, key: Uint8Array): Promise<SecretValues> {
  const wanted: SecretReference[] = []
  referencesIn(document.devices, wanted)
  referencesIn(document.os?.nvram, wanted)
  const { chardev_tls_x509_secret_uuid: chardev, nbd_tls_x509_secret_uuid: nbd } = state.settings
  const usesTls = JSON.stringify(document.devices ?? {}, (_name, value: unknown) =>
    typeof value === 'bigint' ? undefined : value,
  ).includes('"tls":true')
  for (const uuid of usesTls ? [chardev, nbd] : []) if (uuid !== undefined) wanted.push({ type: 'tls', uuid })
  return await valuesOf(state, wanted, key)
}

/** Asks for some secrets. @throws VirtError `no-secret`, and as the secret driver says */
export async function valuesOf(
  state: QemuState,
  wanted: readonly SecretReference[],
  key: Uint8Array,
): Promise<SecretValues> {
  const values = new Map<string, Uint8Array>()
  if (wanted.length === 0) return new SecretValues(values, key)
  const peer = await state.services.peer('secret')
  const call = ownCall(state)
  for (const one of wanted) if (!values.has(keyOf(one))) values.set(keyOf(one), await readValue(peer, call, one))
  return new SecretValues(values, key)
}

async function readValue(peer: Session, call: Call, { type, uuid, usage = '' }: SecretReference): Promise<Uint8Array> {
  const secret =
    uuid === undefined
      ? await gate.secretLookupByUsage(peer, call, secretUsageTypes.indexOf(type), usage)
      : await gate.secretLookupByUUID(peer, call, uuid)
  const found = secretUsageTypes[secret.usageType]
  if (found !== type)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.NONE,
      `secret with uuid ${secret.uuid} is of type '${found}' not expected '${type}' type`,
    )
  return await gate.secretGetValue(peer, call, secret, 0)
}

/** The value of one secret, for a program that is told it over a pipe. @throws VirtError as `valuesOf` */
export async function plainValue(state: QemuState, wanted: SecretReference): Promise<Uint8Array> {
  return await readValue(await state.services.peer('secret'), ownCall(state), wanted)
}

/** Who asks when it is no client. */
export function ownCall({ closing }: QemuState): Call {
  return {
    connection: { identity: {}, readOnly: false, onClose: () => ({ [Symbol.dispose]: () => {} }) },
    slot: undefined,
    signal: closing,
  }
}
