// SPDX-License-Identifier: LGPL-2.1-or-later
// Making sources of backing strings.
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import type { StorageFormat, StorageHost, StorageProtocol, StorageSource } from '../domain/types.gen.js'

/** What a backing string means. */
export interface BackingSource {
  source: StorageSource
  /** Format of the image, where the string says it. */
  format?: StorageFormat
  /** User that the string names; a source has one only together with a secret. */
  username?: string
  /** The string holds something that a source cannot, such as a password. */
  lossy: boolean
}

export type Host = { -readonly [key in keyof StorageHost]: StorageHost[key] }

export type Protocol = Exclude<StorageProtocol, 'none'>

/** Ports of the protocols of the network; 0 where there is no usual one. */
export const protocols: Readonly<Record<Protocol, number>> = {
  nbd: 10809,
  rbd: 0,
  sheepdog: 7000,
  gluster: 24007,
  iscsi: 3260,
  http: 80,
  https: 443,
  ftp: 21,
  ftps: 990,
  tftp: 69,
  ssh: 22,
  vxhs: 9999,
  nfs: 0,
}

/** An error about a string that is of no known form. */
export function wrong(message: string): VirtError {
  return virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.STORAGE, message)
}

/** A source with the lists that every one has. */
export function backing(fields: { type: StorageSource['type']; [key: string]: unknown }): BackingSource {
  return { source: { slices: [], seclabels: [], ...fields } as unknown as StorageSource, lossy: false }
}

/** A source on the network; hosts get the protocol's port. */
export function network(fields: { protocol: Protocol; hosts: Host[]; [key: string]: unknown }): BackingSource {
  const usual = protocols[fields.protocol]
  for (const host of fields.hosts) {
    const overTcp = host.transport === undefined || host.transport === 'tcp'
    if (overTcp && host.port === undefined && usual !== 0) host.port = String(usual)
  }
  return backing({ type: 'network', cookies: [], ...fields })
}

/** The same, marked as holding less than its string. */
export function lossy(made: BackingSource): BackingSource {
  return { ...made, lossy: true }
}

/** Reads a port. */
export function portOf(text: string): string {
  const port = /^\d+$/.test(text) ? Number(text) : -1
  if (port < 0 || port > 65535) throw wrong(`failed to parse port number '${text}'`)
  return String(port)
}
