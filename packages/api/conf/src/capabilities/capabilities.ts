// SPDX-License-Identifier: LGPL-2.1-or-later
// What a connection can do: the documents of its capabilities.
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import { poolTypes } from '../storage/pool-types.js'
import type { CapabilitiesInput, DomainCapabilitiesInput, StoragePoolCapabilitiesInput } from './inputs.gen.js'
import { capabilities as capabilitiesRoot } from './schema/capabilities.js'
import { domainCapabilities as domainRoot } from './schema/domain-capabilities.js'
import { storagePoolCapabilities as storageRoot } from './schema/storage-pool-capabilities.js'
import type {
  Capabilities,
  DomainCapabilities,
  StoragePoolCapabilities,
  StoragePoolCapability,
  StoragePoolFormats,
} from './types.gen.js'

const domain = ErrorDomain.CAPABILITIES

/** `<capabilities>`: the host, and what guests its hypervisor runs. */
export const capabilities: DocumentKind<Capabilities, CapabilitiesInput> = documentKind<
  Capabilities,
  CapabilitiesInput
>({
  root: capabilitiesRoot,
  grammar: 'capability.rng',
  domain,
})

/** `<domainCapabilities>`: what one emulator can give a guest. */
export const domainCapabilities: DocumentKind<DomainCapabilities, DomainCapabilitiesInput> = documentKind<
  DomainCapabilities,
  DomainCapabilitiesInput
>({
  root: domainRoot,
  grammar: 'domaincaps.rng',
  domain,
})

/** `<storagepoolCapabilities>`: types of storage pools. */
export const storagePoolCapabilities: DocumentKind<StoragePoolCapabilities, StoragePoolCapabilitiesInput> =
  documentKind<StoragePoolCapabilities, StoragePoolCapabilitiesInput>({
    root: storageRoot,
    grammar: 'storagepoolcaps.rng',
    domain,
  })

function formats(name: string, values: readonly string[] | undefined, chosen: string | undefined) {
  return values && { defaultFormat: chosen ?? values[0], formats: { name, values } }
}

function capabilityOf(type: string, supported: boolean): StoragePoolCapability {
  const { formats: pool, defaultFormat, volumeFormats, defaultVolumeFormat } = poolTypes[type] ?? {}
  const ofPool: StoragePoolFormats | undefined = formats('sourceFormatType', pool, defaultFormat)
  const ofVolumes: StoragePoolFormats | undefined = formats('targetFormatType', volumeFormats, defaultVolumeFormat)
  return { type, supported, poolOptions: ofPool, volOptions: ofVolumes }
}

/**
 * The capabilities of a storage driver.
 * @param supported types of pools that it has; every type is told of, the others as not supported
 * @since 0.1.0
 */
export function storagePoolCapabilitiesOf(supported: ReadonlySet<string>): StoragePoolCapabilities {
  return { pools: Object.keys(poolTypes).map((type) => capabilityOf(type, supported.has(type))) }
}
