// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents as the public API of @virt/core takes them: typed objects beside their text.
import { ErrorNumber, VirtError } from '@virt/core'
import { domainBackup } from './backup/backup.js'
import type { DomainBackup } from './backup/types.gen.js'
import { domainCheckpoint } from './checkpoint/checkpoint.js'
import type { DomainCheckpoint } from './checkpoint/types.gen.js'
import { domain } from './domain/domain.js'
import { bhyveNamespace, lxcNamespace, qemuNamespace, vmwareNamespace, xenNamespace } from './domain/namespaces.js'
import type { Domain } from './domain/types.gen.js'
import { hostInterface } from './interface/interface.js'
import type { HostInterface } from './interface/types.gen.js'
import { dnsmasqNamespace, network } from './network/network.js'
import type { Network } from './network/types.gen.js'
import { networkPort } from './network-port/network-port.js'
import type { NetworkPort } from './network-port/types.gen.js'
import { nodeDevice } from './nodedev/nodedev.js'
import type { NodeDevice } from './nodedev/types.gen.js'
import { nwfilter, nwfilterBinding } from './nwfilter/nwfilter.js'
import type { Nwfilter, NwfilterBinding } from './nwfilter/types.gen.js'
import type { DocumentHooks } from './runtime/context.js'
import type { DocumentKind, PrintOptions } from './runtime/document.js'
import { secret } from './secret/secret.js'
import type { Secret } from './secret/types.gen.js'
import { domainSnapshot } from './snapshot/snapshot.js'
import type { DomainSnapshot } from './snapshot/types.gen.js'
import { storagePool, storagePoolNamespaces } from './storage/pool.js'
import type { StoragePool, StorageVolume } from './storage/types.gen.js'
import { storageVolume } from './storage/volume.js'

declare module '@virt/core' {
  interface Documents {
    domain: Domain
    domainsnapshot: DomainSnapshot
    domaincheckpoint: DomainCheckpoint
    domainbackup: DomainBackup
    network: Network
    networkport: NetworkPort
    pool: StoragePool
    volume: StorageVolume
    interface: HostInterface
    nodedev: NodeDevice
    secret: Secret
    nwfilter: Nwfilter
    nwfilterbinding: NwfilterBinding
  }
}

/** Nobody's driver: a client keeps what any of them says in a namespace of its own. */
const guests: DocumentHooks = {
  namespaces: [qemuNamespace, lxcNamespace, xenNamespace, bhyveNamespace, vmwareNamespace],
}
type Kind = Pick<DocumentKind<object>, 'parse'> & { print(document: never, options: PrintOptions): string }
const kinds: Readonly<Record<string, readonly [Kind, DocumentHooks?]>> = {
  domain: [domain, guests],
  domainsnapshot: [domainSnapshot, guests],
  domaincheckpoint: [domainCheckpoint, guests],
  domainbackup: [domainBackup],
  network: [network, { namespaces: [dnsmasqNamespace] }],
  networkport: [networkPort],
  pool: [storagePool, { namespaces: storagePoolNamespaces }],
  volume: [storageVolume],
  interface: [hostInterface],
  nodedev: [nodeDevice],
  secret: [secret],
  nwfilter: [nwfilter],
  nwfilterbinding: [nwfilterBinding],
}

function kindOf(name: string): readonly [Kind, DocumentHooks?] {
  const kind = kinds[name]
  if (kind === undefined)
    throw new VirtError(`no document is called '${name}'`, {
      number: ErrorNumber.INVALID_ARG,
      details: Object.keys(kinds).join(', '),
    })
  return kind
}

/**
 * The XML of a typed document, with secrets; what the daemon adds is left to it.
 * @param name as in `Documents` of `@virt/core`
 * @throws VirtError `invalid-arg` for a kind that nobody knows
 * @since 0.1.0
 */
export function printDocument(name: string, document: object): string {
  const [kind, hooks] = kindOf(name)
  return kind.print(document as never, { secure: true, hooks })
}

/**
 * A typed document from its XML as it stands: nothing is added or checked beyond the schema.
 * @param name as in `Documents` of `@virt/core`
 * @throws VirtError with what is wrong, and where
 * @since 0.1.0
 */
export function parseDocument(name: string, xml: string): object {
  const [kind, hooks] = kindOf(name)
  return kind.parse(xml, { raw: true, hooks })
}
