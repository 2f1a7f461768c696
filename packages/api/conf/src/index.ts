// SPDX-License-Identifier: LGPL-2.1-or-later

export { parseBackingString } from './backing/backing-string.js'
export type { BackingSource } from './backing/source.js'
export { alignBackupDisks } from './backup/align.js'
export { domainBackup } from './backup/backup.js'
export type * from './backup/inputs.gen.js'
export type * from './backup/types.gen.js'
export {
  capabilities,
  domainCapabilities,
  storagePoolCapabilities,
  storagePoolCapabilitiesOf,
} from './capabilities/capabilities.js'
export { type BhyveCapabilityHost, bhyveDomainCapabilities } from './capabilities/drivers/bhyve.js'
export { type XenCapabilityHost, xenDomainCapabilities } from './capabilities/drivers/xen.js'
export type * from './capabilities/inputs.gen.js'
export type * from './capabilities/types.gen.js'
export { domainCheckpoint } from './checkpoint/checkpoint.js'
export type * from './checkpoint/inputs.gen.js'
export type * from './checkpoint/types.gen.js'
export type * from './common/inputs.gen.js'
export type * from './common/types.gen.js'
export { isArchitecture } from './cpu/architectures.js'
export type { AnyCpu, CpuComparison, FeaturePolicy, UsableModel, UsableModels } from './cpu/definition.js'
export { guestCpu, hostCpu, parseCpu, parseCpuData, parseHostCpu, printCpu, printCpuData } from './cpu/document.js'
export { compareWithHypervisor, type HypervisorOffer } from './cpu/hypervisor-check.js'
export type * from './cpu/inputs.gen.js'
export type { CpuData, DecodeTo, EncodedCpu, PackedSignature } from './cpu/models.js'
export * as cpuModels from './cpu/models.js'
export * as qemuModels from './cpu/qemu-models.js'
export { forQemu, type HypervisorCpus, startable } from './cpu/start.js'
export type * from './cpu/types.gen.js'
export { type CpuidLeaf, type MsrValue, type X86Data, type X86Questions, x86Questions } from './cpu/x86/data.js'
export { type AbiOptions, checkAbiStability } from './domain/abi.js'
export {
  checkCompatible,
  checkPossible,
  commonOf,
  type DeviceElement,
  parseDevice,
  type SingleDevice,
} from './domain/device.js'
export { printStorageSource } from './domain/disk-source.js'
export { domain } from './domain/domain.js'
export { type BhyveHost, bhyveDomainHooks } from './domain/drivers/bhyve.js'
export { chHooks } from './domain/drivers/ch.js'
export { lxcHooks } from './domain/drivers/lxc.js'
export { withUsbPorts } from './domain/drivers/qemu/address/other.js'
export { withFirmware } from './domain/drivers/qemu/firmware.js'
export { qemuDomainHooks } from './domain/drivers/qemu/hooks.js'
export type {
  QemuCapabilities,
  QemuFirmware,
  QemuHost,
  QemuMachine,
  QemuSettings,
} from './domain/drivers/qemu/host.js'
export { checkQemuLifecycle } from './domain/drivers/qemu/validate/whole.js'
export { filesystemAt } from './domain/filesystems.js'
export type * from './domain/inputs.gen.js'
export { bhyveNamespace, lxcNamespace, qemuNamespace, vmwareNamespace, xenNamespace } from './domain/namespaces.js'
export { diskIndex, placeOfDisk } from './domain/passes/disks.js'
export { qemuHooks } from './domain/qemu.js'
export type * from './domain/types.gen.js'
export type * from './domain-status/inputs.gen.js'
export { qemuDomainStatus, qemuMigrationParams, qemuStatusHooks, readQemuStatus } from './domain-status/qemu-status.js'
export type * from './domain-status/types.gen.js'
export type { Change } from './edit/edit.js'
export type * from './interface/inputs.gen.js'
export { hostInterface } from './interface/interface.js'
export type * from './interface/types.gen.js'
export type { JsonSchema } from './json-schema/json-schema.js'
export * as fields from './lang/field.js'
export * as values from './lang/value.js'
export type * from './migration-cookie/inputs.gen.js'
export {
  type CookieDemand,
  type CookieHost,
  cookieDemands,
  cookieNetwork,
  migrationCookie,
  migrationCookieOf,
} from './migration-cookie/migration-cookie.js'
export type * from './migration-cookie/types.gen.js'
export * as socketAddress from './net/socket-address.js'
export type * from './network/inputs.gen.js'
export { dnsmasqNamespace, network } from './network/network.js'
export type * from './network/types.gen.js'
export { type NetworkSection, type NetworkUpdateCommand, networkSections, updateNetwork } from './network/update.js'
export type * from './network-port/inputs.gen.js'
export { networkPort } from './network-port/network-port.js'
export type * from './network-port/types.gen.js'
export type * from './nodedev/inputs.gen.js'
export { nodeDevice } from './nodedev/nodedev.js'
export type * from './nodedev/types.gen.js'
export type * from './nwfilter/inputs.gen.js'
export { nwfilter, nwfilterBinding } from './nwfilter/nwfilter.js'
export type * from './nwfilter/types.gen.js'
export { documentSchema, editDocument, parseDocument, printDocument } from './public-documents.js'
export type { DocumentHooks, Namespace, Pass, PassContext } from './runtime/context.js'
export { type DocumentKind, documentKind, type ParseOptions, type PrintOptions } from './runtime/document.js'
export type { Amount } from './runtime/input.js'
export { printTree, type XmlTree } from './runtime/tree.js'
export { parseTree } from './runtime/tree-read.js'
export type * from './save-cookie/inputs.gen.js'
export { saveCookie } from './save-cookie/save-cookie.js'
export type * from './save-cookie/types.gen.js'
export type * from './secret/inputs.gen.js'
export { secretUsageTypes } from './secret/schema.js'
export { secret } from './secret/secret.js'
export type * from './secret/types.gen.js'
export { alignSnapshotDisks, type SnapshotAlignment } from './snapshot/align.js'
export type * from './snapshot/inputs.gen.js'
export { domainSnapshot } from './snapshot/snapshot.js'
export type * from './snapshot/types.gen.js'
export type * from './storage/inputs.gen.js'
export { storagePool, storagePoolNamespaces } from './storage/pool.js'
export { type PoolType, poolTypes } from './storage/pool-types.js'
export type * from './storage/types.gen.js'
export { storageVolume, type VolumeContext } from './storage/volume.js'
export type * from './sysinfo/inputs.gen.js'
export { hostSysinfo } from './sysinfo/sysinfo.js'
export type * from './sysinfo/types.gen.js'
