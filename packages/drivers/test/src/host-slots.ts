// SPDX-License-Identifier: LGPL-2.1-or-later
// The connection and the host behind it.
import { hostname } from 'node:os'
import type { NodeGetCpuStats, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { domainCapabilitiesXml } from './domain-capabilities.js'
import { invalidArg } from './errors.js'
import { capabilitiesXml } from './host.js'
import type { TestState } from './state.js'

/** What this driver says of its host slots. */
export const hostSupport: SlotTable = {
  connectGetType: {},
  connectGetVersion: {},
  connectGetLibVersion: {},
  connectGetHostname: {},
  connectGetMaxVcpus: {},
  connectGetCapabilities: {},
  connectGetSysinfo: { flags: 0, fn: 'testConnectGetSysinfo' },
  connectGetDomainCapabilities: { flags: 0, fn: 'testConnectGetDomainCapabilities' },
  connectSupportsFeature: {},
  connectIsSecure: {},
  nodeGetInfo: {},
  nodeGetCPUStats: { flags: 0, fn: 'testNodeGetCPUStats' },
  nodeGetCPUMap: { flags: 0, fn: 'testNodeGetCPUMap' },
  nodeGetFreeMemory: {},
  nodeGetCellsFreeMemory: {},
  nodeGetFreePages: { flags: 0, fn: 'testNodeGetFreePages' },
  nodeGetSecurityModel: {},
}

const libVersion = 11_003_000
/** This driver's own version, 0.0.2. */
const version = 2
/** Processors a guest may have at most. */
export const maxVcpus = 32
/** Typed strings in parameters, and the right argument order of network updates. */
const features: ReadonlySet<number> = new Set([9, 16])

const cpuStats: readonly NodeGetCpuStats[] = Object.freeze([
  { field: 'user', value: 9_797_400_000n },
  { field: 'kernel', value: 34_678_723_400_000n },
  { field: 'idle', value: 87_264_900_000n },
  { field: 'iowait', value: 763_600_000n },
])

const sysinfo = `<sysinfo type='smbios'>
  <bios>
    <entry name='vendor'>LENOVO</entry>
    <entry name='version'>G4ETA1WW (2.61 )</entry>
    <entry name='date'>05/07/2014</entry>
    <entry name='release'>2.61</entry>
  </bios>
</sysinfo>
`

/** The host slots of one test instance. */
export function hostSlots(state: TestState): SlotMethods & Resolvers {
  const { host } = state
  return {
    connectGetType: () => 'TEST',
    connectGetVersion: () => version,
    connectGetLibVersion: () => libVersion,
    connectGetHostname: () => hostname(),
    connectGetMaxVcpus: () => maxVcpus,
    connectGetCapabilities: () => capabilitiesXml(host),
    connectGetSysinfo: () => sysinfo,
    connectGetDomainCapabilities: (_call, emulator, arch, machine, virtType) =>
      domainCapabilitiesXml(emulator, arch, machine, virtType),
    connectSupportsFeature: (_call, feature) => (features.has(feature) ? 1 : 0),
    connectIsSecure: () => true,
    nodeGetInfo: () => host.info,
    nodeGetCPUStats: () => cpuStats,
    nodeGetCPUMap: (_call, needMap, needOnline) => ({
      cpumap: needMap === 0 ? new Uint8Array() : Uint8Array.of(0b10101),
      online: needOnline === 0 ? 0 : 3,
      ret: 8,
    }),
    nodeGetFreeMemory: () => host.free,
    nodeGetCellsFreeMemory(_call, startCell, maxCells) {
      if (startCell < 0 || startCell >= host.cells.length) throw invalidArg('Range exceeds available cells')
      return host.cells.slice(startCell, startCell + maxCells).map((cell) => cell.free)
    },
    nodeGetFreePages(_call, pages, startCell, cellCount) {
      const counts: bigint[] = []
      for (let cell = startCell; cell < startCell + cellCount; cell++) {
        let count = 6n * BigInt(cell)
        for (const _ of pages) {
          count = count * 2n + 7n
          counts.push(BigInt.asUintN(64, count))
        }
      }
      return counts
    },
    nodeGetSecurityModel: () => ({ model: 'testSecurity', doi: '' }),
  }
}
