// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { domain } from '../domain/domain.js'
import { qemuDomainHooks } from '../domain/drivers/qemu/hooks.js'
import type { QemuCapabilities, QemuHost } from '../domain/drivers/qemu/host.js'
import { qemuHooks } from '../domain/qemu.js'
import type { DocumentHooks } from '../runtime/context.js'
import { type DocumentKind, documentKind, innerOf, type ParseOptions, passContextOf } from '../runtime/document.js'
import {
  migrationParams,
  qemuDiskData,
  qemuInterfaceData,
  qemuSourceData,
  qemuStatus,
  qemuTpmData,
} from './schema/qemu.js'
import type { MigrationParams, QemuStatus } from './types.gen.js'

/** Hooks of documents that hold private data of the QEMU driver. */
export const qemuStatusHooks: DocumentHooks = {
  ...qemuHooks,
  extensions: {
    ...qemuHooks.extensions,
    disk: qemuDiskData,
    storageSource: qemuSourceData,
    interface: qemuInterfaceData,
    tpm: qemuTpmData,
  },
}

/** `<domstatus>` of the QEMU driver: reads and prints, and runs no pass. */
export const qemuDomainStatus: DocumentKind<QemuStatus> = documentKind<QemuStatus>({
  root: qemuStatus,
  domain: ErrorDomain.DOMAIN,
  modes: { status: true, actualNet: true, pciOrigStates: true, clockAdjust: true, volumeTranslated: true },
})

/** `<migParams>` in it: QEMU's own parameters from before a migration. */
export const qemuMigrationParams: DocumentKind<MigrationParams> = documentKind<MigrationParams>({
  root: migrationParams,
  domain: ErrorDomain.QEMU,
})

/** What an emulator could do that is running, as its status tells. */
function capabilitiesOf({ qemuCaps, domain }: QemuStatus, arch: string): QemuCapabilities {
  const flags = new Set((qemuCaps?.flags ?? []).map(({ name }) => name))
  return {
    arch: domain?.os?.type?.arch ?? arch,
    version: 0,
    has: (flag) => flags.has(flag),
    machines: () => [],
    gicVersions: () => [],
    hasHostModel: () => false,
  }
}

/** Longest part of a guest's name in names of folders. */
const shortName = 20

/**
 * Reads the status of a running QEMU guest, and completes what older versions did not write.
 * @param text the `<domstatus>` document
 * @throws VirtError as for a definition
 * @since 0.1.0, `virDomainObjParseFile`
 */
export function readQemuStatus(text: string, host: QemuHost, options: ParseOptions = {}): QemuStatus {
  const status = qemuDomainStatus.parse(text, { ...options, hooks: { ...qemuStatusHooks, ...options.hooks } })
  const guest = status.domain
  if (!guest) return status
  const caps = capabilitiesOf(status, host.arch)
  const hooks: DocumentHooks = {
    ...options.hooks,
    ...qemuDomainHooks({ ...host, capabilities: () => caps }),
    ...qemuStatusHooks,
  }
  const modes = { status: true, skipValidate: true }
  for (const one of innerOf(domain, guest, modes)) one.run(passContextOf({ ...options, hooks }))
  const name = `${guest.id ?? -1}-${guest.name.slice(0, shortName)}`
  status.memoryBackingDir ??= `${host.settings.memoryBackingDir}/${name}`
  return status
}
