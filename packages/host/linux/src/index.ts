// SPDX-License-Identifier: LGPL-2.1-or-later
export { Cgroup, CgroupHost, type Controller } from './cgroup/cgroup.js'
export {
  type Bandwidth,
  bandwidth,
  blkioWeight,
  cpuShares,
  cpuSharesRange,
  type DeviceLimit,
  type MemoryLimit,
  memoryLimit,
  setBandwidth,
  setBlkioWeight,
  setCpuShares,
  setDeviceLimit,
  setMemoryLimit,
  unlimitedMemory,
} from './cgroup/limits.js'
export { guestGroupName, machineName, partitionPath } from './cgroup/names.js'
export {
  type CgroupController,
  type CgroupMounts,
  type CgroupTree,
  cgroupControllers,
  cgroupMounts,
} from './cgroup-mounts.js'
export { cpuFrequency, cpuSignature } from './cpu-info.js'
export { type CpuTimes, readCpuTimes } from './cpu-times.js'
export { HostFiles } from './files.js'
export { hostArgument } from './host-argument.js'
export { addressBits, readHostCpu } from './host-cpu.js'
export { HostSleep, type RunProgram, type SleepTarget } from './host-sleep.js'
export { type HostTopology, hostTopology } from './host-topology.js'
export { type ChainImage, imageChain } from './images/chain.js'
export { probeFormat } from './images/formats.js'
export { type BackingRef, type ImageHeader, readHeader } from './images/header.js'
export { type NodeOptions, readNodeInfo } from './node-info.js'
export {
  allocatePages,
  memoryFields,
  readCellsFree,
  readFreePages,
  readMemoryStats,
  readSharing,
  writeSharing,
} from './node-memory.js'
export { readPageSizes } from './pages.js'
export { type Processors, readProcessors } from './processors.js'
export { FileInUse, type FileOwner, FileOwners, type FileOwnersOptions } from './security/file-owners.js'
export { dmidecodeArguments, type ReadOemString, readDmiSysinfo } from './sysinfo-dmi.js'
export { readArmSysinfo, readPpcSysinfo, readS390Sysinfo, readSysinfo } from './sysinfo-proc.js'
