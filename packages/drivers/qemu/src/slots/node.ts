// SPDX-License-Identifier: LGPL-2.1-or-later
// The host: processors, memory, pages, firmware.
import { hostSysinfo } from '@virt/conf'
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  VirtError,
} from '@virt/core'
import {
  allocatePages,
  dmidecodeArguments,
  HostFiles,
  hostArgument,
  readCellsFree,
  readCpuTimes,
  readDmiSysinfo,
  readFreePages,
  readMemoryStats,
  readProcessors,
  readSharing,
  readSysinfo,
  writeSharing,
} from '@virt/linux'
import { mapOfBits } from '@virt/stateful'
import { configUnsupported } from '../errors.js'
import { runOfHost } from '../host/run-program.js'
import type { QemuState } from '../state.js'

/** `virNodeAllocPagesFlags` */
const setPages = 1
/** Fields of `virNodeGetCPUStats` on Linux. */
const times = ['kernel', 'user', 'idle', 'iowait'] as const

export const nodeSupport: SlotTable = {
  nodeGetCPUStats: { flags: 0, fn: 'virHostCPUGetStats', errorDomain: ErrorDomain.NONE, count: times.length },
  nodeGetMemoryStats: { flags: 0, fn: 'virHostMemGetStats', errorDomain: ErrorDomain.NONE },
  nodeGetCellsFreeMemory: {},
  nodeGetFreePages: { flags: 0, fn: 'qemuNodeGetFreePages' },
  nodeAllocPages: { flags: setPages, fn: 'qemuNodeAllocPages' },
  nodeGetCPUMap: { flags: 0, fn: 'virHostCPUGetMap', errorDomain: ErrorDomain.NONE },
  nodeGetMemoryParameters: { flags: 4, fn: 'virHostMemGetParameters', errorDomain: ErrorDomain.NONE },
  nodeSetMemoryParameters: { flags: 0, fn: 'virHostMemSetParameters', errorDomain: ErrorDomain.NONE },
  // The flags are refused by the function that all drivers share.
  nodeSuspendForDuration: {},
  connectGetSysinfo: { flags: 0, fn: 'qemuConnectGetSysinfo' },
}

/** Milliseconds that dmidecode may take. */
const patience = 10_000

/** What dmidecode says; undefined where it cannot. */
async function dmidecode(...args: readonly string[]): Promise<string | undefined> {
  const said = await runOfHost('dmidecode', args, patience)
  return said?.code === 0 ? said.stdout : undefined
}

async function sysinfo(files: HostFiles, arch: string): Promise<string> {
  const read = async (): ReturnType<typeof readSysinfo> => {
    if (arch !== 'x86_64' && arch !== 'i686') return await readSysinfo(files, arch)
    const text = await dmidecode(...dmidecodeArguments)
    if (text === undefined) return undefined
    return await readDmiSysinfo(text, async (number) => (await dmidecode('--oem-string', `${number}`)) ?? '')
  }
  const found = await read()
  if (found === undefined) throw configUnsupported('Host SMBIOS information is not available')
  return hostSysinfo.print(found)
}

/** parity: room for more or fewer than there are is refused. @throws VirtError `invalid-arg` */
function fits({ room = 0 }: Call, count: number, message: string): void {
  const [, fn = ''] = /in (\w+)/.exec(message) ?? []
  if (room !== 0 && room !== count) throw hostArgument(message, fn, '*nparams')
}

export function nodeSlots({ programs, sleep }: QemuState): SlotMethods & Resolvers {
  const files = new HostFiles()
  return {
    async nodeGetCPUStats(call, cpu) {
      fits(call, times.length, `nparams in virHostCPUGetStatsLinux must be equal to ${times.length}`)
      const found = await readCpuTimes(files, cpu < 0 ? undefined : cpu)
      return times.map((field) => ({ field, value: found[field] }))
    },
    async nodeGetMemoryStats(call, cell) {
      const found = await readMemoryStats(files, cell)
      fits(call, found.length, `nparams in virHostMemGetStatsLinux must be ${found.length}`)
      return found
    },
    nodeGetCellsFreeMemory: (_call, start, count) => readCellsFree(files, start, count),
    nodeGetFreePages: (_call, sizes, start, count) => readFreePages(files, sizes, start, count),
    nodeAllocPages: (_call, sizes, counts, start, count, flags) =>
      allocatePages(
        files,
        sizes.map((size, i) => [size, counts[i] ?? 0n] as const),
        start,
        count,
        (flags & setPages) === 0,
      ),
    async nodeGetCPUMap(_call, needMap, needOnline) {
      const { present, online } = await readProcessors(files)
      const count = Math.max(0, ...present) + 1
      return {
        cpumap: needMap ? mapOfBits(online, Math.ceil(count / 8)) : new Uint8Array(),
        online: needOnline ? online.size : 0,
        ret: count,
      }
    },
    nodeGetMemoryParameters: () => readSharing(),
    nodeSetMemoryParameters: (_call, params) => writeSharing(params),
    async nodeSuspendForDuration(_call, target, duration, flags) {
      if (flags !== 0) {
        const message = `unsupported flags (0x${flags.toString(16)}) in function virNodeSuspend`
        throw new VirtError(message, { number: ErrorNumber.INVALID_ARG, domain: ErrorDomain.NONE, str1: message })
      }
      await sleep.suspend(target, duration)
    },
    connectGetSysinfo: () => sysinfo(files, programs.arch),
  }
}
