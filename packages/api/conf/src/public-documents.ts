// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents as the public API of @virt/core takes them: typed objects beside their text.
import { ErrorNumber, VirtError } from '@virt/core'
import { domainBackup } from './backup/backup.js'
import type { DomainBackupInput } from './backup/inputs.gen.js'
import type { DomainBackup } from './backup/types.gen.js'
import { domainCheckpoint } from './checkpoint/checkpoint.js'
import type { DomainCheckpointInput } from './checkpoint/inputs.gen.js'
import type { DomainCheckpoint } from './checkpoint/types.gen.js'
import { hostCpu } from './cpu/document.js'
import type { HostCpuInput } from './cpu/inputs.gen.js'
import type { HostCpu } from './cpu/types.gen.js'
import { type DeviceInput, printDevice } from './domain/device-input.js'
import { domain } from './domain/domain.js'
import type { DomainInput } from './domain/inputs.gen.js'
import { bhyveNamespace, lxcNamespace, qemuNamespace, vmwareNamespace, xenNamespace } from './domain/namespaces.js'
import type { Domain } from './domain/types.gen.js'
import type { Change } from './edit/edit.js'
import type { HostInterfaceInput } from './interface/inputs.gen.js'
import { hostInterface } from './interface/interface.js'
import type { HostInterface } from './interface/types.gen.js'
import type { JsonSchema } from './json-schema/json-schema.js'
import type { NetworkInput } from './network/inputs.gen.js'
import { dnsmasqNamespace, network } from './network/network.js'
import type { Network } from './network/types.gen.js'
import type { NetworkPortInput } from './network-port/inputs.gen.js'
import { networkPort } from './network-port/network-port.js'
import type { NetworkPort } from './network-port/types.gen.js'
import type { NodeDeviceInput } from './nodedev/inputs.gen.js'
import { nodeDevice } from './nodedev/nodedev.js'
import type { NodeDevice } from './nodedev/types.gen.js'
import type { NwfilterBindingInput, NwfilterInput } from './nwfilter/inputs.gen.js'
import { nwfilter, nwfilterBinding } from './nwfilter/nwfilter.js'
import type { Nwfilter, NwfilterBinding } from './nwfilter/types.gen.js'
import type { DocumentHooks } from './runtime/context.js'
import type { DocumentKind } from './runtime/document.js'
import type { SecretInput } from './secret/inputs.gen.js'
import { secret } from './secret/secret.js'
import type { Secret } from './secret/types.gen.js'
import type { DomainSnapshotInput } from './snapshot/inputs.gen.js'
import { domainSnapshot } from './snapshot/snapshot.js'
import type { DomainSnapshot } from './snapshot/types.gen.js'
import type { StoragePoolInput, StorageVolumeInput } from './storage/inputs.gen.js'
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
    cpu: HostCpu
  }
  interface DocumentInputs {
    domain: DomainInput
    domainsnapshot: DomainSnapshotInput
    domaincheckpoint: DomainCheckpointInput
    domainbackup: DomainBackupInput
    network: NetworkInput
    networkport: NetworkPortInput
    pool: StoragePoolInput
    volume: StorageVolumeInput
    interface: HostInterfaceInput
    nodedev: NodeDeviceInput
    secret: SecretInput
    nwfilter: NwfilterInput
    nwfilterbinding: NwfilterBindingInput
    cpu: HostCpuInput
    device: DeviceInput
  }
}

/** Nobody's driver: a client keeps what any of them says in a namespace of its own. */
const guests: DocumentHooks = {
  namespaces: [qemuNamespace, lxcNamespace, xenNamespace, bhyveNamespace, vmwareNamespace],
}
type Kind = DocumentKind<object, never>
const kinds = {
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
  cpu: [hostCpu],
} as unknown as Readonly<Record<string, readonly [Kind, DocumentHooks?]>>

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
 * The XML of a typed document, or of an object as people write it, with secrets; what the daemon adds is left to it.
 * @param name as in `DocumentInputs` of `@virt/core`
 * @throws VirtError `invalid-arg` for a kind that nobody knows, and for an object that is none, with the place
 * @since 0.1.0
 */
export function printDocument(name: string, document: object): string {
  if (name === 'device') return printDevice(document as DeviceInput, guests)
  const [kind, hooks] = kindOf(name)
  return kind.print(kind.fromInput(document as never, { hooks }), { secure: true, hooks })
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

/**
 * Changes the text of a document by changing what it says; the rest of it stays as it is.
 * @param name as in `Documents` of `@virt/core`
 * @param change is given the typed document; it may change it, or return another
 * @throws VirtError with what is wrong, and where; `operation-failed` when this text cannot say what is wanted
 * @since 0.1.0
 */
export function editDocument(name: string, xml: string, change: (document: never) => unknown): Promise<string> {
  const [kind, hooks] = kindOf(name)
  return kind.edit(xml, change as Change<object, never>, { hooks })
}

/**
 * The JSON Schema (draft 2020-12) of the objects that are taken instead of a document's XML.
 * @param name as in `Documents` of `@virt/core`
 * @since 0.1.0
 */
export function documentSchema(name: string): JsonSchema {
  const [kind, hooks] = kindOf(name)
  return kind.jsonSchema({ hooks })
}
