// SPDX-License-Identifier: LGPL-2.1-or-later
// <sysinfo> of machines without SMBIOS, from /proc.
import type { HostSysinfo, HostSysinfoTable } from '@virt/conf'
import { isOf } from './cpu-info.js'
import type { HostFiles } from './files.js'

type Facts = readonly (readonly [name: string, value: string | undefined])[]

function table(facts: Facts): HostSysinfoTable | undefined {
  const entries = facts.flatMap(([name, value]) => (value === undefined ? [] : { name, value }))
  return entries.length === 0 ? undefined : { entries }
}

function sysinfo(system: Facts, processors: readonly Facts[]): HostSysinfo {
  return {
    type: 'smbios',
    system: table(system),
    baseBoards: [],
    processors: processors.flatMap((one) => table(one) ?? []),
    memoryDevices: [],
  }
}

/** Value of the first line `label : value`. */
function line(text: string, label: string): string | undefined {
  return new RegExp(`^${label}[ \\t]*:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trimEnd()
}

/** Texts that each begin with the line of a processor. */
function blocks(text: string, label = 'processor'): string[] {
  return text.split(new RegExp(`^(?=${label}[ \\t]*:)`, 'm')).filter((block) => line(block, label) !== undefined)
}

/** @param cpuinfo text of `/proc/cpuinfo` */
export function readArmSysinfo(cpuinfo: string): HostSysinfo {
  const type = line(cpuinfo, 'model name') ?? line(cpuinfo, 'Processor')
  if (type === undefined) return sysinfo([], [])
  const processor = (block: string): Facts => [
    ['socket_destination', line(block, 'processor')],
    ['type', type],
  ]
  return sysinfo([], blocks(cpuinfo).map(processor))
}

/** @param cpuinfo text of `/proc/cpuinfo` */
export function readPpcSysinfo(cpuinfo: string): HostSysinfo {
  const processor = (block: string): Facts => [
    ['socket_destination', line(block, 'processor')],
    ['type', line(block, 'cpu')],
    ['version', line(block, 'revision')],
  ]
  const system: Facts = [
    ['version', line(cpuinfo, 'machine')],
    ['serial', line(cpuinfo, 'model')],
    ['family', line(cpuinfo, 'platform')],
  ]
  return sysinfo(system, blocks(cpuinfo).map(processor))
}

/**
 * @param sysinfoText text of `/proc/sysinfo`
 * @param cpuinfo text of `/proc/cpuinfo`
 */
export function readS390Sysinfo(sysinfoText: string, cpuinfo: string): HostSysinfo {
  const system: Facts = [
    ['manufacturer', line(sysinfoText, 'Manufacturer')],
    ['serial', line(sysinfoText, 'Sequence Code')],
    ['family', line(sysinfoText, 'Type')],
  ]
  const manufacturer = line(cpuinfo, 'vendor_id')
  const speeds = new Map(blocks(cpuinfo, 'cpu number').map((block) => [line(block, 'cpu number'), block]))
  const processors = [...cpuinfo.matchAll(/^processor[ \t]+\d+[ \t]*:(.*)$/gm)].map((match, i): Facts => {
    const part = (name: string): string | undefined =>
      new RegExp(`\\b${name}[ \\t]*=[ \\t]*([^,]*)`).exec(match[1] ?? '')?.[1]?.trim()
    const own = speeds.get(String(i))
    return [
      ['family', part('machine')],
      ['manufacturer', manufacturer],
      ['version', part('version')],
      ['max_speed', own === undefined ? undefined : line(own, 'cpu MHz dynamic')],
      ['serial_number', part('identification')],
    ]
  })
  return sysinfo(system, processors)
}

/** What /proc tells of the host; `undefined` on architectures whose firmware tells it (see `readDmiSysinfo`). */
export async function readSysinfo(files: HostFiles, arch: string): Promise<HostSysinfo | undefined> {
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? ''
  if (isOf('ppc', arch)) return readPpcSysinfo(cpuinfo)
  if (isOf('arm', arch)) return readArmSysinfo(cpuinfo)
  if (isOf('s390', arch)) return readS390Sysinfo((await files.text('/proc/sysinfo')) ?? '', cpuinfo)
  return undefined
}
